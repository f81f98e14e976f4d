"""What other weights would do, before they are in force: which grants change their band, and which move most."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Abs

from governance.models import Band, Grant, Parameters, Policy
from governance.policy import bands, rating

NAMED = 10


@dataclass(frozen=True, slots=True)
class Move:
    """One grant whose score would be another."""

    grant: Grant
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How many scores of how many grants would be others, how many grants change bands, and which move most."""

    grants: int
    scores: int
    bands: Mapping[tuple[Band, Band], int]
    most: tuple[Move, ...]

    @property
    def crossing(self) -> int:
        """How many change their band."""
        return sum(self.bands.values())


def merged(parameters: Mapping[str, Any], at: datetime) -> Parameters:
    """Return what would be in force: what is not given keeps its value, also within an object. Raises Invalid."""
    now = Policy.parameters_at(at).as_json()
    within = {name: {**now[name], **value} for name, value in parameters.items() if partly(now.get(name), value)}
    return Parameters.parse({**now, **parameters, **within})


def partly(now: object, value: object) -> bool:
    """Whether a parameter is an object of which a part may be given."""
    return isinstance(now, dict) and isinstance(value, dict)


def preview_policy(*, parameters: Mapping[str, Any], at: datetime) -> Preview:
    """Rate every grant that is held as these parameters would; nothing is written. Raises Invalid."""
    held = Grant.objects.held()
    moved = held.annotate(after=rating.expression(merged(parameters, at))).exclude(after=F("risk"))
    words = moved.annotate(band_before=bands.band(F("risk")), band_after=bands.band(F("after")))
    counted = words.values_list("band_before", "band_after").order_by().annotate(Count("pk"))
    numbers = {(Band(before), Band(after)): number for before, after, number in counted}
    most: QuerySet[Any] = moved.select_related("entitlement", "account__system").order_by(
        Abs(F("after") - F("risk")).desc(), "pk"
    )
    return Preview(
        grants=held.count(),
        scores=sum(numbers.values()),
        bands={pair: number for pair, number in sorted(numbers.items(), key=by_rank) if pair[0] != pair[1]},
        most=tuple(Move(each, each.risk, each.after) for each in most[:NAMED]),
    )


def by_rank(pair: tuple[tuple[Band, Band], int]) -> tuple[int, int]:
    """The order of bands: what becomes most first."""
    (before, after), _ = pair
    return -after.rank, -before.rank
