"""
What each role may do, and the ledger's tables: append-only, written through one function.

Run as the owner. The groups countersign_app, countersign_sequencer and countersign_auditor must exist
(docs/how-to/database.sql); grants go to groups, log-ins are their members. Django's own tables live in "public", evidence
lives in "evidence". What is granted on the database itself is not copied with a template, so nothing here needs it.
"""

from django.db import migrations

PRIVILEGES = """
GRANT USAGE ON SCHEMA public TO countersign_app, countersign_sequencer, countersign_auditor;

-- Tables that are here already (an app that depends on nothing may be migrated first), and those to come.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO countersign_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO countersign_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO countersign_auditor;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM countersign_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO countersign_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO countersign_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO countersign_auditor;
-- Without "IN SCHEMA": PUBLIC's right to EXECUTE is a default of the whole database, which a schema cannot take back.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
"""

UNDO_PRIVILEGES = """
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM countersign_app, countersign_auditor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM countersign_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM countersign_app, countersign_auditor;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM countersign_app;
REVOKE USAGE ON SCHEMA public FROM countersign_app, countersign_sequencer, countersign_auditor;
"""

TABLES = """
CREATE SCHEMA evidence;
GRANT USAGE ON SCHEMA evidence TO countersign_app, countersign_sequencer, countersign_auditor;

-- A test's shift of the clock. No row: the true time.
CREATE TABLE evidence.clock (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    shift interval NOT NULL
);

-- Transaction numbers can be compared within one cluster alone; a restore into another begins a new epoch.
CREATE TABLE evidence.epoch (
    number integer PRIMARY KEY CHECK (number > 0),
    system_identifier bigint NOT NULL,
    began_at timestamptz NOT NULL
);

CREATE TABLE evidence.entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    epoch integer NOT NULL,  -- no foreign key: evidence.record gives it, and a check a row is a fifth of an insert
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    act text NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    authority text NOT NULL,
    surface text NOT NULL,
    assurance text NOT NULL,
    subjects jsonb NOT NULL,
    body jsonb NOT NULL,
    commitments jsonb NOT NULL,
    simulated boolean NOT NULL,
    CONSTRAINT entry_act_is_noun_and_participle CHECK (act ~ '^[a-z_]+[.][a-z_]+$'),
    CONSTRAINT entry_actor_is_named CHECK (actor_kind <> '' AND actor_id <> ''),
    CONSTRAINT entry_subjects_are_kinds_and_ids CHECK (
        jsonb_typeof(subjects) = 'array'
        AND NOT jsonb_path_exists(subjects, 'lax $[*] ? (!(@.kind.type() == "string" && @.id.type() == "string"))')
    ),
    CONSTRAINT entry_body_is_an_object CHECK (jsonb_typeof(body) = 'object'),
    CONSTRAINT entry_numbers_are_small_integers CHECK (NOT jsonb_path_exists(
        body,
        'strict $.** ? (@.type() == "number" && (@ != @.floor() || @.abs() > 9007199254740991))'
    ))
);
CREATE UNIQUE INDEX entry_in_order ON evidence.entry (epoch, xid, id);  -- the sequencer's cursor
CREATE INDEX entry_about ON evidence.entry USING gin (subjects jsonb_path_ops);  -- what happened to this grant, this review

CREATE TABLE evidence.leaf (
    index bigint PRIMARY KEY CHECK (index >= 0),
    entry bigint NOT NULL UNIQUE,  -- no foreign key: its check would lock and rewrite every entry; verify_ledger compares
    canonical bytea NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    unreadable boolean NOT NULL
);
CREATE INDEX leaf_unreadable ON evidence.leaf (index) WHERE unreadable;

CREATE TABLE evidence.checkpoint (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    at timestamptz NOT NULL,
    note text NOT NULL
);

-- Where the sequencer stands: one row, its lock is what keeps two sequencers apart.
CREATE TABLE evidence.tree (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    size bigint NOT NULL,
    frontier bytea NOT NULL,
    epoch integer NOT NULL,
    xid xid8 NOT NULL,
    entry bigint NOT NULL
);
INSERT INTO evidence.tree (size, frontier, epoch, xid, entry) VALUES (0, '', 0, '0', 0);

-- What entries only commit to. The app may delete here; nobody may change.
CREATE TABLE evidence.secret (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry bigint NOT NULL,
    name text NOT NULL,
    salt bytea NOT NULL CHECK (octet_length(salt) = 16),
    value text NOT NULL,
    CONSTRAINT secret_is_named_once UNIQUE (entry, name)
);

GRANT SELECT ON evidence.clock, evidence.epoch, evidence.entry, evidence.leaf, evidence.checkpoint, evidence.tree
    TO countersign_app, countersign_sequencer, countersign_auditor;
GRANT SELECT ON evidence.secret TO countersign_app, countersign_auditor;
GRANT DELETE ON evidence.secret TO countersign_app;
GRANT INSERT ON evidence.leaf, evidence.checkpoint TO countersign_sequencer;
GRANT UPDATE ON evidence.tree TO countersign_sequencer;
"""

APPEND_ONLY = """
CREATE FUNCTION evidence.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege
        USING MESSAGE = format('%I.%I is append-only: %s refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP);
END $$;

-- ALWAYS: otherwise session_replication_role = replica would switch the triggers off.
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['epoch', 'entry', 'leaf', 'checkpoint'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON evidence.%I
                        FOR EACH ROW EXECUTE FUNCTION evidence.refuse()', kept);
        EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON evidence.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION evidence.refuse()', kept);
        EXECUTE format('ALTER TABLE evidence.%I ENABLE ALWAYS TRIGGER append_only', kept);
        EXECUTE format('ALTER TABLE evidence.%I ENABLE ALWAYS TRIGGER append_only_truncate', kept);
    END LOOP;
END $$;

CREATE TRIGGER unchanged BEFORE UPDATE ON evidence.secret FOR EACH ROW EXECUTE FUNCTION evidence.refuse();
ALTER TABLE evidence.secret ENABLE ALWAYS TRIGGER unchanged;
"""

FUNCTIONS = """
CREATE FUNCTION evidence.now() RETURNS timestamptz LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT clock_timestamp() + coalesce((SELECT shift FROM evidence.clock), interval '0')
$$;

-- The owner's right to read the cluster's identity serves for everybody.
CREATE FUNCTION evidence.cluster() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT system_identifier FROM pg_control_system()
$$;

CREATE FUNCTION evidence.enter_epoch() RETURNS integer LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here bigint := evidence.cluster();
    latest evidence.epoch;
BEGIN
    LOOP
        SELECT * INTO latest FROM evidence.epoch ORDER BY number DESC LIMIT 1;
        IF latest.system_identifier = here THEN
            RETURN latest.number;
        END IF;
        -- Whoever is first adds the row; the others wait for its commit and read again.
        INSERT INTO evidence.epoch (number, system_identifier, began_at)
        VALUES (coalesce(latest.number, 0) + 1, here, clock_timestamp())
        ON CONFLICT (number) DO NOTHING;
    END LOOP;
END $$;

-- One entry for each element, in order; returns their ids in that order. Of "commit" only the salted hashes are entered.
CREATE FUNCTION evidence.record(entries jsonb) RETURNS SETOF bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := evidence.now();
    shifted boolean := EXISTS (SELECT FROM evidence.clock WHERE shift <> interval '0');
    stretch integer := evidence.enter_epoch();
BEGIN
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT nextval('evidence.entry_id_seq') AS id, fact
        FROM jsonb_array_elements(entries) WITH ORDINALITY AS element (fact, place)
        ORDER BY place
    ), kept AS (
        INSERT INTO evidence.secret (entry, name, salt, value)
        SELECT given.id, told.key, uuid_send(gen_random_uuid()), told.value
        FROM given CROSS JOIN jsonb_each_text(fact -> 'commit') AS told
        WHERE fact ? 'commit'
        RETURNING secret.entry, secret.name, sha256(secret.salt || convert_to(secret.value, 'UTF8')) AS hash
    ), committed AS (
        SELECT kept.entry, jsonb_object_agg(kept.name, encode(kept.hash, 'hex')) AS hashes FROM kept GROUP BY kept.entry
    ), added AS (
        INSERT INTO evidence.entry (id, epoch, at, act, actor_kind, actor_id, authority, surface, assurance, subjects, body,
                                    commitments, simulated)
        OVERRIDING SYSTEM VALUE
        SELECT given.id, stretch, moment, fact ->> 'act', fact -> 'actor' ->> 'kind', fact -> 'actor' ->> 'id',
               coalesce(fact ->> 'authority', ''), coalesce(fact ->> 'surface', ''), coalesce(fact ->> 'assurance', ''),
               coalesce(fact -> 'subjects', '[]'), coalesce(fact -> 'body', '{}'), coalesce(committed.hashes, '{}'), shifted
        FROM given LEFT JOIN committed ON committed.entry = given.id
    )
    SELECT given.id FROM given ORDER BY given.id;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA evidence FROM PUBLIC;
GRANT EXECUTE ON FUNCTION evidence.now(), evidence.cluster()
    TO countersign_app, countersign_sequencer, countersign_auditor;
GRANT EXECUTE ON FUNCTION evidence.record(jsonb) TO countersign_app;
-- Writers wait for whoever adds an epoch: here it is the migration, after a restore the sequencer or the first writer.
GRANT EXECUTE ON FUNCTION evidence.enter_epoch() TO countersign_sequencer;
SELECT evidence.enter_epoch();
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]

    operations = [
        migrations.RunSQL(PRIVILEGES, UNDO_PRIVILEGES),
        migrations.RunSQL(TABLES, "DROP SCHEMA evidence CASCADE"),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
