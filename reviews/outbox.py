"""
The outbox of every surface: one row says once what is to be said to whom, and where.

A person is spoken to in Slack where they are linked, else by e-mail. Delivering, in each surface, sends what lies here.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from governance import ledger
from governance.models import Person
from reviews.models import Ask, Review, Workspace

SLACK, EMAIL = "slack", "email"
DELIVERING = ledger.Actor.step("delivering")
UNREACHED = "No surface reaches this person: link a Slack account, or set EMAIL_URL."


def surface_for(person: Person) -> str:
    """Where this person can be reached; NOWHERE where nothing reaches them."""
    users = Workspace.objects.filter(state=Workspace.State.ACTIVE).users()
    if users.colleagues().filter(person=person).exists():
        return SLACK
    return EMAIL if reaches_by_email(person) else Ask.NOWHERE


def reaches_by_email(person: Person) -> bool:
    """Whether mail is set up and this person has an address."""
    return bool(settings.EMAIL_SET_UP and person.email)


def put(reviews: Iterable[Review], *, person: Person, purpose: Ask.Purpose, key: str, at: datetime) -> Ask:
    """
    One row; the same key gives the same row, with these questions added to it.

    Whom nothing reaches gets a row that has failed, and is reached later by the same one.
    """
    surface = surface_for(person)
    reached = surface != Ask.NOWHERE
    where = {
        "surface": surface,
        "state": Ask.State.PENDING if reached else Ask.State.FAILED,
        "trouble": "" if reached else UNREACHED,
        "made_at": at,
    }
    row, new = Ask.objects.get_or_create(dedupe_key=key, defaults={"person": person, "purpose": purpose, **where})
    row.reviews.add(*reviews)
    if not new and reached and Ask.objects.filter(pk=row.pk, surface=Ask.NOWHERE).update(**where):
        row.refresh_from_db()
    return row


def elsewhere(ask: Ask, *, because: str) -> Ask | None:
    """
    Say the same by e-mail, for want of Slack; None where e-mail does not reach this person either.

    It is as old as what it stands for: who was asked anew since then is not asked by it.
    """
    if ask.surface != SLACK or ask.purpose == Ask.Purpose.HOME or not reaches_by_email(ask.person):
        return None
    twin, new = Ask.objects.get_or_create(
        dedupe_key=ask.dedupe_key + Ask.INSTEAD,
        defaults={"person": ask.person, "purpose": ask.purpose, "surface": EMAIL, "made_at": ask.made_at},
    )
    if new:
        twin.reviews.add(*ask.reviews.all())
        ledger.record(
            act=ledger.Act.ASK_FAILED,
            actor=DELIVERING,
            subjects=[ask, ask.person],
            body={"because": because, "instead": EMAIL},
            surface=ask.surface,
        )
    return twin


def fail(ask: Ask, *, because: str, said: str = "") -> bool:
    """
    Enter that a claimed ask did not reach the person; False where it is not ours any more.

    `because` is in words of ours. What a server `said` may name the person, and stays out of the ledger.
    """
    held = Ask.objects.filter(pk=ask.pk, fence=ask.fence)
    if not held.update(state=Ask.State.FAILED, trouble=said or because, leased_until=None, next_at=None):
        return False
    ledger.record(
        act=ledger.Act.ASK_FAILED,
        actor=DELIVERING,
        subjects=[ask, *ask.reviews.order_by("pk"), ask.person],
        body={"because": because},
        surface=ask.surface,
    )
    return True


def nowhere(ask: Ask) -> None:
    """What has just failed, failed for now: once a surface reaches the person, asking puts it again by the same row."""
    Ask.objects.filter(pk=ask.pk, fence=ask.fence, state=Ask.State.FAILED).update(surface=Ask.NOWHERE)


def waiting_too_long(before: datetime) -> Iterable[Ask]:
    """What has waited for Slack since then, tried or not, and is not said by e-mail yet though it could be."""
    if not settings.EMAIL_SET_UP:
        return []
    late = Ask.objects.unsent().unsaid().filter(surface=SLACK, sent_at=None, made_at__lt=before)
    return late.exclude(person__email="").select_related("person").order_by("pk")
