"""How old the oldest credential of an account is, in words: a day that passes changes no row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0018_action_use")]

    operations = [
        migrations.RemoveField("exposure", "credential_days"),
        migrations.AddField(
            "exposure",
            "credential",
            models.CharField(
                blank=True,
                choices=[
                    ("day", "A day at most"),
                    ("quarter", "90 days at most"),
                    ("old", "More than 90 days"),
                    ("older", "More than a year"),
                ],
                default="",
                max_length=7,
            ),
            preserve_default=False,
        ),
    ]
