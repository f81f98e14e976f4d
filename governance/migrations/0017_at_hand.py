"""What checks look up once: temporary tables, which Django joins and no migration makes."""

import django.db.models.deletion
from django.db import migrations, models

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
    dependencies = [("governance", "0012_abilities")]

    operations = [
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
            fields=[("entitlement", of("entitlement")), ("tracked", models.BooleanField())],
            options={"db_table": "checking_entitlement", "managed": False},
        ),
    ]
