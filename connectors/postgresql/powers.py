"""What leads to more than its name tells: rights on PostgreSQL's own things, which nobody but a superuser came with."""

RUNS = "It runs programs on the server's host, as the server's own user."
LOADS = "It loads code into the server, which is as good as superuser."
LETS_IN = "It decides which file says who may log in, and how."
HASHES = "It reads the hash of every password."
ELSEWHERE = "It reads the passwords that this server has for others."
FILES = "It reads files of the server's data folder, and so what tables hold."

# By kind, privilege, and name without what is in brackets.
POWERS = {
    **dict.fromkeys(
        (
            ("parameter", "ALTER SYSTEM", "archive_cleanup_command"),
            ("parameter", "ALTER SYSTEM", "archive_command"),
            ("parameter", "ALTER SYSTEM", "recovery_end_command"),
            ("parameter", "ALTER SYSTEM", "restore_command"),
            ("parameter", "ALTER SYSTEM", "ssl_passphrase_command"),
        ),
        RUNS,
    ),
    **dict.fromkeys(
        (
            ("parameter", "ALTER SYSTEM", "archive_library"),
            ("parameter", "ALTER SYSTEM", "dynamic_library_path"),
            ("parameter", "ALTER SYSTEM", "extension_control_path"),
            ("parameter", "ALTER SYSTEM", "jit_provider"),
            ("parameter", "ALTER SYSTEM", "oauth_validator_libraries"),
            ("parameter", "ALTER SYSTEM", "session_preload_libraries"),
            ("parameter", "ALTER SYSTEM", "shared_preload_libraries"),
            ("parameter", "SET", "dynamic_library_path"),
            ("parameter", "SET", "extension_control_path"),
            ("parameter", "SET", "session_preload_libraries"),
        ),
        LOADS,
    ),
    ("parameter", "ALTER SYSTEM", "hba_file"): LETS_IN,
    ("parameter", "ALTER SYSTEM", "ident_file"): LETS_IN,
    ("parameter", "SET", "session_replication_role"): "It switches triggers off, and foreign keys with them.",
    ("table", "SELECT", "pg_catalog.pg_authid"): HASHES,
    ("table", "SELECT", "pg_catalog.pg_shadow"): HASHES,
    ("column", "SELECT", "pg_catalog.pg_authid.rolpassword"): HASHES,
    ("column", "SELECT", "pg_catalog.pg_shadow.passwd"): HASHES,
    ("table", "SELECT", "pg_catalog.pg_subscription"): ELSEWHERE,
    ("column", "SELECT", "pg_catalog.pg_subscription.subconninfo"): ELSEWHERE,
    ("table", "SELECT", "pg_catalog.pg_user_mapping"): ELSEWHERE,
    ("column", "SELECT", "pg_catalog.pg_user_mapping.umoptions"): ELSEWHERE,
    ("table", "SELECT", "pg_catalog.pg_largeobject"): "It reads every large object.",
    ("table", "SELECT", "pg_catalog.pg_statistic"): "It reads values out of every table, as the planner keeps them.",
    ("function", "EXECUTE", "pg_catalog.lo_export"): "It writes files on the server's host, as good as superuser.",
    ("function", "EXECUTE", "pg_catalog.lo_import"): "It reads files on the server's host, passwords among them.",
    ("function", "EXECUTE", "pg_catalog.pg_read_binary_file"): FILES,
    ("function", "EXECUTE", "pg_catalog.pg_read_file"): FILES,
}


def of(kind: str, privilege: str, identity: str) -> str:
    """Say in a sentence what a privilege leads to; an empty text where it is no more than it is called."""
    return POWERS.get((kind, privilege, identity.partition("(")[0]), "")
