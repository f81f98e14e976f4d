"""An action's name may have 128 characters: AWS has some of more than 64."""

from django.db import migrations, models

LONGER = "ALTER TABLE governance_usageevent ALTER COLUMN action TYPE varchar({})"


class Migration(migrations.Migration):
    dependencies = [("governance", "0016_sources")]

    operations = [
        migrations.AlterField("entitlementaction", "action", models.CharField(max_length=128)),
        migrations.AlterField("usageday", "action", models.CharField(max_length=128)),
        migrations.RunSQL(LONGER.format(128), LONGER.format(64)),
    ]
