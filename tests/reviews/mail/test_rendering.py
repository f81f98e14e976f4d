"""Cards as letters."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from reviews.evidence import Keeping, Line
from reviews.evidence.cards import Narrow
from reviews.mail.letters import Letter
from reviews.mail.plain import plain
from reviews.mail.rendering import question
from reviews.mail.sending import written
from reviews.models import Review, State
from tests.reviews.slack.cards import HOSTILE, account, card, hostile, item, outcome

ZONE = ZoneInfo("Europe/Copenhagen")
UNSEEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f"
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u2800\u3164\ufe0f\U000e0100]"
)


def letter(*cards, **changes) -> Letter:
    shown = tuple(question(each, url="https://countersign.example/r/x/", zone=ZONE) for each in cards)
    made: dict[str, Any] = {
        "subject": "s",
        "questions": shown,
        "queue_url": "https://countersign.example/reviews/",
        "zone": ZONE,
    }
    return Letter(**made | changes)


class Page(HTMLParser):
    """Which elements a page has, and what a reader reads."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.links, self.words = [], [], ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data):
        if self.elements[-1:] != ["style"]:
            self.words += data


def test_it_keeps_the_order_of_the_design():
    said = letter(card()).text().split("\n\n")
    assert said[:11] == [
        "Does airline-support still need to refund payments?",
        (
            "Can do: refund_payment in PostgreSQL\nHeld by: airline_support\n"
            "Granted: 3 Mar 2026 by dba; why is not recorded\n"
            "Last used: Never. The record of 30 days is complete.\n"
            "Scope against use: Uses 14 of the 17 tools that it holds\nBlast radius: One account"
        ),
        "Why now: Never used in 214 runs.",
        "Removing this would have stopped 0 of the last 214 runs.",
        "Revoke removes it. No other path is left; tried in the system and rolled back.",
        "You are asked because you own airline-support since 2 Mar (agent register).",
        (
            "If nothing is decided by Fri 27 Nov, 10:14, access is suspended; for 30 days after that, who answers for "
            "the agent or governance can give it back."
        ),
        f"Suggestion: {item().suggestion}",
        (
            "You can keep it for 90 days, reduce it, revoke it, or say that you don't know. You can take it back for "
            "24 hours."
        ),
        "Decide on CS-1042: https://countersign.example/r/x/",
        "CS-1042 · policy 3 · The time you take is recorded",
    ]


def squeezed(text):
    return " ".join(text.split())


def test_the_html_says_what_the_text_says():
    page = Page(letter(card(), lead="Two things.").html())
    words = squeezed(page.words)
    for paragraph in letter(card(), lead="Two things.").text().split("\n\n")[:-1]:
        for line in paragraph.splitlines():
            said = line.removesuffix(": https://countersign.example/r/x/")
            said = said.removesuffix(": https://countersign.example/reviews/")
            assert said in words or said.replace(": ", " ", 1) in words, line


def test_one_link_a_question_and_none_of_them_a_verb():
    page = Page(letter(card(), card(reference="CS-1043")).html())
    assert page.links == ["https://countersign.example/r/x/"] * 2 + ["https://countersign.example/reviews/"]


def test_nothing_is_loaded_and_nothing_runs():
    source = letter(card()).html()
    assert not {"img", "script", "link", "iframe", "table", "form", "button"} & set(Page(source).elements)
    assert "url(" not in source
    assert "@import" not in source


def test_its_colours_are_the_tokens():
    tokens = (Path(settings.BASE_DIR) / "static/tokens.css").read_text().lower()
    colours = set(re.findall(r"#[0-9a-f]{6}", (Path(settings.BASE_DIR) / "templates/mail/style.html").read_text()))
    assert len(colours) > 10
    assert {colour for colour in colours if colour not in tokens} == set()


def test_a_keep_that_needs_words_says_so():
    wanting = Keeping(because=("its risk is high", "no recent use has been seen"), length=15, days=(30,))
    said = letter(card(item(keeping=wanting))).text()
    assert (
        "You can keep it for 30 days (say what for: its risk is high and no recent use has been seen), reduce it"
        in said
    )


def test_what_it_can_be_reduced_to_is_said():
    narrow = (Narrow("select", "Reading remains."), Narrow("own", "Its own rows remain."))
    assert "It can be reduced: Reading remains; Its own rows remain." in letter(card(item(narrowings=narrow))).text()


def test_a_question_about_an_agent_has_its_own_answers():
    said = letter(card(kind=Review.Kind.CLAIM)).text()
    assert "You can say that it is yours, or whose it is, or retire it" in said
    assert "keep it" not in said


def test_a_question_about_an_account_has_its_own_answers():
    said = letter(account()).text()
    assert "You can say which agent uses it, that no agent does, or who else knows; or disable it" in said
    assert "Could be: night-batch (94 %): its name is the agent's" in said
    assert "retire" not in said


def test_what_several_share_is_said_once():
    one = item(1, title="refund_payment", lines=(Line("Can do", "refund_payment in PostgreSQL"), *item().lines[1:]))
    two = item(2, title="book_seat", lines=(Line("Can do", "book_seat in PostgreSQL"), *item().lines[1:]), replay="r2.")
    said = letter(card(one, two)).text()
    for once in (
        "Never used in 214 runs.",
        "Held by: airline_support",
        "Suggestion: ",
        "r2.",
        "You can keep",
    ):
        assert said.count(once) == 1, once
    assert said.index("* refund_payment") < said.index("* book_seat") < said.index("r2.")
    assert "“I don't know” hands all of these to the next in line" in said


def test_what_was_decided_of_several_says_so():
    done = item(1, title="refund_payment", state=State.DECIDED, outcome=outcome())
    said = letter(card(done, item(2, title="book_seat"))).text()
    assert "Maria Okafor decided to revoke it. Gone from PostgreSQL, proven by a fresh read." in said
    assert said.count("You can keep it") == 1


def test_what_was_taken_back_of_several_says_by_whom():
    undone = outcome(undone_by="Jon Bell", execution_text="Nothing was done.")
    said = letter(card(item(1, state=State.DECIDED, outcome=undone), item(2, title="book_seat"))).text()
    assert "Maria Okafor decided to revoke it. Taken back by Jon Bell. Nothing was done." in said


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("items", [1, 3])
def test_what_strangers_wrote_stays_text(text, items):
    made = letter(hostile(text, items=items), lead=plain(text, limit=500))
    page = Page(made.html())
    assert not UNSEEN.search(page.words.replace("\n", " "))
    assert not UNSEEN.search(made.text().replace("\n", " "))
    assert {"b", "bdi", "p", "h2", "div", "a"} >= set(page.elements) - {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
    }
    assert set(page.links) == {"https://countersign.example/r/x/", "https://countersign.example/reviews/"}
    assert len(made.html()) < 100_000, "longer letters are cut off by some programs"


@pytest.mark.parametrize(
    "text",
    [
        *("https://evil.example/decide", "HTTP://evil.example", "www.evil.example", "see ftp://evil.example for CS-1"),
        *("evil.example/login", "Evil.Example", "bücher.example", "it@evil.example", "mailto:it@localhost", "@evil"),
    ],
)
def test_no_link_is_made_of_what_strangers_wrote(text):
    said = plain(text, limit=500)
    assert not re.search(r"://|\w\.\w|@", said)
    assert len(said) == len(text)


def test_the_end_of_a_sentence_stays():
    assert plain("It may refund. Nobody asked… 3 Mar.", limit=500) == "It may refund. Nobody asked… 3 Mar."


@pytest.mark.parametrize("text", ["a\r\nBcc: jon@skyway.example", "a\nSubject: b", "a\u2028Bcc: x@y.example", "a\0b"])
def test_no_header_is_made_of_what_strangers_wrote(text):
    made = letter(hostile(text), subject=plain(f"Does {text} need it?", limit=200))
    message = written(made, to="maria@skyway.example", message_id="<a@b>").message()
    assert set(message.keys()) == {
        *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"),
        *("Auto-Submitted", "X-Auto-Response-Suppress"),
    }


def test_the_moment_is_the_readers():
    late = card(due_at=card().due_at + timedelta(hours=15))
    assert question(late, url="u", zone=ZoneInfo("Asia/Tokyo")).due == "Sat 28 Nov, 09:14"
