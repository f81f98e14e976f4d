"""A person may suspend a whole agent without having been asked, with a reason."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0008_heard_twice")]

    operations = [
        migrations.RemoveConstraint(model_name="answer", name="answer_is_never_suspend"),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=~models.Q(verdict="suspend", reason=""), name="answer_suspends_with_a_reason"
            ),
        ),
    ]
