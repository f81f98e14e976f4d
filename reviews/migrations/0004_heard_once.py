"""An offer and a wish know the click that made them: delivered again, it changes nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_slack_surface")]

    operations = [
        migrations.AddField(
            model_name="handover",
            name="idempotency_key",
            field=models.CharField(max_length=200, blank=True, default=""),
        ),
        migrations.AddField(
            model_name="preference",
            name="heard",
            field=models.JSONField(default=list, blank=True, editable=False),
        ),
    ]
