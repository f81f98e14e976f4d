"""Web API methods about the app itself, people and their direct messages."""

from typing import Any

from demo.slack.calls import Args, Refused
from demo.slack.directory import Person
from demo.slack.workspace import Workspace

Json = dict[str, Any]


def auth_test(workspace: Workspace, _args: Args) -> Json:
    """Say whose token this is."""
    team, app = workspace.team, workspace.app
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": app.name.lower(),
        "team_id": team.id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def users_info(workspace: Workspace, args: Args) -> Json:
    """Say who somebody is."""
    return {"user": shown(workspace, known(workspace, args.required("user")))}


def users_list(workspace: Workspace, _args: Args) -> Json:
    """List everybody; one page holds them all."""
    members = [shown(workspace, person) for person in workspace.people.values()]
    return {"members": members, "cache_ts": int(workspace.clock()), "response_metadata": {"next_cursor": ""}}


def users_lookup_by_email(workspace: Workspace, args: Args) -> Json:
    """Find a person of this workspace by address; the deactivated are not found."""
    email = args.required("email").casefold()
    for person in workspace.people.values():
        if person.email.casefold() == email and not person.deleted:
            return {"user": shown(workspace, person)}
    raise Refused("users_not_found")


def conversations_open(workspace: Workspace, args: Args) -> Json:
    """Open the direct messages of the app and one person."""
    names = [name.strip() for name in args.text("users").split(",") if name.strip()]
    if not names:
        raise Refused("users_list_not_supplied")
    if len(names) > 1:
        raise Refused("method_not_supported_for_channel_type")
    person = known(workspace, names[0])
    if person.deleted:
        raise Refused("user_disabled")
    if person.is_bot:
        raise Refused("cannot_dm_bot")
    return {"channel": {"id": workspace.channel_of(person.id)}}


def apps_connections_open(workspace: Workspace, _args: Args) -> Json:
    """Say where the app may connect to in Socket Mode, once and soon."""
    if workspace.socket_url is None:
        raise Refused("socket_mode_not_enabled")
    return {"url": workspace.socket_url()}


def shown(workspace: Workspace, person: Person) -> Json:
    """Return the user object; the address only to those who may know it."""
    user = person.wire(home=workspace.team)
    if "users:read.email" not in workspace.app.scopes:
        del user["profile"]["email"]
    return user


def known(workspace: Workspace, user_id: str) -> Person:
    """Return a person. Raises Refused."""
    person = workspace.person(user_id)
    if person is None:
        raise Refused("user_not_found")
    return person
