"""Whatever is skimmed is what judging would have made of it; and what is plainly in order is skimmed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.errors import Invalid
from governance.observing.judging import EVENT_COLUMNS, LONGEST, Cover, Rules, judge_event
from governance.observing.reading import OBJECTS, line_of
from governance.observing.skimming import Skimmer, judged

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = Cover(NOW - timedelta(days=1), NOW)
MAPPING = {"book": {"action": "EXECUTE", "resource": "air.book()"}}
GOOD = {
    "at": "2026-11-24T09:30:00Z",
    "event_id": "e1",
    "account": "bot",
    "action": "SELECT",
    "resource": "air.flight",
    "outcome": "allowed",
}
AT = [
    "2026-11-24T09:30:00.1234567Z",
    "2026-11-24T09:30:00",
    "2026-11-24T12:00:00+02:00",
    "2026-11-24t09:30:00z",
    "0001-01-01T00:00:00+05:00",
]
WORDS = ["", "bot", " bot", "book", "Bot", "e\u00e9", "\ud800", "\0", "\x7f", "a\\b", "allowed", "x" * 201, GOOD["at"]]
words = st.sampled_from([*WORDS, *AT, None, 7, 1.5, True, ["x"], {}])
lines = st.dictionaries(st.sampled_from([*sorted(EVENT_COLUMNS.known), "kind", "more"]), words).map(
    lambda said: json.dumps(GOOD | said).encode()
)


def rules():
    return Rules(DAY, NOW, timedelta(days=400), MAPPING)


def by_word(number, raw, given_rules):
    """The event, or the reason, by judging alone."""
    try:
        return judge_event(line_of(number, raw, OBJECTS, EVENT_COLUMNS), given_rules)
    except Invalid as refusal:
        return str(refusal)


def told(event):
    """What there is to an event: uses are one and the same where their words are."""
    if isinstance(event, str):
        return event
    fields = [getattr(event, name) for name in event.__struct_fields__ if name != "use"]
    return [*fields, *(getattr(event.use, name) for name in event.use.__struct_fields__)]


@settings(max_examples=200)
@given(st.lists(lines, min_size=1, max_size=5))
@example([b'{"at":"2026-11-24T09:30:00Z","event_id":"e","account":"b","action":"a","outcome":"allowed","x":"\xff"}'])
@example([b'{"at":"2026-11-24T09:30:00Z","event_id":"e","account":"b","action":"a","outcome":"allowed"}x'])
@example([json.dumps(GOOD | {name: "x" * (longest + 1)}).encode() for name, longest in LONGEST.items()])
def test_what_is_skimmed_is_what_would_have_been_judged(raws):
    numbered = list(enumerate(raws, 1))
    found, refused, _ = judged(numbered, OBJECTS, rules())
    both = {event.number: told(event) for event in found} | dict(refused)
    alone = rules()
    assert both == {number: told(by_word(number, raw, alone)) for number, raw in numbered}


@pytest.mark.parametrize(
    "said",
    [{}, {"run": None, "agent": "a b"}, {"more": 1}, {"resource": None, "action": "book"}, {"on_behalf_of": "x"}],
)
def test_what_is_plainly_in_order_is_skimmed(said):
    assert Skimmer(rules()).skim(1, json.dumps(GOOD | said).encode())
