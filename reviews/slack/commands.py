"""
The slash command `/access`: everything that can be reached by pointing can be reached by typing.

What it answers is seen by the person alone. It is rendered like a message, and its hash is kept, so that a click on it
says what was shown.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from governance import access, clock
from governance.errors import Invalid, NotAllowed, Refusal
from governance.models import Agent, Grant, Person
from governance.policy.wording import counted
from reviews import evidence
from reviews.hours import zone_of
from reviews.models import Ask, Review
from reviews.slack import blocks, identity, page, payloads, refusing, rendering, rows, times, waiting, wishes
from reviews.slack.blocks import Block
from reviews.slack.identity import Unlinked
from reviews.slack.payloads import Click
from reviews.slack.plain import marked
from reviews.slack.rendering import Copy, Message
from reviews.slack.rows import Row

NAME = "/access"
LISTED, GRANTS = 10, 20
LIST = "list."  # how the names of its blocks begin
MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
HELP = (
    "`/access list` what waits for you\n"
    "`/access next` the most urgent question, with its buttons\n"
    "`/access delegate @colleague` who is asked while you are away (`/access delegate none` ends it)\n"
    "`/access pause 3` hear of nothing that is not critical for 3 days (`/access pause none` ends it)\n"
    "`/access agent NAME` what an agent holds, and who answers for it"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who gave a command, with what stands behind its first word."""

    person: Person
    click: Click
    rest: str


Command = Callable[[Asked], Message]


def register(app: App) -> None:
    """Listen for the command."""
    app.command(NAME)(commanded)


def commanded(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """Answer at once, to the person alone; who is not linked is told how to be as soon as Slack says who they are."""
    click = payloads.commanded(body)
    word, _, rest = click.value.partition(" ")
    person: Person | None = None
    try:
        person = identity.person_of(click.user)
        said = COMMANDS.get(word.lower(), helped)(Asked(person, click, rest.strip()))
    except Unlinked as error:
        refusing.enter(click, error, person=None, about=None)
        refusing.tell(click, error, client)
        ack()
        return
    except Refusal as error:
        refusing.enter(click, error, person=person, about=None)
        said = sentence(str(error))
    ack(response_type="ephemeral", text=said.text, blocks=said.blocks or None)


def sentence(text: str) -> Message:
    """One sentence, escaped."""
    return rendering.alone(marked(text, limit=1000))


def helped(_asked: Asked | None = None) -> Message:
    """What can be said."""
    return rendering.alone(f"Countersign asks whether AI agents still need what they may do.\n{HELP}")


def listed(asked: Asked) -> Message:
    """What waits, the most urgent first."""
    found = waiting.waiting_for(asked.person)
    if not found:
        return nothing(asked)
    row, copy = place(asked)
    heading = page.heading(asked.person.name, len(found), found[0].due_at, copy)
    return kept(row, copy, listing(heading, waiting.rows_of(found[:LISTED]), copy, more=len(found[LISTED:])))


def listing(heading: str, found: Sequence[Row], copy: Copy, *, more: int) -> Message:
    """These, by agent, and how many there are besides."""
    shown: list[Block] = [blocks.header(heading)]
    for group, members in rows.grouped(found).items():
        shown.append(blocks.section(blocks.markup(f"*{marked(group, limit=150)}*")))
        shown += [block for member in members for block in rows.shown(member, copy)]
    rest = f"{more:,} more are on the Home tab of this app. " if more else ""
    shown.append(blocks.context(blocks.words(f"{rest}The time you take is recorded.", limit=blocks.CONTEXT)))
    return Message(marked(heading, limit=500), blocks.numbered(shown, prefix=f"{LIST}{copy.ask_id}.{copy.render}"))


def listed_again(click: Click) -> list[Block]:
    """What still waits, where the click was on such a list; nothing where it was not."""
    if not click.render.startswith(LIST):
        return []
    try:
        return listed(Asked(identity.person_of(click.user), click, "")).blocks
    except Refusal:
        return []


def upcoming(asked: Asked) -> Message:
    """The most urgent question, as its own message shows it."""
    found = waiting.rows_of(waiting.waiting_for(asked.person)[:1])
    if not found:
        return nothing(asked)
    row, copy = place(asked)
    return kept(row, copy, rendering.message(found[0].card, copy))


def nothing(asked: Asked) -> Message:
    """The empty state, with what happens next."""
    return sentence(f"Nothing to review, {asked.person.name}. {page.NEXT_CHECK}")


def place(asked: Asked) -> tuple[Ask, Copy]:
    """The row to which what is shown here belongs, and a rendering of its own."""
    at = clock.now()
    row, _ = Ask.objects.update_or_create(
        dedupe_key=f"command:{asked.click.user.team_id}:{asked.person.pk}",
        defaults={"sent_at": at},
        create_defaults={
            "person": asked.person,
            "surface": "slack",
            "purpose": Ask.Purpose.COMMAND,
            "state": Ask.State.CLOSED,
            "made_at": at,
            "sent_at": at,
        },
    )
    render = int(time.time() * 1000)
    return row, Copy(ask_id=row.pk, render=render, asked=True, zone=zone_of(asked.person), at=at)


def kept(row: Ask, copy: Copy, made: Message) -> Message:
    """Keep the hash of what is shown, so that a click on it, or a form that it opens, says what was seen."""
    row.remember(str(copy.render), made.digest())
    Ask.objects.filter(pk=row.pk).update(shown_hash=made.digest())
    return made


def delegate(asked: Asked) -> Message:
    """Who is asked while the person is away."""
    named = MENTION.fullmatch(asked.rest)
    if asked.rest.lower() not in {"none", "nobody"} and named is None:
        raise Invalid("Name a colleague, such as /access delegate @jon, or say none.")
    user_id = named[1] if named else ""
    wishes.stand_in(asked.person, user_id, team_id=asked.click.user.team_id, how=wishes.via(asked.click))
    found = identity.colleague(team_id=asked.click.user.team_id, user_id=user_id)
    if found is None:
        return sentence("While you are away, the deputies of each agent are asked, and then your manager.")
    return sentence(f"While you are away, {found.name} is asked. What waits for you now stays with you until then.")


def pause(asked: Asked) -> Message:
    """Hear of nothing for some days."""
    made = wishes.paused(asked.person, asked.rest.lower() or "1", wishes.via(asked.click))
    if made.paused_until is None:
        return sentence("You are not paused: questions come as they fall due.")
    until = times.said(made.paused_until, zone=zone_of(asked.person))
    return sentence(f"Paused until {until}. What is critical is asked all the same, and deadlines run on.")


def agent(asked: Asked) -> Message:
    """What an agent holds and who answers for it, for whoever may see it."""
    if not asked.rest:
        raise Invalid("Name the agent, such as /access agent airline-support.")
    found = visible(asked.person, asked.rest)
    owner = found.accountable(clock.now())
    held = Grant.objects.held().filter(account__claims__agent=found, account__claims__until=None).distinct()
    lines = [
        f"{evidence.title(grant)} in {grant.account.system.name}"
        for grant in held.select_related("entitlement", "account__system").order_by("-risk", "pk")[:GRANTS]
    ]
    number, open_now = held.count(), Review.objects.open().filter(items__agent=found).distinct().count()
    answers = f"{owner.name} answers for it" if owner else "Nobody answers for it"
    more = f" The {len(lines)} with the highest risk:" if number > len(lines) else ""
    holds, asks = counted(number, "grant"), counted(open_now, "open question")
    first = f"{found.name}: {answers}. It holds {holds}; {asks} about it.{more}"
    return holding(first, lines)


def holding(first: str, lines: Sequence[str]) -> Message:
    """An agent in a sentence, and what it holds."""
    told = marked(first, limit=600)
    text = "\n".join([told, *(f"• {marked(line, limit=110)}" for line in lines)])
    return Message(told, blocks.numbered([blocks.section(blocks.markup(text))], prefix="agent"))


def visible(person: Person, name: str) -> Agent:
    """The agent of this name, if the person answers for it or may see it. Raises NotAllowed for every other name."""
    found = Agent.objects.filter(name__iexact=name).first()
    answers = found is not None and any(each.person_id == person.pk for each in found.line())
    if found is None or not (answers or access.visible(Agent.objects.filter(pk=found.pk), to=person).exists()):
        raise NotAllowed(f"There is no agent “{name}” that you may see.")
    return found


COMMANDS: Mapping[str, Command] = {
    "list": listed,
    "next": upcoming,
    "delegate": delegate,
    "pause": pause,
    "agent": agent,
}
