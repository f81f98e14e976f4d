"""How many actions a pattern means, and when an entitlement became another thing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0019_age_of_credentials")]

    operations = [
        migrations.AddField(
            "entitlement",
            "redefined_at",
            models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            "entitlementaction",
            "means",
            models.PositiveIntegerField(db_default=1, default=1),
        ),
    ]
