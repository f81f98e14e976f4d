"""A scan for programs: one object of `system`, `coverage` and `rows`."""

import json
from typing import Any

from governance.scanning import telling
from governance.scanning.rows import Row
from governance.scanning.scanned import Scan


def plain(scan: Scan) -> str:
    """Return the object as JSON, all of it in ASCII: names are given as they are, and none can mislead."""
    return json.dumps({"system": system(scan), "coverage": coverage(scan), "rows": [row(each) for each in scan.rows]})


def system(scan: Scan) -> dict[str, Any]:
    """What was scanned, and how much there is."""
    check = scan.holdings.inventory.check
    return {
        "name": scan.holdings.name,
        "url": scan.address.shown,
        "kind": scan.address.kind,
        "version": check.server_version,
        "connector": scan.spec.version,
        "identity": check.identity,
        "scanned_at": scan.at.isoformat(),
        "seconds": round(scan.seconds, 3),
        "accounts": len(scan.holdings.accounts),
        "can_sign_in": len(scan.holdings.signing_in),
        "grants": len(scan.holdings.grants),
        "open_to_everyone": scan.open_to_everyone,
        "by_risk": {band.value: number for band, number in scan.bands.items()},
        "rows_sha256": scan.digest,
    }


def coverage(scan: Scan) -> dict[str, Any]:
    """What was read, what was left out, and what could not be seen."""
    streams = scan.holdings.inventory.streams
    return {
        "complete": scan.holdings.inventory.complete,
        "read": {
            name: {"complete": each.complete, "rows": dict(each.rows), "left_out": dict(each.left_out)}
            for name, each in streams.items()
        },
        "unseen": [{"title": each.title, "text": each.text} for each in telling.unseen(scan)],
        "use": use(scan),
        "read_only": list(scan.reading.proofs),
        "privileges": scan.reading.privileges,
    }


def use(scan: Scan) -> dict[str, Any]:
    """What is known of use: nothing is not the same as no use."""
    usage = scan.usage
    if usage is None:
        return {"observable": False}
    return {
        "observable": True,
        "log": usage.log.name if usage.log else None,
        "from": usage.interval.starts_at.isoformat(),
        "to": usage.interval.ends_at.isoformat(),
        "of": "everybody" if usage.everybody else len(usage.named),
        "runs": usage.runs.total() if usage.with_runs else None,
        "lines": usage.lines,
        "refused": [{"file": name, "line": number, "reason": reason} for name, number, reason in usage.refused],
        "unknown_accounts": usage.strangers.total(),
        "unmapped_tools": usage.unmapped.total(),
        "unmatched": usage.unmatched.total(),
        "unclear_accounts": "everybody" if usage.anybody else len(usage.unclear),
    }


def row(each: Row) -> dict[str, Any]:
    """One suspicion."""
    fix = each.remedy
    return {
        "check": each.check,
        "holder": each.holder,
        "entitlement": each.entitlement,
        "paths": [[node.text for node in path] for path in each.paths],
        "why": each.why,
        "confidence": each.confidence,
        "fix": {"text": fix.text, "effect": fix.effect} if fix else None,
        "risk": each.band.value,
    }
