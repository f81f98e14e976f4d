"""Credentials: listed, and suspected; and the systems in which an agent may hold anything."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0012_abilities"),
    ]

    operations = [
        migrations.CreateModel(
            name="Credential",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("native_type", models.CharField(max_length=64)),
                ("native_id", models.CharField(max_length=500)),
                ("kind", models.CharField(max_length=64)),
                ("active", models.BooleanField()),
                ("created_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("tracked", models.BooleanField(default=False, verbose_name="its use is tracked")),
                ("first_seen_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(verbose_name="known as of")),
                (
                    "seen",
                    models.CharField(
                        choices=[("present", "Present"), ("absent", "Absent"), ("unknown", "Unknown")],
                        default="present",
                        max_length=8,
                    ),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "intended",
                    models.CharField(
                        choices=[
                            ("undecided", "Undecided"),
                            ("held", "Held"),
                            ("suspended", "Suspended"),
                            ("gone", "Gone"),
                        ],
                        default="undecided",
                        max_length=12,
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="finding",
            name="finding_has_one_subject",
        ),
        migrations.AddField(
            model_name="agent",
            name="allowed_systems",
            field=models.ManyToManyField(blank=True, related_name="allowed_agents", to="governance.system"),
        ),
        migrations.AddField(
            model_name="credential",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="credentials", to="governance.account"
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="credential",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings",
                to="governance.credential",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("account__isnull", True),
                        ("agent__isnull", True),
                        ("credential__isnull", True),
                        ("grant__isnull", False),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", True),
                        ("agent__isnull", True),
                        ("credential__isnull", False),
                        ("grant__isnull", True),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", False),
                        ("agent__isnull", True),
                        ("credential__isnull", True),
                        ("grant__isnull", True),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", True),
                        ("agent__isnull", False),
                        ("credential__isnull", True),
                        ("grant__isnull", True),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", True),
                        ("agent__isnull", True),
                        ("credential__isnull", True),
                        ("grant__isnull", True),
                        ("system__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="finding_has_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("state", "cleared"), _negated=True), ("credential__isnull", False)),
                fields=("credential", "check_name"),
                name="finding_stands_once_per_credential",
            ),
        ),
        migrations.AddConstraint(
            model_name="credential",
            constraint=models.UniqueConstraint(
                fields=("account", "native_type", "native_id"), name="credential_is_unique_of_its_account"
            ),
        ),
    ]
