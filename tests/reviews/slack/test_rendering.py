"""Cards as messages."""

from datetime import timedelta

import pytest

from demo.cards import surfaces
from demo.slack.blocks import message_faults, view_faults
from reviews.evidence import Keeping, Line
from reviews.models import Review, State, Verdict
from reviews.slack import forms, modals, rows, times
from reviews.slack.buttons import consequence
from reviews.slack.plain import units
from reviews.slack.rendering import message, reminder
from reviews.slack.rows import Row
from reviews.slack.tokens import opened
from tests.reviews.slack.cards import HOSTILE, NOW, card, copy, hostile, hostile_outcome, item, outcome
from tests.reviews.slack.lint import modal_problems, problems, texts

WORDS = Keeping(because=("its risk is high",), length=15, days=(90, 60, 30))


def buttons(shown):
    return [each for block in shown.blocks if block["type"] == "actions" for each in block["elements"]]


def words(shown):
    return "\n".join(texts(shown.blocks))


def words_of(view):
    return "\n".join(texts(view))


def test_it_keeps_the_order_of_the_design():
    shown = message(card(), copy())
    kinds = [block["type"] for block in shown.blocks]
    assert kinds == ["header", "section", "section", "context", "context", "context", "actions", "context"]
    assert shown.blocks[0]["text"]["text"] == "Does airline-support still need to refund payments?"
    assert "0 of the last 214 runs" in shown.blocks[2]["text"]["text"]
    assert shown.blocks[-1]["elements"][0]["text"] == "CS-1042 · policy 3 · The time you take is recorded"


def test_it_puts_the_question_first_for_a_phone_and_a_screen_reader():
    text = message(card(), copy()).text
    assert text.startswith("Does airline-support still need to refund payments?")
    assert text == (
        "Does airline-support still need to refund payments? Never used in 214 runs. Due Fri 27 Nov, 10:14. CS-1042."
    )


def test_it_says_what_silence_does_and_when():
    silence = message(card(), copy()).blocks[4]["elements"][1]["text"]
    until = int((NOW + timedelta(days=3)).timestamp())
    assert silence.startswith(f"If nothing is decided by <!date^{until}^")
    assert silence.endswith(f"|Fri 27 Nov, 10:14>, {card().silence}.")


def test_keep_is_never_green_and_revoke_asks_once_more():
    keep, reduce, revoke, more = buttons(message(card(), copy()))
    assert (keep["action_id"], keep["text"]["text"], keep.get("style")) == ("keep", "Keep for 90 days", None)
    assert (revoke["action_id"], revoke["style"]) == ("revoke", "danger")
    assert revoke["confirm"]["text"]["text"].endswith("You can take it back for 24 hours.")
    assert (reduce["action_id"], reduce["text"]["text"], reduce.get("style")) == ("reduce", "Reduce…", None)
    assert more["type"] == "overflow"


def test_the_menu_behind_the_dots_has_what_is_no_answer():
    menu = buttons(message(card(), copy()))[-1]["options"]
    assert [each["text"]["text"] for each in menu] == [
        "Not mine, hand it on…",
        "Snooze until tomorrow 09:00",
        "I don't know, ask the next in line",
        "Open the full record",
    ]
    assert [each["value"].partition(":")[0] for each in menu] == ["hand", "snooze", "unsure", "open"]
    assert menu[-1]["url"].endswith("/reviews/CS-1042/")


def test_a_keep_that_needs_a_reason_says_that_it_asks():
    keep, *_ = buttons(message(card(item(keeping=WORDS)), copy()))
    assert (keep["action_id"], keep["text"]["text"]) == ("keep_because", "Keep for 90 days…")


def test_a_long_effect_never_hides_how_long_it_can_be_taken_back():
    for effect in ("y", "<", "&", "\U0001f600"):
        said = consequence(effect * 1000, undo=timedelta(days=7), limit=300)["text"]
        assert units(said) <= 300, "as Slack counts, with what is escaped"
        assert said.endswith("… You can take it back for 7 days.")


def test_a_button_names_its_ask_its_item_and_what_was_shown():
    token = opened(buttons(message(card(item(7)), copy()))[0]["value"])
    assert (token.ask_id, token.item_id, token.fingerprint) == (5, 7, "f" * 64)


def test_every_render_names_its_blocks_anew():
    first, second = message(card(), copy(render=1)), message(card(), copy(render=2))
    assert not {block["block_id"] for block in first.blocks} & {block["block_id"] for block in second.blocks}
    assert first.digest() != second.digest()


def test_the_same_card_has_the_same_hash():
    assert message(card(), copy()).digest() == message(card(), copy()).digest()


def test_who_is_not_asked_any_more_gets_no_buttons():
    shown = message(card(person="Jon Bell"), copy(asked=False))
    assert buttons(shown) == []
    assert "You are not asked any more. Jon Bell is." in words(shown)


def test_a_question_about_an_agent_has_its_own_verbs():
    shown = message(card(kind=Review.Kind.CLAIM), copy())
    assert [each["action_id"] for each in buttons(shown)] == ["mine", "theirs", "retire", "more"]


def test_a_decision_and_its_execution_stand_side_by_side():
    ended = card(item(state=State.DECIDED, outcome=outcome()), state=State.DECIDED)
    shown = message(ended, copy())
    assert shown.blocks[0]["text"]["text"] == "Revoked: refund_payment (airline-support)"
    assert "text" not in shown.blocks[1], "the heading has the name already"
    decision, execution = shown.blocks[1]["fields"]
    assert decision["text"].startswith("*Decision*\nMaria Okafor decided to revoke it, <!date^")
    assert execution["text"].startswith("*In PostgreSQL*\nGone from PostgreSQL, proven by a fresh read.")
    assert [each["action_id"] for each in buttons(shown)] == ["undo"]
    assert problems(shown.text, shown.blocks) == []


@pytest.mark.parametrize(
    "ended",
    [
        outcome(undo_until=NOW - timedelta(seconds=1)),
        outcome(undo_until=None, undone_by="Maria Okafor"),
        outcome(verdict=Verdict.MINE, undo_until=None),
    ],
)
def test_undo_is_offered_only_while_it_is_possible(ended):
    shown = message(card(item(state=State.DECIDED, outcome=ended), state=State.DECIDED), copy())
    assert buttons(shown) == []


def test_undo_stands_on_the_copies_of_those_who_may_use_it():
    ended = card(item(state=State.DECIDED, outcome=outcome()), state=State.DECIDED)
    theirs, another = message(ended, copy()), message(ended, copy(takes_back=frozenset()))
    assert "Can be taken back until" in words(theirs)
    assert buttons(another) == []
    assert "Can be taken back until" not in words(another)


def test_when_it_was_proven_is_said_to_the_second():
    ended = card(item(state=State.DECIDED, outcome=outcome()), state=State.DECIDED)
    at = int((NOW + timedelta(seconds=5)).timestamp())
    shown = message(ended, copy()).blocks[1]["fields"][1]["text"]
    assert shown.endswith(f"(<!date^{at}^{{date_short_pretty}} at {{time_secs}}|Tue 24 Nov, 10:14:05>)")


def test_what_stays_says_until_when():
    kept = outcome(verdict=Verdict.KEEP, summary="Kept", stays_until=NOW + timedelta(days=90))
    shown = message(card(item(state=State.DECIDED, outcome=kept), state=State.DECIDED), copy())
    at = int((NOW + timedelta(days=90)).timestamp())
    assert f"It may stay until <!date^{at}^{{date_short}}|22 Feb 2027>, then it is asked again." in words(shown)


def test_a_failure_on_a_card_is_text():
    said = "Failed: Transient: <!channel> *now*. Trying again."
    ended = outcome(summary="Failed, trying again", execution="failed", execution_text=said, execution_at=None)
    shown = message(card(item(state=State.DECIDED, outcome=ended), state=State.DECIDED), copy())
    assert shown.blocks[0]["text"]["text"] == "Failed, trying again: refund_payment (airline-support)"
    assert "&lt;!channel&gt;" in words(shown)
    assert "*now*" not in words(shown)


def test_what_was_withdrawn_says_so():
    shown = message(card(item(state=State.WITHDRAWN), state=State.WITHDRAWN), copy())
    assert "Nothing is left to decide." in words(shown)
    assert buttons(shown) == []
    assert problems(shown.text, shown.blocks) == []


def test_twenty_items_fit_into_one_message():
    shown = message(card(*map(item, range(20))), copy())
    assert len(shown.blocks) <= 50
    assert len(buttons(shown)) == 80
    assert problems(shown.text, shown.blocks) == []


def test_what_all_items_share_is_said_once():
    one = item(1, title="refund_payment", lines=(Line("Can do", "refund_payment in PostgreSQL"), *item().lines[1:]))
    two = item(2, title="book_seat", lines=(Line("Can do", "book_seat in PostgreSQL"), *item().lines[1:]))
    shown = message(card(one, two), copy())
    said = words(shown)
    for once in ("Never used in 214 runs.", "airline_support", "3 Mar 2026", "Suggestion: ", "Uses 14 of the 17"):
        assert said.count(once) == 1, once
    assert shown.blocks[2]["text"]["text"] == "Why now: Never used in 214 runs."
    assert shown.blocks[2]["fields"][0]["text"] == "*In*\nPostgreSQL. Risk: high"
    sections = [block["text"]["text"] for block in shown.blocks if block["type"] == "section"]
    assert "\n".join(sections).count("book_seat") == 1, "its name is said once"
    assert "\n".join(sections).count("Revoke removes it.") == 2, "what a removal does stands beside its button"


def test_what_items_do_not_share_stays_with_each():
    shown = message(card(item(1), item(2, why_now=("It came back.",), suggestion="")), copy())
    said = words(shown)
    assert "Why now: Never used in 214 runs." in said
    assert "Why now: It came back." in said
    assert said.count("Suggestion: ") == 1


def test_a_notification_says_how_each_of_several_ended():
    done = item(1, title="book_seat", state=State.DECIDED, outcome=outcome())
    kept = item(2, state=State.DECIDED, outcome=outcome(summary="Kept"))
    ended = card(done, kept, state=State.DECIDED, question="Does it still need these 2 grants?")
    assert message(ended, copy()).text == (
        "Decided: Does it still need these 2 grants? book_seat: Revoked. refund_payment: Kept. CS-1042."
    )


def test_a_message_may_have_decided_and_open_items():
    shown = message(card(item(1, state=State.DECIDED, outcome=outcome()), item(2)), copy())
    assert [each["action_id"] for each in buttons(shown)] == ["undo", "keep", "reduce", "revoke", "more"]
    assert problems(shown.text, shown.blocks) == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_card_of_many_items_keeps_every_limit(text):
    shown = message(hostile(text, items=20), copy())
    assert problems(shown.text, shown.blocks) == []
    assert message_faults(shown.blocks) == []
    assert sum(len(each) for each in texts(shown.blocks)) < 40_000


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_outcome_keeps_every_limit(text):
    ended = item(title=text, system=text, state=State.DECIDED, outcome=hostile_outcome(text))
    shown = message(card(ended, state=State.DECIDED, agent=text, question=text), copy())
    assert problems(shown.text, shown.blocks) == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_form_keeps_its_limits(text):
    for surface in surfaces.windows(hostile(text, items=20)):
        assert modal_problems(surface.payload) == []
        assert view_faults(surface.payload, kinds=("modal",)) == []


@pytest.mark.parametrize(
    ("agent", "begins"),
    [("airline-support", "airline-support keeps refund_payment"), ("", "refund_payment is kept")],
)
def test_a_form_says_what_is_kept(agent, begins):
    asked = card(agent=agent)
    assert modals.keep_because(asked, asked.items[0], at=NOW, zone=copy().zone)["blocks"][0]["text"]["text"].startswith(
        begins
    )


def test_a_reminder_is_one_sentence_in_which_no_address_becomes_a_link():
    shown = reminder([card()], copy())
    [block] = shown.blocks
    assert block["text"] == {"type": "mrkdwn", "text": shown.text, "verbatim": True}
    assert shown.text == (
        "Reminder: Does airline-support still need to refund payments? If nothing is decided by Fri 27 Nov, 10:14, "
        f"{card().silence}. CS-1042."
    )


def test_a_reminder_of_several_names_the_first_and_counts_the_rest():
    later = card(question="Another?", due_at=NOW + timedelta(days=4))
    assert reminder([card(), later], copy()).text.startswith(
        "Reminder: 2 questions of this message are still open, the first with this deadline."
    )


def test_how_many_of_several_are_left_is_said():
    one = item(1, state=State.DECIDED, outcome=outcome())
    assert "2 of the 3 are still to be decided." in words(message(card(one, item(2), item(3)), copy()))
    assert "still to be decided" not in words(message(card(item(1), item(2)), copy()))


def test_each_of_several_says_until_when_it_can_be_taken_back():
    early, late = (outcome(undo_until=NOW + timedelta(hours=hours)) for hours in (3, 4))
    two = card(item(1, state=State.DECIDED, outcome=early), item(2, state=State.DECIDED, outcome=late), item(3))
    said = words(message(two, copy(takes_back=frozenset({1, 2}))))
    zone = copy().zone
    for each in (early, late):
        assert f"It can be taken back until {times.said(each.undo_until, zone=zone)}." in said
    assert "· Can be taken back until" not in said


def test_a_form_about_several_says_what_removing_each_does():
    through = "Revoke removes this grant; it can still be used through role staff."
    rows = [Row(card(), item(1)), Row(card(), item(2, title="book_seat", preview=through))]
    said = words_of(forms.several(rows, more=0))
    assert f"book_seat: {through}" in said
    assert "can be taken back for 24 hours." in said
    alike = [Row(card(), item(number, preview=through)) for number in (1, 2)]
    assert words_of(forms.several(alike, more=0)).count(through) == 1


def test_handing_on_says_all_that_goes_with_it():
    decided = item(1, state=State.DECIDED, outcome=outcome())
    said = words_of(forms.hand(card(decided, item(2, title="book_seat"), item(3, title="send_letter"))))
    assert "The question about these 2 together: book_seat, send_letter is offered" in said
    assert "The question about refund_payment is offered" in words_of(forms.hand(card()))


def test_what_the_person_did_besides_answering_is_said():
    shown = message(
        card(offer="Offered to Jon Bell, who has not answered yet.", snoozed_until=NOW + timedelta(days=1)), copy()
    )
    assert "Offered to Jon Bell, who has not answered yet." in words(shown)
    assert "Snoozed until <!date^" in words(shown)
    assert "Offered" not in words(message(card(), copy()))


def test_a_card_says_what_was_said_when_it_was_kept_last():
    said = "Kept on 2 Mar 2026 by Jon Bell: “The night job needs it.”"
    assert said in words(message(card(item(kept_before=said)), copy()))


def test_the_number_of_the_day_is_said_where_it_is_known():
    assert "Question 2 of your day" in words(message(card(), copy(today=2)))
    assert "of your day" not in words(message(card(), copy()))


def test_a_row_offers_one_click_only_where_no_words_are_wanted():
    easy, hard = Row(card(), item()), Row(card(), item(keeping=WORDS))
    assert [each["action_id"] for each in row_of(easy)] == ["keep", "review", "more"]
    assert [each["action_id"] for each in row_of(hard)] == ["review", "more"]


def row_of(row):
    return list(rows.shown(row, copy()))[-1]["elements"]
