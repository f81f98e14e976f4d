"""When that place last called the person a colleague: so that it need not be asked before every message."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0007_identities_end")]

    operations = [
        migrations.AddField(
            model_name="externalidentity",
            name="colleague_at",
            field=models.DateTimeField("last called a colleague there", null=True, blank=True),
        ),
    ]
