"""A link elsewhere can end, and knows since when that place calls the person no colleague."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("governance", "0006_careful_source")]

    operations = [
        migrations.AddField(
            model_name="externalidentity",
            name="outside_since",
            field=models.DateTimeField("no colleague there since", null=True, blank=True),
        ),
        migrations.AddField(
            model_name="externalidentity",
            name="until",
            field=models.DateTimeField("linked until", null=True, blank=True),
        ),
        migrations.RemoveConstraint(model_name="externalidentity", name="external_identity_is_unique"),
        migrations.AddConstraint(
            model_name="externalidentity",
            constraint=models.UniqueConstraint(
                fields=["scheme", "issuer", "value"], condition=Q(until=None), name="external_identity_is_unique"
            ),
        ),
    ]
