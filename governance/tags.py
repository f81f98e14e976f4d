"""Which tags of an entitlement count, by what everybody says of it: the one writer of `Entitlement.tag_bits`."""

from collections.abc import Collection

from django.db import connection

from governance.models import EntitlementTag, TagName

# In the order of keys: two that settle the same wait for each other and do not deadlock.
SETTLE = """
WITH these AS MATERIALIZED (
    SELECT id FROM governance_entitlement WHERE id = ANY(%(keys)s) ORDER BY id FOR NO KEY UPDATE
), said AS (
    SELECT these.id, tag.tag, coalesce(
        bool_or(NOT tag.denied) FILTER (WHERE tag.source = 'reviewer'), max(tag.confidence) >= %(counts)s
    ) AS counts
    FROM these JOIN governance_entitlementtag AS tag ON tag.entitlement_id = these.id
    GROUP BY these.id, tag.tag
), settled AS (
    SELECT these.id, coalesce(bit_or((%(bits)s::jsonb ->> said.tag)::integer) FILTER (WHERE said.counts), 0) AS bits
    FROM these LEFT JOIN said USING (id) GROUP BY these.id
)
UPDATE governance_entitlement AS what SET tag_bits = settled.bits
FROM settled WHERE what.id = settled.id AND what.tag_bits <> settled.bits
RETURNING what.id
"""


def settle(entitlements: Collection[int]) -> list[int]:
    """Let those tags of these entitlements count that should; return the keys of those that changed by it."""
    if not entitlements:
        return []
    bits = "{" + ", ".join(f'"{name}": {name.bit}' for name in TagName) + "}"
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"keys": list(entitlements), "counts": EntitlementTag.COUNTS, "bits": bits})
        return [key for (key,) in cursor.fetchall()]
