"""The end of the unattended demo: every ending beside what was written, the attestation, and the JSON line."""

import os
from datetime import timedelta
from typing import Any

from demo.founding import command
from demo.scenario import Ending
from demo.stage import Stage, manage
from governance import clock
from governance.models import Account, Agent, Entry, Finding, Grant, Run, UsageEvent
from reviews.models import Ask, Attestation, Decision, Remediation, Review


def compare(endings: list[Ending]) -> int:
    """Print each ending; return how many came out otherwise than written."""
    print("\n7. The endings, as they were written and as they are")
    for ending in endings:
        mark = "as written" if ending.as_written else f"DIFFERENT: wanted {ending.expected}"
        print(f"   {ending.what}: {ending.found} ({mark})")
    wrong = sum(not ending.as_written for ending in endings)
    print(f"   {len(endings) - wrong} of {len(endings)} as written")
    return wrong


def attest(stage: Stage) -> tuple[dict[str, Any], bool]:
    """Attest the last 40 days, and verify the file as an auditor would, with the pinned key."""
    now = clock.now()
    starts, ends = (now - timedelta(days=40)).isoformat(), now.isoformat()
    told = command("attest", starts=starts, ends=ends, out=stage.state)
    made = Attestation.objects.latest("pk")
    file = next(stage.state.glob("attestation-*.json"))
    print(f"\n8. Attested. {told.splitlines()[0].partition(': ')[2]}")
    try:
        manage("verify_attestation", str(file), "--vkey", os.environ["LEDGER_VKEY"])
        manage("verify_ledger", "--vkey", os.environ["LEDGER_VKEY"])
    except SystemExit as error:
        print(error)
        return counts(made), False
    print(f"   Verified with the pinned key alone: {file}")
    return counts(made), True


def counts(made: Attestation) -> dict[str, Any]:
    """What the demo counted."""
    acts = Remediation.objects.all()
    return {
        "agents": Agent.objects.count(),
        "accounts": Account.objects.count(),
        "grants": Grant.objects.open().count(),
        "usage_events": UsageEvent.objects.count(),
        "runs": Run.objects.count(),
        "findings": Finding.objects.count(),
        "reviews": Review.objects.count(),
        "asked": Ask.objects.filter(purpose=Ask.Purpose.QUESTION, sent_at__isnull=False).count(),
        "decisions": Decision.objects.count(),
        "revoked": Decision.objects.filter(verdict="revoke").count(),
        "verified": acts.filter(state="verified").count(),
        "still_effective": acts.filter(state="still_effective").count(),
        "suspended": acts.filter(act="suspend", state="verified").count(),
        "held": acts.filter(state="planned", hold__isnull=False).count(),
        "ledger_size": Entry.objects.count(),
        "attestation": made.manifest_digest,
    }
