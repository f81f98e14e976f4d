"""Where nothing is said about a source, it is agents' own word: the choice that accuses less."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0005_full_check")]

    operations = [
        migrations.AlterField(
            model_name="source",
            name="provenance",
            field=models.CharField(
                choices=[("system", "The system's log"), ("agent", "The agent's own claim")],
                default="agent",
                max_length=8,
            ),
        ),
    ]
