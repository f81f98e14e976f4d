"""A full check goes from grant to grant: one that is in hand begins anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0023_what_things_are_called")]

    operations = [
        migrations.RemoveField("fullcheck", "last_account"),
        migrations.AddField("fullcheck", "last_grant", models.BigIntegerField(default=0)),
    ]
