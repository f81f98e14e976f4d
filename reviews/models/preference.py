"""How a person wants to be asked: when, and who instead while they are away."""

from django.db import models
from django.db.models import Q

from governance.models import Person

REMEMBERED = 20  # clicks; Slack's are taken for five minutes
MORNING = 9 * 60 + 30
DAY = 24 * 60


class Preference(models.Model):
    """
    One person's wishes. Moments of the day are minutes after midnight in the person's own zone.

    None of them moves a deadline, and what is critical is asked at once.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="preference")
    digest_at = models.PositiveSmallIntegerField(default=MORNING)
    quiet_from = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    filters = models.JSONField(default=dict, blank=True)  # what their page shows: agent, due, risk
    # asked instead while this person is away, before any deputy
    delegate = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="stands_in_for")
    heard = models.JSONField(default=list, blank=True, editable=False)  # the keys of the last clicks that set it

    class Meta:
        constraints = [
            models.CheckConstraint(name="preference_digest_is_in_a_day", condition=Q(digest_at__lt=DAY)),
            models.CheckConstraint(
                name="preference_quiet_has_two_ends",
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__lt=DAY, quiet_until__lt=DAY),
            ),
            models.CheckConstraint(
                name="preference_delegate_is_another", condition=Q(delegate=None) | ~Q(delegate=models.F("person"))
            ),
        ]

    def __str__(self) -> str:
        return f"how {self.person.name} is asked"

    def hear(self, key: str | None) -> bool:
        """Remember a click by its key; False where it was heard before."""
        if not key:
            return True
        if key in self.heard:
            return False
        self.heard = [*self.heard, key][-REMEMBERED:]
        return True
