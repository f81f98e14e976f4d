"""Policy: the parameters in force. Immutable rows; what policy decides comes from the newest that has begun."""

from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models

from governance.errors import Invalid
from governance.models.person import Person
from governance.models.risk import Band, Combination

HOUR, DAY = 3600, 86400
WHOLE = 100  # percent
GATED = "gated"


def by_band(low: int, medium: int, high: int, critical: int) -> dict[str, int]:
    """One value a band."""
    return {Band.LOW: low, Band.MEDIUM: medium, Band.HIGH: high, Band.CRITICAL: critical}


def risk_weights() -> dict[str, int]:
    """Points of a score (docs/reference/risk.md): the first three are added, the others weigh to both sides."""
    adds = {"everyone": 15, "grantable": 10, "admin_option": 15}
    return {**adds, "use": 4, "credential": 4, "tainted": 5, "autonomy": 4, "accountability": 4}


def combination_floors() -> dict[str, int]:
    """What a grant scores at least on which a combination hangs; `gated` where a person approves what is risky."""
    return {
        Combination.LETHAL_TRIFECTA: 90,
        Combination.RULE_OF_TWO: 80,
        Combination.TAINTED_ACT: 80,
        Combination.TAINTED_ESCALATION: 90,
        Combination.DUTIES: 75,
        Combination.TAINTED_CHANGE: 50,
        GATED: 60,
    }


@dataclass(frozen=True, slots=True)
class Parameters:
    """What policy decides. Durations are whole seconds, shares are percent: the ledger holds integers."""

    review_seconds: dict[str, int] = field(default_factory=lambda: by_band(30 * DAY, 14 * DAY, 7 * DAY, DAY))
    remind_percent: int = 50
    escalate_percent: int = 75
    lease_seconds: dict[str, int] = field(default_factory=lambda: by_band(180 * DAY, 90 * DAY, 90 * DAY, 30 * DAY))
    first_lease_seconds: dict[str, int] = field(default_factory=lambda: by_band(90 * DAY, 60 * DAY, 30 * DAY, 7 * DAY))
    undo_seconds: int = DAY
    suspension_undo_seconds: int = 30 * DAY  # nobody was there to object: what silence suspended is given back longer
    undo_lease_seconds: int = 7 * DAY
    credential_remove_seconds: int = 14 * DAY  # for so long it is only disabled: then it is removed, for ever
    unused_runs: int = 60
    unused_run_seconds: int = 7 * DAY
    unused_seconds: int = 90 * DAY
    static_credential_seconds: int = 30 * DAY  # so old is a secret without an end that an agent uses
    old_credential_seconds: int = 90 * DAY
    unused_credential_seconds: int = 45 * DAY
    rare_percent: int = 10  # of runs: what is powerful and needed in fewer should be there on request
    over_scoped_seconds: int = 30 * DAY  # for so long its use must have been seen without a gap
    over_scoped_actions: int = 5  # what allows fewer is narrow enough
    over_scoped_percent: int = 50  # of its actions: who uses no more of them should hold no more
    unclaimed_from: str = Band.HIGH  # what an account must hold to be asked about where no agent claims it
    brake_percent: int = 2
    brake_floor: int = 3
    brake_seconds: int = HOUR
    sync_seconds: int = HOUR
    sync_guard_percent: int = 20
    sync_guard_floor: int = 5
    verify_seconds: int = HOUR  # how often access that lives on by another path is read again
    stuck_attempts: int = 8
    keep_reason_from: str = Band.HIGH
    keep_reason_length: int = 15
    browser_from: str = Band.CRITICAL  # what is kept or reduced from there on is decided behind a log-in
    keep_streak: int = 2  # after so many keeps without a new reason, the next one needs one
    no_suggestion_percent: int = 10  # of questions that are put without our suggestion
    alone_from: str = Band.HIGH  # what is less waits for the day's digest
    alone_a_day: int = 3  # so many a person; what is critical comes besides
    snoozes: int = 2
    handovers: int = 2
    risk_weights: dict[str, int] = field(default_factory=risk_weights)
    combination_floors: dict[str, int] = field(default_factory=combination_floors)

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> Self:
        """Read stored parameters; raise Invalid naming the first unknown or wrong one."""
        known = {each.name: each for each in fields(cls)}
        for name, value in raw.items():
            if name not in known:
                raise Invalid(f"policy.{name} is not a parameter; one of {', '.join(known)}.")
            check(name, value)
        parameters = cls(**raw)
        parameters.check_order()
        return parameters

    def check_order(self) -> None:
        """Raise Invalid for moments that come in no order, and for a review or a lease without length."""
        if not (0 < self.rare_percent < WHOLE and 0 < self.over_scoped_percent < WHOLE):
            raise Invalid("policy: rare_percent and over_scoped_percent lie between 0 and 100.")
        if not (self.over_scoped_actions and self.over_scoped_seconds):
            raise Invalid("policy: over_scoped_actions and over_scoped_seconds are more than 0.")
        if not self.remind_percent <= self.escalate_percent <= WHOLE:
            raise Invalid("policy: remind_percent must not be above escalate_percent, nor that above 100.")
        lasting = [self.review_seconds, self.lease_seconds, self.first_lease_seconds]
        if not all([*(seconds for each in lasting for seconds in each.values()), self.undo_lease_seconds]):
            raise Invalid("policy: a review, a lease and the lease of an undo last longer than 0 seconds.")

    def __hash__(self) -> int:
        """By what is no object: equal parameters have the same."""
        return hash(tuple(getattr(self, name) for name in SINGLE))

    def as_json(self) -> dict[str, Any]:
        """All parameters, as they are stored."""
        return asdict(self)

    def span(self, name: str, band: str) -> timedelta:
        """A duration that depends on the band, such as the review_seconds of high."""
        seconds: int = getattr(self, name)[band]
        return timedelta(seconds=seconds)


SINGLE = tuple(each.name for each in fields(Parameters) if each.default is not MISSING)  # those that are no object
KEYS = {"risk_weights": risk_weights(), "combination_floors": combination_floors()}  # of the others: the bands
POINTS = 100
BANDS = {"keep_reason_from", "alone_from", "browser_from", "unclaimed_from"}


def check(name: str, value: object) -> None:
    """Raise Invalid unless this value can stand under this name."""
    if name in BANDS:
        if value not in Band.values:
            raise Invalid(f"policy.{name} is {value!r}; one of {', '.join(Band.values)}.")
        return
    for number in value.values() if isinstance(value, dict) else [value]:
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise Invalid(f"policy.{name} has {number!r}; a whole number of 0 or more is wanted.")
    if isinstance(value, dict):
        check_keys(name, value)


def check_keys(name: str, value: dict[str, int]) -> None:
    """Raise Invalid unless it has a value for each key that it needs; points are at most 100."""
    wanted = KEYS.get(name, Band.values)
    if set(value) != set(wanted):
        raise Invalid(f"policy.{name} needs a value for each of {', '.join(wanted)}.")
    if name in KEYS and max(value.values()) > POINTS:
        raise Invalid(f"policy.{name} has {max(value.values())}; points are at most {POINTS}.")


class PolicyQuerySet(models.QuerySet["Policy"]):
    """Policies."""

    def in_force(self, at: datetime) -> "Policy":
        """The newest policy that has begun; raise Invalid where none has."""
        policy = self.filter(in_force_from__lte=at).order_by("-in_force_from", "-number").first()
        if policy is None:
            raise Invalid("No policy is in force. Set one: manage.py set_policy.")
        return policy


class Policy(models.Model):
    """One version of the parameters. A row is never changed; a new one takes over."""

    number = models.PositiveIntegerField(unique=True)
    stored = models.JSONField(db_column="parameters")
    in_force_from = models.DateTimeField()
    set_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return f"policy {self.number}"

    @classmethod
    def parameters_at(cls, at: datetime) -> Parameters:
        """What is in force; the defaults where nothing is yet: for a page that shows, and decides nothing."""
        begun = cls.objects.filter(in_force_from__lte=at).order_by("-in_force_from", "-number").first()
        return begun.parameters if begun else Parameters()

    @property
    def parameters(self) -> Parameters:
        """The parameters, checked."""
        return Parameters.parse(self.stored)
