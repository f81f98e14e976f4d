"""
What systems' own logs need: actions that are patterns, and longer, findings about a source, and days of use that are
made ahead and dropped in two steps.

DETACH CONCURRENTLY may not run in a function, and the app owns no table. So a day is detached in one short transaction,
which changes the catalogue alone, and dropped in the next one, when nobody who reads use needs it any more.
"""

from django.db import migrations, models

DAYS = """
CREATE OR REPLACE FUNCTION usage_partition_make(day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
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
REVOKE ALL ON FUNCTION usage_partition_detach(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_partition_detach(date) TO countersign_app;
"""

# What makes days goes seven days ahead of the clock where it went one, which asks for nothing to be undone.
UNDO_DAYS = "DROP FUNCTION usage_partition_detach(date);"


class Migration(migrations.Migration):
    dependencies = [("governance", "0015_exposure")]

    operations = [
        migrations.AlterField("entitlementaction", "action", models.CharField(max_length=128)),
        migrations.AlterField("usageday", "action", models.CharField(max_length=128)),
        migrations.AlterField("usageevent", "action", models.CharField(max_length=128)),  # no table of Django's
        migrations.RunSQL(
            "ALTER TABLE governance_usageevent ALTER COLUMN action TYPE varchar(128)", migrations.RunSQL.noop
        ),
        migrations.AddField(
            "entitlementaction",
            "wild",
            models.BooleanField(db_default=False, default=False, verbose_name="patterns"),
        ),
        migrations.AddIndex(
            "entitlementaction",
            models.Index(condition=models.Q(("wild", True)), fields=["entitlement"], name="entitlement_action_wild"),
        ),
        migrations.AddField(
            "finding",
            "source",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="findings",
                to="governance.source",
            ),
        ),
        migrations.RemoveConstraint("finding", "finding_stands_once_per_system"),
        migrations.AddConstraint(
            "finding",
            models.UniqueConstraint(
                condition=models.Q(("state", "cleared"), _negated=True)
                & models.Q(("source", None), ("system__isnull", False)),
                fields=("system", "check_name"),
                name="finding_stands_once_per_system",
            ),
        ),
        migrations.AddConstraint(
            "finding",
            models.UniqueConstraint(
                condition=models.Q(("state", "cleared"), _negated=True),
                fields=("source", "check_name"),
                name="finding_stands_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            "finding",
            models.CheckConstraint(
                condition=models.Q(("source", None), ("system__isnull", False), _connector="OR"),
                name="finding_about_a_source_is_of_its_system",
            ),
        ),
        migrations.RunSQL(DAYS, UNDO_DAYS),
    ]
