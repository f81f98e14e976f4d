"""Forms that answer a question: a keep with its reason, a reduce, and the whole question with its verbs."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reviews.evidence import Card, ItemView, needing
from reviews.models import Verdict
from reviews.models.decision import Task
from reviews.slack import blocks, rendering
from reviews.slack.blocks import Block
from reviews.slack.buttons import consequence, days, effect

KEEP_BECAUSE, REDUCE, DECIDE = "keep_because", "reduce", "decide"
REASON, TASK, DAYS, REMAINS, TEXT, VERDICT = "reason", "task", "days", "remains", "text", "verdict"
REASON_AT_MOST = 1000
OTHERWISE = "text"
REDUCING = "You are asked next what should remain"


def keep_because(card: Card, item: ItemView, *, at: datetime, zone: ZoneInfo) -> Block:
    """Ask for the task that needs it. Its length is checked by us and not by Slack: our words say why it matters."""
    kept = f"{card.agent} keeps {item.title}" if card.agent else f"{item.title} is kept"
    because = f" You are asked for words because {' and '.join(item.keeping.because)}." if item.keeping.because else ""
    said = f"{kept}. The next reviewer will read what you write.{because}"
    return blocks.modal(
        KEEP_BECAUSE,
        title=f"Keep for {days(item.keeping.longest)}?",
        submit="Keep",
        blocks=[
            blocks.section(blocks.words(said, limit=800)),
            task(optional=not item.keeping.needs_reason),
            reason(item, optional=not item.keeping.needs_reason),
            lasting(item, at=at, zone=zone),
        ],
    )


def task(*, optional: bool) -> Block:
    """What kind of task needs it."""
    tasks = blocks.radios(TASK, [blocks.option(each.label, each) for each in Task if each])
    return blocks.entry("Which task needs it?", tasks, optional=optional)


def reason(item: ItemView, *, optional: bool) -> Block:
    """The sentence that the next reviewer reads."""
    least = f"{item.keeping.length} letters and digits."
    wanted = f"{'To keep it, at' if optional else 'At'} least {least} " if item.keeping.needs_reason else ""
    return blocks.entry(
        "Say it in a sentence",
        blocks.typed(REASON, most=REASON_AT_MOST, focus=not optional),
        hint=f"{wanted}Name the task, so that somebody else can check it later.",
        optional=optional,
    )


def lasting(item: ItemView, *, at: datetime, zone: ZoneInfo) -> Block:
    """When it is asked again; never *never*."""
    options = [
        blocks.option(f"{days(number)}, on {(at + timedelta(days=number)).astimezone(zone):%-d %b %Y}", str(number))
        for number in item.keeping.days
    ]
    chosen = str(item.keeping.longest)
    return blocks.entry("Ask again after", blocks.select(DAYS, options, chosen=chosen, placeholder="Choose a time"))


def reduce(item: ItemView, *, at: datetime, zone: ZoneInfo) -> Block:
    """Ask what should remain: what the system offers, or a sentence for the person who does it by hand."""
    offers = [
        blocks.option(f"Form {number + 1}", str(number), description=each.text)
        for number, each in enumerate(item.narrowings[:9])
    ]
    cut = [
        blocks.words(f"Form {number + 1}: {each.text}", limit=500)
        for number, each in enumerate(item.narrowings[:9])
        if len(each.text) > blocks.OPTION
    ]
    where = item.system or "The system"
    said = f"{where} offers these narrower forms." if offers else f"{where} offers no narrower form of this."
    by_hand = "What you describe in your own words a person does by hand; that is said so, and not proven by a read."
    other = (
        [blocks.option("Something else", OTHERWISE, description="Described below, and done by hand")] if offers else []
    )
    return blocks.modal(
        REDUCE,
        title="Reduce",
        submit="Reduce",
        blocks=[
            blocks.section(blocks.words(f"{item.title}. {said} {by_hand}", limit=800)),
            *([blocks.context(*cut)] if cut else []),
            *([blocks.entry("What should remain?", blocks.radios(REMAINS, [*offers, *other]))] if offers else []),
            blocks.entry(
                "In your own words",
                blocks.typed(TEXT, most=REASON_AT_MOST),
                optional=bool(offers),
                hint="Such as: read only, no deletes.",
            ),
            lasting(item, at=at, zone=zone),
        ],
    )


def decide(card: Card, item: ItemView, *, at: datetime, zone: ZoneInfo) -> Block:
    """The whole question, with all that is known; nothing is chosen beforehand."""
    verbs = [
        blocks.option(f"Keep for up to {days(item.keeping.longest)}", Verdict.KEEP),
        *([blocks.option("Reduce…", Verdict.REDUCE, description=REDUCING)] if item.can_be_reduced else []),
        blocks.option("Revoke", Verdict.REVOKE, description="What it does stands above"),
    ]
    question = card.question if len(card.items) == 1 else f"Does {card.agent} still need {needing(item.title)}?"
    silence = f"If nothing is decided in time, {card.silence}."
    notes = [f"You are asked {card.why_you}", silence, *([f"Suggestion: {item.suggestion}"] if item.suggestion else [])]
    return blocks.modal(
        DECIDE,
        title="Decide",
        submit="Decide",
        blocks=[
            blocks.section(blocks.words(question, limit=600)),
            rendering.facts(item),
            *rendering.known(item),
            blocks.context(consequence("" if item.preview else effect(item), undo=card.undo, limit=400)),
            blocks.context(*(blocks.words(each, limit=500) for each in notes)),
            blocks.entry("What should happen?", blocks.radios(VERDICT, verbs)),
            task(optional=True),
            reason(item, optional=True),
            lasting(item, at=at, zone=zone),
        ],
    )
