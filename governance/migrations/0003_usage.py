"""
Usage events: one table in daily partitions (UTC), which the app may add to and read, and nothing else. And room in tables
that are written again and again.

Partitions come and go through functions of the owner. They refuse what a stolen log-in of the app would ask for: a day in
the far future, or the dropping of the last 30 days.

DETACH CONCURRENTLY may not run in a function, and the app owns no table. So a day is detached in one short transaction,
which changes the catalogue alone, and dropped in the next one, when nobody who reads use needs it any more.
"""

from django.db import migrations

EVENTS = """
CREATE TABLE governance_usageevent (
    at timestamptz NOT NULL,
    source_id bigint NOT NULL,
    event_id varchar(200) NOT NULL,
    system_id bigint NOT NULL,
    native_account varchar(500) NOT NULL,
    agent_id bigint,
    action varchar(128) NOT NULL,
    resource text NOT NULL,
    run varchar(200) NOT NULL,
    on_behalf_of varchar(500) NOT NULL,
    outcome varchar(8) NOT NULL,
    intake_id bigint NOT NULL,
    PRIMARY KEY (at, source_id, event_id),  -- time first: a batch touches neighbouring leaves of the index (docs/adr/0005)
    CONSTRAINT usage_event_names_somebody CHECK (native_account <> '' OR agent_id IS NOT NULL),
    CONSTRAINT usage_event_outcome_is_known CHECK (outcome IN ('allowed', 'denied'))
) PARTITION BY RANGE (at);
CREATE INDEX usage_event_of_intake ON governance_usageevent (intake_id);  -- rolling up

REVOKE ALL ON governance_usageevent FROM countersign_app;
GRANT SELECT, INSERT ON governance_usageevent TO countersign_app;
"""

UNDO_EVENTS = """
DROP TABLE governance_usageevent;
"""

FUNCTIONS = """
CREATE FUNCTION usage_partition_make(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := format('governance_usageevent_%s', to_char(day, 'YYYYMMDD'));
    starts timestamptz := day::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF starts > evidence.now() + interval '7 days' THEN
        RAISE EXCEPTION 'No partition is made for %: it lies in the future', day;
    END IF;
    IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = part) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('governance_usageevent'));
    -- Asked of the table again, and not of to_regclass, which may remember the answer of before the wait.
    IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = part) THEN
        RETURN false;
    END IF;
    -- Made apart and attached: PARTITION OF would lock out everybody who writes.
    EXECUTE format('CREATE TABLE public.%I (LIKE public.governance_usageevent INCLUDING ALL)', part);
    EXECUTE format('REVOKE ALL ON public.%I FROM countersign_app', part);
    EXECUTE format('ALTER TABLE public.governance_usageevent ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   part, starts, (day + 1)::timestamp AT TIME ZONE 'UTC');
    RETURN true;
END $$;

-- Here and below, a lock that is not had in two seconds ends in an error, and the next sweep tries again: readers are never
-- queued behind it.
CREATE FUNCTION usage_partition_detach(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    part text := format('governance_usageevent_%s', to_char(day, 'YYYYMMDD'));
BEGIN
    IF day > (evidence.now() AT TIME ZONE 'UTC')::date - 30 THEN
        RAISE EXCEPTION 'The use of % is not dropped: it is less than 30 days old', day;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'public.governance_usageevent'::regclass
                   AND inhrelid = to_regclass(format('public.%I', part))) THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE public.governance_usageevent DETACH PARTITION public.%I', part);
    RETURN true;
END $$;

CREATE FUNCTION usage_partition_drop(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    part text := format('governance_usageevent_%s', to_char(day, 'YYYYMMDD'));
BEGIN
    IF day > (evidence.now() AT TIME ZONE 'UTC')::date - 30 THEN
        RAISE EXCEPTION 'The use of % is not dropped: it is less than 30 days old', day;
    END IF;
    IF to_regclass(format('public.%I', part)) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION usage_partition_make(date), usage_partition_detach(date), usage_partition_drop(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_partition_make(date), usage_partition_detach(date), usage_partition_drop(date)
    TO countersign_app;
"""

UNDO_FUNCTIONS = """
DROP FUNCTION usage_partition_drop(date);
DROP FUNCTION usage_partition_detach(date);
DROP FUNCTION usage_partition_make(date);
"""

# What is written again and again stays on its page: no index holds what changes.
ROOM = """
ALTER TABLE governance_grantuse SET (fillfactor = 50);
ALTER TABLE governance_actionuse SET (fillfactor = 50);
ALTER TABLE governance_grantscore SET (fillfactor = 70);
"""

UNDO_ROOM = """
ALTER TABLE governance_grantscore RESET (fillfactor);
ALTER TABLE governance_actionuse RESET (fillfactor);
ALTER TABLE governance_grantuse RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0002_evidence")]

    operations = [
        migrations.RunSQL(EVENTS, UNDO_EVENTS),
        migrations.RunSQL(FUNCTIONS, UNDO_FUNCTIONS),
        migrations.RunSQL(ROOM, UNDO_ROOM),
    ]
