"""Web API methods for views: modals by a trigger, and the App Home."""

import json
from typing import Any

from demo.slack import state
from demo.slack.blocks import view_faults
from demo.slack.calls import Args, Refused, faulty
from demo.slack.limits import Spent
from demo.slack.people import known
from demo.slack.records import View
from demo.slack.stage import ViewRefused
from demo.slack.workspace import Workspace

Json = dict[str, Any]
LARGEST = 250_000  # bytes of a view


def views_open(workspace: Workspace, args: Args) -> Json:
    """Open a modal for the person whose click gave the trigger."""
    content = content_of(args, kinds=("modal",))
    user_id = triggered(workspace, args)
    return shown(workspace, workspace.stage.restart(user_id=user_id, content=content))


def views_push(workspace: Workspace, args: Args) -> Json:
    """Open a modal above the one that is open."""
    content = content_of(args, kinds=("modal",))
    user_id = triggered(workspace, args)
    try:
        return shown(workspace, workspace.stage.push(user_id=user_id, content=content))
    except ViewRefused as error:
        raise Refused(str(error)) from error


def views_update(workspace: Workspace, args: Args) -> Json:
    """Show a view anew."""
    content = content_of(args, kinds=("modal", "home"))
    external = args.text("external_id")
    stage = workspace.stage
    view = stage.by_external(external) if external else stage.views.get(args.required("view_id"))
    if view is None:
        raise Refused("not_found")
    try:
        return shown(workspace, stage.change(view=view, content=content, expected_hash=args.text("hash")))
    except ViewRefused as error:
        raise Refused(str(error)) from error


def views_publish(workspace: Workspace, args: Args) -> Json:
    """Show a person's App Home."""
    content = content_of(args, kinds=("home",))
    person = known(workspace, args.required("user_id"))
    try:
        view = workspace.stage.publish(user_id=person.id, content=content, expected_hash=args.text("hash"))
    except ViewRefused as error:
        raise Refused(str(error)) from error
    return shown(workspace, view)


def content_of(args: Args, *, kinds: tuple[str, ...]) -> Json:
    """Return the view that was sent. Raises Refused."""
    content = args.content("view", word="invalid_arguments")
    if faults := view_faults(content, kinds=kinds):
        raise faulty("invalid_arguments", faults)
    if len(json.dumps(content).encode()) > LARGEST:
        raise Refused("view_too_large")
    view: Json = content
    return view


def triggered(workspace: Workspace, args: Args) -> str:
    """Return whose click it was. Raises Refused: unknown, older than 3 s, or used before."""
    try:
        return workspace.triggers.take(args.required("trigger_id")).user_id
    except Spent as error:
        raise Refused(str(error)) from error


def shown(workspace: Workspace, view: View) -> Json:
    """Return the answer, and let the pages know."""
    workspace.changed()
    return {"view": wire(workspace, view)}


def wire(workspace: Workspace, view: View) -> Json:
    """Return a view as the Web API and payloads show it."""
    defaults = {
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "title": None,
        "close": None,
        "submit": None,
    }
    return {
        **defaults,
        **view.content,
        "id": view.id,
        "hash": view.hash,
        "team_id": workspace.team.id,
        "app_id": workspace.app.id,
        "bot_id": workspace.app.bot_id,
        "app_installed_team_id": workspace.team.id,
        "previous_view_id": view.previous_id or None,
        "root_view_id": view.root_id,
        "state": {"values": state.values(view)},
    }
