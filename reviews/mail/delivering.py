"""
Delivering: what asking queued is sent, once.

No transaction is open while the mail server is spoken to: the row was claimed, what will be shown is stored, the letter
is handed over, and what happened is recorded if the lease is still ours. Where the server's answer is lost, or we are
killed before it is recorded, the letter goes out once more, under the same Message-ID. It can't be changed any more:
what happens to a question after it was sent stands on its page.
"""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from governance import clock, ledger
from governance.sole import sole
from governance.sweeping import sweep
from reviews import outbox, rerouting
from reviews.mail import contents, letters, sending
from reviews.mail.contents import Content
from reviews.models import Ask, State

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Round:
    """One sweep. The first time that the mail server is away ends it: all others would wait for it in vain."""

    away: bool = False

    def claim(self) -> Ask | None:
        """The next letter, while the server is there."""
        return None if self.away else Ask.objects.claim_pending(outbox.EMAIL)

    def act(self, ask: Ask) -> None:
        """Send it."""
        try:
            deliver(ask)
        except OSError as error:
            self.away = not sending.about_one(error)
            raise


def deliver_waiting() -> int:
    """Send what waits; return how many rows were done without trouble."""
    round_ = Round()
    return sweep(round_.claim, round_.act)


def deliver(ask: Ask) -> None:
    """Send what a claimed ask has still to say. Raises OSError and Invalid: then it is tried again, later each time."""
    content = contents.content(ask)
    if content is None:
        settle(ask)
        return
    number = len(ask.shown.get("letters", []))
    message_id = f"<ask-{ask.pk}.{number}.{int(ask.made_at.timestamp())}@{sending.our_host()}>"
    if not write(ask, content):
        return
    try:
        sending.send(content.letter, to=ask.person.email, message_id=message_id)
    except sending.NoSuchAddress as error:
        rerouting.unreached(ask, because="no such address", said=str(error))
    except sending.NotTaken as error:
        logger.error("the mail server does not take our letter", extra={"ask": ask.pk, "because": str(error)})  # noqa: TRY400  (it says it all)
        with transaction.atomic():
            outbox.fail(ask, because="the mail server does not take it", said=str(error))
    else:
        record(ask, content, message_id)


def write(ask: Ask, content: Content) -> bool:
    """Store what will be shown; False where the ask is not ours any more."""
    shown = content.letter.shown()
    ask.shown_hash = letters.digest(shown)
    ask.shown = {**ask.shown, **shown, "renders": {**ask.shown.get("renders", {}), str(ask.fence): ask.shown_hash}}
    held = Ask.objects.filter(pk=ask.pk, fence=ask.fence)
    return bool(held.update(shown=ask.shown, shown_hash=ask.shown_hash))


def record(ask: Ask, content: Content, message_id: str) -> None:
    """Enter that it was sent, and give the lease back, unless that went to somebody else."""
    with transaction.atomic():
        held = sole(Ask.objects.select_for_update().filter(pk=ask.pk, fence=ask.fence))
        if held is None:
            logger.warning("a letter was sent after its lease", extra={"ask": ask.pk})
            return
        again = bool(held.external_id)
        held.sent_at = held.sent_at or clock.now()
        held.external_id = held.external_id or message_id
        held.shown["letters"] = [*held.shown.get("letters", []), message_id]
        held.shown["told"] = [*held.shown.get("told", []), *(review.pk for review in content.reviews)]
        held.save(update_fields=["sent_at", "external_id", "shown"])
        ledger.record(
            act=ledger.Act.ASK_SENT,
            actor=outbox.DELIVERING,
            subjects=[held, *content.reviews, held.person],
            body={
                "shown": held.shown_hash,
                "render": held.fence,
                "message": message_id,
                "purpose": held.purpose,
                "again": again,
            },
            surface=held.surface,
            assurance=settings.WEB_ASSURANCE,
        )
        settle(held)


def settle(ask: Ask) -> None:
    """
    Nothing is left to say for now: give the lease back; closed where nothing is left to ask either.

    The row is locked before its questions are looked at: who changes one after that marks the ask outdated behind us,
    who did before is seen.
    """
    with transaction.atomic():
        held = sole(Ask.objects.select_for_update().filter(pk=ask.pk, fence=ask.fence))
        if held is None:
            return
        held.state = state_of(held)
        held.leased_until, held.next_at, held.attempts, held.trouble = None, None, 0, ""
        held.save(update_fields=["state", "leased_until", "next_at", "attempts", "trouble"])


def state_of(ask: Ask) -> Ask.State:
    """Outdated where a question was added since; closed where nothing is left to ask."""
    if contents.untold(ask).exists():
        return Ask.State.OUTDATED
    standing = ask.external_id and ask.reviews.filter(state=State.OPEN).exists()
    return Ask.State.SENT if standing else Ask.State.CLOSED
