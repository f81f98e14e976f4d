"""The verbs that are an answer, bound to the rendering of the card from which they were chosen."""

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from governance import clock
from governance.errors import Refusal
from governance.models import Person
from reviews import deciding, evidence, naming
from reviews.models import Item, Verdict
from reviews.ruling import Via
from reviews.web import entering, forms
from reviews.web.pages import page
from reviews.web.shown import Shown, opened
from reviews.web.sight import review_of
from reviews.web.trying import SURFACE, Verb, back, tried

FORMS: dict[str, type[forms.Answer]] = {
    Verdict.KEEP: forms.Keep,
    Verdict.REDUCE: forms.Reduce,
    Verdict.REVOKE: forms.Answer,
    Verdict.UNSURE: forms.Answer,
    Verdict.MINE: forms.Answer,
    Verdict.THEIRS: forms.Theirs,
    Verdict.RETIRE: forms.Answer,
    Verdict.CLAIM: forms.Claim,
    Verdict.DISCLAIM: forms.Disclaim,
    Verdict.DISABLE: forms.Answer,
}

STAYS = {Verdict.KEEP, Verdict.REDUCE, Verdict.DISCLAIM}


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer that is being given: by whom, about what, in what words, and what they had been shown."""

    person: Person
    item: Item
    verdict: Verdict
    shown: Shown
    form: forms.Answer

    def may(self) -> None:
        """Raise where it is somebody else who is asked, or nobody any more."""
        deciding.authorise(self.item, by=self.person, at=clock.now())

    def do(self) -> str:
        """Hand it to deciding. The record says the rest."""
        said = self.form.said(self.verdict)
        shown = self.shown.fingerprint
        deciding.decide(item=self.item, said=said, by=self.person, via=self.via(), fingerprint=shown)
        return ""

    def via(self) -> Via:
        """How it comes: with the hash of what was shown, for how long, and the key of its form."""
        return Via(
            surface=SURFACE,
            assurance=settings.WEB_ASSURANCE,
            shown_hash=self.shown.digest,
            action=self.verdict,
            shown_at=self.shown.at,
            idempotency_key=f"web:{self.shown.once}:{self.verdict}",
        )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, person: Person, key: int, verb: str) -> HttpResponse:
    """The page of one verb, and what its form does."""
    review = review_of(person, key)
    if verb not in FORMS:
        raise Http404(verb)
    try:
        shown = opened(request.GET.get("shown", ""), by=person)
    except Refusal as error:
        return back(request, review, error)
    item = get_object_or_404(review.items.with_subject(), pk=shown.item_id)
    view = evidence.item_view(item, by=person)
    if verb in STAYS and view.keeping.behind_login and not entering.lately(request):
        return entering.once_more(request)
    agents = naming.agents_for(item, by=person)
    form = FORMS[verb](forms.sent(request), item=view, at=clock.now(), agents=agents)
    answering = Answering(person, item, Verdict(verb), shown, form)
    return tried(
        request,
        Verb(
            name=verb,
            person=person,
            about=item,
            form=form,
            may=answering.may,
            do=answering.do,
            shows={"item": view},
        ),
    )
