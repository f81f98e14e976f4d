"""
Whose word use is: coverage of one agent or of everybody, and the last use that a system's own log showed.

What is there names no agent. Where it is agents' own word it counts for no account any more: nobody knows whose it was.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0003_usage")]

    operations = [
        migrations.AddField(
            model_name="coverage",
            name="agent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="coverage",
                to="governance.agent",
            ),
        ),
        migrations.AddField(
            model_name="grantuse",
            name="witnessed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last seen in the system's log"),
        ),
        migrations.RemoveIndex(model_name="coverage", name="coverage_of_system"),
        migrations.AddIndex(
            model_name="coverage",
            index=models.Index(
                condition=models.Q(("agent", None)),
                fields=["system", "starts_at", "ends_at"],
                name="coverage_of_system",
            ),
        ),
    ]
