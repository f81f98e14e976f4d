"""Terms: the moment and the parameters under which an act judges. Read once an act, then passed on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from governance import clock
from governance.models import Parameters, Policy


@dataclass(frozen=True, slots=True)
class Terms:
    """
    When it is, what policy says, and whether `preparing.prepare` has looked deciding runs up.

    `between`: what is judged are the grants above the first of these keys and up to the second, if any are given.
    """

    at: datetime
    parameters: Parameters
    prepared: bool = False
    policy: int = 0  # its number
    between: tuple[int, int] | None = None

    @classmethod
    def of(cls, at: datetime | None = None) -> Self:
        """Take the policy in force at this moment, or now; raise Invalid where there is none."""
        moment = at or clock.now()
        policy = Policy.objects.in_force(moment)
        return cls(moment, policy.parameters, policy=policy.number)

    @property
    def runs(self) -> int:
        """After how many runs without use something counts as unused; at least one."""
        return max(self.parameters.unused_runs, 1)

    @property
    def run_span(self) -> timedelta:
        """For how long use must have been observable besides."""
        return timedelta(seconds=self.parameters.unused_run_seconds)

    @property
    def day_span(self) -> timedelta:
        """After how long without use something is unused where runs are not reported."""
        return timedelta(seconds=self.parameters.unused_seconds)

    @property
    def scope_span(self) -> timedelta:
        """For how long use must have been seen before anybody says what of a grant is used."""
        return timedelta(seconds=self.parameters.over_scoped_seconds)

    @property
    def key_span(self) -> timedelta:
        """After how long without use a credential is unused, where its system tracks that."""
        return timedelta(seconds=self.parameters.unused_credential_seconds)
