"""Strangers' text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.slack.plain import folded, marked, plain, units

ANY = st.text(alphabet=st.characters(codec="utf-8"), max_size=300) | st.text("<>&!@#*_~`:a ", max_size=300)


@given(ANY, st.integers(5, 120))
def test_it_keeps_the_limit_as_slack_counts(text, limit):
    assert units(plain(text, limit=limit)) <= limit
    assert units(marked(text, limit=limit)) <= limit
    assert units(folded(text, limit=limit)) <= limit


@given(ANY)
def test_it_never_leaves_a_character_that_slack_reads(text):
    for safe in (plain(text, limit=1000), marked(text, limit=1000), folded(text, limit=60)):
        assert "<" not in safe
        assert ">" not in safe
        assert "&" not in safe.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set("*~`") & set(marked(text, limit=1000))


@given(ANY, st.integers(5, 60))
def test_it_never_cuts_an_escape_in_two(text, limit):
    assert "&" not in plain(text, limit=limit).replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


def test_it_leaves_an_ordinary_name_as_it_is():
    assert (
        plain("refund_payment(integer, text) in PostgreSQL", limit=100) == "refund_payment(integer, text) in PostgreSQL"
    )
    assert marked("refund_payment", limit=100) == "refund_payment"


def test_what_is_too_long_keeps_both_ends():
    for grantor in ("airline_owner", "dba_two"):
        label = f"Keep for 90 days: EXECUTE on function tools.refund_payment(text), granted by {grantor}"
        said = folded(label, limit=75)
        assert said.startswith("Keep for 90 days: EXECUTE on function")
        assert said.endswith(f"granted by {grantor}")


def test_it_escapes_a_call_to_everybody():
    assert plain("<!channel>", limit=100) == "&lt;!channel&gt;"


def test_it_drops_what_turns_a_line_round_or_hides():
    assert plain("\u202eabc\u202c d\u200be\ufefff", limit=100) == "abc def"


@pytest.mark.parametrize(
    "unseen",
    [
        *("\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180e", "\u200b", "\u2060"),
        *("\u2065", "\u2800", "\u3164", "\ufe00", "\ufe0f", "\ufeff", "\uffa0", "\ufff0", "\U0001d159", "\U0001d173"),
        *("\U000e0001", "\U000e0041", "\U000e0100", "\U000e01ef", "\U000e0fff"),
    ],
    ids=ascii,
)
def test_it_drops_what_is_drawn_blank(unseen):
    assert plain(f"air{unseen}line", limit=100) == "airline"
    assert plain(unseen * 3, limit=100) == ""


@pytest.mark.parametrize("emoji", ["😀", "\u2764", "👍🏽", "\U0001f1e9\U0001f1f0", "\u2713"])
def test_it_leaves_an_ordinary_emoji(emoji):
    assert plain(f"helper {emoji}", limit=100) == f"helper {emoji}"


def test_it_makes_one_line():
    assert plain("a\n\tb\u2028c\x00d", limit=100) == "a b c d"


def test_it_says_that_it_cut():
    assert plain("a long name", limit=6) == "a lon…"
