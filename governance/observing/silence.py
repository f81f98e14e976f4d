"""
Sources that fall silent against their rhythm: one finding each, until they speak again.

Nothing else has to be done about one. What it covered ends where its last delivery ends, so that use is not observable
from there on, and no grant becomes unused by silence (`policy.observed`).
"""

from datetime import datetime
from typing import Any

from governance import clock, findings, ledger
from governance.findings import Suspicion
from governance.ledger import Actor
from governance.models import Band, Finding, Source
from governance.policy.checks import SILENT
from governance.policy.observed import RHYTHM

ACTOR = Actor.step("observing")
OVER = "It delivers again, expects to do so more rarely, or its system is off."


def notice_silence(at: datetime | None = None) -> int:
    """Raise a finding about each source that is silent, and clear those about the others; return how many moved."""
    at = at or clock.now()
    silent = Source.objects.silent(at, usually=RHYTHM)
    told = Finding.objects.uncleared().filter(check_name=SILENT.name)
    news = silent.exclude(pk__in=told.values("source")).select_related("system").order_by("pk")
    raised = findings.raise_many(map(suspicion, news), check_name=SILENT.name, kind="system", at=at, actor=ACTOR)
    over = told.exclude(source__in=silent.order_by().values("pk"))
    return raised + findings.clear(over, at=at, actor=ACTOR, why=OVER)


def suspicion(source: Any) -> Suspicion:
    """What is said about a source that is silent, and until when it was heard, if it ever was."""
    facts = {"source": source.name, "rhythm": clock.lasting(source.rhythm or RHYTHM)}
    if source.heard_until:
        facts["heard_until"] = ledger.stamp(source.heard_until)
    return Suspicion(source.system_id, source.system.unit_id, Band.MEDIUM, facts, source.pk)
