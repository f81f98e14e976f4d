"""
What a check is: a suspicion about facts, in SQL, and its words for a person.

Its conditions are expressions over a QuerySet of `subjects`; the engine (governance.checking) places
the ORM's own SQL into one INSERT … SELECT a check. Nothing here loops over rows, or looks anything up: what is
built is written once (`written`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from django.db.models import QuerySet
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import JSONObject

from governance.policy.terms import Terms

Facts = Mapping[str, Any]


class Spoken(Protocol):
    """Whatever can say why it spoke: a check, or a step that raises a finding itself."""

    @property
    def name(self) -> str:
        """The key that findings carry; never renamed."""

    @property
    def title(self) -> str:
        """A few words."""

    def reason(self, facts: Facts) -> str:
        """Say in one sentence why this was raised."""

    def suggestion(self, facts: Facts) -> str | None:
        """Say what policy would do, and on what basis; None where it has no opinion."""


class Check(ABC):
    """One suspicion about every grant, every agent, every account or every credential."""

    name: ClassVar[str]
    title: ClassVar[str]
    subject: ClassVar[str] = "grant"

    @abstractmethod
    def suspects(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Return the rows about which it speaks."""

    def stands(self, rows: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
        """Return the rows about which what was said still holds; a finding about others is cleared."""
        return self.suspects(rows, terms)

    @abstractmethod
    def facts(self, terms: Terms) -> JSONObject:
        """Return what `reason` needs, built for hits only."""

    @abstractmethod
    def severity(self, terms: Terms) -> Expression:
        """Return the band of the finding."""

    def earliest(self, terms: Terms) -> Combinable | None:
        """
        Return the earliest moment at which it could newly speak about a row, if only time passes.

        None, or NULL in a row: time alone cannot make it speak. Too early costs a glance; too late
        is a defect that the nightly sweep names. A moment that is not in the future counts as NULL.
        """
        return None

    @abstractmethod
    def reason(self, facts: Facts) -> str:
        """Say in one sentence why this was raised."""

    def suggestion(self, facts: Facts) -> str | None:
        """Say what policy would do, and on what basis (`wording.based`); None where it has no opinion."""
        return None
