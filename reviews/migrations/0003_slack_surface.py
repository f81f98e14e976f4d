"""What the surfaces need: handing over, putting off, how a person wants to be asked, paces, and what an answer says."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0006_careful_source"),
        ("reviews", "0002_weight"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not answered yet"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("overtaken", "Overtaken"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("surface", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("full_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest_at", models.PositiveSmallIntegerField(default=570)),
                ("quiet_from", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("quiet_until", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("paused_until", models.DateTimeField(blank=True, null=True)),
                ("filters", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Snooze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("reminded_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="decision",
            name="every_keep_is_a_lease",
        ),
        migrations.AddField(
            model_name="answer",
            name="days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="answer",
            name="looked",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="answer",
            name="remains",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="answer",
            name="streak",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="answer",
            name="task",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not said"),
                    ("current", "A task that it runs today"),
                    ("planned", "A task that is planned"),
                    ("emergency", "Emergencies only"),
                ],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="remediation",
            name="remains",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="review",
            name="last_call_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="review",
            name="last_called_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="workspace",
            name="app_token",
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name="workspace",
            name="signing_secret",
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name="workspace",
            name="trouble",
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="workspace",
            name="connected_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name="ask",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("question", "Question"),
                    ("digest", "Digest"),
                    ("offer", "Offer"),
                    ("reminder", "Reminder"),
                    ("home", "Home"),
                    ("command", "Command"),
                ],
                default="question",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="remediation",
            name="act",
            field=models.CharField(
                choices=[
                    ("suspend", "Suspend"),
                    ("remove", "Remove"),
                    ("narrow", "Narrow"),
                    ("restore", "Restore"),
                    ("disable", "Disable"),
                    ("enable", "Enable"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "reduce"), models.Q(("remains", {}), _negated=True)),
                    models.Q(models.Q(("verdict", "reduce"), _negated=True), ("remains", {})),
                    _connector="OR",
                ),
                name="answer_says_what_remains_iff_reduce",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("keep_until__isnull", False), ("verdict__in", ["keep", "reduce"])),
                    models.Q(models.Q(("verdict__in", ["keep", "reduce"]), _negated=True), ("keep_until", None)),
                    _connector="OR",
                ),
                name="every_keep_is_a_lease",
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="assignment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="handovers", to="reviews.assignment"
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="to",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="offered", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="look",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="looks", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="look",
            name="review",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="reviews.review"
            ),
        ),
        migrations.AddField(
            model_name="preference",
            name="delegate",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stands_in_for",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="preference",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="preference", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="snooze",
            name="assignment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="snoozes", to="reviews.assignment"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ending", "")), fields=("assignment",), name="handover_is_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ending", "")),
                    models.Q(models.Q(("ending", ""), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="handover_ended_at_iff_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="look",
            constraint=models.UniqueConstraint(fields=("review", "person"), name="look_is_the_first"),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest_at__lt", 1440)), name="preference_digest_is_in_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("quiet_from", None), ("quiet_until", None)),
                    models.Q(("quiet_from__lt", 1440), ("quiet_until__lt", 1440)),
                    _connector="OR",
                ),
                name="preference_quiet_has_two_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delegate", None), models.Q(("delegate", models.F("person")), _negated=True), _connector="OR"
                ),
                name="preference_delegate_is_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="snooze",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("at"))), name="snooze_ends_later"
            ),
        ),
    ]
