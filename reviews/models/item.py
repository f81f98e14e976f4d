"""Items: the subjects of a review, each with the facts that a decision about it is bound to."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from governance.models import Account, Agent, Claim, Coverage, Credential, Finding, Grant, Seen, System
from governance.models.finding import Suspected
from governance.models.subject import exactly_one
from reviews.models.review import Review, State


class ItemQuerySet(models.QuerySet["Item"]):
    """Items."""

    def open(self) -> "ItemQuerySet":
        """Those without an outcome."""
        return self.filter(state=State.OPEN)

    def with_subject(self, *names: str) -> "ItemQuerySet":
        """With the agent and what they are about, which is of one of these names where any is given."""
        return self.select_related("agent", *chain(*(Item.SUBJECTS[name] for name in names or Item.SUBJECTS)))

    def pointless(self) -> "ItemQuerySet":
        """Open items with nothing left to ask here: every finding cleared, the subject gone, or asked of others now."""
        standing = Finding.objects.uncleared().filter(items=OuterRef("pk"))
        account = Coalesce(OuterRef("grant__account"), OuterRef("credential__account"))
        used = Claim.objects.filter(account=account, until=None, agent__in=Agent.objects.answering())
        claimed = Q(Exists(used), agent=None)  # what was nobody's is an agent's by now
        gone = Q(grant__closed_at__isnull=False) | Q(credential__seen=Seen.ABSENT)
        return self.open().filter(~Exists(standing) | gone | claimed)

    def beside(self, grant: Grant) -> "ItemQuerySet":
        """Open items about what else its account holds."""
        return self.open().filter(grant__account=grant.account_id).exclude(grant=grant.pk)

    def outlived(self) -> "ItemQuerySet":
        """Open items that were tried before something beside them changed, or before use by their agent was seen."""
        whose = Q(agent=None) | Q(agent=OuterRef("agent"))
        of_system = Coverage.objects.filter(whose, system=OuterRef("grant__account__system"))
        seen = of_system.filter(opened_at__gt=OuterRef("previewed_at"))
        return self.open().filter(Q(previewed_at=None) | Exists(seen)).exclude(previewed_at=None, preview={})

    def unpreviewed(self, since: datetime) -> "ItemQuerySet":
        """Open items on which no dry run was tried since this moment."""
        return self.open().filter(Q(previewed_at=None) | Q(previewed_at__lt=since))


class Item(models.Model):
    """
    One subject of a review.

    With the facts as they were when it was opened and the fingerprint of what a decision is bound to.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="items")
    grant = models.ForeignKey(Grant, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    credential = models.ForeignKey(Credential, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    # the subject of a question about an agent; `agent` below is that for which a grant or a credential is asked about
    subject_agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="own_items")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    findings = models.ManyToManyField(Finding, related_name="items")
    facts = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    facts_shown = models.JSONField(
        default=dict, blank=True
    )  # counts and sentences for the card; no decision is bound to them
    preview = models.JSONField(default=dict, blank=True)
    previewed_at = models.DateTimeField(null=True, blank=True)
    stage = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    # what an item may be about, each with what is needed to speak of it
    SUBJECTS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "grant": ("grant__account__system", "grant__entitlement"),
        "credential": ("credential__account__system",),
        "account": ("account__system",),
        "subject_agent": ("subject_agent",),
        "system": ("system",),
    }

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="item_has_one_subject",
                condition=exactly_one("grant", "credential", "account", "subject_agent", "system"),
            ),
            models.UniqueConstraint(
                fields=["grant", "credential", "account", "subject_agent", "system", "agent", "stage"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="item_is_open_once",
            ),
            models.CheckConstraint(
                name="item_closed_at_iff_closed",
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"CS-{self.review_id}/{self.pk}"

    @property
    def subject(self) -> Suspected:
        """The one thing that it is about."""
        subject: Suspected = getattr(self, self.subject_name)
        return subject

    @property
    def subject_name(self) -> str:
        """Which of `SUBJECTS` that is."""
        return next(name for name in self.SUBJECTS if getattr(self, f"{name}_id") is not None)
