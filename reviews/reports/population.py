"""
The grants of a period, one line each, as the database shows them to one transaction.

Dated facts are taken as they were at the end of the period: questions, decisions, undos, holds, cancellations and
closings. Only how far an act came (`act_state`, `verified_at`, `other_paths`, `unread`) is of the moment of counting.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    DateTimeField,
    F,
    Func,
    JSONField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, JSONObject

from governance import ledger
from governance.models import Claim, Entry, Finding, Grant
from reviews.evidence import outcomes
from reviews.models import Answer, Attempt, Decision, Item, Remediation, Undo, Verdict
from reviews.models.remediation import State
from reviews.reports.buckets import Known, Restore, Ruled, bucket

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: from `starts_at` up to and without `ends_at`."""

    starts_at: datetime
    ends_at: datetime

    def by_its_end(self, moment: datetime | None) -> datetime | None:
        """The moment, where it lies before the end; else None: it is another period's."""
        return moment if moment is not None and moment < self.ends_at else None

    def reaches(self, moment: datetime | None) -> bool:
        """Whether what lasted until then was there at any moment of the period."""
        return moment is None or moment >= self.starts_at


def rows(period: Period) -> Iterator[dict[str, Any]]:
    """Every grant that was open at any moment of the period, once, with its bucket."""
    for grant in held_in(period).iterator(chunk_size=CHUNK):
        yield row_of(grant, period)


def held_in(period: Period) -> QuerySet[Grant]:
    """The grants, with all that was said about them by the end of the period."""
    end = period.ends_at
    acts = Prefetch("remediations", queryset=dated())
    undos = Undo.objects.filter(at__lt=end).select_related("by").prefetch_related(acts)
    decisions = Decision.objects.filter(at__lt=end).select_related("answer__person", "policy").defer("facts")
    items = (
        Item.objects.filter(review__opened_at__lt=end)
        .select_related("agent")
        .defer("facts", "facts_shown", "preview")
        .order_by("-pk")
        .prefetch_related(
            Prefetch("decision", queryset=decisions.prefetch_related(acts, Prefetch("undo", queryset=undos)))
        )
    )
    claims = Claim.objects.filter(Q(until=None) | Q(until__gte=end), since__lt=end).select_related("agent")
    suspicions = Finding.objects.filter(Q(cleared_at=None) | Q(cleared_at__gte=end), raised_at__lt=end)
    return (
        Grant.objects.filter(Q(closed_at=None) | Q(closed_at__gt=period.starts_at), opened_at__lt=end)
        .select_related("account__system", "entitlement")
        .only("origin", "opened_at", "closed_at", "account__name", "account__system__name", "entitlement__name")
        .prefetch_related(
            Prefetch("items", queryset=items),
            Prefetch("findings", queryset=suspicions.only("grant", "state")),
            Prefetch("account__claims", queryset=claims.order_by("agent__name")),
        )
        .order_by("pk")
    )


def dated() -> QuerySet[Remediation]:
    """Acts, the oldest first, with when they were cancelled, said to be done, and last begun; none is a column."""
    # Before 16 PostgreSQL takes a parameter of this function for nothing until it is told what it is.
    named = Func(
        JSONObject(kind=Cast(Value("remediation"), TextField()), id=Cast(OuterRef("pk"), TextField())),
        function="jsonb_build_array",
        output_field=JSONField(),
    )
    entries = Entry.objects.filter(act=ledger.Act.REMEDIATION_CANCELLED, subjects__contains=named).order_by("id")
    cancelled = Coalesce(Subquery(entries.values("at")[:1]), F("hold__closed_at"), F("planned_at"))
    begun = Attempt.objects.filter(remediation=OuterRef("pk"), kind=Attempt.Kind.SEND, outcome="begun").order_by("pk")
    return (
        Remediation.objects.annotate(
            cancelled_at=Case(When(state=State.CANCELLED, then=cancelled), output_field=DateTimeField()),
            said_at=Cast(KeyTextTransform("attested_at", "outcome"), DateTimeField()),
            told_at=Coalesce("sent_at", Subquery(begun.values("at")[:1]), "said_at"),
        )
        .defer("before", "facts")
        .order_by("pk")
    )


def row_of(grant: Grant, period: Period) -> dict[str, Any]:
    """One line of the attestation."""
    items = list(grant.items.all())
    asked = [item for item in items if period.reaches(item.closed_at)]
    newest = max(decisions(items), key=lambda decision: (decision.at, decision.pk), default=None)
    known = Known(
        since=period.starts_at,
        closed_at=period.by_its_end(grant.closed_at),
        asked=bool(asked),
        waits=any(period.by_its_end(item.closed_at) is None for item in asked),
        suspected=bool(grant.findings.all()),
        ruled=ruled(newest, period) if newest else None,
    )
    decision = newest if known.speaking else None
    item = decision.item if decision else next(iter(asked), None)
    return {
        "grant": str(grant.pk),
        "system": grant.account.system.name,
        "account": grant.account.name,
        "entitlement": grant.entitlement.name,
        "origin": grant.origin,
        "agent": agent_of(grant, item),
        "opened_at": ledger.stamp(grant.opened_at),
        "closed_at": stamp(known.closed_at),
        "bucket": bucket(known),
        "review": str(item) if item else "",
        **cells_of(decision, given_back=bool(known.ruled and known.ruled.gave_back)),
    }


def agent_of(grant: Grant, item: Item | None) -> str:
    """Whose people were asked; where nobody was, the agents that use the account at the end of the period."""
    if item is not None:
        return item.agent.name if item.agent else ""
    return ", ".join(claim.agent.name for claim in grant.account.claims.all())


def cells_of(decision: Decision | None, *, given_back: bool) -> dict[str, Any]:
    """
    Who decided, and how far the newest act came that was to make it true, or to give back what it took.

    That a grant stays because its removal was taken back is the word of who took it back.
    """
    undo = undo_of(decision) if decision else None
    act = (newest(undo) or newest(decision)) if decision else None
    return {
        **(said(undo, undo.by.name, undo) if undo and given_back else said_of(decision)),
        **how_far(act),
    }


def how_far(act: Remediation | None) -> dict[str, Any]:
    """How far an act came; of what took something away, the ways that are left and where none could be looked for."""
    if act is None:
        return {"act": "", "act_state": "", "verified_at": "", "other_paths": [], "unread": ""}
    return {
        "act": act.act,
        "act_state": act.state,
        "verified_at": stamp(act.verified_at),
        "other_paths": act.outcome.get("other_paths", []),
        "unread": outcomes.unread(act, act.outcome),
    }


def said_of(decision: Decision | None) -> dict[str, str]:
    """Who decided, and when; empty where nobody did."""
    return said(decision, decision.by if decision else "", decision.answer if decision else None)


def said(cause: Decision | Undo | None, who: str, words: Answer | Undo | None) -> dict[str, str]:
    """Who said it, when, how surely it was they, and whether they said why; never why."""
    return {
        "decided_by": who,
        "decided_at": stamp(cause.at if cause else None),
        "assurance": words.assurance if words else "",
        "reason_given": "yes" if words and words.reason else "",
    }


def decisions(items: Iterable[Item]) -> list[Decision]:
    """What was decided about a grant, whoever was asked."""
    return [item.decision for item in items if hasattr(item, "decision")]


def undo_of(decision: Decision) -> Undo | None:
    """How it was taken back, by the end of the period."""
    return getattr(decision, "undo", None)


def newest(cause: Decision | Undo | None) -> Any:
    """The newest act that follows from it, annotated by `dated`; None where nothing does."""
    return next(reversed(cause.remediations.all()), None) if cause else None


def ruled(decision: Decision, period: Period) -> Ruled:
    """What became of a decision by the end of the period."""
    act, undo = newest(decision), undo_of(decision)
    cancelled_at = period.by_its_end(act.cancelled_at) if act else None
    return Ruled(
        verdict=Verdict(decision.verdict),
        at=decision.at,
        undone_at=undo.at if undo else None,
        cancelled_at=cancelled_at,
        held=act is not None and not cancelled_at and period.by_its_end(act.released_at) is None,
        told_at=period.by_its_end(act.told_at) if act else None,
        restore=restored(undo, period),
    )


def restored(undo: Undo | None, period: Period) -> Restore | None:
    """How far it had come, by the end of the period, to give back what was taken."""
    act = newest(undo)
    if act is None:
        return None
    return Restore(
        told_at=period.by_its_end(act.sent_at),
        back_at=period.by_its_end(act.verified_at or act.said_at),
        given_up=period.by_its_end(act.cancelled_at) is not None,
    )


def stamp(moment: datetime | None) -> str:
    """A moment as the ledger writes it; "" for none."""
    return ledger.stamp(moment) if moment else ""
