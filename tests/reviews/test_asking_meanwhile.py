"""Two workers ask one person at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from django.db import transaction

from governance import clock
from governance.models import Band
from reviews import asking
from reviews.models import Ask, Review
from tests.factories import OrganisationFactory, PersonFactory
from tests.governance.meanwhile import alone, somebody_waits
from tests.reviews.factories import (
    AssignmentFactory,
    CampaignFactory,
    ItemFactory,
    ReviewFactory,
    SlackIdentityFactory,
    WorkspaceFactory,
)
from tests.reviews.scene import again, where_it_is

MOMENTS = {
    "opened_at": timedelta(0),
    "remind_at": timedelta(days=7),
    "escalate_at": timedelta(days=10),
    "due_at": timedelta(days=14),
}


def urgent(person, campaign) -> Review:
    """A question for this person that is asked alone, a moment ago."""
    review = ReviewFactory(
        campaign=campaign, severity=Band.HIGH, **{name: datetime.now(UTC) + span for name, span in MOMENTS.items()}
    )
    AssignmentFactory(review=review, person=person, since=clock.now())
    ItemFactory(review=review, previewed_at=clock.now())
    return review


def test_they_count_what_the_person_got_today_one_after_the_other(committed):
    OrganisationFactory()
    person = PersonFactory()
    SlackIdentityFactory(person=person, issuer=WorkspaceFactory().team_id)
    where_it_is(12, person)
    campaign = CampaignFactory(policy__stored={"alone_a_day": 1})
    first, second = (urgent(person, campaign) for _ in range(2))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            asking.ask(first)
            other = pool.submit(alone, lambda: asking.ask(second))
            somebody_waits()
        assert other.result(timeout=20) is None
    assert list(Ask.objects.get().reviews.all()) == [first]
    assert again(second).next_at > clock.now(), "it waits for the digest"
