"""
What an open assignment gives: its review, and that review's items, assignments, asks and answers. Nothing else.

Sub-queries, not joins: a person who was assigned twice sees a review once.
"""

from django.db.models import Q

from governance import access
from governance.models import Person
from reviews.models import Ask, Assignment, Review


def assigned(path: str, person: Person) -> Q:
    """Rows whose review, found by this path, the person is asked now."""
    return Q(**{f"{path}__in": Assignment.objects.filter(person=person, until=None).values("review")})


def asks_of(person: Person) -> Q:
    """Asks that put at least one review which the person sees."""
    reviews = access.visible(Review.objects.all(), to=person, also=assigned("pk", person))
    return Q(pk__in=Ask.reviews.through.objects.filter(review__in=reviews.values("pk")).values("ask"))
