"""
Every surface that the app can show, from made-up cards: as it goes to Slack.

    usual()         one of each, in each of its states
    hostile(text)   each of them, with a stranger's text wherever a stranger's text can stand
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from demo.cards.examples import (
    NOW,
    account,
    card,
    copy,
    credential,
    hostile_account,
    hostile_item,
    hostile_outcome,
    item,
    outcome,
)
from demo.cards.examples import hostile as hostile_card
from governance.errors import Conflict
from governance.models import Band, Person
from reviews.evidence import Card, Keeping, Line
from reviews.evidence.cards import Narrow
from reviews.models import Assignment, Handover, Preference, Review, State, Verdict
from reviews.slack import (
    accounts,
    bulk,
    commands,
    digest,
    forms,
    handlers,
    linking,
    modals,
    offers,
    page,
    refusing,
    rendering,
    waiting,
)
from reviews.slack import windows as opening
from reviews.slack.buttons import undo_button
from reviews.slack.linking import Pending
from reviews.slack.page import Page, Remembered
from reviews.slack.rendering import Message
from reviews.slack.rows import Row
from reviews.slack.tokens import Token

Json: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["message", "modal", "home"]

WORDS = Keeping(because=("its risk is high", "no recent use has been seen"), length=15, days=(90, 60, 30))
NARROWER = (Narrow("read", "Reading stays, writing goes."), Narrow("own", "Only its own rows stay."))


@dataclass(frozen=True, slots=True)
class Surface:
    """One thing that is shown: `payload` is what Slack gets, `text` and `blocks` of a message, else the view."""

    kind: Kind
    payload: Json

    def line(self) -> Json:
        """As it is printed."""
        return {"kind": self.kind, "payload": self.payload}


def every(texts: Sequence[str]) -> Iterator[Surface]:
    """All of it: the usual, then each of the hostile texts everywhere."""
    yield from usual()
    for text in texts:
        yield from hostile(text)


def said(message: Message) -> Surface:
    """A message, as it is posted; without blocks there is its text alone."""
    return Surface("message", {"text": message.text, **({"blocks": message.blocks} if message.blocks else {})})


def usual() -> Iterator[Surface]:
    """One of each, in each of its states."""
    yield from (said(rendering.message(each, copy())) for each in cards())
    yield said(rendering.message(card(person="Jon Bell"), copy(asked=False)))
    yield said(rendering.reminder([card()], copy()))
    yield said(rendering.reminder([card(), card()], copy()))
    yield from digests(rows_of(card()), rows_of(*cards()))
    yield from offered(card(), giver="Tomas Lindqvist", reason="You know the night job.")
    yield from offered(card(*map(item, range(20))), giver="Tomas Lindqvist", reason="")
    yield from windows(card(item(keeping=WORDS, narrowings=NARROWER)))
    yield from windows(card(agent=""))
    yield from windows_of_account(account())
    yield from windows_of_credential(credential())
    yield from pages("Maria Okafor", rows_of(card(), card(item(2), due_at=NOW + timedelta(days=30))))
    yield said(commands.listing("Two questions need you, Maria.", rows_of(card(), claim()), copy(), more=2))
    yield said(commands.holding("airline-support: Maria Okafor answers for it.", ["refund_payment in PostgreSQL"]))
    yield from beside(Pending(team="T0SKYWAY", user="U0LENA", name="Lena Fischer"))


def cards() -> Iterator[Card]:
    """A question in each of its states."""
    yield card()
    yield card(item(keeping=WORDS, kept_before="Kept on 2 Mar 2026 by Jon Bell, without a word"))
    yield card(item(band=Band.CRITICAL, keeping=replace(WORDS, behind_login=True)), severity=Band.CRITICAL)
    yield card(snoozed_until=NOW + timedelta(days=1), offer="Offered to Jon Bell, who has not answered yet.")
    yield card(item(suggestion="", replay="Its use cannot be observed.", preview="Not tried: it is down."))
    yield card(*map(item, range(20)), question="Does airline-support still need refund_payment, and 19 more grants?")
    yield claim()
    yield account()
    yield credential()
    for end in ends():
        yield card(item(state=State.DECIDED, outcome=end), state=State.DECIDED)
    yield card(item(state=State.WITHDRAWN), state=State.WITHDRAWN)
    yield card(item(1, state=State.DECIDED, outcome=outcome()), item(2))


def claim() -> Card:
    """Nobody answers for an agent."""
    lines = {
        "Is for": "Telling the operations desk each morning what was cancelled",
        "Belongs to": "Operations",
        "Last owner": "Nadia Karim, whose manager is Tomas Lindqvist",
        "Uses": "ops_briefing in PostgreSQL",
        "Riskiest grants": "cancel_flight (high), read_crew (medium), read_flights (low) and 12 more",
    }
    agent = item(
        title="ops-briefing",
        system="",
        lines=tuple(Line(label, text) for label, text in lines.items()),
        why_now=("Nobody who can act answers for this agent: Nadia Karim has left.",),
        replay="It last ran on 23 Nov 2026; 30 runs reported in the last 30 days.",
        preview="",
        suggestion="Claim it, name who should answer for it, or retire it. Basis: Nadia Karim has left.",
    )
    return card(agent, kind=Review.Kind.CLAIM, question="Who answers for ops-briefing?", agent="ops-briefing")


def ends() -> Iterator[Any]:
    """What can become of a decision."""
    yield outcome()
    yield outcome(undo_until=None, undone_by="Maria Okafor", summary="Taken back")
    yield outcome(verdict=Verdict.KEEP, summary="Kept", execution="", execution_text="", execution_at=None)
    stuck = "Not done. The password is wrong. A person has to look at it."
    yield outcome(summary="Not done", execution="stuck", execution_text=stuck, execution_at=None)
    yield outcome(summary="Still effective", execution="still_effective", execution_text="It is open through PUBLIC.")


def rows_of(*given: Card) -> list[Row]:
    """Their subjects, one below the other."""
    return [Row(each, one) for each in given for one in each.items]


def beside(pending: Pending) -> Iterator[Surface]:
    """What is told beside the questions: how to be linked, or why one can't be; what can be typed; what went wrong."""
    for user in ({}, {"is_restricted": True}):
        shown = linking.told(pending, user, until=NOW)
        yield Surface("message", {"text": shown.text, "blocks": shown.blocks})
        yield Surface("home", {"type": "home", "blocks": shown.blocks})
    yield said(commands.helped())
    yield said(rendering.alone(handlers.DONE))
    yield Surface("message", {"text": opening.NOT_OPENED, "blocks": opening.not_opened("https://countersign.example/")})
    yield Surface(
        "modal",
        refusing.notice(bulk.told([Conflict("Already revoked by Jon Bell at 14:02.")], done=2), title="Not all"),
    )
    yield said(commands.sentence(f"{pending.name} decided to revoke it."))  # as the thread of a question says it


def digests(*given: list[Row]) -> Iterator[Surface]:
    """The routine questions of a day: while they wait, and when nothing of them does any more."""
    for rows in given:
        for theirs in (frozenset({1042}), frozenset[int]()):
            yield said(digest.message(rows, copy(), theirs=theirs))


def offered(asked: Card, *, giver: str, reason: str) -> Iterator[Surface]:
    """A colleague's question, in each of its states."""
    for ending in Handover.Ending:
        handover = Handover(assignment=Assignment(person=Person(name=giver)), reason=reason, ending=ending)
        yield said(offers.message(asked, handover, copy()))


def windows(asked: Card) -> Iterator[Surface]:
    """Every form about a card, and what it turns into."""
    one, zone = asked.items[0], copy().zone
    group = rows_of(asked)[:10]
    views = [
        modals.keep_because(asked, one, at=NOW, zone=zone),
        modals.reduce(one, at=NOW, zone=zone),
        modals.decide(asked, one, at=NOW, zone=zone),
        forms.theirs(one),
        forms.hand(asked),
        forms.several(group, more=3),
        refusing.notice(str(Conflict(f"Already revoked by {asked.person} at 14:02."))),
    ]
    yield from (Surface("modal", view) for view in views)


def windows_of_account(asked: Card) -> Iterator[Surface]:
    """Every form about whose an account is."""
    one = asked.items[0]
    views = [
        accounts.belongs(one),
        accounts.belongs(replace(one, could_be=())),
        accounts.no_agents(one),
        forms.theirs(one),
    ]
    yield from (Surface("modal", view) for view in views)


def windows_of_credential(asked: Card) -> Iterator[Surface]:
    """Every form about a credential, of which no part can remain."""
    one, zone = asked.items[0], copy().zone
    for view in (modals.keep_because(asked, one, at=NOW, zone=zone), modals.decide(asked, one, at=NOW, zone=zone)):
        yield Surface("modal", view)


def pages(name: str, rows: Sequence[Row], **wished: Any) -> Iterator[Surface]:
    """A person's own page: with what waits, and with nothing."""
    groups = list(dict.fromkeys(row.group for row in rows))
    delegate = Person(pk=2, name=wished.pop("delegate", "Jon Bell"))
    wishes = Preference(
        delegate=delegate, quiet_from=21 * 60, quiet_until=7 * 60 + 15, paused_until=NOW + timedelta(days=3)
    )
    full = Page(
        name=name,
        total=len(rows) + 40,
        first_due=NOW + timedelta(days=3),
        groups=groups,
        filters=waiting.chosen({waiting.AGENT: waiting.named(groups[0]), waiting.DUE: waiting.SOON}, groups),
        fitting=len(rows) + 20,
        rows=rows,
        wishes=wishes,
        delegate="U0JON",
        last=[remembered(rows[0].item.title, wished.get("whose", "airline-support"))] * 5,
    )
    empty = replace(full, total=0, first_due=None, rows=[], fitting=0, wishes=Preference(), delegate="", last=[])
    yield from (Surface("home", page.view(each, copy())) for each in (full, empty))


def remembered(title: str, whose: str) -> Remembered:
    """A decision that its person can take back."""
    made = outcome()
    undo = undo_button(made, title=title, about=Token(5, 7, ""), at=NOW)
    return Remembered(NOW, whose, title, made, undo)


def hostile(text: str) -> Iterator[Surface]:
    """Every surface, with this text wherever a stranger's text can stand."""
    asked, many = hostile_card(text), hostile_card(text, items=20)
    named = {"question": text, "agent": text, "person": text}
    ended = card(
        replace(hostile_item(text), state=State.DECIDED, outcome=hostile_outcome(text)), state=State.DECIDED, **named
    )
    whose = replace(asked, kind=Review.Kind.CLAIM)
    nobodys = hostile_account(text)
    for each in (asked, many, ended, whose, nobodys):
        yield said(rendering.message(each, copy()))
    yield said(rendering.reminder([asked], copy()))
    yield from digests(rows_of(asked, ended, whose, *[replace(asked, agent=f"{text}{n}") for n in range(9)]))
    yield from offered(asked, giver=text, reason=text)
    yield from offered(many, giver=text, reason=text)
    yield from windows(many)
    yield from windows_of_account(nobodys)
    thirty = [Row(replace(whose, agent=f"{text}{n}", severity=Band.HIGH), whose.items[0]) for n in range(30)]
    yield from pages(text, thirty, delegate=text, whose=text)
    yield said(commands.listing(f"Ten questions need you, {text}.", thirty[:10], copy(), more=3))
    yield said(commands.holding(f"{text}: Nobody answers for it.", [text] * 20))
    yield said(commands.sentence(f"There is no agent “{text}” that you may see."))
    yield from beside(Pending(team="T0SKYWAY", user="U0LENA", name=text, email=text))
