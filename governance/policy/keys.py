"""Credentials in SQL: how old one is, whether it is used, and how much hangs on its account."""

from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, DateTimeField, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, ExtractDay, JSONObject

from governance.models import Band
from governance.policy import bands, power
from governance.policy.terms import Terms
from governance.policy.use import NOT_OBSERVABLE, UNUSED, USED


def older(terms: Terms, seconds: int) -> Q:
    """Say which were made at least so long ago; of one whose beginning is not told, since we first saw it."""
    return Q(since__lte=terms.at - timedelta(seconds=seconds))


def since() -> Coalesce:
    """Return when a credential was made, or else when we first saw it: it is at least so old."""
    return Coalesce("created_at", "first_seen_at")


def idle(terms: Terms) -> Q:
    """
    Say which were not used for long, or never since they were made.

    As of the last complete read: a system that is not read any more makes nothing unused. Unknown is never unused.
    """
    long_ago = ExpressionWrapper(F("read_at") - Value(terms.key_span), DateTimeField())
    return Q(tracked=True, idle_since__lte=long_ago)


def idle_since() -> Coalesce:
    """Return the last use; of what was never used, when it was made."""
    return Coalesce("last_used_at", "created_at", "first_seen_at")


def class_of(terms: Terms) -> Case:
    """Return "unused", "used" or "not_observable", over credentials with `idle_since`."""
    return Case(
        When(idle(terms), then=Value(UNUSED)),
        When(last_used_at__isnull=False, then=Value(USED)),
        default=Value(NOT_OBSERVABLE),
        output_field=CharField(),
    )


def severity(*, at_least: Band = Band.LOW) -> Case:
    """Return the band of the riskiest thing that the account holds, or may by itself."""
    return bands.band(power.riskiest("account__"), at_least=at_least)


def age(terms: Terms, **more: Any) -> JSONObject:
    """Return facts that every check about credentials tells, and more."""
    days = ExtractDay(ExpressionWrapper(Value(terms.at, DateTimeField()) - since(), DurationField()))
    return JSONObject(created_at="created_at", first_seen_at="first_seen_at", days=days, **more)
