"""Every grant of a period lies in exactly one bucket, in every world."""

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviews.reports.attestation import BUCKETS, count
from tests.reviews.stories import END, START, Acted, Asked, Held, Restored, build, rows


def oracle(story: Held) -> str | None:
    """The bucket, as one would find it on paper; None where the grant was not held in the period."""
    if story.opened >= END or (story.closed is not None and story.closed <= START):
        return None
    known = [question for question in story.asked if question.opened < END]
    ended = [question for question in known if question.closed is not None and question.closed < END]
    decided = sorted((question.closed, place) for place, question in enumerate(ended) if question.verdict)
    last = ended[decided[-1][1]] if decided else None
    if story.closed is not None and story.closed < END:
        return gone(last, story.closed) if last else "removed_outside"
    if len(ended) < len(known):
        return "carried_over"
    if last and (said := spoken(last, suspected=story.cleared is None or story.cleared >= END)):
        return said
    return "withdrawn" if any((question.closed or 0) >= START for question in known) else "not_asked"


LENT = {"keep", "reduce"}
WORDS = {"keep": "kept", "reduce": "reduced", "revoke": "revoked", "suspend": "suspended"}


def happened(day: int | None) -> bool:
    return day is not None and day < END


def cancelled(last: Asked) -> bool:
    return last.acted is not None and happened(last.acted.cancelled)


def held(last: Asked) -> bool:
    return last.acted is not None and last.acted.held and not happened(last.acted.released)


def gone(last: Asked, closed: int) -> str:
    """How a grant ended about which that was the last decision."""
    gives = last.restored if happened(last.undone) else None
    if gives and not happened(gives.given_up):
        sent = gives.sent is not None and gives.sent <= closed
        told = last.acted and last.acted.told is not None and last.acted.told <= closed
        return "removed_outside" if sent or not told else missing(last) or "kept"
    stands = gives or not (happened(last.undone) or cancelled(last) or held(last))
    return WORDS[last.verdict] if stands and last.verdict not in LENT else "removed_outside"


def missing(last: Asked) -> str:
    """The bucket of what was taken away, taken back, and is not there again; "" where it is."""
    gives = last.restored if happened(last.undone) else None
    if gives is None or happened(gives.back):
        return ""
    return WORDS[last.verdict] if happened(gives.given_up) else "carried_over"


def spoken(last: Asked, *, suspected: bool) -> str | None:
    """What the last decision says about a grant that is still there; None where it says nothing any more."""
    if happened(last.undone) and last.verdict != "keep":
        back = last.restored.back if last.restored else last.undone
        return missing(last) or ("kept" if (back or 0) >= START else None)
    if happened(last.undone) or cancelled(last):
        over = last.undone if happened(last.undone) else last.acted and last.acted.cancelled
        return "carried_over" if (over or 0) >= START and suspected else None
    if held(last):
        return "carried_over"
    return None if last.verdict in LENT and (last.closed or 0) < START else WORDS[last.verdict]


DAYS = st.integers(0, 29)
VERDICTS = st.sampled_from(["", "keep", "reduce", "revoke", "suspend"])


@st.composite
def questions(draw) -> Asked:
    opened = draw(DAYS)
    closed = draw(st.none() | st.integers(opened, 30))
    verdict = "" if closed is None else draw(VERDICTS)
    undone = draw(st.none() | st.integers(closed, 31)) if verdict else None
    acted = draw(removals(closed)) if verdict == "suspend" else None
    if acted and not acted.held and undone is not None:
        told = draw(st.integers(closed, undone))
        return Asked(opened, closed, verdict, undone, Acted(told=told), draw(restores(undone)))
    return Asked(opened, closed, verdict, undone, acted)


@st.composite
def removals(draw, since: int) -> Acted:
    """Held and cancelled, or released and done later; nothing was told before the grant closed."""
    later = st.integers(since, 31)
    return draw(
        st.just(Acted(told=40))
        | st.builds(Acted, held=st.just(True), cancelled=later, released=st.none())
        | st.builds(Acted, held=st.just(True), released=later, told=st.just(40))
    )


@st.composite
def restores(draw, since: int) -> Restored:
    """It runs, has come back, or was given up."""
    sent = draw(st.none() | st.integers(since, 31))
    if sent is None:
        return Restored(given_up=draw(st.none() | st.integers(since, 31)))
    ends = draw(st.none() | st.sampled_from(["back", "given_up"]))
    return Restored(sent, **({ends: draw(st.integers(sent, 31))} if ends else {}))


def being_given_back(question: Asked) -> bool:
    """Whether its act still runs; of those a grant has one."""
    gives = question.restored
    return gives is not None and gives.back is None and gives.given_up is None


@st.composite
def stories(draw) -> Held:
    opened = draw(DAYS)
    closed = draw(st.none() | st.integers(opened, 30))
    cleared = draw(st.none() | st.integers(0, 30))
    asked = draw(st.lists(questions(), max_size=3).filter(lambda made: sum(map(being_given_back, made)) <= 1))
    return Held(opened, closed, tuple(asked), cleared)


generated = settings(max_examples=15)


@pytest.mark.django_db
@generated
@given(world=st.lists(stories(), max_size=6))
@example(world=[Held()])
@example(world=[Held(asked=(Asked(1, START, "keep"), Asked(START, START, "")))])
@example(world=[Held(asked=(Asked(1, START - 1, "keep", undone=START),))])
@example(world=[Held(closed=11, asked=(Asked(0, 0, "suspend", acted=Acted(held=True, cancelled=END)),))])
@example(world=[Held(asked=(Asked(0, 0, "suspend", undone=START, acted=Acted(held=True, cancelled=END)),))])
@example(world=[Held(asked=(Asked(1, 2, "suspend", 3, Acted(told=2), Restored(sent=3, given_up=START)),))])
def test_every_world_reconciles_to_zero(world):
    with transaction.atomic():
        grants = [build(story) for story in world]
        found = rows()
        transaction.set_rollback(True)
    expected = {str(grant.pk): oracle(story) for grant, story in zip(grants, world, strict=True)}
    assert {row["grant"]: row["bucket"] for row in found} == {key: name for key, name in expected.items() if name}
    assert len(found) == len({row["grant"] for row in found}), "each grant once"
    counts = count(found)
    assert counts["difference"] == 0
    assert sum(counts[bucket] for bucket in BUCKETS) == counts["population"] == len(found)
