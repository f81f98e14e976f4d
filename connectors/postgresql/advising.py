"""What is known of PostgreSQL besides what it shows: what a right means, and what a role's attributes let it do."""

import re
from collections.abc import Sequence
from dataclasses import replace

from connectors.advising import Concern, Reading, Remedy, Unseen
from connectors.base import Check, Entitlement, HolderKind, Principal, Ref
from connectors.postgresql import names
from connectors.postgresql.quoting import quoted
from connectors.postgresql.settings import Settings

SCHEMA = re.compile(r'(?P<name>"(?:[^"]|"")+"|[^".]+)\.', re.DOTALL)
LIE_IN_SCHEMAS = {"function", "table", "column", "sequence", "type"}
MEANS = {
    "pg_execute_server_program": "It runs programs on the server's host, as the server's own user.",
    "pg_write_server_files": "It writes files on the server's host, which is as good as superuser.",
    "pg_read_server_files": "It reads files on the server's host, passwords of roles among them.",
    "pg_read_all_data": "It reads every table, view and sequence of every database.",
    "pg_write_all_data": "It changes every table of every database.",
    "pg_signal_backend": "It ends other people's sessions.",
    "pg_maintain": "It locks, rewrites and analyses every table.",
    "pg_create_subscription": "It makes subscriptions, which write as their owner.",
    "pg_checkpoint": "It forces checkpoints.",
    "pg_monitor": "It reads what everybody runs, with the values in it.",
    "pg_read_all_stats": "It reads what everybody runs, with the values in it.",
    "pg_read_all_settings": "It reads every setting, also those that are for superusers.",
}
SUPERUSER = "A superuser passes every check in this cluster, reads files and runs programs on the host."
OWNER = "An owner can give itself back whatever is revoked, and may drop what it owns."
CATALOGUES = {
    "principals": "pg_roles",
    "membership": "pg_auth_members",
    "superuser": "pg_roles",
    "owner": "the owner column of each catalogue",
    "function": "pg_proc",
    "table": "pg_class",
    "schema": "pg_namespace",
    "database": "pg_database",
    "column": "pg_attribute",
    "sequence": "pg_class",
    "type": "pg_type",
    "language": "pg_language",
    "default": "pg_default_acl",
}


def meaning(entitlement: Entitlement) -> str:
    """Say in a sentence what an entitlement lets one do that its name does not tell."""
    match entitlement.ref.type:
        case "superuser":
            return SUPERUSER
        case "owner":
            return OWNER
        case "membership":
            return MEANS.get(names.unquoted(entitlement.resource), "")
        case _:
            return ""


def needs(entitlement: Entitlement) -> Sequence[Ref]:
    """Name USAGE on the schema, for a right on what lies in one."""
    found = names.SHAPE.fullmatch(entitlement.ref.id)
    schema = SCHEMA.match(found["identity"] or "") if found else None
    if found is None or schema is None or entitlement.ref.type not in LIE_IN_SCHEMAS:
        return ()
    return (names.privilege_ref(found["database"], "schema", schema["name"], "USAGE"),)


def concerns(principal: Principal) -> Sequence[Concern]:
    """Say what a role's attributes let it do, and whether its log-in ever ends. A superuser is none: it holds that."""
    attrs = principal.attrs
    if attrs.get("super") or principal.kind != HolderKind.LOGIN or principal.enabled is False:
        return ()
    told = [concern(principal, each) for name, each in ATTRIBUTES.items() if attrs.get(name)]
    return (*told, *([without_end(principal)] if "valid_until" in attrs and attrs["valid_until"] is None else []))


READ = "read from the catalogue"
WIDENS = "CREATEROLE hands out what it made or has ADMIN OPTION on; before PostgreSQL 16, any role but a superuser."
# What each says goes on from the role's name.
ATTRIBUTES = {
    "createrole": Concern(
        "can_widen_itself",
        "Can widen itself",
        "may make roles, and hand out memberships",
        WIDENS,
        READ,
        "CREATEROLE",
        risk=75,
    ),
    "bypassrls": Concern(
        "privileged",
        "More than ordinary rights",
        "passes every row-level rule",
        "BYPASSRLS: the policies on tables do not apply to it, in any database.",
        READ,
        "BYPASSRLS",
        risk=60,
    ),
    "replication": Concern(
        "privileged",
        "More than ordinary rights",
        "may copy the whole cluster",
        "REPLICATION: it can stream every change of every database, or take a backup of all of it.",
        READ,
        "REPLICATION",
        risk=70,
    ),
}


def concern(principal: Principal, attribute: Concern) -> Concern:
    """Say that a role has an attribute."""
    remedy = Remedy(f"ALTER ROLE {quoted(principal.name)} NO{attribute.leads_to};", "What it holds by name stays.")
    return replace(attribute, says=f"{principal.name} {attribute.says}", remedy=remedy)


def without_end(principal: Principal) -> Concern:
    """Say that no end is set."""
    return Concern(
        check="no_end_date",
        title="No end date",
        says=f"{principal.name} may log in for ever",
        why="VALID UNTIL is empty: if it logs in by a password, that password never ends.",
        sure="the end date was read; whether it has a password, and how old that is, is not observable",
        leads_to="log in",
        risk=40,
        remedy=Remedy(
            f"ALTER ROLE {quoted(principal.name)} VALID UNTIL 'YYYY-MM-DD';",
            "Its password works until then. Choose the day, and rotate before it.",
        ),
    )


def about(settings: Settings, check: Check) -> Reading:
    """Say what reading with this role could not show, and why it wrote nothing."""
    marked = "not in the configuration: database "
    others = [each.removeprefix(marked) for each in check.warnings if each.startswith(marked)]
    unseen = [
        Unseen(
            "Passwords and client certificates",
            "The role that reads may not see pg_authid, and should not. End dates of passwords are visible, their age"
            " is not; nor which roles have one, nor what pg_hba.conf asks of them.",
        )
    ]
    if others:
        unseen.append(
            Unseen("Other databases", f"Not looked at: {', '.join(others)}. Add ?also=NAME to the URL, once for each.")
        )
    return Reading(
        unseen=unseen,
        proofs=(
            "Every transaction was begun READ ONLY and REPEATABLE READ: the server itself refuses to write in it.",
            "No verb of this connector but check and read was called: it has no others here.",
            "What is read are catalogues. No table of yours was opened, and no function of yours was called.",
        ),
        privileges=role_that_reads(settings),
        catalogues=CATALOGUES,
    )


def role_that_reads(settings: Settings) -> str:
    """Write the SQL that makes a role which may do this and nothing else."""
    connect = ", ".join(quoted(each) for each in settings.databases)
    return "\n".join(
        (
            "CREATE ROLE countersign_scan LOGIN",
            "  CONNECTION LIMIT 2 PASSWORD '…';",
            f"GRANT CONNECT ON DATABASE {connect}",
            "  TO countersign_scan;",
            "ALTER ROLE countersign_scan",
            "  SET default_transaction_read_only = on;",
        )
    )
