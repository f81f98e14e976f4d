"""One value, one form: the form of RFC 8785."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.canonical import LARGEST, NotCanonical, check, encode, leaf_of

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
KEYS = st.text(st.characters(max_codepoint=127, exclude_characters="\0"))
SCALARS = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(value=VALUES)
def test_the_bytes_are_those_of_rfc_8785(value):
    check(value)
    assert encode(json.dumps(value)) == rfc8785.dumps(value)


@given(value=VALUES)
def test_the_bytes_do_not_change_when_they_are_read_and_written_again(value):
    once = encode(json.dumps(value, ensure_ascii=False, indent=1))
    assert encode(once.decode()) == once


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"windows": [1, 2, 0.5]}, "body.windows[2]: 0.5 is a float"),
        ({"at": datetime(2026, 1, 1, tzinfo=UTC)}, "ledger.stamp"),
        ({"on": date(2026, 1, 1)}, "body.on: datetime.date(2026, 1, 1) is no JSON type"),
        ({"n": LARGEST + 1}, "body.n: 9007199254740992 is not below 2^53"),
        ({"n": -LARGEST - 1}, "body.n: -9007199254740992 is not below 2^53"),
        ({"t": "a\0b"}, "body.t: 'a\\x00b' contains U+0000"),
        ({"t": "a\ud800"}, "contains a lone surrogate at 1"),
        ({"ü": 1}, "body: the key 'ü' is not ASCII text"),
        ({"\0": 1}, "is not ASCII text"),
        ({1: 1}, "body: the key 1 is not ASCII text"),
        ({"d": Decimal("1.5")}, "body.d: Decimal('1.5') is a Decimal"),
        ({"u": UUID(int=1)}, "is a UUID"),
        ({"s": {1}}, "is a set"),
        ({"b": b"x"}, "is a bytes"),
    ],
)
def test_it_names_the_field_that_has_no_one_form(value, message):
    with pytest.raises(NotCanonical) as refusal:
        check(value, "body")
    assert message in str(refusal.value)


@pytest.mark.parametrize("stored", ["1.0", "1e3", "9007199254740992", '{"ü": 1}'])
def test_an_entry_without_one_form_gets_a_leaf_that_stands_in(stored):
    leaf, why = leaf_of(7, stored)
    assert why
    assert json.loads(leaf).keys() == {"v", "id", "unreadable"}
    assert leaf == rfc8785.dumps(json.loads(leaf))
