"""What Slack posts when somebody clicks, parsed. It says who clicked and where; it never says what they may do."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Body = Mapping[str, Any]
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

OUTSIDE = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")


@dataclass(frozen=True, slots=True)
class User:
    """Who clicked: the workspace where our app is, the user, the workspace that they belong to."""

    team_id: str
    user_id: str
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A button was pressed, or a form sent. `once` is the same when Slack delivers it again."""

    user: User
    action: str
    value: str
    once: str
    render: str = ""
    trigger_id: str = ""
    response_url: str = ""
    ephemeral: bool = False  # in a message that only this person sees, and that cannot be rendered again
    place: str = ""  # that message, as its surface calls it
    entered: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of a form, or of what was chosen, by its name

    def one(self, name: str) -> str:
        """What was entered under this name; "" for nothing."""
        return next(iter(self.entered.get(name, ())), "")


def pressed(body: Body) -> Click:
    """Parse a block_actions payload."""
    user, action = user_of(body), first(body.get("actions"))
    trigger, container = text(body, "trigger_id"), mapping(body.get("container"))
    ephemeral = container.get("is_ephemeral") is True
    return Click(
        user=user,
        action=text(action, "action_id"),
        value=text(action, "value"),
        once=once(user, text(action, "action_id"), trigger),
        render=text(action, "block_id"),
        trigger_id=trigger,
        response_url=text(body, "response_url"),
        ephemeral=ephemeral,
        place=f"{text(container, 'channel_id')}:{text(container, 'message_ts')}" if ephemeral else "",
        entered={text(action, "action_id"): values_of(action)},
    )


def sent(body: Body) -> Click:
    """Parse a view_submission payload."""
    user, view = user_of(body), mapping(body.get("view"))
    values = mapping(mapping(view.get("state")).get("values"))
    entered = {name: values_of(mapping(each)) for block in values.values() for name, each in mapping(block).items()}
    return Click(
        user=user,
        action=text(view, "callback_id"),
        value=text(view, "private_metadata"),
        once=once(user, text(view, "callback_id"), f"{text(view, 'id')}:{text(view, 'hash')}"),
        entered=entered,
    )


def commanded(body: Body) -> Click:
    """Parse a slash command: what stands behind it is the value."""
    user = User(team_id=team_of(body), user_id=text(body, "user_id"), home=team_of(body))
    return Click(
        user=user,
        action=text(body, "command"),
        value=text(body, "text").strip(),
        once=once(user, text(body, "command"), text(body, "trigger_id")),
        trigger_id=text(body, "trigger_id"),
        response_url=text(body, "response_url"),
        ephemeral=True,
    )


def with_value(click: Click, value: str) -> Click:
    """The same click, about what was chosen in a menu."""
    return replace(click, value=value)


def values_of(element: Body) -> list[str]:
    """What was typed, chosen or ticked in one element."""
    option, several = mapping(element.get("selected_option")), element.get("selected_options")
    if isinstance(several, list):
        return [text(mapping(each), "value") for each in several]
    said = (text(element, "value"), text(element, "selected_user"), text(option, "value"))
    return [each for each in said if each][:1]


def user_of(body: Body) -> User:
    """Who clicked. Of an Enterprise Grid organisation Slack may name that, and not the workspace: a colleague too."""
    user, team_id = mapping(body.get("user")), team_of(body)
    home = text(user, "team_id")
    ours = home in {"", organisation_of(body)}
    return User(team_id=team_id, user_id=text(user, "id"), home=team_id if ours else home)


def outside(user: Body) -> bool:
    """Whether Slack calls a user a guest, another organisation's, a bot, or deactivated."""
    return any(user.get(flag) is True for flag in OUTSIDE)


def team_of(body: Body) -> str:
    """The workspace that it came from. The door vouches for this one, so nobody reads it from elsewhere."""
    return text(mapping(body.get("team")), "id") or text(body, "team_id")


def organisation_of(body: Body) -> str:
    """The Enterprise Grid organisation of that workspace; "" where it is in none."""
    return text(mapping(body.get("team")), "enterprise_id") or text(mapping(body.get("enterprise")), "id")


def once(user: User, action: str, occasion: str) -> str:
    """The key by which a second delivery is known; short enough for its column."""
    said = f"{user.team_id}\n{user.user_id}\n{action}\n{occasion}"
    return f"slack:{hashlib.sha256(said.encode()).hexdigest()}"


def first(items: object) -> Body:
    """The first of a list of objects, or none."""
    return mapping(items[0]) if isinstance(items, list) and items else {}


def mapping(value: object) -> Body:
    """An object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def text(value: Body, name: str) -> str:
    """A text, or an empty one; without the characters that no column can hold."""
    found = value.get(name)
    return UNSTORABLE.sub("", found) if isinstance(found, str) else ""
