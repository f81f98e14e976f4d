"""What Slack posts when somebody clicks, parsed. It says who clicked and where; it never says what they may do."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]

OUTSIDE = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")


@dataclass(frozen=True, slots=True)
class User:
    """Who clicked: the workspace where our app is, the user, the workspace that they belong to."""

    team_id: str
    user_id: str
    home: str
    outside: bool


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
    reason: str = ""
    chosen: str = ""


def pressed(body: Body) -> Click:
    """Parse a block_actions payload."""
    user, action = user_of(body), first(body.get("actions"))
    trigger = text(body, "trigger_id")
    return Click(
        user=user,
        action=text(action, "action_id"),
        value=text(action, "value"),
        once=once(user, text(action, "action_id"), trigger),
        render=text(action, "block_id"),
        trigger_id=trigger,
        response_url=text(body, "response_url"),
    )


def sent(body: Body) -> Click:
    """Parse a view_submission payload."""
    user, view = user_of(body), mapping(body.get("view"))
    values = mapping(mapping(view.get("state")).get("values"))
    typed = [mapping(element) for block in values.values() for element in mapping(block).values()]
    return Click(
        user=user,
        action=text(view, "callback_id"),
        value=text(view, "private_metadata"),
        once=once(user, text(view, "callback_id"), f"{text(view, 'id')}:{text(view, 'hash')}"),
        reason=next((text(each, "value") for each in typed if each.get("type") == "plain_text_input"), ""),
        chosen=next((text(each, "selected_user") for each in typed if each.get("type") == "users_select"), ""),
    )


def user_of(body: Body) -> User:
    """Who clicked."""
    user, team = mapping(body.get("user")), mapping(body.get("team"))
    team_id = text(team, "id") or text(user, "team_id")
    outside = any(user.get(flag) is True for flag in OUTSIDE)
    return User(team_id=team_id, user_id=text(user, "id"), home=text(user, "team_id") or team_id, outside=outside)


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
    """A text, or an empty one."""
    found = value.get(name)
    return found if isinstance(found, str) else ""
