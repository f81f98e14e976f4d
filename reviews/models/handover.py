"""What a person does with a question besides answering it: offer it to somebody else, put it off, look closer."""

from django.db import models
from django.db.models import Exists, OuterRef, Q

from governance.models import Person
from reviews.models.review import Ask, Assignment, Review


class HandoverQuerySet(models.QuerySet["Handover"]):
    """Offers."""

    def open(self) -> "HandoverQuerySet":
        """Those that wait for an answer."""
        return self.filter(ending=Handover.Ending.OPEN)

    def untold(self) -> "HandoverQuerySet":
        """Those that wait for an answer, and that have not reached the colleague yet."""
        mine = {"reviews": OuterRef("assignment__review"), "person": OuterRef("to"), "made_at__gte": OuterRef("at")}
        told = Ask.objects.filter(purpose=Ask.Purpose.OFFER, **mine).placed()
        return self.open().exclude(Exists(told))


class Handover(models.Model):
    """
    Somebody who is asked offers the question to a colleague.

    Until that one accepts, whoever offers stays responsible: nothing is handed to a person who has not agreed.
    """

    class Ending(models.TextChoices):
        """What came of it."""

        OPEN = "", "Not answered yet"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        OVERTAKEN = "overtaken", "Overtaken"  # decided, rerouted or offered to somebody else meanwhile

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="handovers")
    to = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="offered")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    ending = models.CharField(max_length=10, choices=Ending, blank=True, default=Ending.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=200, blank=True, default="")  # of the click that made it
    ended_by_key = models.CharField(max_length=200, blank=True, default="")  # and of the one that answered it

    objects = HandoverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment"], condition=Q(ending=""), name="handover_is_open_once"),
            models.CheckConstraint(
                name="handover_ended_at_iff_ended",
                condition=Q(ending="", ended_at=None) | (~Q(ending="") & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"CS-{self.assignment.review_id} to {self.to.name}"


class Snooze(models.Model):
    """The person who is asked wants to hear of it again later. The deadline runs on."""

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="snoozes")
    at = models.DateTimeField()
    until = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="snooze_ends_later", condition=Q(until__gt=models.F("at"))),
        ]

    def __str__(self) -> str:
        return f"CS-{self.assignment.review_id} until {self.until:%-d %b %H:%M} UTC"


class Look(models.Model):
    """A person opened the full record of a review: whether somebody looked before they answered is evidence."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="looks")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="looks")
    surface = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "person"], name="look_is_the_first")]

    def __str__(self) -> str:
        return f"{self.person.name} at CS-{self.review_id}"
