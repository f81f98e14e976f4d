"""What accounts may by themselves, beside what they hold; known with each system's next read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0011_probe")]

    operations = [
        migrations.AddField(
            "account",
            "abilities",
            models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            "account",
            "own_risk",
            models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="risk of its abilities"),
        ),
    ]
