"""
The life of one act, line by line: the ledger's entries about it, in words.

An entry stays where it is and says what it said, whatever becomes of the act; the reads and the tries that it names
hold what the systems answered.
"""

from collections.abc import Iterator, Mapping

from governance import ledger
from governance.models import Entry, Person
from reviews.evidence.outcomes import FAILED, HELD, wording
from reviews.models import Attempt, Remediation
from reviews.models.remediation import STILL_THERE, State

Entered = ledger.Act
STATES: Mapping[str, str] = {
    Entered.REMEDIATION_HELD: HELD,
    Entered.REMEDIATION_FAILED: FAILED,
    Entered.REMEDIATION_STUCK: State.STUCK,
    Entered.REMEDIATION_VERIFIED: State.VERIFIED,
    Entered.REMEDIATION_STILL_EFFECTIVE: State.STILL_EFFECTIVE,
    Entered.REMEDIATION_ATTESTED: State.ATTESTED,
    Entered.REMEDIATION_CANCELLED: State.CANCELLED,
}


def told(act: Remediation) -> Iterator[tuple[Entry, str]]:
    """
    What happened to it, the oldest first: each entry with its sentence.

    What is stuck is tried again and again, slowly: of that only what was not said before is said.
    """
    tries = {str(each.pk): each for each in act.tries.all()}
    said: set[str] = set()
    slowly = False
    for entry in Entry.objects.about(kind="remediation", key=act.pk):
        text = sentence(act, entry, tries.get(named(entry, "attempt")))
        if text and not (slowly and text in said):
            yield entry, text
        said.add(text)
        slowly = entry.act == Entered.REMEDIATION_STUCK or (slowly and entry.act != Entered.REMEDIATION_RETRIED)


def sentence(act: Remediation, entry: Entry, attempt: Attempt | None) -> str:
    """An entry in words; nothing where another line says it: planning by the decision, an end by the undo."""
    if entry.act == Entered.REMEDIATION_SENT:
        lost = " No answer came." if entry.body["outcome"] == "unknown" else ""
        return f"{act.system.name} was told to {act.get_act_display().lower()} it.{lost}"
    if entry.act == Entered.REMEDIATION_RETRIED:
        return f"{Person.objects.get(pk=entry.actor_id).name} had it tried again at once."
    if entry.act not in STATES or (entry.act == Entered.REMEDIATION_CANCELLED and named(entry, "undo")):
        return ""
    read = attempt.response if attempt else {}
    return wording(act, STATES[entry.act], trouble=trouble(act, entry, attempt), read=read)


def trouble(act: Remediation, entry: Entry, attempt: Attempt | None) -> str:
    """Why it did not come true then; an act that has ended keeps why."""
    if entry.act == Entered.REMEDIATION_CANCELLED:
        return act.trouble
    if attempt is None:
        return str(entry.body.get("error", ""))
    said = attempt.response.get("error")
    return STILL_THERE if said is None else f"{attempt.outcome}: {said}"


def named(entry: Entry, kind: str) -> str:
    """The key of the first subject of a kind; empty where there is none."""
    return next((each["id"] for each in entry.subjects if each["kind"] == kind), "")
