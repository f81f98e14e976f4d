"""
Delivering: what asking queued is sent, and what changed since is rendered again in place.

No transaction is open while Slack is spoken to: the row was claimed, the call is made, and what happened is recorded if
the lease is still ours. What is shown is stored before it goes out, so that a click that is faster than Slack's reply
finds it, and a message whose reply was lost is looked for before it is posted again.
"""

import logging
import time

from django.db import transaction
from slack_sdk.errors import SlackApiError

from governance import clock, ledger
from governance.sole import sole
from reviews import outbox
from reviews.models import Ask, Workspace
from reviews.slack import contents, failing, pacing, posting, threads, workspaces
from reviews.slack.identity import user_in
from reviews.slack.notes import note
from reviews.slack.pacing import NoRoom
from reviews.slack.posting import Letter, Unreachable, Way

logger = logging.getLogger(__name__)

LOST = {
    "cannot_reply_to_message",
    "cant_update_message",
    "edit_window_closed",
    "message_not_found",
    "thread_not_found",
}


def deliver(ask: Ask) -> None:
    """
    Send a claimed ask, or render its message again, and say in its thread what has happened.

    Where there is no room for another call it waits and nothing is called. What Slack refuses has the consequences of
    `failing`. Everything else raises, and the sweep tries again.
    """
    try:
        workspace = workspace_of(ask)
        if workspace.state == Workspace.State.ACTIVE:
            spoken(ask, workspace)
        elif unasked(ask, workspace):
            failing.give_up(ask)
        else:
            failing.closed(ask, workspace)
    except NoRoom as full:
        failing.postpone(ask, wait=full.wait)
    except Unreachable as error:
        failing.unreached(ask, error)


def workspace_of(ask: Ask) -> Workspace:
    """
    Where the message is, or will be; raise Unreachable where the person has no linked user.

    What was to go out where nothing can be sent any more goes out wherever else the person is linked.
    """
    there = sole(Workspace.objects.filter(team_id=ask.shown.get("team", "")))
    stays = ask.external_id or ask.purpose == Ask.Purpose.HOME
    if there and (stays or there.state == Workspace.State.ACTIVE):
        return there
    found = user_in(ask.person)
    if found is None:
        raise posting.missing(Workspace.objects.installed().users().filter(person=ask.person))
    return found[0]


def unasked(ask: Ask, workspace: Workspace) -> bool:
    """Whether nobody was asked by it, and nobody need be."""
    over = contents.content(ask, workspace=workspace, render=ask.fence, at=clock.now()).over
    return over and not ask.external_id


def spoken(ask: Ask, workspace: Workspace) -> None:
    """Speak to Slack; a message that is gone is posted anew, in the same try."""
    way = Way(ask, workspace, workspaces.client(workspace))
    try:
        say(way)
    except SlackApiError as error:
        if posting.code(error) not in LOST or not ask.external_id:
            failing.refused(ask, workspace, error)
            return
        forget(ask)
        deliver(ask)


def say(way: Way) -> None:
    """What is to be shown, then what is to be said in its thread."""
    if in_doubt(way.ask):
        adopt(way)
    letter = addressed(way)
    if letter.content.over and (letter.content.empty or not way.ask.external_id):
        failing.give_up(way.ask)
        return
    if letter.render == way.ask.fence:
        send(letter)
    threads.tell(way)
    finish(letter)


def in_doubt(ask: Ask) -> bool:
    """Whether it may have been posted without our having heard so."""
    return not ask.external_id and "since" in ask.shown


def adopt(way: Way) -> None:
    """Look for the message, and take it for ours."""
    place = posting.found(way, since=way.ask.shown["since"])
    way.ask.external_id = str(place) if place else ""
    note(way.ask, {}, without=["since"], external_id=way.ask.external_id)


def addressed(way: Way) -> Letter:
    """What it says at this moment; under its last number where it was sent so, and the thread alone was left to do."""
    ask, at = way.ask, clock.now()
    if render := ask.shown.get("unfinished"):
        content = contents.content(ask, workspace=way.workspace, render=render, at=at)
        if content.digest() == ask.shown_hash:
            return Letter(way, content, render, at)
    return Letter(way, contents.content(ask, workspace=way.workspace, render=ask.fence, at=at), ask.fence, at)


def send(letter: Letter) -> None:
    """Show it, and record what Slack said."""
    way = letter.way
    methods = letter.methods()
    pacing.take(*way.turns(*methods))
    if "users.info" in methods:
        posting.check(way)
    write(letter)
    try:
        external_id = posting.send(letter)
    except SlackApiError as error:
        if posting.certain(error):
            note(way.ask, {}, without=["since"])
        raise
    record(letter, external_id)


def write(letter: Letter) -> None:
    """Store what will be shown, and of what is posted for the first time since when it may be there."""
    ask, content = letter.way.ask, letter.content
    ask.shown_hash = content.digest()
    ask.remember(str(letter.render), ask.shown_hash)
    first = {} if ask.external_id or content.view else {"since": int(time.time())}
    shown = {**content.shown(), "team": letter.way.workspace.team_id, **first}
    note(ask, shown, without=["unfinished"], shown_hash=ask.shown_hash)


def forget(ask: Ask) -> None:
    """Its message is gone, and the thread with it."""
    ask.external_id = ""
    note(ask, {}, without=["said", "saying", "since", "unfinished"], external_id="")


def record(letter: Letter, external_id: str) -> None:
    """Enter that it was sent, unless the lease went to somebody else. What is left to do is not lost from here on."""
    ask, again = letter.way.ask, bool(letter.way.ask.external_id)
    with transaction.atomic():
        at = clock.now()
        held = sole(Ask.objects.select_for_update().filter(pk=ask.pk, fence=ask.fence))
        if held is None:
            logger.warning("a Slack message was sent after its lease", extra={"ask": ask.pk})
            return
        held.state, held.external_id = Ask.State.OUTDATED, external_id
        held.shown["unfinished"] = letter.render
        held.sent_at = held.sent_at or at
        held.save(update_fields=["state", "external_id", "shown", "sent_at"])
        if letter.content.message:  # a home asks nothing: what was seen there is entered with the answer
            enter(letter, held, again=again)
    ask.external_id, ask.shown = external_id, held.shown


def enter(letter: Letter, held: Ask, *, again: bool) -> None:
    """Enter what was put to whom."""
    ledger.record(
        act=ledger.Act.ASK_SENT,
        actor=outbox.DELIVERING,
        subjects=[held, *held.reviews.order_by("pk"), held.person],
        body={
            "shown": letter.content.digest(),
            "render": letter.render,
            "message": held.external_id,
            "purpose": held.purpose,
            "again": again,
        },
        surface=held.surface,
        assurance=workspaces.assurance(),
    )


def finish(letter: Letter) -> None:
    """Give the lease back, and say whether anything is left: who changed a review meanwhile has counted that."""
    ask = letter.way.ask
    with transaction.atomic():
        held = sole(Ask.objects.select_for_update().filter(pk=ask.pk, fence=ask.fence))
        if held is None:
            return
        ended = Ask.State.CLOSED if letter.content.over else Ask.State.SENT
        held.state = ended if held.changes == ask.changes else Ask.State.OUTDATED
        held.shown.pop("unfinished", None)
        held.leased_until, held.next_at, held.attempts, held.trouble = None, None, 0, ""
        held.save(update_fields=["state", "shown", "leased_until", "next_at", "attempts", "trouble"])
