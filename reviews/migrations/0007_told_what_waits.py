"""What waits for governance is told once a working day: a purpose of its own in the outbox."""

from django.db import migrations, models

PURPOSES = [
    ("question", "Question"),
    ("digest", "Digest"),
    ("offer", "Offer"),
    ("reminder", "Reminder"),
    ("home", "Home"),
    ("command", "Command"),
    ("waiting", "Waiting for governance"),
]


class Migration(migrations.Migration):
    dependencies = [("reviews", "0006_whose_account")]

    operations = [
        migrations.AlterField(
            model_name="ask",
            name="purpose",
            field=models.CharField(choices=PURPOSES, default="question", max_length=8),
        ),
    ]
