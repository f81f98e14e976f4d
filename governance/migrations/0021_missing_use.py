"""Of what time lines of use were refused is found by an index."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [("governance", "0020_width")]

    operations = [
        migrations.AddIndex(
            "usageintake",
            models.Index(fields=["source", "ends_at"], condition=Q(kept=0, refused__gt=0), name="usage_intake_missing"),
        )
    ]
