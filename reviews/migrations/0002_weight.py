"""How many holdings end with an act: what the brake counts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        migrations.AddField(model_name="remediation", name="weight", field=models.PositiveIntegerField(default=1)),
    ]
