"""Reviews, their items, and who is asked."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Now

from governance.models import Band, OrgUnit, Person, Policy
from governance.models.claiming import claim, give_back
from governance.models.expressions import key_array
from governance.once import FIRST, Once
from governance.sole import sole
from reviews.models.campaign import Campaign


class State(models.TextChoices):
    """Of a review and of an item."""

    OPEN = "open", "Open"
    DECIDED = "decided", "Decided"
    LAPSED = "lapsed", "Lapsed"
    WITHDRAWN = "withdrawn", "Withdrawn"


MOVES: dict[str, set[str]] = {State.OPEN: {State.DECIDED, State.LAPSED, State.WITHDRAWN}}
ITEMS_AT_MOST = 20
RENDERS_KEPT = 100
SOON = 4  # the exponent of the longest wait: half a minute


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reviews."""

    def open(self) -> "ReviewQuerySet":
        """Those that wait for an answer."""
        return self.filter(state=State.OPEN)

    def assigned(self) -> "ReviewQuerySet":
        """Those that somebody is asked."""
        return self.filter(Exists(Assignment.objects.filter(review=OuterRef("pk"), until=None)))

    def unassigned(self) -> "ReviewQuerySet":
        """Nobody eligible: governance's queue."""
        return self.open().exclude(pk__in=self.open().assigned())

    def unasked(self, at: datetime) -> "ReviewQuerySet":
        """Open, assigned, and the person has not been asked since it is theirs, or no surface reaches them yet."""
        asked = Ask.objects.questions_of_assignment().placed()
        waiting = Assignment.objects.filter(review=OuterRef("pk"), until=None, since__lte=at).exclude(Exists(asked))
        return self.open().filter(Exists(waiting))

    def remindable(self, at: datetime) -> "ReviewQuerySet":
        """
        A reminder is due: half of the window is over, or a day is left, or a snooze has ended; none is running.

        What the person was asked only after such a moment needs no reminder of it.
        """
        current = {"assignments__until": None}
        snoozing = self.filter(assignments__snoozes__until__gt=at, **current)
        woken = self.filter(assignments__snoozes__until__lte=at, assignments__snoozes__reminded_at=None, **current)
        half = Q(asked_before("remind_at"), remind_at__lte=at, reminded_at=None)
        last = Q(asked_before("last_call_at"), last_call_at__lte=at, last_called_at=None)
        due = half | last | Q(pk__in=woken.values("pk"))
        return self.open().assigned().filter(due).exclude(pk__in=snoozing.values("pk"))

    def escalable(self, at: datetime) -> "ReviewQuerySet":
        """So late that the next in line is asked instead."""
        return self.open().filter(escalate_at__lte=at, escalated_at=None, due_at__gt=at)

    def overdue(self, at: datetime) -> "ReviewQuerySet":
        """The deadline has passed without an answer."""
        return self.open().filter(due_at__lte=at)

    def put(self) -> "ReviewQuerySet":
        """Those whose question reached somebody: what follows is silence. All others were never asked."""
        reached = Ask.objects.filter(reviews=OuterRef("pk"), purpose__in=Ask.QUESTIONS, sent_at__isnull=False)
        return self.filter(Exists(reached))

    def stranded(self, at: datetime) -> "ReviewQuerySet":
        """The person who is asked cannot act any more."""
        unable = Assignment.objects.filter(review=OuterRef("pk"), until=None).exclude(
            person__in=Person.objects.able(at)
        )
        return self.open().filter(Exists(unable))

    def claim(self) -> "Review | None":
        """Lease the first of these that nobody works on."""
        return claim(self.filter(Q(next_at=None) | Q(next_at__lte=Now())).order_by("due_at", "pk"))

    def claim_late(self) -> "Review | None":
        """
        Lease the first of these whose time has come.

        It does not wait for the next look for a surface or a person: that one could be put off for ever.
        """
        waiting = Q(next_at=None) | Q(next_at__lte=Now()) | Q(attempts=0)
        return claim(self.filter(waiting).order_by("due_at", "pk"))


def asked_before(moment: str) -> Exists:
    """Whether the person of now was asked before this moment of the review."""
    asked = Ask.objects.questions_of_assignment().placed().filter(made_at__lt=OuterRef(f"review__{moment}"))
    return Exists(Assignment.objects.filter(Exists(asked), review=OuterRef("pk"), until=None))


class Review(models.Model):
    """One question with one deadline, for one accountable person, about one or more subjects (20 at most)."""

    class Kind(models.TextChoices):
        """What is asked."""

        CERTIFY = "certify", "Does it still need this?"
        CLAIM = "claim", "Who answers for it?"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="reviews")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.CERTIFY)
    question = models.TextField()
    severity = models.CharField(max_length=8, choices=Band.choices)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="reviews")
    stage = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    remind_at = models.DateTimeField()
    escalate_at = models.DateTimeField()
    due_at = models.DateTimeField()
    last_call_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    last_called_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.TextField(blank=True, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="review_closed_at_iff_closed",
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="review_moments_in_order",
                condition=Q(
                    remind_at__gte=F("opened_at"), escalate_at__gte=F("remind_at"), due_at__gte=F("escalate_at")
                ),
            ),
        ]
        # lapsing's work
        indexes = [models.Index(fields=["due_at"], condition=Q(state="open"), name="review_open_by_due")]

    def __str__(self) -> str:
        return f"CS-{self.pk}"

    @property
    def assignment(self) -> "Assignment | None":
        """Who is asked now."""
        return sole(self.assignments.filter(until=None).select_related("person"))

    @property
    def moves_on_at(self) -> datetime:
        """Until when whoever is asked now is asked alone: then the next in line is, and in the end silence decides."""
        return self.due_at if self.escalated_at else self.escalate_at

    def keep_trouble(self, error: BaseException) -> None:
        """A step raised on it: store it and try later, but soon: asking must not put lapsing off for long."""
        give_back(self, error, attempts=min(self.attempts, SOON))


class Assignment(models.Model):
    """Who is asked, from when, and why them. The only authority to decide; history stays."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="assignments")
    stage = models.PositiveSmallIntegerField(default=1)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assignments")
    rule = models.CharField(max_length=32)
    why = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["review", "stage"], condition=Q(until=None), name="assignment_is_open_once_a_stage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person.name} for CS-{self.review_id}"


class AskQuerySet(models.QuerySet["Ask"]):
    """Asks: the outbox of every surface."""

    def outdate(self, *reviews: Review) -> None:
        """
        Let every copy of these questions be rendered again: something about them has changed.

        They are locked in the order of their keys: a digest and a person's page are copies of many questions. These
        are all asks', not those of a narrower queryset.
        """
        with transaction.atomic(savepoint=False):
            if keys := COPIES.answers([review.pk for review in reviews]):
                Ask.objects.filter(pk__any_of=key_array(keys)).render_again()

    def copies(self, reviews: Value) -> "models.QuerySet[Ask, int]":
        """Return the keys of what shows some of these, of an array of their keys; locked, in order."""
        about = Ask.reviews.through.objects.filter(review__any_of=reviews).values("ask")
        asked = Assignment.objects.filter(review__any_of=reviews).values("person")
        homes = self.filter(purpose=Ask.Purpose.HOME, person__in=asked).values("pk")
        said = [Ask.Purpose.REMINDER, Ask.Purpose.COMMAND]
        shown = self.filter(pk__in=about.union(homes)).exclude(Q(state=Ask.State.FAILED) | Q(purpose__in=said))
        return shown.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)

    def render_again(self) -> None:
        """
        Let all of these be rendered again.

        One that waits already is counted too: a delivery that is on its way has rendered what was true before.
        """
        self.update(state=Ask.State.OUTDATED, next_at=None, changes=F("changes") + 1)

    def questions_of_assignment(self) -> "AskQuerySet":
        """In a sub-query of assignments: the questions put to its person since it is theirs, not those of before."""
        mine = {"reviews": OuterRef("review"), "person": OuterRef("person"), "made_at__gte": OuterRef("since")}
        return self.filter(purpose__in=Ask.QUESTIONS, **mine)

    def placed(self) -> "AskQuerySet":
        """Those for which there was a surface that reaches the person."""
        return self.exclude(surface=Ask.NOWHERE)

    def claim_pending(self, surface: str) -> "Ask | None":
        """Lease the next that this surface has to send or to render again."""
        waiting = self.filter(surface=surface).waiting().in_order()
        return claim(waiting.filter(Q(next_at=None) | Q(next_at__lte=Now())).order_by("pk"))

    def waiting(self) -> "AskQuerySet":
        """Those that are to be sent or rendered again."""
        return self.filter(state__in=[Ask.State.PENDING, Ask.State.OUTDATED])

    def unsent(self) -> "AskQuerySet":
        """Messages that wait to be sent for the first time."""
        return self.waiting().filter(external_id="").exclude(purpose=Ask.Purpose.HOME)

    def unsaid(self) -> "AskQuerySet":
        """Without those that are said by e-mail instead."""
        return self.exclude(Exists(Ask.objects.filter(dedupe_key=Concat(OuterRef("dedupe_key"), Value(Ask.INSTEAD)))))

    def in_order(self) -> "AskQuerySet":
        """
        Without new messages that would overtake an earlier one to the same person, however long that one waits.

        What is said by e-mail instead holds nothing back: nobody is cut off by one message that Slack does not take.
        """
        mine = {"person": OuterRef("person"), "surface": OuterRef("surface"), "pk__lt": OuterRef("pk")}
        rendered = ~Q(external_id="") | Q(purpose=Ask.Purpose.HOME)
        return self.filter(rendered | ~Exists(Ask.objects.unsent().unsaid().filter(**mine)))


class Ask(models.Model):
    """
    One time the question was put, on one surface.

    Whoever changes the review sets it *outdated* and counts that in `changes`; delivering renders it again.
    """

    class State(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        OUTDATED = "outdated", "Outdated"
        CLOSED = "closed", "Closed"
        FAILED = "failed", "Failed"

    class Purpose(models.TextChoices):
        """What it is."""

        QUESTION = "question", "Question"
        DIGEST = "digest", "Digest"  # the routine questions of a day in one message
        OFFER = "offer", "Offer"  # a colleague would like to hand a question over
        REMINDER = "reminder", "Reminder"
        HOME = "home", "Home"  # a person's own page in Slack, with their whole queue
        COMMAND = "command", "Command"  # what was answered to a person's commands; never sent by us
        WAITING = "waiting", "Waiting for governance"  # what no sweep can finish, once a working day, by e-mail

    QUESTIONS = (Purpose.QUESTION, Purpose.DIGEST)  # by these somebody is asked; the others tell
    NOWHERE = "none"  # the surface of somebody whom no surface reaches yet
    INSTEAD = ":email"  # by which the key of what says the same by e-mail is longer

    reviews = models.ManyToManyField(Review, related_name="asks")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="asks")
    surface = models.CharField(max_length=16)
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.QUESTION)
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    shown = models.JSONField(default=dict, blank=True)
    shown_hash = models.CharField(max_length=64, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    changes = models.PositiveIntegerField(default=0, editable=False)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    trouble = models.TextField(blank=True, editable=False)

    objects = AskQuerySet.as_manager()

    class Meta:
        # claim_pending
        indexes = [
            models.Index(fields=["surface", "id"], condition=Q(state__in=["pending", "outdated"]), name="ask_waiting")
        ]

    def __str__(self) -> str:
        return self.dedupe_key

    def remember(self, render: str, digest: str) -> None:
        """Keep the hash of one rendering that was shown, by its number; of the oldest there is none any more."""
        with transaction.atomic():
            locked = Ask.objects.select_for_update().get(pk=self.pk)
            renders = {**locked.shown.get("renders", {}), render: digest}
            kept = dict(sorted(renders.items(), key=lambda each: int(each[0]))[-RENDERS_KEPT:])
            Ask.objects.filter(pk=self.pk).update(shown={**locked.shown, "renders": kept})

    def keep_trouble(self, error: BaseException) -> None:
        """Sending raised: store it and try later."""
        give_back(self, error, attempts=self.attempts)


COPIES = Once(lambda: Ask.objects.copies(key_array([FIRST])))

__all__ = ["ITEMS_AT_MOST", "MOVES", "Ask", "Assignment", "Review", "State"]
