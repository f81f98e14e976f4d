"""Risk as a word, and the durations that hang on it, as SQL over the score."""

from datetime import timedelta

from django.db.models import Case, CharField, DurationField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest
from django.db.models.lookups import GreaterThanOrEqual

from governance.models import Band, Parameters
from governance.models.risk import FLOORS

Score = Combinable


def band(score: Score, *, at_least: Band = Band.LOW) -> Case:
    """Return the band of a score as text; never a lower one than `at_least`."""
    lowest = next(floor for floor, word in FLOORS if word == at_least)
    raised = Greatest(score, Value(lowest))
    return Case(
        *(When(GreaterThanOrEqual(raised, floor), then=Value(str(word))) for floor, word in FLOORS),
        output_field=CharField(),
    )


def span(parameters: Parameters, name: str, score: Score) -> Case:
    """Return the duration that a parameter such as "review_seconds" has for the band of a score."""
    return Case(
        *(When(GreaterThanOrEqual(score, floor), then=Value(parameters.span(name, word))) for floor, word in FLOORS),
        default=Value(timedelta(0)),
        output_field=DurationField(),
    )
