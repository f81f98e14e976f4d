"""Which reviews a person may see: those that they are, were or may be asked, and those of units that they see."""

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from governance import access
from governance.models import Person
from reviews.models import Assignment, Handover, Review, State


def reviews_of(person: Person) -> QuerySet[Review]:
    """Reviews that this person may see; whoever left sees none."""
    asked = Assignment.objects.filter(person=person)
    offered = Assignment.objects.filter(handovers__in=offers_to(person))
    theirs = Q(pk__in=asked.values("review")) | Q(pk__in=offered.values("review"))
    return access.visible(Review.objects.select_related("policy", "unit"), to=person, also=theirs)


def review_of(person: Person, key: int) -> Review:
    """One of them; Http404 for any other, whether or not there is one."""
    return get_object_or_404(reviews_of(person), pk=key)


def offers_to(person: Person) -> QuerySet[Handover]:
    """Questions that a colleague would like to hand to this person."""
    return Handover.objects.filter(to=person, ending=Handover.Ending.OPEN)


def asked_now(person: Person, review: Review) -> bool:
    """Whether it is this person who decides now."""
    assignment = review.assignment if review.state == State.OPEN else None
    return assignment is not None and assignment.person_id == person.pk
