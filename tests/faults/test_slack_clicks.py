"""Clicks while the site is killed, while Slack or Redis stands still, and many at once: each counts at most once."""

import secrets
import signal
import socket
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction

from governance import clock
from governance.models import Entry, Grant, Person
from governance.policy import facts
from reviews import questions
from reviews.models import Answer, Ask, Decision, Item, Remediation, Review
from reviews.routing import Candidate
from reviews.slack.workspaces import CLICK_SECONDS
from tests.config.processes import until
from tests.factories import AccountFactory, GrantFactory, PersonFactory
from tests.faults.site import NONE, OK, Signed, Site, free_port, press
from tests.reviews.factories import AskFactory, AssignmentFactory, ItemFactory, ReviewFactory, SlackIdentityFactory
from tests.reviews.slack.conftest import SECRET, Question, asked
from tests.reviews.slack.peer import Peer, listening

CLICKS, EACH, SENDERS = 200, 10, 4
KILLED_EVERY = 40  # clicks, more or less
TIMED = 24  # enough to say what 19 of 20 take
JON = "U0JON"


@pytest.fixture
def site(committed, start, settings, monkeypatch) -> Iterator[Site]:
    """The site, not started yet: a test may say before where Slack and Redis are."""
    monkeypatch.setenv("COUNTERSIGN_PROCESS", "web")
    monkeypatch.setenv("COUNTERSIGN_SECRET_KEY", settings.SECRET_KEY)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    monkeypatch.setenv("SLACK_API_BASE_URL", "http://127.0.0.1:9/api/")
    site = Site(start, free_port())
    with site.client:
        yield site


@pytest.fixture
def slack(committed, monkeypatch) -> Iterator[Peer]:
    """Where people are told why not."""
    monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", "xoxb-of-the-tests")
    with listening() as peer:
        yield peer


@pytest.fixture
def maria(slack) -> Question:
    """Somebody who can be asked."""
    return asked()


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        yield server.getsockname()[1]


def put(question: Question, number: int, *, each: int = EACH) -> list[tuple[Item, Ask]]:
    """So many subjects, some of them in each message."""
    sizes = [min(each, number - start) for start in range(0, number, each)]
    return [about for size in sizes for about in message(question, size)]


def message(question: Question, size: int) -> list[tuple[Item, Ask]]:
    """One message, which was sent, about so many grants of one account."""
    review = ReviewFactory(campaign=question.review.campaign)
    AssignmentFactory(review=review, person=question.person)
    ask: Any = AskFactory(person=question.person, review=review, state=Ask.State.SENT, sent_at=clock.now())
    account = AccountFactory()
    GrantFactory.create_batch(size, account=account)
    for grant in Grant.objects.filter(account=account):
        now = facts.of_grant(grant.pk)
        shown = {"facts": now, "fingerprint": facts.fingerprint(now)}
        ItemFactory(review=review, grant=grant, agent=question.item.agent, finding=False, **shown)
    return [(item, ask) for item in Item.objects.filter(review=review)]


def presses(question: Question, number: int, *actions: str, url: str = "") -> list[Signed]:
    """A press about each of so many subjects, of these buttons in turn."""
    found = put(question, number)
    return [press(question, *each, actions[place % len(actions)], url=url) for place, each in enumerate(found)]


def answers() -> Counter[int]:
    """How many there are, by item."""
    return Counter(Answer.objects.values_list("item_id", flat=True))


def entered(act: str) -> int:
    return Entry.objects.filter(act=act).count()


def test_200_clicks_while_the_site_is_killed_again_and_again(site, maria):
    clicks = presses(maria, CLICKS, "revoke")
    statuses = posted_while_it_is_killed(site, clicks)
    assert set(statuses) == {OK, NONE}, "answered, or killed meanwhile"
    given = answers()
    acknowledged = [click.item.pk for click, status in zip(clicks, statuses, strict=True) if status == OK]
    assert {given[key] for key in acknowledged} == {1}
    assert max(given.values()) == 1
    assert Decision.objects.count() == Remediation.objects.count() == entered("answer.recorded") == given.total()
    before = list(Answer.objects.order_by("pk").values())

    assert set(site.post_all(clicks, at_once=SENDERS)) == {OK}, "all of them once more"
    assert list(Answer.objects.filter(pk__in=[each["id"] for each in before]).order_by("pk").values()) == before
    assert answers() == dict.fromkeys([click.item.pk for click in clicks], 1)
    assert Decision.objects.count() == Remediation.objects.count() == entered("answer.recorded") == CLICKS
    assert entered("answer.refused") == 0


def posted_while_it_is_killed(site: Site, clicks: list[Signed]) -> list[int]:
    """Post all of them, and kill the site at random moments meanwhile; the status of each."""
    finished: list[Signed] = []

    def send(click: Signed) -> int:
        status = site.post(click)
        finished.append(click)
        return status

    site.up()
    with ThreadPoolExecutor(SENDERS) as pool:
        sent = [pool.submit(send, click) for click in clicks]
        for start in range(5, CLICKS - KILLED_EVERY, KILLED_EVERY):
            kill_after(site, finished, start + secrets.randbelow(KILLED_EVERY // 2))
        return [each.result() for each in sent]


def kill_after(site: Site, finished: list[Signed], number: int) -> None:
    """When so many have been answered, kill it in the midst of the next, and start it again."""
    until(lambda: len(finished) >= number)
    time.sleep(secrets.randbelow(30) / 1000)
    site.kill()
    site.up()


def test_the_same_request_ten_times_at_once_is_one_answer(site, maria):
    [click] = presses(maria, 1, "revoke")
    site.up()
    assert set(site.post_all([click] * 10, at_once=10)) == {OK}
    assert Answer.objects.count() == Decision.objects.count() == Remediation.objects.count() == 1
    assert entered("answer.refused") == 0


def test_two_who_may_decide_in_turn_and_do_at_once_are_one_decision_and_one_reason(site, maria, slack):
    jon = PersonFactory(name="Jon Bell")
    SlackIdentityFactory(person=jon, issuer=maria.workspace.team_id, value=JON)
    site.up()
    for item, ask in put(maria, 3, each=1):
        hers = press(maria, item, ask, "revoke", url=slack.response_url)
        his = press(maria, item, ask, "revoke", url=slack.response_url, id=JON)
        with ThreadPoolExecutor(2) as pool:
            pressed = [pool.submit(site.post, click) for click in (hers, his)]
            pass_on(item.review, jon)
            assert {each.result() for each in pressed} == {OK}
    answered = Answer.objects.count()
    until(lambda: len(slack.told("respond")) == 6 - answered)
    assert answers().total() == len(answers()) == Decision.objects.count()
    assert entered("answer.refused") == 6 - answered


def pass_on(review: Review, to: Person) -> None:
    """It is somebody else's from now on, unless it was answered before."""
    with transaction.atomic():
        locked = Review.objects.select_for_update().get(pk=review.pk)
        if locked.state == "open":
            questions.unassign(locked, because="silence", at=clock.now())
            questions.assign(locked, Candidate(to, "deputy", "because you are the deputy."), at=clock.now())


def test_no_click_waits_for_a_slack_that_does_not_answer(site, maria, black_hole, monkeypatch):
    slack = f"http://127.0.0.1:{black_hole}/api/"
    monkeypatch.setenv("SLACK_API_BASE_URL", slack)
    clicks = presses(maria, TIMED, "revoke", "keep_because", url=f"{slack}respond")
    assert p95(site, clicks) < CLICK_SECONDS
    assert set(answers()) == {click.item.pk for click in clicks[::2]}
    assert entered("answer.refused") == 0


def test_nor_for_a_redis_that_does_not_answer(site, maria, own_redis):
    own_redis.process.send_signal(signal.SIGSTOP)
    clicks = presses(maria, TIMED, "revoke", "keep_because")
    assert p95(site, clicks) < CLICK_SECONDS
    assert set(answers()) == {click.item.pk for click in clicks[::2]}
    assert entered("answer.refused") == 0


def p95(site: Site, clicks: list[Signed]) -> float:
    """In how many seconds 19 of 20 are answered, one after the other; who waits for Slack needs CLICK_SECONDS."""
    site.up()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: site.hello(), range(8)))  # so that both processes have loaded what they need
    return statistics.quantiles(map(site.timed, clicks), n=20)[-1]
