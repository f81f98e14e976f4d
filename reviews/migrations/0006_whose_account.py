"""Whose an account is: an answer may name the agent that uses it, say that none does, or have it disabled."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

VERDICTS = [
    ("keep", "Keep"),
    ("reduce", "Reduce"),
    ("revoke", "Revoke"),
    ("unsure", "I don't know"),
    ("mine", "Mine"),
    ("theirs", "Somebody else's"),
    ("retire", "Retire"),
    ("claim", "An agent's"),
    ("disclaim", "Not an agent's"),
    ("disable", "Disable"),
    ("suspend", "Suspend"),
]


class Migration(migrations.Migration):
    dependencies = [("governance", "0009_disclaimer"), ("reviews", "0005_changes")]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="agent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="governance.agent",
            ),
        ),
        *(
            migrations.AlterField(
                model_name=name, name="verdict", field=models.CharField(choices=VERDICTS, max_length=8)
            )
            for name in ("answer", "decision")
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=Q(verdict="claim", agent__isnull=False) | (~Q(verdict="claim") & Q(agent=None)),
                name="answer_names_an_agent_iff_claim",
            ),
        ),
    ]
