"""
What the demo prints for a person: where everything is while it runs.

At the end of the unattended one: every ending beside what was written, the attestation, and the JSON line.
"""

import os
import shlex
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.embedded.servers import write_private
from demo.founding import command
from demo.scenario import Ending
from demo.stage import BASE_DIR, Stage, manage
from governance import clock
from governance.models import Account, Agent, Entry, Finding, Grant, Run, UsageEvent
from reviews.models import Ask, Attestation, Decision, Remediation, Review

PASSED_ON = ("COUNTERSIGN_", "DATABASE_URL", "DJANGO_", "LEDGER_VKEY", "LEDGER_ORIGIN", "REDIS_URL", "SLACK_")


def banner(stage: Stage) -> str:
    """Where everything is, what has happened so far, and how to check it."""
    manage_py = script(stage)
    since = f"{clock.now() - timedelta(days=40):%Y-%m-%d}"
    attest = f'attest --from {since} --to "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --out {stage.state}'
    return f"""
Countersign is running. Reviews are waiting in the simulated Slack within a few seconds.

  Slack, as the airline's people   {stage.slack}/          (start as Maria Okafor)
  Admin, as the governance lead    {stage.site}/admin/     priya@meridian.example   {stage.password}
  Admin, as an agent's owner       {stage.site}/admin/     maria@meridian.example   {stage.password}
  Questions, as the cloud's owner  {stage.site}/reviews/   noor@meridian.example    {stage.password}

  Everybody has this password. What is critical, such as some of what Noor is asked, can be kept in the browser only,
  not by a click on Slack.

  {silence(f"{stage.site}/admin/queue/")}

  The evidence, made and checked with the pinned key; paste these into another terminal:
    {manage_py} verify_ledger
    {manage_py} {attest}
    {manage_py} verify_attestation {stage.state}/attestation-{since.replace("-", "")}-*.json

  Logs and state: {stage.state}
  Ctrl-C ends it; the company is kept.
"""


def silence(queue: str) -> str:
    """What came of nobody answering for legacy-batch, whose owner has left."""
    suspended = Remediation.objects.filter(act="suspend", state="verified").count()
    held = Remediation.objects.filter(state="planned", hold__isnull=False).count()
    if not (suspended or held):
        return (
            "legacy-batch's owner has left and nobody answers: in a minute or two silence suspends what it holds, "
            f"until the brake stops that; then the rest waits for Priya in the queue: {queue}"
        )
    return (
        f"Nobody answered for legacy-batch, so silence has suspended {suspended} of its grants; "
        f"the brake holds {held}, which wait for Priya's release in the queue: {queue}"
    )


def script(stage: Stage) -> str:
    """Write `manage.py` with the demo's settings as a program, which only we may read; return its path."""
    path = stage.state / "manage"
    settings = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(settings.items())]
    run = f'exec {shlex.quote(sys.executable)} manage.py "$@"'
    write_private(path, "\n".join(["#!/bin/sh", *lines, f"cd {shlex.quote(str(BASE_DIR))}", run, ""]))
    path.chmod(0o700)
    return shlex.quote(str(path))


def compare(endings: list[Ending]) -> int:
    """Print each ending; return how many came out otherwise than written."""
    print("\n8. The endings, as they were written and as they are")
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
    file = Path(told.partition(": ")[0])
    print(f"\n9. Attested. {told.splitlines()[0].partition(': ')[2]}")
    try:
        manage("verify_attestation", str(file), "--vkey", os.environ["LEDGER_VKEY"])
        manage("verify_ledger", "--vkey", os.environ["LEDGER_VKEY"])
    except SystemExit as error:
        print(error)
        return counts(made), False
    print(f"   Verified with the pinned key alone: {file}")
    again = ("manage.py", "verify_attestation", str(file), "--vkey", os.environ["LEDGER_VKEY"])
    print(f"   Try it yourself, also with one byte changed: {shlex.join([sys.executable, *again])}")
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
        "revoked": made.counts["revoked"],  # as sentence 9 has it: what was taken back is kept
        "verified": acts.filter(state="verified").count(),
        "still_effective": acts.filter(state="still_effective").count(),
        "suspended": acts.filter(act="suspend", state="verified").count(),
        "held": acts.filter(state="planned", hold__isnull=False).count(),
        "ledger_size": Entry.objects.count(),
        "attestation": made.manifest_digest,
    }
