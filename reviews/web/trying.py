"""
One verb on a page of its own: what it does is said, its form is filled in, and then it is tried.

A refusal of what was typed stands at its field. Every other refusal leads back to the record, which is read afresh: it
shows what has changed, or what was decided. Each is entered in the ledger, as a refused click in Slack is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from governance import clock, hinting, ledger
from governance.errors import Invalid, Refusal
from governance.models import Person
from reviews import evidence, naming
from reviews.models import Item, Review
from reviews.web import forms
from reviews.web.colleagues import AT_MOST, colleagues

SURFACE = "web"
LATER = tuple(f"reviews.tasks.{name}" for name in ("carry_out", "deliver_to_slack", "deliver_by_mail", "ask_people"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb by one person. `may` raises where they may not, `do` does it and says so in a sentence, or in none."""

    name: str  # of its template, and of its action in the ledger
    person: Person
    about: Item | Review
    form: forms.Form
    may: Callable[[], object]
    do: Callable[[], str]
    shows: Mapping[str, object] = field(default_factory=dict)
    leads_to: str = ""  # the name of an address; else the record

    @property
    def review(self) -> Review:
        """The question that it belongs to."""
        return self.about if isinstance(self.about, Review) else self.about.review


def tried(request: HttpRequest, verb: Verb) -> HttpResponse:
    """Do it where its form was sent and can be read; else show its page."""
    try:
        if verb.form.is_valid():
            return done(request, verb)
        verb.may()
    except Refusal as error:
        if request.method == "POST":
            enter(error, verb)
        if not isinstance(error, Invalid):
            return back(request, verb.review, error)
        verb.form.refuse(error)
    return asked(request, verb)


def done(request: HttpRequest, verb: Verb) -> HttpResponse:
    """Do it, and wake the steps that follow."""
    if said := verb.do():
        messages.success(request, said)
    hinting.hint(*LATER)
    return redirect(verb.leads_to) if verb.leads_to else to_record(verb.review)


def asked(request: HttpRequest, verb: Verb) -> HttpResponse:
    """The page; where something is wrong it begins there."""
    verb.form.focus()
    card = evidence.card(verb.review)
    context = {
        "card": card,
        "form": verb.form,
        "people": colleagues(verb.person) if "person" in verb.form.fields else (),
        "agents": naming.agents_of(verb.person).order_by("name")[:AT_MOST] if "other" in verb.form.fields else (),
        "undo": clock.lasting(card.undo),
        **verb.shows,
    }
    return render(request, f"reviews/verbs/{verb.name}.html", context)


def back(request: HttpRequest, review: Review, error: Refusal) -> HttpResponseRedirect:
    """To the record, which shows what is true now, saying why nothing was changed."""
    messages.error(request, str(error))
    return to_record(review)


def to_record(review: Review) -> HttpResponseRedirect:
    """The record, read afresh."""
    return redirect("web:record", review.pk)


def enter(error: Refusal, verb: Verb) -> None:
    """Enter in the ledger that something was not taken, and why."""
    with transaction.atomic():
        ledger.record(
            act=ledger.Act.ANSWER_REFUSED,
            actor=ledger.Actor.person(verb.person),
            subjects=[verb.about],
            body={"because": type(error).__name__, "action": verb.name},
            surface=SURFACE,
            assurance=settings.WEB_ASSURANCE,
            commit={"said": str(error)},
        )
