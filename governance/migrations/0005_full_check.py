"""Full checks: how far the nightly look at every grant has come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0004_coverage_of_agents")]

    operations = [
        migrations.CreateModel(
            name="FullCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("last_account", models.BigIntegerField(default=0)),
                ("moved", models.PositiveIntegerField(default=0)),
                ("missed", models.ManyToManyField(related_name="+", to="governance.system")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("ended_at",),
                        name="full_check_is_in_hand_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                        ),
                        name="full_check_ends_after_it_started",
                    ),
                ],
            },
        ),
    ]
