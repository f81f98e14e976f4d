"""Whether a place calls somebody a colleague, as it was there at which moment: what it tells late is over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0009_disclaimer")]

    operations = [
        migrations.AddField(
            model_name="externalidentity",
            name="told_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="as it was there at"),
        )
    ]
