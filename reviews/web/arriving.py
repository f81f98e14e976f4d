"""Ways in from elsewhere: the link of an e-mail, and the confirmation that a Slack user is this person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from governance import clock
from governance.errors import Refusal
from governance.models import Person
from reviews.evidence import links
from reviews.models import Workspace
from reviews.slack import linking
from reviews.web.pages import page


@page
@require_safe
def record(request: HttpRequest, person: Person, token: str) -> HttpResponse:
    """The record that a link was made for; whoever follows it sees it by their own right, or not at all."""
    try:
        link = links.followed(token)
    except Refusal as error:
        messages.error(request, str(error))
        return redirect("web:queue")
    if link.person_id != person.pk:
        messages.info(request, "This link was sent to somebody else. You see what you may see yourself.")
    return redirect("web:record", link.review_id)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def slack_user(request: HttpRequest, person: Person) -> HttpResponse:
    """Ask whether this Slack user is them; what they confirm is linked, once."""
    token = request.GET.get("token", "")
    try:
        pending = linking.read(token)
        if request.method == "POST":
            linking.confirm(token, person, clock.now())
            return render(request, "reviews/linked.html")
    except Refusal as error:
        return render(request, "reviews/not_linked.html", {"why": str(error)})
    context = {
        "pending": pending,
        "person": person,
        "workspace": Workspace.objects.filter(team_id=pending.team).first(),
        "other": pending.email.casefold() != person.email.casefold(),
    }
    return render(request, "reviews/link.html", context)
