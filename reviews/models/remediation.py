"""Remediations: the acts that make decisions true, their attempts, and the brake's holds."""

from datetime import datetime
from typing import TypeAlias

from django.db import models, transaction
from django.db.models import DateTimeField, Exists, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Now

from connectors.errors import Unsupported
from governance import ledger
from governance.errors import Conflict
from governance.models import Account, Credential, Grant, Intended, Person, Seen, SyncRun, System
from governance.models.claiming import claim, give_back
from governance.models.subject import exactly_one
from reviews.models.decision import Decision, Undo
from reviews.models.review import Ask, Review

STILL_THERE = "A fresh read still shows it as it was."


class Hold(models.Model):
    """Too much at once in one system: a person releases some, or cancels them."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="holds")
    why = models.TextField()
    over_limit = models.BooleanField(default=True)  # what else policy would do waits too; else this waits alone
    opened_at = models.DateTimeField()
    released_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    released_count = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system"], condition=Q(closed_at=None), name="hold_is_open_once_a_system"),
        ]

    def __str__(self) -> str:
        return f"hold on {self.system.name}"


class RemediationQuerySet(models.QuerySet["Remediation"]):
    """Remediations."""

    def unfinished(self) -> "RemediationQuerySet":
        """Those whose end is not known."""
        return self.filter(state__in=UNFINISHED)

    def claim_due(self) -> "Remediation | None":
        """Lease the next act to carry out: planned, not held; or claimed by somebody who died."""
        due = self.filter(state__in=[State.PLANNED, State.CLAIMED], hold=None, next_at__lte=Now())
        return claim(due.order_by("next_at", "pk"))

    def claim_unverified(self) -> "Remediation | None":
        """Lease the next act that was sent and that no fresh read has shown."""
        return claim(self.filter(state=State.SENT, next_at__lte=Now()).order_by("next_at", "pk"))

    def claim_stuck(self) -> "Remediation | None":
        """Lease the next act that is stuck and may be tried once more."""
        return claim(self.filter(state=State.STUCK, next_at__lte=Now()).order_by("next_at", "pk"))

    def claim_still_effective(self) -> "Remediation | None":
        """Lease the next act whose access lived on by another path when it was last read, unless it was taken back."""
        stand = self.filter(state=State.STILL_EFFECTIVE, decision__undo=None, followed_by=None)
        return claim(stand.filter(next_at__lte=Now()).order_by("next_at", "pk"))

    def claim_removable(self, at: datetime) -> "Remediation | None":
        """Lease the next credential that was shut long enough to be removed, as a person decided."""
        shut = {"credential__active": False, "credential__seen": Seen.PRESENT, "credential__intended": Intended.GONE}
        newer = Remediation.objects.filter(credential=OuterRef("credential"), pk__gt=OuterRef("pk"))
        last = self.filter(~Exists(newer.exclude(state=State.CANCELLED)), followed_by=None, decision__undo=None)
        due = last.filter(**shut, removes_at__lte=at, state__in=[State.VERIFIED, State.ATTESTED])
        return claim(due.order_by("removes_at", "pk"))

    def contradicted(self) -> "RemediationQuerySet":
        """Those that took something away, as a person said, and that a complete read begun since shows as it was."""
        shut = Q(act=Act.DISABLE, credential__active=False)
        there = Q(grant__isnull=False, grant__closed_at=None, grant__seen=Seen.PRESENT) | Q(account__enabled=True)
        there |= Q(credential__seen=Seen.PRESENT) & ~shut
        said_at = Cast(KeyTextTransform("attested_at", "outcome"), DateTimeField())
        read = SyncRun.objects.filter(
            system=OuterRef("system"), state=SyncRun.State.COMPLETE, started_at__gt=OuterRef("said_at")
        )
        claims = self.filter(there, state=State.ATTESTED, act__in=TAKING, followed_by=None)
        return claims.alias(said_at=said_at).filter(Exists(read))


class State(models.TextChoices):
    """How far an act has come. *Stuck* is visible and still tried, slowly; it is never given up in silence."""

    PLANNED = "planned", "Planned"
    CLAIMED = "claimed", "Claimed"
    SENT = "sent", "Sent"
    VERIFIED = "verified", "Verified"
    STILL_EFFECTIVE = "still_effective", "Still effective"
    STUCK = "stuck", "Stuck"
    ATTESTED = "attested", "Attested by a person"
    CANCELLED = "cancelled", "Cancelled"


MOVES: dict[str, set[str]] = {
    State.PLANNED: {State.CLAIMED, State.CANCELLED, State.STUCK},
    State.CLAIMED: {State.SENT, State.PLANNED, State.STUCK},
    State.SENT: {State.VERIFIED, State.STILL_EFFECTIVE, State.PLANNED, State.STUCK, State.ATTESTED, State.CANCELLED},
    State.STILL_EFFECTIVE: {State.VERIFIED, State.PLANNED},
    State.STUCK: {State.PLANNED, State.CANCELLED, State.ATTESTED},
}
CANNOT = f"{Unsupported.__name__}: "  # what `trouble` begins with where no connector can
UNFINISHED = [State.PLANNED, State.CLAIMED, State.SENT, State.STUCK]


class Act(models.TextChoices):
    """What is done. *Suspend* is a removal that the type can restore."""

    SUSPEND = "suspend", "Suspend"
    REMOVE = "remove", "Remove"
    NARROW = "narrow", "Narrow"
    RESTORE = "restore", "Restore"
    DISABLE = "disable", "Disable"
    ENABLE = "enable", "Enable"

    @property
    def gives(self) -> bool:
        """Whether it gives access back."""
        return self in {Act.RESTORE, Act.ENABLE}


Target: TypeAlias = Grant | Credential | Account
TARGETS = ("grant", "credential", "account")
TAKING = [Act.REMOVE, Act.SUSPEND, Act.DISABLE]  # what a read would show to be there still


def aimed_at(target: Target) -> dict[str, Target | None]:
    """The target by the names of a remediation's fields, of which one is set."""
    mine = type(target).__name__.lower()
    return {name: target if name == mine else None for name in TARGETS}


class Remediation(models.Model):
    """One act that makes a decision true. Moves come from MOVES, by compare-and-swap with the fence."""

    act = models.CharField(max_length=8, choices=Act)
    grant = models.ForeignKey(Grant, null=True, blank=True, on_delete=models.PROTECT, related_name="remediations")
    credential = models.ForeignKey(
        Credential, null=True, blank=True, on_delete=models.PROTECT, related_name="remediations"
    )
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="remediations")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="remediations")
    decision = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="remediations")
    undo = models.ForeignKey(Undo, null=True, blank=True, on_delete=models.PROTECT, related_name="remediations")
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by")
    automatic = models.BooleanField(default=False)
    weight = models.PositiveIntegerField(default=1)  # how many holdings end with it: what the brake counts
    facts = models.JSONField(
        default=dict
    )  # holder, entitlement, instance, effect, definition: must still match when it is carried out
    state = models.CharField(max_length=16, choices=State, default=State.PLANNED)
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="remediations")
    remains = models.JSONField(default=dict, blank=True)  # of a narrowing: what is to be left, as the answer said it
    before = models.JSONField(default=dict, blank=True)
    level = models.CharField(max_length=2, default="V0")
    outcome = models.JSONField(
        default=dict, blank=True
    )  # what the last fresh read showed: direct, effective, other paths
    planned_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)  # the brake counts an act from when it was let through
    released_by_person = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    removes_at = models.DateTimeField(null=True, blank=True)  # of a credential that was shut: when it is removed
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(db_default=Now(), editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.TextField(blank=True, editable=False)

    objects = RemediationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="remediation_has_one_target", condition=exactly_one(*TARGETS)),
            models.CheckConstraint(name="remediation_has_one_cause", condition=exactly_one("decision", "undo")),
            models.UniqueConstraint(
                fields=["grant"],
                condition=Q(state__in=UNFINISHED, grant__isnull=False),
                name="remediation_is_open_once_a_grant",
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=UNFINISHED, account__isnull=False),
                name="remediation_is_open_once_an_account",
            ),
            models.UniqueConstraint(
                fields=["credential"],
                condition=Q(state__in=UNFINISHED, credential__isnull=False),
                name="remediation_is_open_once_a_credential",
            ),
        ]
        indexes = [
            # claim_due and claim_unverified
            models.Index(
                fields=["next_at", "id"], condition=Q(state__in=["planned", "claimed", "sent"]), name="remediation_due"
            ),
            # the brake
            models.Index(
                fields=["system", "released_at"], condition=Q(automatic=True), name="remediation_of_the_brake"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.target}"

    @property
    def target(self) -> Target:
        """What it acts on."""
        return self.grant or self.credential or self.account  # type: ignore[return-value]

    @property
    def review(self) -> Review:
        """The review whose cards tell of it, and under whose policy it came about."""
        decision = self.decision or (self.undo.decision if self.undo else None)
        if decision is None:
            raise TypeError("A remediation has one cause; the database sees to it.")
        return decision.item.review

    @property
    def by_hand(self) -> bool:
        """Whether it narrows to what a person described in words, or takes that back: no connector can."""
        return bool(self.remains) and "key" not in self.remains

    @property
    def beyond_us(self) -> bool:
        """Whether it waits for a person because no connector can do it, or see it."""
        return self.state == State.STUCK and self.trouble.startswith(CANNOT)

    @property
    def task(self) -> str:
        """What a person is to do where we cannot."""
        return self.trouble.removeprefix(CANNOT)

    @property
    def untouched(self) -> bool:
        """Whether the system was never told; an attempt that somebody began and did not end may have told it."""
        return self.sent_at is None and not self.tries.filter(outcome="begun").exists()

    def move(self, to: State, **changes: object) -> None:
        """Go to another state, if this row is still as we claimed it; raise Conflict where somebody else has it."""
        if to not in MOVES.get(self.state, set()):
            raise Conflict(f"A remediation does not go from {self.state} to {to}.")
        mine = type(self).objects.filter(pk=self.pk, state=self.state, fence=self.fence)
        if not mine.update(state=to, **changes):
            raise Conflict("Somebody else has claimed this remediation; read it again.")
        self.state = to
        for name, value in changes.items():
            setattr(self, name, value)

    def keep_trouble(self, error: BaseException) -> None:
        """A step raised on it: store it, give the lease back, wait longer; too often, and a person looks at it."""
        with transaction.atomic():
            give_back(self, error, attempts=self.attempts)
            if self.attempts >= self.review.policy.parameters.stuck_attempts:
                self.stick(error)
            Ask.objects.outdate(self.review)

    def stick(self, error: BaseException) -> None:
        """Let a person look at it, where it is not over."""
        mine = type(self).objects.filter(pk=self.pk, fence=self.fence)
        if mine.filter(state__in=[state for state in MOVES if State.STUCK in MOVES[state]]).update(state=State.STUCK):
            ledger.record(
                act=ledger.Act.REMEDIATION_STUCK,
                actor=ledger.Actor.step("sweeping"),
                subjects=[self, self.target],
                body={"error": type(error).__name__},
            )


class Attempt(models.Model):
    """One time that an act was tried or read. Append-only."""

    class Kind(models.TextChoices):
        """What was done."""

        SEND = "send", "Sent"
        READ = "read", "Read"

    remediation = models.ForeignKey(Remediation, on_delete=models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=4, choices=Kind.choices)
    outcome = models.CharField(max_length=64)
    request = models.JSONField(default=dict)
    response = models.JSONField(default=dict)
    native_request_id = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["remediation", "number"], name="attempt_number_is_unique")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.remediation_id}"
