"""What a grant was last used for, by action; and whether an agent reads by itself what outsiders write."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("governance", "0017_at_hand")]

    operations = [
        migrations.CreateModel(
            name="ActionUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(max_length=128)),
                ("last_used_at", models.DateTimeField()),
                (
                    "witnessed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last seen in the system's log"),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="action_uses",
                        to="governance.grant",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "actionuse", models.UniqueConstraint(fields=("grant", "action"), name="action_use_is_unique")
        ),
        migrations.AddField(
            "agent",
            "reads_outsiders",
            models.BooleanField(db_default=False, default=False, verbose_name="reads what outsiders write"),
        ),
        migrations.RunSQL(
            "ALTER TABLE governance_actionuse SET (fillfactor = 50)",
            "ALTER TABLE governance_actionuse RESET (fillfactor)",
        ),
    ]
