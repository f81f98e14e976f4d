"""An ask counts the changes of what it says: a delivery knows by that whether something came while it was on its way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0004_heard_once")]

    operations = [
        migrations.AddField(
            model_name="ask",
            name="changes",
            field=models.PositiveIntegerField(default=0, editable=False),
        )
    ]
