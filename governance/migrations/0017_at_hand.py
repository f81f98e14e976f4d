"""
What checks look up once: temporary tables, which Django joins and no migration makes. And the order of a list of grants.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F

import governance.models.at_hand


def of(noun: str) -> models.OneToOneField:
    """The row that is known of."""
    return models.OneToOneField(
        on_delete=django.db.models.deletion.DO_NOTHING,
        primary_key=True,
        related_name="at_hand",
        serialize=False,
        to=f"governance.{noun}",
    )


class Migration(migrations.Migration):
    dependencies = [("governance", "0016_sources")]

    operations = [
        migrations.CreateModel(
            name="SystemAtHand",
            fields=[
                ("system", of("system")),
                ("seen_use", governance.models.at_hand.Multirange()),
                ("seen_runs", governance.models.at_hand.Multirange()),
                ("runs_until", models.DateTimeField(null=True)),
                ("has_own_word", models.BooleanField()),
            ],
            options={"db_table": "checking_system", "managed": False},
        ),
        migrations.CreateModel(
            name="AccountAtHand",
            fields=[
                ("account", of("account")),
                ("seen_use", governance.models.at_hand.Multirange()),
                ("seen_runs", governance.models.at_hand.Multirange()),
                ("runs_until", models.DateTimeField(null=True)),
                ("counts_at", models.DateTimeField(null=True)),
                ("deciding", models.DateTimeField(null=True)),
            ],
            options={"db_table": "checking_account", "managed": False},
        ),
        migrations.CreateModel(
            name="EntitlementAtHand",
            fields=[
                ("entitlement", of("entitlement")),
                ("actions", models.IntegerField()),
                ("allows", models.IntegerField()),
            ],
            options={"db_table": "checking_entitlement", "managed": False},
        ),
        migrations.RemoveIndex("grant", "grant_by_risk"),
        migrations.RemoveIndex("grant", "grant_of_unit_by_risk"),
        migrations.AddIndex("grant", models.Index(F("risk").desc(), F("id").desc(), "unit", name="grant_by_risk")),
        migrations.AddIndex("grant", models.Index("unit", F("risk").desc(), F("id").desc(), name="grant_of_unit_by_risk")),
        migrations.AlterField(
            "grant",
            "unit",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="governance.orgunit",
            ),
        ),
    ]
