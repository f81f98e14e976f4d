"""Credentials: asked about, shut, opened again, and removed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0013_credential"),
        ("reviews", "0009_suspended_unasked"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="item",
            name="item_has_one_subject",
        ),
        migrations.RemoveConstraint(
            model_name="item",
            name="item_is_open_once",
        ),
        migrations.RemoveConstraint(
            model_name="remediation",
            name="remediation_has_one_target",
        ),
        migrations.AddField(
            model_name="item",
            name="credential",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="governance.credential",
            ),
        ),
        migrations.AddField(
            model_name="remediation",
            name="credential",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="remediations",
                to="governance.credential",
            ),
        ),
        migrations.AddField(
            model_name="remediation",
            name="removes_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("account__isnull", True),
                        ("credential__isnull", True),
                        ("grant__isnull", False),
                        ("subject_agent__isnull", True),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", True),
                        ("credential__isnull", False),
                        ("grant__isnull", True),
                        ("subject_agent__isnull", True),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", False),
                        ("credential__isnull", True),
                        ("grant__isnull", True),
                        ("subject_agent__isnull", True),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", True),
                        ("credential__isnull", True),
                        ("grant__isnull", True),
                        ("subject_agent__isnull", False),
                        ("system__isnull", True),
                    ),
                    models.Q(
                        ("account__isnull", True),
                        ("credential__isnull", True),
                        ("grant__isnull", True),
                        ("subject_agent__isnull", True),
                        ("system__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="item_has_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("grant", "credential", "account", "subject_agent", "system", "agent", "stage"),
                name="item_is_open_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="remediation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account__isnull", True), ("credential__isnull", True), ("grant__isnull", False)),
                    models.Q(("account__isnull", True), ("credential__isnull", False), ("grant__isnull", True)),
                    models.Q(("account__isnull", False), ("credential__isnull", True), ("grant__isnull", True)),
                    _connector="OR",
                ),
                name="remediation_has_one_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="remediation",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("credential__isnull", False), ("state__in", ["planned", "claimed", "sent", "stuck"])
                ),
                fields=("credential",),
                name="remediation_is_open_once_a_credential",
            ),
        ),
    ]
