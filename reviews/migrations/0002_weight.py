"""How many holdings end with an act, which the brake counts; and whether a hold is there because of its limit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        migrations.AddField(model_name="remediation", name="weight", field=models.PositiveIntegerField(default=1)),
        migrations.AddField(model_name="hold", name="over_limit", field=models.BooleanField(default=True)),
    ]
