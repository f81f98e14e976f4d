"""The verbs, each on its own page: what deciding gets, and where a refusal stands."""

import re
from collections.abc import Iterable

import pytest
from django.urls import reverse

from governance.models import Band, Grant
from reviews.models import Act, Answer, Item, Remediation, Review, Verdict
from reviews.web.shown import digest
from tests.factories import PersonFactory
from tests.reviews.scene import HIGH, entry

pytestmark = pytest.mark.django_db
WHY = "The gate staff's own tool refunds by it."


def keep_link(links: Iterable[str]) -> str:
    return next(words for words in links if words.startswith("Keep for"))


def wrong(page) -> list[str]:
    return [" ".join(each.split()) for each in re.findall(r'class="err".*?<span>(.*?)</span>', page.html, re.DOTALL)]


def test_revoke_asks_once_more_and_says_how_long_it_can_be_undone(maria, record, item):
    there, page = maria.follow(record, "Revoke…")
    assert "Removing this would have stopped" in page.text or "removed" in page.text or "Revoke removes" in page.text
    assert "You can take it back for 24 hours." in page.text
    assert not Answer.objects.exists()
    after = maria.send(there)
    assert "Maria decided to revoke it" in after.text
    assert "Nothing has happened yet" in after.text
    assert Remediation.objects.get().act == Act.REMOVE


def test_the_answer_says_what_was_shown_where_and_for_how_long(maria, scene, record, item, settings):
    settings.WEB_ASSURANCE = "web_mfa"
    there, _ = maria.follow(record, "Revoke…")
    maria.send(there, reason="  Nobody refunds by agent. ")
    answer = Answer.objects.get()
    assert (answer.person, answer.verdict, answer.reason) == (scene.owner, "revoke", "Nobody refunds by agent.")
    assert (answer.surface, answer.assurance, answer.looked) == ("web", "web_mfa", True)
    assert answer.dwell_ms >= 0
    assert re.fullmatch("[0-9a-f]{64}", answer.shown_hash)
    told = entry("answer.recorded")
    assert (told.body["shown"], told.body["action"]) == (answer.shown_hash, "revoke")


def test_a_form_that_is_sent_twice_is_one_answer(maria, record):
    there, _ = maria.follow(record, "Revoke…")
    maria.send(there)
    second = maria.send(there)
    assert "Maria decided to revoke it" in second.text
    assert "Already" not in second.text
    assert Answer.objects.count() == Remediation.objects.count() == 1


def test_another_verb_of_the_same_page_is_told_that_it_is_too_late(maria, record):
    page = maria.get(record)
    maria.send(page.links["Revoke…"])
    after = maria.send(page.links["I don't know…"])
    assert "Already revoked by Maria" in after.text
    assert Answer.objects.get().verdict == "revoke"
    refused = entry("answer.refused")
    assert (refused.body["because"], refused.body["action"], refused.surface) == ("Conflict", "unsure", "web")


def test_a_keep_wants_the_task_and_enough_words(maria, record, item):
    there, page = maria.follow(record, keep_link(maria.get(record).links))
    assert "Words are wanted because" in page.text
    assert "never" not in wrong(page)
    page = maria.send(there, task="planned", reason="needed", days="90")
    [said] = wrong(page)
    assert said.startswith("6 of at least 15 characters.")
    assert "needed</textarea>" in page.html
    assert 'aria-invalid="true"' in page.html
    page = maria.send(there, reason=WHY, days="90")
    assert wrong(page) == ["Choose which task needs it: the next reviewer will want to know."]
    assert page.html.index(wrong(page)[0]) < page.html.index("Say it in a sentence"), "at the task's own field"
    assert not Answer.objects.exists()
    maria.send(there, task="planned", reason=WHY, days="30")
    answer = Answer.objects.get()
    assert (answer.verdict, answer.task, answer.days, answer.reason) == ("keep", "planned", 30, WHY)


def test_nobody_can_keep_for_ever(maria, record, item):
    there, page = maria.follow(record, keep_link(maria.get(record).links))
    offered = [int(days) for days in re.findall(r'<option value="(\d+)"', page.html)]
    assert offered == sorted(offered, reverse=True)
    for days in ("36500", "", "0"):
        assert wrong(maria.send(there, task="planned", reason=WHY, days=days))
    assert not Answer.objects.exists()


def test_reduce_says_what_remains(maria, record, item):
    there, _ = maria.follow(record, "Reduce…")
    [said] = wrong(maria.send(there, text=" ", days="30"))
    assert said.startswith("Say what should remain")
    page = maria.send(there, text="Reading refunds, never making one.", days="30")
    assert not wrong(page), page.text
    answer = Answer.objects.get()
    assert (answer.verdict, answer.remains) == ("reduce", {"text": "Reading refunds, never making one."})


def test_a_narrower_form_that_the_system_offers_is_chosen(maria, record, item):
    item.preview = {"narrowings": [{"key": "no_grant_option", "text": "It may be used, and not be passed on."}]}
    item.save()
    there, page = maria.follow(record, "Reduce…")
    assert "It may be used, and not be passed on." in page.text
    [said] = wrong(maria.send(there, key="everything", days="30"))
    assert "not one of the available choices" in said
    [said] = wrong(maria.send(there, days="30"))
    assert said.startswith("Say what should remain")
    maria.send(there, key="no_grant_option", days="30", text="It passes nothing on.", reason="We asked its team.")
    answer = Answer.objects.get()
    assert answer.remains == {"key": "no_grant_option"}
    assert answer.reason == "It passes nothing on.\nWe asked its team."


def test_who_does_not_know_hands_it_to_the_next_in_line(maria, scene, record, item):
    there, page = maria.follow(record, "I don't know…")
    assert "next in line" in page.text
    after = maria.send(there)
    assert "Deniz is asked" in after.text
    assert not set(after.links) & {"Revoke…"}
    assert item.review.assignment.person == scene.deputy


def test_what_got_worse_since_it_was_shown_is_shown_again(maria, record, item):
    there, _ = maria.follow(record, "Revoke…")
    Grant.objects.filter(pk=item.grant_id).update(risk=HIGH)
    after = maria.send(there)
    assert "This changed since it was shown to you" in after.text
    assert Band.HIGH.label in after.text
    assert not Answer.objects.exists()
    assert entry("answer.refused").body["because"] == "Drifted"
    there = after.links["Revoke…"]
    maria.send(there)
    assert Answer.objects.get().verdict == "revoke"


def test_the_hash_is_of_the_card_that_was_shown(maria, record, item):
    from reviews import evidence  # noqa: PLC0415

    maria.get(record)
    expected = digest(evidence.card(Review.objects.get(pk=item.review_id)))
    there, _ = maria.follow(record, "Revoke…")
    maria.send(there)
    assert Answer.objects.get().shown_hash == expected


# -- who may


def test_who_is_not_asked_is_refused_whatever_they_send(scene, maria, read, record, item):
    there = maria.get(record).links["Revoke…"]
    governor = read(scene.governor)
    assert "made for somebody else" in governor.send(there).text
    assert not Answer.objects.exists()
    stranger = read(PersonFactory())
    assert stranger.client.post(there).status_code == 404


def test_who_was_asked_before_cannot_answer_any_more(scene, maria, record, item):
    there = maria.get(record).links["Revoke…"]
    scene.decide(item, Verdict.UNSURE)
    assert "Only Deniz can decide this now." in maria.get(there).text
    assert "Only Deniz can decide this now." in maria.send(there).text
    assert Answer.objects.get().verdict == "unsure"
    assert entry("answer.refused").body["because"] == "NotAllowed"


@pytest.mark.parametrize("shown", ["", "x", "WzEsMl0:bad"])
def test_an_address_that_was_not_made_here_does_nothing(maria, item, shown):
    there = reverse("web:answer", args=[item.review_id, "revoke"])
    page = maria.send(f"{there}?shown={shown}")
    assert "This address is not complete." in page.text
    assert not Answer.objects.exists()


def test_another_reviews_item_cannot_be_slipped_in(maria, scene, item):
    other = scene.asked()
    there = maria.get(reverse("web:record", args=[other.review_id])).links["Revoke…"]
    slipped = there.replace(f"CS-{other.review_id}/", f"CS-{item.review_id}/")
    assert maria.client.post(slipped).status_code == 404
    assert not Answer.objects.exists()


def test_a_verb_that_does_not_exist_is_not_there(maria, record):
    there = maria.get(record).links["Revoke…"]
    for verb in ("suspend", "approve"):
        assert maria.client.post(there.replace("/revoke/", f"/{verb}/")).status_code == 404


def test_a_post_from_elsewhere_is_refused(scene, maria, record):
    from django.test import Client  # noqa: PLC0415

    there = maria.get(record).links["Revoke…"]
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(scene.owner)
    assert strict.post(there).status_code == 403
    assert not Answer.objects.exists()


# -- whose agent it is


@pytest.fixture
def whose(scene) -> Item:
    """The agent is nobody's: governance is asked whose it is."""
    return scene.asked_whose()


@pytest.fixture
def governor(scene, whose, read):
    return read(whose.review.assignment.person)


def test_it_is_mine(governor, whose):
    there, _ = governor.follow(reverse("web:record", args=[whose.review_id]), "It's mine…")
    assert "decided to answer for it" in governor.send(there).text


def test_it_is_somebody_elses_who_works_here(governor, whose, scene):
    there, page = governor.follow(reverse("web:record", args=[whose.review_id]), "Somebody else's…")
    assert f'<option value="{scene.deputy.email}">' in page.html
    assert wrong(governor.send(there, person="")) == ["Give the e-mail address of a colleague."]
    [said] = wrong(governor.send(there, person="nobody@skyway.example"))
    assert said.startswith("Nobody here has this e-mail address")
    gone = PersonFactory(employment="left")
    [said] = wrong(governor.send(there, person=gone.email))
    assert said.startswith("Name somebody who is active")
    governor.send(there, person=scene.owner.email.upper())
    assert Answer.objects.get().named == scene.owner


def test_it_is_retired_after_a_confirmation(governor, whose):
    there, page = governor.follow(reverse("web:record", args=[whose.review_id]), "Retire it…")
    assert "accounts that only this agent uses are disabled" in page.text
    governor.send(there)
    assert Remediation.objects.get().act == Act.DISABLE
