"""What a connector read, as it is staged: JSON that the comparing SQL takes apart. One place says both."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection

from connectors import tagging
from connectors.advising import Adviser
from connectors.base import Credential, Entitlement, Grant, Principal, Record, Ref
from connectors.errors import SchemaDrift
from governance import ledger
from governance.models import SyncRun

STAGE = """
INSERT INTO governance_stagedrecord (run_id, stream, key, record)
SELECT %s, %s, row.key, row.record FROM jsonb_to_recordset(%s::jsonb) AS row (key text, record jsonb)
ON CONFLICT (run_id, stream, key) DO UPDATE SET record = EXCLUDED.record
"""

DIGEST = """
SELECT encode(sha256(coalesce(string_agg(
    sha256(convert_to(concat_ws(' ', stream, key, record::text), 'UTF8')), ''::bytea ORDER BY stream, key
), '')), 'hex')
FROM governance_stagedrecord WHERE run_id = %s
"""
STREAMS = ("principals", "entitlements", "grants")


def stage(run: SyncRun, stream: str, records: Iterable[Record], adviser: Adviser | None = None) -> None:
    """Store a page; what the system showed twice, on this page or an earlier one, is stored once, as shown last."""
    shown = dict(shaped(stream, record, adviser) for record in records)
    rows = json.dumps([{"key": key, "record": record} for key, record in shown.items()])
    with connection.cursor() as cursor:
        cursor.execute(STAGE, [run.pk, stream, rows])


def shaped(stream: str, record: Record, adviser: Adviser | None = None) -> tuple[str, dict[str, Any]]:
    """Return a record's key, hashed because an index entry is short, and its JSON."""
    if isinstance(record, Principal) and stream == "principals":
        return digest(str(record.ref)), {**principal(record), **abilities(record, adviser)}
    if isinstance(record, Entitlement) and stream == "entitlements":
        return digest(str(record.ref)), entitlement(record)
    if isinstance(record, Grant) and stream == "grants":
        return digest(record.key), grant(record)
    if isinstance(record, Credential) and stream == "credentials":
        return digest(f"{record.principal} {record.ref}"), credential(record)
    raise SchemaDrift(f"the stream {stream} holds a {type(record).__name__}")


def principal(record: Principal) -> dict[str, Any]:
    """Shape a principal."""
    return {
        "ref": ref(record.ref),
        "kind": record.kind.value,
        "name": record.name,
        "enabled": record.enabled,
        "owner_hints": list(record.owner_hints),
    }


def abilities(record: Principal, adviser: Adviser | None) -> dict[str, Any]:
    """Shape what a principal may by itself, as far as somebody knows, the greatest risk first."""
    told = [each for each in adviser.concerns(record) if each.taken_on] if adviser else []
    told.sort(key=lambda each: (-each.risk, each.leads_to))
    return {
        "abilities": [{"name": each.leads_to, "says": each.says, "risk": each.risk} for each in told],
        "own_risk": max((each.risk for each in told), default=0),
    }


def entitlement(record: Entitlement) -> dict[str, Any]:
    """Shape an entitlement."""
    return {
        "ref": ref(record.ref),
        "name": record.name,
        "resource": record.resource,
        "actions": [asdict(each) for each in record.actions],
        "privileged": record.privileged,
        "definition": record.definition_digest,
        "confers": ref(record.confers) if record.confers else None,
        "tags": [
            {"tag": each.name.value, "source": each.source.value, "confidence": each.confidence}
            for each in tagging.of_entitlement(record)
        ],
    }


def grant(record: Grant) -> dict[str, Any]:
    """Shape a grant."""
    return {
        "holder": ref(record.principal),
        "entitlement": ref(record.entitlement),
        "origin": record.origin,
        "on_behalf_of": ref(record.on_behalf_of) if record.on_behalf_of else None,
        "instance": record.instance,
        "effect": record.effect.value,
        "condition": record.condition,
        "revocable": record.revocable,
        "version": record.version or "",
        "held_since": moment(record.held_since),
        "expires_at": moment(record.expires_at),
        "native": dict(record.native),
    }


def credential(record: Credential) -> dict[str, Any]:
    """Shape a credential."""
    return {
        "ref": ref(record.ref),
        "holder": ref(record.principal),
        "kind": record.kind,
        "active": record.active,
        "created_at": moment(record.created_at),
        "expires_at": moment(record.expires_at),
        "last_used_at": moment(record.last_used_at),
    }


def moment(at: datetime | None) -> str | None:
    """Shape a moment that may not be there."""
    return ledger.stamp(at) if at else None


def ref(named: Ref) -> Mapping[str, str]:
    """Shape a native identity."""
    return {"type": named.type, "id": named.id}


def digest(text: str) -> str:
    """Hash a key."""
    return sha256(text.encode()).hexdigest()


def digest_of(run: SyncRun) -> str:
    """Hash everything that a run has staged, in the order of its keys: the same world gives the same digest."""
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, [run.pk])
        return str(cursor.fetchone()[0])
