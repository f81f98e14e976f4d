"""The door for use: tokens of sources, and what deliveries promise until their events are rolled up."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SCOPES = [("deliver", "Deliver use"), ("cover", "Deliver use, and say for what time it is complete")]


def own_key():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def key_of(model, deleted, **said):
    return models.ForeignKey(on_delete=getattr(django.db.models.deletion, deleted), to=model, **said)


class Migration(migrations.Migration):
    dependencies = [("governance", "0013_credential")]

    operations = [
        migrations.CreateModel(
            name="SourceToken",
            fields=[
                ("id", own_key()),
                ("name", models.SlugField()),
                ("scope", models.CharField(choices=SCOPES, default="deliver", max_length=8)),
                ("prefix", models.CharField(editable=False, max_length=16, verbose_name="begins with")),
                ("hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("issued_by", key_of(settings.AUTH_USER_MODEL, "PROTECT", blank=True, null=True, related_name="+")),
                ("source", key_of("governance.source", "PROTECT", related_name="tokens")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(revoked_at=None),
                        fields=["source", "name"],
                        name="token_name_is_unique_in_its_source",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                ("id", own_key()),
                ("stretches", models.JSONField(default=list)),
                ("steady", models.BooleanField(default=False)),
                ("reports_runs", models.BooleanField(default=False)),
                ("ran", models.JSONField(default=list)),
                ("intake", key_of("governance.usageintake", "CASCADE", blank=True, null=True, related_name="+")),
                ("source", key_of("governance.source", "CASCADE", related_name="promises")),
            ],
        ),
        migrations.RemoveField("source", "token_hash"),
        migrations.AlterField("usageintake", "starts_at", models.DateTimeField(verbose_name="from")),
        migrations.AlterField("usageintake", "ends_at", models.DateTimeField(verbose_name="to")),
        migrations.AddIndex(
            "usageintake",
            models.Index(condition=models.Q(rolled_up_at=None), fields=["id"], name="usage_intake_waiting"),
        ),
    ]
