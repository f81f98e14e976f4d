"""A request to the app that is not what it should be: of another person, team, app or time, or signed by a stranger."""

from collections.abc import Mapping
from typing import Any

from demo.slack import signing
from demo.slack.mischief import Trick
from demo.slack.workspace import Workspace

Json = dict[str, Any]
TOO_OLD = 301  # seconds; a signature is good for 300
ELSEWHERE = {"id": "T0ELSEWHERE", "domain": "elsewhere"}
OTHER_APP = "A0ELSE"


def tampered(payload: Json, tricks: frozenset[Trick], workspace: Workspace) -> Json:
    """Return a payload as the tricks have it; a command's is flat."""
    if Trick.OTHER_APP in tricks:
        payload = {**payload, "api_app_id": OTHER_APP}
    if Trick.OTHER_TEAM in tricks:
        payload = of_another_team(payload)
    if Trick.OTHER_PERSON in tricks:
        payload = of_another_person(payload, workspace)
    return payload


def of_another_team(payload: Json) -> Json:
    """Return it as if it came from another workspace."""
    if "user" not in payload:
        return {**payload, "team_id": ELSEWHERE["id"], "team_domain": ELSEWHERE["domain"]}
    return {**payload, "team": ELSEWHERE, "user": {**payload["user"], "team_id": ELSEWHERE["id"]}}


def of_another_person(payload: Json, workspace: Workspace) -> Json:
    """Return it as if somebody else of the workspace had made it."""
    acting = payload["user"]["id"] if "user" in payload else payload["user_id"]
    members = (one for one in workspace.people.values() if one.team_id == workspace.team.id and not one.deleted)
    other = next((one for one in members if one.id != acting), None)
    if other is None:
        return payload
    if "user" not in payload:
        return {**payload, "user_id": other.id, "user_name": other.name}
    user = {"id": other.id, "username": other.name, "name": other.name, "team_id": other.team_id}
    return {**payload, "user": user}


def signature(body: bytes, tricks: frozenset[Trick], workspace: Workspace) -> Mapping[str, str]:
    """Return the headers that sign a body now, or as the tricks have it."""
    secret = "of somebody else" if Trick.WRONG_SECRET in tricks else workspace.app.signing_secret
    late = TOO_OLD if Trick.OLD_TIME in tricks else 0
    return signing.headers(secret=secret, body=body, at=workspace.clock.real() - late)


def words(tricks: frozenset[Trick]) -> str:
    """Return what was done to a request, for the log."""
    names = ", ".join(sorted(trick.value.replace("_", " ") for trick in tricks))
    return f"on purpose: {names}" if names else ""
