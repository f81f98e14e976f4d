"""How the ledger stands: how far the tree is behind, what it covers, and whether this process may change it."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from governance.models import Checkpoint, Leaf

BEHIND = """
SELECT {what} FROM evidence.entry, evidence.tree
WHERE (entry.epoch, entry.xid, entry.id) > (tree.epoch, tree.xid, tree.entry)
"""
OLDEST = BEHIND.format(what="evidence.now() - min(entry.at)")
COUNT = BEHIND.format(what="count(*)")

# Joined to pg_namespace, so that a database without the schema answers too.
OWNED = """
SELECT format('schema %s', nspname) FROM pg_namespace
WHERE nspname = 'evidence' AND pg_has_role(current_user, nspowner, 'MEMBER')
UNION ALL SELECT format('table %s.%s', nspname, relname) FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE nspname = 'evidence' AND pg_has_role(current_user, relowner, 'MEMBER')
UNION ALL SELECT format('function %s.%s', nspname, proname) FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace
WHERE nspname = 'evidence' AND pg_has_role(current_user, proowner, 'MEMBER')
LIMIT 1
"""


def lag() -> timedelta | None:
    """Return for how long the oldest entry without a leaf has waited; None if none waits."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST)
        oldest: timedelta | None = cursor.fetchone()[0]
    return oldest


def backlog() -> int:
    """Return how many entries have no leaf yet."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        count: int = cursor.fetchone()[0]
    return count


def unreadable() -> int:
    """Return how many leaves stand in for an entry that had no canonical form. More than none is an alarm."""
    return Leaf.objects.filter(unreadable=True).count()


def checkpoint_covering(entry_id: int) -> Checkpoint | None:
    """Return the smallest checkpoint whose tree holds this entry; None until the sequencer has signed one."""
    return Checkpoint.objects.covering(entry=entry_id).first()


def refuse_owner() -> None:
    """
    Raise ImproperlyConfigured if this process's log-in owns evidence, itself or through a role, or as superuser.

    Called by the web process, the worker and the sequencer when they start. A system check would run in
    `migrate`, which is the owner's, and would not run under gunicorn.
    """
    with connection.cursor() as cursor:
        cursor.execute(OWNED)
        owned = cursor.fetchone()
    if owned:
        raise ImproperlyConfigured(
            f"The log-in in DATABASE_URL owns the {owned[0]}, so it could rewrite evidence. Give the app's log-in (the "
            "sequencer's for `manage.py sequence`); the owner's is for `manage.py migrate` alone."
        )
