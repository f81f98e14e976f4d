"""Deliveries, syncs and ledger entries are called what the admin's sidebar calls them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("governance", "0022_ours")]

    operations = [
        migrations.AlterModelOptions(
            "entry",
            {"managed": False, "verbose_name": "ledger entry", "verbose_name_plural": "ledger entries"},
        ),
        migrations.AlterModelOptions("syncrun", {"verbose_name": "sync"}),
        migrations.AlterModelOptions("usageintake", {"verbose_name": "delivery", "verbose_name_plural": "deliveries"}),
    ]
