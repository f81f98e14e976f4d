"""Who is in the workspace: the team, its people and the one app. Secrets come from the environment."""

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOKEN_ENV = "COUNTERSIGN_SLACK_SIM_TOKEN"  # noqa: S105 - the variable's name
SECRET_ENV = "COUNTERSIGN_SLACK_SIM_SECRET"  # noqa: S105 - the variable's name
APP_TOKEN_ENV = "COUNTERSIGN_SLACK_SIM_APP_TOKEN"  # noqa: S105 - the variable's name
SCOPES = ("chat:write", "im:write", "im:history", "users:read", "users:read.email", "commands")
EVENTS = ("app_home_opened", "app_uninstalled", "tokens_revoked", "user_change")
COMMANDS = ("/access",)
OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO

Json = dict[str, Any]


class BadWorkspace(Exception):
    """The workspace file cannot be used; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The workspace's own names."""

    id: str
    domain: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCard:
    """The installed app, with what its manifest asks for. Its secrets never show in a repr."""

    id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    app_token: str = field(default="", repr=False)  # for Socket Mode; without one there is none
    scopes: tuple[str, ...] = SCOPES
    events: tuple[str, ...] = EVENTS
    commands: tuple[str, ...] = COMMANDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member, a guest or someone of another company (`team_id` differs from the team's)."""

    id: str
    name: str
    real_name: str
    team_id: str
    email: str = ""
    tz: str = "UTC"
    title: str = ""
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    away: str = ""  # what their status says, such as "away until 2 Dec"

    def wire(self, *, home: Team) -> Json:
        """Return the user object of Slack's Web API."""
        profile = {"real_name": self.real_name, "display_name": self.name, "title": self.title}
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "tz": self.tz,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_stranger": self.is_stranger or self.team_id != home.id,
            "profile": {**profile, "email": self.email, "status_text": self.away, "team": self.team_id},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Everything the workspace file says."""

    team: Team
    app: AppCard
    people: tuple[Person, ...]


def read(path: Path, *, environ: Mapping[str, str], secret_env: str = SECRET_ENV) -> Company:
    """
    Read the workspace file; token and signing secret come from the environment, or from a file of mode 0600.

    Raises BadWorkspace where something is missing, or where others may read a file with secrets in it.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    app = content["app"]
    if {"bot_token", "signing_secret", "app_token"} & app.keys() and stat.S_IMODE(path.stat().st_mode) & OTHERS_MAY:
        raise BadWorkspace(f"{path} holds secrets: chmod 600 it, or give them by the environment")
    token = environ.get(TOKEN_ENV) or app.get("bot_token")
    secret = environ.get(secret_env) or app.get("signing_secret")
    if not token or not secret:
        raise BadWorkspace(f"no secrets: set {TOKEN_ENV} and {secret_env}, or put them into a file of mode 0600")
    app_token = environ.get(APP_TOKEN_ENV) or app.get("app_token", "")
    return company(content, bot_token=token, signing_secret=secret, app_token=app_token)


def company(content: Json, *, bot_token: str, signing_secret: str, app_token: str = "") -> Company:
    """Build the company of a workspace file's content."""
    try:
        team = Team(**content["team"])
        app = content["app"]
        card = AppCard(
            id=app["id"],
            name=app["name"],
            bot_id=app["bot_user"],
            bot_user_id=app.get("bot_user_id", f"U{app['bot_user'][1:]}"),
            bot_token=bot_token,
            signing_secret=signing_secret,
            app_token=app_token,
            **{name: tuple(app[name]) for name in ("scopes", "events", "commands") if name in app},
        )
        people = tuple(Person(**{"team_id": team.id, **user}) for user in content["users"])
    except (KeyError, TypeError) as error:
        raise BadWorkspace(f"the workspace file is incomplete: {error}") from error
    if not all(person.id.startswith(("U", "W")) for person in people):
        raise BadWorkspace("a user's id starts with U or W")
    return Company(team=team, app=card, people=people)
