"""
Try a system's credential: what it may do there, and which right is missing.

Somebody asks, a worker tries: no page waits for a system. The page shows the newest probe of its system.
"""

from datetime import datetime
from functools import partial

from django.db import transaction

from connectors.base import Check
from connectors.errors import ConnectorError
from governance import access, clock, hinting
from governance.connecting import connected, learn, probed
from governance.errors import Invalid, NotAllowed
from governance.models import Person, Probe, System
from governance.sweeping import sweep

TASK = "governance.tasks.probe_systems"
LONGEST = {"identity": 200, "server_version": 64}


def ask(*, system: System, by: Person, at: datetime) -> Probe:
    """Have a system's credential tried soon; return the probe that waits. Raises NotAllowed."""
    if not access.may_steer(by, system):
        raise NotAllowed(f"The owner of {system.name}, or who governs {system.unit.name}, can have it checked.")
    with transaction.atomic():
        System.objects.select_for_update(no_key=True).get(pk=system.pk)
        probe = system.probes.waiting().first() or system.probes.create(asked_by=by, asked_at=at)
        hinting.hint(TASK)
    return probe


def probe_waiting() -> int:
    """Make every probe that waits; return how many came to an end, good or bad."""
    return sweep(Probe.objects.claim_waiting, probe)


def probe(row: Probe) -> None:
    """Try the credential, and keep what came of it: a refusal is a result as well."""
    end = partial(keep, row)
    try:
        with connected(row.system) as connector:
            check = connector.check()
    except (ConnectorError, Invalid) as error:
        end(ok=False, trouble=f"{type(error).__name__}: {error}")
        return
    with transaction.atomic():
        if check.ok:
            learn(row.system, check)
        end(ok=check.ok, **shown(check))


def shown(check: Check) -> dict[str, object]:
    """What a check showed, by the columns of a probe."""
    return {
        "identity": check.identity[: LONGEST["identity"]],
        "server_version": check.server_version[: LONGEST["server_version"]],
        "capabilities": probed(check),
        "warnings": list(check.warnings),
    }


def keep(row: Probe, **result: object) -> None:
    """Close a probe, unless another worker has claimed it since."""
    mine = Probe.objects.waiting().filter(pk=row.pk, fence=row.fence)
    mine.update(ended_at=clock.now(), leased_until=None, **({"trouble": ""} | result))
