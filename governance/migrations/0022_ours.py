"""Whom Countersign acts as in a system; what a log of use may leave out; and since when a source is known."""

import django.contrib.postgres.fields
import django.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0021_missing_use")]

    operations = [
        migrations.AddField(
            "system",
            "ours",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), blank=True, db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            "entitlementaction",
            "shown",
            models.CharField(
                choices=[("always", "Always"), ("if_set", "Where it is set to"), ("never", "Never")],
                db_default="always",
                default="always",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "source",
            "shows_all",
            models.BooleanField("shows all that it can", db_default=False, default=False),
        ),
        migrations.AddField(
            "source",
            "since",
            models.DateTimeField("known since", db_default=django.db.models.functions.Now()),
        ),
    ]
