"""Markup becomes HTML, and nothing else does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.slack.mrkdwn import Reader, ago, html, lines, ordinal

AT = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
READER = Reader(zone=ZoneInfo("Europe/Copenhagen"), now=AT, names={"U0JON": "Jon Bell"})
PAIRS = [
    ("*bold* _it_ ~no~ `a*b*c`", "<b>bold</b> <i>it</i> <s>no</s> <code>a*b*c</code>"),
    ("*bold _both_*", "<b>bold <i>both</i></b>"),
    ("refund_payment_now 2*3*4", "refund_payment_now 2*3*4"),
    ("one\ntwo", "one<br>two"),
    ("```if x &lt; 1:\n  pass```", "<pre>if x &lt; 1:\n  pass</pre>"),
    ("before\n&gt; quoted\n&gt; *more*\nafter", "before<blockquote>quoted<br><b>more</b></blockquote>after"),
    ('a &amp; b &lt;c&gt; "d"', "a &amp; b &lt;c&gt; &quot;d&quot;"),
    ("&amp;lt;", "&amp;lt;"),
    ("<https://a.example/?x=1|here>", '<a href="https://a.example/?x=1" rel="noreferrer">here</a>'),
    ("<javascript:alert(1)|here>", "&lt;javascript:alert(1)|here&gt;"),
    ("<script>", "&lt;script&gt;"),
    ("<@U0JON>", '<span class="mention">@Jon Bell</span>'),
    ("<!channel>", '<span class="mention">@channel</span>'),
    ("<!date^zero^{date}|then>", "then"),
    ("<!date^0^{year}|then>", "then"),
    ("<!date^99999999999999999^{date}|then>", "then"),
]


@pytest.mark.parametrize(("text", "expected"), PAIRS)
def test_it_renders(text, expected):
    assert html(text, READER) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{date_num} {time_secs}", "2026-11-24 23:30:00"),
        ("{date_short_pretty} at {time}", "today at 23:30"),
        ("{date_long}", "Tuesday, November 24th, 2026"),
        ("{date}", "November 24th, 2026"),
        ("{ago}", "now"),
    ],
)
def test_dates_are_in_the_readers_zone(form, expected):
    shown = html(f"<!date^{int(AT.timestamp())}^{form}|fallback>", READER)
    assert shown == f'<time datetime="2026-11-24T23:30:00+01:00" title="fallback">{expected}</time>'


def test_the_day_changes_with_the_zone():
    east = Reader(zone=ZoneInfo("Asia/Tokyo"), now=AT)
    assert ">tomorrow<" in html(f"<!date^{int((AT + timedelta(days=1)).timestamp())}^{{date_pretty}}|x>", east)


def test_slacks_escapes_are_undone_in_plain_text_too():
    assert lines("R&amp;D &lt;b&gt;\n*a*") == "R&amp;D &lt;b&gt;<br>*a*"


def test_small_words():
    assert [ordinal(day) for day in (1, 2, 3, 4, 11, 12, 13, 21, 31)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "31st"]
    )
    assert [ago(timedelta(hours=hours)) for hours in (1, -2, 49)] == ["1 hour ago", "in 2 hours", "2 days ago"]


@given(st.text(alphabet="<>&\"'*_~`|!@#^{}\n ab0", max_size=60))
def test_no_text_becomes_markup_of_its_own(text):
    shown = html(text, READER)
    tags = {"b", "i", "s", "br", "code", "pre", "blockquote", "span", "a", "time"}
    found = {part.lstrip("/").partition(">")[0].partition(" ")[0] for part in shown.split("<")[1:]}
    assert found <= tags
