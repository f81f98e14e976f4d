"""What people said, what was decided, and what was taken back."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from governance.models import Agent, Person, Policy
from reviews.models.item import Item
from reviews.models.review import Assignment


class Verdict(models.TextChoices):
    """What one person can say; *suspend* is said by policy, and unasked of a whole agent."""

    KEEP = "keep", "Keep"
    REDUCE = "reduce", "Reduce"
    REVOKE = "revoke", "Revoke"
    UNSURE = "unsure", "I don't know"
    MINE = "mine", "Mine"
    THEIRS = "theirs", "Somebody else's"
    RETIRE = "retire", "Retire"
    CLAIM = "claim", "An agent's"
    DISCLAIM = "disclaim", "Not an agent's"
    DISABLE = "disable", "Disable"
    SUSPEND = "suspend", "Suspend"


class Task(models.TextChoices):
    """What kind of task needs what is kept."""

    NONE = "", "Not said"
    CURRENT = "current", "A task that it runs today"
    PLANNED = "planned", "A task that is planned"
    EMERGENCY = "emergency", "Emergencies only"


LENT = [Verdict.KEEP, Verdict.REDUCE]  # what stays, wholly or in part, stays for a while
# whose something is, is changed where agents and accounts are, not taken back here
HANDED_ON = {Verdict.MINE, Verdict.THEIRS, Verdict.CLAIM, Verdict.DISCLAIM}


class Answer(models.Model):
    """What one person said about one item, and how sure we are that it was that person."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="answers")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="answers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="answers")
    verdict = models.CharField(max_length=8, choices=Verdict)
    named = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    task = models.CharField(max_length=10, choices=Task, blank=True, default=Task.NONE)
    days = models.PositiveSmallIntegerField(null=True, blank=True)  # for how long it is kept, where the person chose
    remains = models.JSONField(default=dict, blank=True)  # of a reduce: `key` of the connector's offer, and `text`
    streak = models.PositiveSmallIntegerField(
        default=0
    )  # keeps that this person gave just before, without a new reason
    looked = models.BooleanField(default=False)  # the full record had been opened
    surface = models.CharField(max_length=16)
    assurance = models.CharField(max_length=32)
    shown_hash = models.CharField(max_length=64, blank=True)
    dwell_ms = models.PositiveIntegerField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=200, unique=True, null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="answer_names_somebody_iff_theirs",
                condition=Q(verdict="theirs", named__isnull=False) | (~Q(verdict="theirs") & Q(named=None)),
            ),
            models.CheckConstraint(
                name="answer_names_an_agent_iff_claim",
                condition=Q(verdict="claim", agent__isnull=False) | (~Q(verdict="claim") & Q(agent=None)),
            ),
            models.CheckConstraint(name="answer_suspends_with_a_reason", condition=~Q(verdict="suspend", reason="")),
            models.CheckConstraint(
                name="answer_says_what_remains_iff_reduce",
                condition=(Q(verdict="reduce") & ~Q(remains={})) | (~Q(verdict="reduce") & Q(remains={})),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.name}: {self.verdict}"


class Decision(models.Model):
    """The outcome of an item, by a person's answer or by policy."""

    item = models.OneToOneField(Item, on_delete=models.PROTECT, related_name="decision")
    verdict = models.CharField(max_length=8, choices=Verdict)
    answer = models.OneToOneField(Answer, null=True, blank=True, on_delete=models.PROTECT, related_name="decision")
    policy = models.ForeignKey(Policy, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    keep_until = models.DateTimeField(null=True, blank=True)
    undo_until = models.DateTimeField()
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="decision_is_by_a_person_or_policy",
                condition=Q(answer__isnull=False, policy=None) | Q(answer=None, policy__isnull=False),
            ),
            models.CheckConstraint(name="policy_never_keeps", condition=Q(policy=None) | Q(verdict="suspend")),
            models.CheckConstraint(
                name="every_keep_is_a_lease",
                condition=Q(verdict__in=LENT, keep_until__isnull=False) | (~Q(verdict__in=LENT) & Q(keep_until=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}, by {self.by}"

    @property
    def by(self) -> str:
        """Who decided, in words."""
        return self.answer.person.name if self.answer else f"policy {self.policy.number if self.policy else ''}"

    @property
    def open_to_undo(self) -> datetime | None:
        """Until when it can be taken back; None where it was, came to nothing, or handed an ownership on."""
        over = hasattr(self, "undo") or self.verdict in HANDED_ON or self.came_to_nothing
        return None if over else self.undo_until

    @property
    def came_to_nothing(self) -> bool:
        """Whether all that followed was cancelled before anything was sent: nothing is left to take back."""
        acts = list(self.remediations.all())
        return bool(acts) and all(act.state == "cancelled" and act.untouched for act in acts)


class Undo(models.Model):
    """A person takes a decision back in time."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="undo")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="undos")
    reason = models.TextField(blank=True)
    surface = models.CharField(max_length=16)
    assurance = models.CharField(max_length=32)
    at = models.DateTimeField()
    idempotency_key = models.CharField(max_length=200, blank=True, default="")  # of the click that made it

    def __str__(self) -> str:
        return f"{self.by.name} took {self.decision_id} back"
