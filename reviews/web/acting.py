"""What else can be done with a question: take a decision back, hand it to a colleague, put it off."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from governance import clock
from governance.models import Person
from reviews import evidence, handing, postponing, questions, undoing
from reviews.hours import hours_of
from reviews.models import Decision, Handover, Review
from reviews.ruling import Via
from reviews.web import forms
from reviews.web.pages import page
from reviews.web.sight import review_of
from reviews.web.trying import SURFACE, Verb, tried


def via(action: str) -> Via:
    """How it comes."""
    return Via(surface=SURFACE, assurance=settings.WEB_ASSURANCE, action=action)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, person: Person, key: int, item_key: int) -> HttpResponse:
    """Take a decision back."""
    items = review_of(person, key).items.select_related("review__unit", "review__policy", "agent")
    item = get_object_or_404(items, pk=item_key)
    decision = get_object_or_404(Decision.objects.select_related("answer__person", "policy"), item=item)
    form = forms.Reason(forms.sent(request))

    def may() -> None:
        undoing.may_undo(decision, item=item, by=person, at=clock.now())

    def do() -> str:
        undoing.undo(decision=decision, by=person, via=via("undo"), reason=form.cleaned_data["reason"])
        return ""

    shows = {"item": evidence.item_view(item)}
    return tried(request, Verb(name="undo", person=person, about=item, form=form, may=may, do=do, shows=shows))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, person: Person, key: int) -> HttpResponse:
    """Offer the question to a colleague."""
    review = review_of(person, key)
    form = forms.HandOver(forms.sent(request))

    def do() -> str:
        to, reason = form.cleaned_data["person"], form.cleaned_data["reason"]
        handing.offer(review=review, to=to, by=person, via=via("hand-over"), reason=reason)
        return f"Offered to {to.name}. Until they accept it is yours, and the deadline runs on."

    may = asking(person, review)
    return tried(request, Verb(name="hand-over", person=person, about=review, form=form, may=may, do=do))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: HttpRequest, person: Person, key: int) -> HttpResponse:
    """Put the question off until tomorrow."""
    review = review_of(person, key)
    form = forms.Form(forms.sent(request))

    def do() -> str:
        until = postponing.snooze(review=review, by=person, via=via("snooze")).until
        return f"You hear of it again {until.astimezone(hours_of(person).zone):%a %-d %b, %H:%M}. The deadline runs on."

    shows = {"until": hours_of(person).tomorrow_morning(clock.now())}
    may = asking(person, review)
    return tried(request, Verb(name="snooze", person=person, about=review, form=form, may=may, do=do, shows=shows))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, person: Person, key: int) -> HttpResponse:
    """Accept or decline what a colleague offers."""
    review = review_of(person, key)
    offers = Handover.objects.filter(to=person, assignment__review=review).select_related("assignment__person")
    handover = get_object_or_404(offers.order_by("-pk")[:1])
    form = forms.Offer(forms.sent(request))

    def may() -> None:
        handing.standing(handover, by=person, at=clock.now())

    def do() -> str:
        if form.cleaned_data["answer"] == forms.DECLINE:
            handing.decline(handover=handover, by=person, via=via("decline"))
            return f"Declined. {review} stays with {handover.assignment.person.name}."
        handing.accept(handover=handover, by=person, via=via("accept"))
        return f"{review} is yours now."

    shows = {"offer": handover}
    verb = Verb(name="offer", person=person, about=review, form=form, may=may, do=do, shows=shows, leads_to="web:queue")
    return tried(request, verb)


def asking(person: Person, review: Review) -> Callable[[], object]:
    """Raise unless it is this person who is asked."""
    return lambda: questions.authorise(review, by=person, at=clock.now())
