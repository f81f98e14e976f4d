"""What happens to a review while its message is on the way."""

from governance.models import Entry
from reviews import questions
from reviews.models import Ask, Review, Workspace
from tests.reviews.slack.connecting import connect


def change(question):
    Review.objects.filter(pk=question.review.pk).update(question="Does it need this?")
    questions.outdate(question.review)


def test_what_changes_while_it_is_posted_is_rendered_again(committed, question, peer):
    peer.meanwhile["chat.postMessage"] = lambda: change(question)
    assert question.delivered().state == "outdated"
    assert question.delivered().state == "sent"
    assert [post["text"].split("?")[0] for post in peer.told("chat.update")] == ["Does it need this"]
    assert len(peer.told("chat.postMessage")) == 1


def test_what_changes_while_it_is_rendered_again_is_rendered_once_more(committed, question, peer):
    question.delivered()
    Ask.objects.update(state="outdated")
    peer.meanwhile["chat.update"] = lambda: change(question)
    assert question.delivered().state == "outdated"
    assert question.delivered().state == "sent"


def test_a_lease_that_was_lost_writes_nothing(committed, question, peer):
    peer.meanwhile["chat.postMessage"] = lambda: Ask.objects.update(fence=99)
    ask = question.delivered()
    assert (ask.state, ask.external_id, ask.fence) == ("pending", "", 99)
    assert not Entry.objects.filter(act="ask.sent").exists()


def test_a_call_with_the_token_of_before_pauses_nothing_and_is_made_again(committed, question, peer):
    peer.will("chat.postMessage", ok=False, error="token_revoked")
    peer.meanwhile["chat.postMessage"] = lambda: connect(question.workspace)
    ask = question.delivered()
    assert (ask.state, ask.leased_until) == ("pending", None)
    assert Workspace.objects.get().state == "active"
    assert question.delivered().state == "sent"


def test_a_row_waits_while_slack_does_not_answer(committed, question, peer):
    locked = []
    rows = Ask.objects.filter(pk=question.ask.pk)
    peer.meanwhile["chat.postMessage"] = lambda: locked.append(rows.update(trouble="free"))
    question.delivered()
    assert locked == [1]
