"""Open questions, as many as are wanted: each about another grant of the company, and sent to the one who is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from governance import clock
from governance.models import ExternalIdentity, Grant, Policy
from governance.policy import facts
from reviews.models import Ask, Assignment, Campaign, Item, Review, Workspace
from reviews.slack.tokens import Token, sealed

TEAM, APP = "T0BENCH", "A0BENCH"


def ask(number: int, *, sent: bool = True) -> Iterator[tuple[str, str]]:
    """Yield for each question the Slack user who is asked, and the value of the button; `sent` or still to be sent."""
    at = clock.now()
    Workspace.objects.create(team_id=TEAM, app_id=APP, name="Bench", bot_token="env:BENCH_SLACK_TOKEN")  # noqa: S106  (a name)
    grants = list(Grant.objects.filter(revocable=True).select_related("unit").order_by("pk")[:number])
    people = sorted({grant.unit.people.values_list("pk", flat=True)[0] for grant in grants[:100]})
    ExternalIdentity.objects.bulk_create(
        ExternalIdentity(scheme="slack", issuer=TEAM, value=f"U{person}", person_id=person) for person in people
    )
    items = items_about(grants, at)
    whose = [people[place % len(people)] for place in range(len(items))]
    for each, item in zip(put(items, whose, at=at, sent=sent), items, strict=True):
        yield f"U{each.person_id}", sealed(Token(ask_id=each.pk, item_id=item.pk, fingerprint=item.fingerprint))


def items_about(grants: list[Grant], at: datetime) -> list[Item]:
    """One review with one item for each grant."""
    bound = {grant.pk: facts.of_grant(grant.pk, at=at) for grant in grants}
    asked = {
        "campaign": campaign(at),
        "policy": Policy.objects.get(),
        "question": "Does it still need this?",
        "severity": "medium",
        "opened_at": at,
        "remind_at": at + timedelta(days=7),
        "escalate_at": at + timedelta(days=10),
        "due_at": at + timedelta(days=14),
    }
    reviews = Review.objects.bulk_create(Review(unit=grant.unit, **asked) for grant in grants)
    made = (
        Item(
            review=review,
            grant=grant,
            facts=bound[grant.pk],
            fingerprint=facts.fingerprint(bound[grant.pk]),
            previewed_at=at,
        )
        for review, grant in zip(reviews, grants, strict=True)
    )
    return Item.objects.bulk_create(made)


def campaign(at: datetime) -> Campaign:
    """The one that runs."""
    period = {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=30), "opened_at": at}
    counted = {"population_root": "", "population_size": 0}
    return Campaign.objects.create(scope=Campaign.CONTINUOUS, policy=Policy.objects.get(), **period, **counted)


def put(items: list[Item], whose: list[int], *, at: datetime, sent: bool) -> list[Ask]:
    """Each is assigned to somebody, and was sent to them or is to be."""
    pairs = list(zip(items, whose, strict=True))
    Assignment.objects.bulk_create(
        Assignment(review_id=item.review_id, person_id=person, rule="owner", why="because you own it.", since=at)
        for item, person in pairs
    )
    told = {"state": Ask.State.SENT, "sent_at": at} if sent else {}
    asks = Ask.objects.bulk_create(
        Ask(
            person_id=person,
            surface="slack",
            dedupe_key=f"question:{item.pk}",
            external_id=f"D{person}:{item.pk}.0" if sent else "",
            made_at=at,
            **told,
        )
        for item, person in pairs
    )
    through = Ask.reviews.through
    through.objects.bulk_create(
        through(ask_id=each.pk, review_id=item.review_id) for each, item in zip(asks, items, strict=True)
    )
    return asks
