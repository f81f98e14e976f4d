"""Disclaimers: a person said that no agent uses an account."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("governance", "0008_colleague_at")]

    operations = [
        migrations.CreateModel(
            name="Disclaimer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclaimers",
                        to="governance.account",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(until=None), fields=("account",), name="disclaimer_stands_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(until=None) | Q(until__gte=F("since")), name="disclaimer_ends_after_it_began"
                    ),
                ],
            },
        ),
    ]
