"""Deadlines: how long an answer is waited for, and when in that time somebody is reminded, or asked instead."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from django.db.models import Min

from governance.models import Account, Band, Credential, Grant, Lease, Parameters
from reviews.hours import REACTION

A_DAY = timedelta(days=1)


class Moments(TypedDict):
    """Of a review, by the names of its fields."""

    remind_at: datetime
    last_call_at: datetime | None
    escalate_at: datetime
    due_at: datetime


def moments(subjects: Sequence[object], *, severity: Band, parameters: Parameters, at: datetime) -> Moments:
    """When a question about these is due if it is opened now, and what happens before."""
    window = window_of(subjects, severity=severity, parameters=parameters, at=at)
    due_at, remind_at = at + window, at + window * parameters.remind_percent / 100
    last_call_at = last_call(remind_at=remind_at, due_at=due_at)
    escalate_at = escalation(at + window * parameters.escalate_percent / 100, last_call_at=last_call_at)
    return {"remind_at": remind_at, "last_call_at": last_call_at, "escalate_at": escalate_at, "due_at": due_at}


def last_call(*, remind_at: datetime, due_at: datetime) -> datetime | None:
    """A day before the end, where that lies clearly after the first reminder; else None: one reminder is enough."""
    moment = due_at - A_DAY
    return moment if moment - remind_at >= REACTION else None


def escalation(moment: datetime, *, last_call_at: datetime | None) -> datetime:
    """When the next in line is asked: as policy says, and not before the last call could be heard."""
    return max(moment, last_call_at + REACTION) if last_call_at else moment


def window_of(subjects: Sequence[object], *, severity: Band, parameters: Parameters, at: datetime) -> timedelta:
    """
    How long an answer is waited for: until the first lease ends, if that is sooner; half of policy's at least.

    Silence shuts no account, and no credential of one, that was there at the first read before the first of its
    provisional leases has ended: who connects a system on one day loses no log-in on the next.
    """
    window = parameters.span("review_seconds", severity)
    accounts = [subject for subject in subjects if isinstance(subject, Account)]
    accounts += [subject.account for subject in subjects if isinstance(subject, Credential)]
    if accounts:
        return max(window, provisional(accounts, at=at) - at)
    ends = [subject.lease_ends_at for subject in subjects if isinstance(subject, Grant)]
    left = [moment - at for moment in ends if moment is not None and moment > at]
    return max(window / 2, min([window, *left]))


def provisional(accounts: Sequence[Account], *, at: datetime) -> datetime:
    """When the first of the leases ends that these accounts' grants got at the first read; now where none runs."""
    given = Lease.objects.filter(grant__account__in=accounts, grant__closed_at=None, basis=Lease.Basis.FIRST_SEEN)
    first: datetime | None = given.filter(ends_at__gt=at).aggregate(first=Min("ends_at"))["first"]
    return first or at
