"""The click by which something was taken back, or an offer answered: delivered again, it is the same one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0007_told_what_waits")]

    operations = [
        migrations.AddField(
            model_name="undo",
            name="idempotency_key",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="handover",
            name="ended_by_key",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
    ]
