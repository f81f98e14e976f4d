"""What is known of PostgreSQL besides what it shows: what a right means, and what a role's attributes let it do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.advising import Concern, Reading, Remedy, Unseen
from connectors.base import Check, Entitlement, HolderKind, Principal, Ref
from connectors.postgresql import names, powers
from connectors.postgresql.quoting import quoted
from connectors.postgresql.settings import Settings

SCHEMA = re.compile(r'(?P<name>"(?:[^"]|"")+"|[^".]+)\.', re.DOTALL)
OPEN_TO_ALL = {"pg_catalog", "information_schema"}
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
    "pg_database_owner": "Whoever owns the database is it there, without any grant: another owner is another member.",
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
    "parameter": "pg_parameter_acl",
}
# What a listing leaves out, by its rule.
RULES = {
    "catalogue": "what PostgreSQL's own objects opened as it came",
    "extension": "what an extension's objects opened as it came",
    "implicit": "types that come with a table or with another type, and follow it",
    "temporary": "what sessions made for themselves, which goes when they end",
    "untrusted": "languages in which a superuser alone can write, whatever their access lists say",
    "unlisted": "databases that are not among those to be read",
    "owners_apart": "what each owner of a database is there alone, as pg_database_owner: these have several owners",
    "predefined": "what PostgreSQL's own roles hold that nobody made here is a member of",
    "not_a_known_creator": "what everyone may do with future functions of roles that are not known to make any",
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
            found = names.SHAPE.fullmatch(entitlement.ref.id)
            return powers.of(entitlement.ref.type, found["privilege"], found["identity"]) if found else ""


def needs(entitlement: Entitlement) -> Sequence[Ref]:
    """Name USAGE on the schema, for a right on what lies in one; everyone came with it on PostgreSQL's own."""
    found = names.SHAPE.fullmatch(entitlement.ref.id)
    schema = SCHEMA.match(found["identity"] or "") if found else None
    if found is None or schema is None or entitlement.ref.type not in LIE_IN_SCHEMAS:
        return ()
    if schema["name"] in OPEN_TO_ALL:
        return ()
    return (names.privilege_ref(found["database"], "schema", schema["name"], "USAGE"),)


def concerns(principal: Principal) -> Sequence[Concern]:
    """Say what a role's attributes let it do (a superuser passes every check anyway), and whether its log-in ends."""
    attrs = principal.attrs
    more = {} if attrs.get("super") else attributes(attrs.get("server"))
    told = [concern(principal, each) for name, each in more.items() if attrs.get(name)]
    signs_in = principal.kind == HolderKind.LOGIN and principal.enabled is not False
    if signs_in and attrs.get("valid_until", "unknown") in NO_END:
        told.append(without_end(principal))
    return told


NO_END = {None: "empty", "infinity": "infinity"}
READ = "read from the catalogue"
BOUNDED = 16  # from this version on CREATEROLE hands out less than everything
WIDENS_BOUNDED = "CREATEROLE hands out what it made or has ADMIN OPTION on, and nothing else on this server."
WIDENS_ALL = (
    "On this server CREATEROLE hands out any role but a superuser, to itself too: pg_execute_server_program is among"
    " them, so it is as good as superuser."
)
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
        taken_on=True,
    ),
    "bypassrls": Concern(
        "privileged",
        "More than ordinary rights",
        "passes every row-level rule",
        "BYPASSRLS: the policies on tables do not apply to it, in any database.",
        READ,
        "BYPASSRLS",
        risk=60,
        taken_on=True,
    ),
    "replication": Concern(
        "privileged",
        "More than ordinary rights",
        "may copy the whole cluster",
        "REPLICATION: it can stream every change of every database, or take a backup of all of it.",
        READ,
        "REPLICATION",
        risk=70,
        taken_on=True,
    ),
}


def attributes(server: int | None) -> Mapping[str, Concern]:
    """Return what each attribute lets a role do, in that version of the server; None where it was not read."""
    if server is None:
        return ATTRIBUTES
    creates = ATTRIBUTES["createrole"]
    if server >= BOUNDED:
        return {**ATTRIBUTES, "createrole": replace(creates, why=WIDENS_BOUNDED)}
    return {**ATTRIBUTES, "createrole": replace(creates, why=WIDENS_ALL, risk=95)}


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
        why=f"VALID UNTIL is {NO_END[principal.attrs['valid_until']]}: if it logs in by a password, that never ends.",
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
        ),
        Unseen(
            "Kinds that are not read",
            "Foreign servers and foreign-data wrappers, large objects, tablespaces: they may be open, and to anybody.",
        ),
    ]
    if check.lagging:
        unseen.append(
            Unseen(
                "How it stands now",
                "This server is a standby: it shows how things stood when the last change reached it, and says by"
                " nothing how long ago that is.",
            )
        )
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
        rules=RULES,
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
