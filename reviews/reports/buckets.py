"""
In which one bucket a grant lies at the end of a period.

Read like this, the first that fits: it was ended by us, or outside; it waits, for an answer or in the brake's hold; a
decision holds, or ended in this period; it was asked about and the question withdrawn; it was not asked about.

What is known is only what had happened by the end of the period. How far a removal came is no matter of the bucket; a
removal that was taken back is *kept* only where nothing is missing any more.
"""

from dataclasses import dataclass
from datetime import datetime

from reviews.models import Verdict
from reviews.models.decision import LENT

BUCKET_OF = {
    Verdict.KEEP: "kept",
    Verdict.REDUCE: "reduced",
    Verdict.REVOKE: "revoked",
    Verdict.SUSPEND: "suspended",
}


@dataclass(frozen=True, slots=True)
class Restore:
    """The act that gives a removal back, and how far it had come by the end of the period; None is not yet."""

    told_at: datetime | None = None  # when the system was told
    back_at: datetime | None = None  # when a read had shown it, or a person had said that they gave it back
    given_up: bool = False

    @property
    def runs(self) -> bool:
        """Whether what was taken is still missing, and is to come back."""
        return not (self.back_at or self.given_up)


@dataclass(frozen=True, slots=True)
class Ruled:
    """The newest decision about a grant, and what became of it by the end of the period; None is not yet."""

    verdict: Verdict
    at: datetime
    undone_at: datetime | None = None
    cancelled_at: datetime | None = None  # its act was ended by governance, or because the target had changed
    held: bool = False  # its act waits in the brake's hold
    told_at: datetime | None = None  # when its act was last begun in the system, or said to be done by hand
    restore: Restore | None = None  # none, where nothing had been taken

    @property
    def over_at(self) -> datetime | None:
        """When it ceased to hold. What was taken stays so until it is back, and for good where that is given up."""
        if self.restore is not None:
            return self.restore.back_at
        return self.undone_at or self.cancelled_at

    @property
    def returns(self) -> bool:
        """Whether what it took is being given back."""
        return self.restore is not None and self.restore.runs

    @property
    def gave_back(self) -> bool:
        """Whether it took something away, or was to, and was taken back, and nothing is missing any more."""
        return not self.keeps and self.undone_at is not None and self.over_at is not None

    @property
    def keeps(self) -> bool:
        """Whether it was said that the grant stays as it is."""
        return self.verdict == Verdict.KEEP

    @property
    def lends(self) -> bool:
        """Whether the grant stays for a while, wholly or in part."""
        return self.verdict in LENT

    def ended(self, closed_at: datetime) -> bool:
        """Whether a grant that closed then was taken away by this decision, and not by somebody outside."""
        given_back = self.restore and not self.restore.given_up and before(self.restore.told_at, closed_at)
        if self.lends or given_back:
            return False
        holds = self.over_at is None and not self.held and not self.returns
        return holds or before(self.told_at, closed_at)

    def speaks(self, since: datetime) -> bool:
        """
        Whether it says anything about a period that began then.

        What was taken away stays so; an earlier keep or reduce is a lease that runs, and what ended earlier is over.
        """
        if self.over_at is not None:
            return self.over_at >= since
        return self.at >= since or not self.lends


@dataclass(frozen=True, slots=True)
class Known:
    """One grant, as it was at the end of a period."""

    since: datetime  # the beginning of the period
    closed_at: datetime | None = None
    asked: bool = False  # about it, at any moment of the period
    waits: bool = False  # for an answer, at its end
    suspected: bool = False  # of anything, at its end
    ruled: Ruled | None = None

    @property
    def speaking(self) -> Ruled | None:
        """The decision by which it stands in this period."""
        return self.ruled if self.ruled and self.ruled.speaks(self.since) else None


def bucket(known: Known) -> str:
    """The one bucket."""
    if known.closed_at is not None:
        return ended(known.ruled, known.closed_at)
    if known.waits:
        return "carried_over"
    said = standing(known.speaking, suspected=known.suspected) if known.speaking else None
    return said or ("withdrawn" if known.asked else "not_asked")


def ended(ruled: Ruled | None, closed_at: datetime) -> str:
    """How the grant ended. A removal that was given back is *kept*: it goes on as another grant."""
    if ruled is None or not ruled.ended(closed_at):
        return "removed_outside"
    return removed(ruled)


def standing(ruled: Ruled, *, suspected: bool) -> str | None:
    """
    What a decision says about a grant that is there; None where nothing is left of the decision and of the question.

    A removal that was given back is *kept*, for the lease of the undo. Any other that came to an end leaves the
    question, as long as anything is suspected.
    """
    if ruled.gave_back:
        return "kept"
    if ruled.over_at:
        return "carried_over" if suspected else None
    return "carried_over" if ruled.held else removed(ruled)


def removed(ruled: Ruled) -> str:
    """What a decision came to, whether the grant is there or not: as it says, until a removal is given back."""
    if ruled.returns:
        return "carried_over"
    return "kept" if ruled.gave_back else BUCKET_OF[ruled.verdict]


def before(moment: datetime | None, end: datetime) -> bool:
    """Whether something had happened by then."""
    return moment is not None and moment <= end
