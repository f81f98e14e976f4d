"""
The queue's forms: each calls one verb, which checks who may; what is refused keeps what was typed.

A form works without a script. After it the queue is read again, so that a reload sends nothing twice; what was typed
into a refused one waits for that page in the session.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from governance import hinting
from governance.admin.viewing import viewer
from governance.errors import Refusal
from governance.models import Person

REFUSED = "queue-refused"  # the session's key
AT_MOST = 500  # characters of one field

Verb = Callable[[HttpRequest, Person, int], str]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `kind` is the browser's: text, number, or email with the people to choose from."""

    name: str
    label: str
    kind: str = "text"
    largest: int = 0
    given: str = ""
    offers: str = ""  # the page's list to choose from
    optional: bool = False

    @property
    def at_most(self) -> int:
        """How many characters fit."""
        return AT_MOST


@dataclass(frozen=True, slots=True)
class Form:
    """One verb on one row: what is filled in, what the button says, what follows from it."""

    verb: str
    key: int
    button: str
    follows: str
    fields: tuple[Field, ...] = ()
    dangerous: bool = False
    primary: bool = False
    opens: str = ""  # what the button says that opens the fields; else as `button`
    refused: str = ""
    place: str = "queue"  # the page that it stands on

    @property
    def name(self) -> str:
        """What it is called in the page and in the session."""
        return f"{self.verb}-{self.key}"

    @property
    def action(self) -> str:
        """Where it goes."""
        return reverse(f"admin:{self.place}-{self.verb}", args=[self.key])


def queue(_key: int) -> str:
    """The address of the queue."""
    return reverse("admin:queue")


def view(
    name: str, verb: Verb, *, wakes: tuple[str, ...] = (), back: Callable[[int], str] = queue
) -> Callable[..., HttpResponse]:
    """A form's target: call one verb, say what it did or why not, go back to its page; wake the steps that follow."""

    @require_POST
    def target(request: HttpRequest, key: int) -> HttpResponse:
        try:
            messages.success(request, verb(request, viewer(request), key))
            hinting.hint(*wakes)
        except Refusal as error:
            messages.error(request, str(error))
            typed = {field: value[:AT_MOST] for field, value in request.POST.items() if field != "csrfmiddlewaretoken"}
            request.session[REFUSED] = {"form": f"{name}-{key}", "why": str(error), "typed": typed}
        return HttpResponseRedirect(back(key))

    return target


def refused_before(request: HttpRequest) -> Mapping[str, Any]:
    """The form that was refused just now, once; empty where none was."""
    refused: Mapping[str, Any] = request.session.pop(REFUSED, {})
    return refused


def as_typed(form: Form, refused: Mapping[str, Any]) -> Form:
    """The form, with what was typed into it and why it was refused, if it was."""
    if refused.get("form") != form.name:
        return form
    typed: Mapping[str, str] = refused["typed"]
    fields = tuple(replace(each, given=typed.get(each.name, "")) for each in form.fields)
    return replace(form, fields=fields, refused=refused["why"])


def release(key: int, *, system: str, number: int) -> Form:
    """Let some of a hold through."""
    follows = f"{system} takes away what is released within seconds. Each can be given back."
    count = Field("count", "How many, the oldest first", "number", largest=number)
    return Form("release", key, "Release", follows, (count,))


def cancel(key: int, *, number: int) -> Form:
    """End a hold."""
    them = "it" if number == 1 else "them"
    follows = "The access stays, undecided, and is asked about again. The reason goes into the evidence."
    return Form("cancel", key, f"Cancel {them}", follows, (Field("reason", f"Why cancel {them}?"),), dangerous=True)


def accept(key: int) -> Form:
    """Take a held read over."""
    follows = "What is missing is marked as gone. If it comes back it is new, without a lease."
    return Form("accept", key, "Accept the read", follows, dangerous=True)


def discard(key: int) -> Form:
    """Throw a held read away."""
    return Form("discard", key, "Discard the read", "Nothing changes. The system is read again at its next turn.")


def try_now(key: int, *, system: str) -> Form:
    """Carry out at once what is stuck."""
    follows = f"{system} is told within seconds. A fresh read has to prove it; else it comes back here."
    return Form("try", key, "Try now", follows)


def attest(key: int) -> Form:
    """Say that it was done by hand."""
    field = Field("reason", "What did you do, and where can it be seen?")
    follows = "It counts as said by you, not as proven. If a later read still shows it, it comes back here."
    return Form("attest", key, "Say that it is done", follows, (field,), opens="Done by hand")


def give_up(key: int, *, gives: bool) -> Form:
    """Give up what is stuck."""
    stays = (
        "It stays taken away, as was decided." if gives else "The access stays, undecided, and is asked about again."
    )
    follows = f"{stays} The reason goes into the evidence."
    return Form("give-up", key, "Give it up", follows, (Field("reason", "Why give it up?"),), dangerous=True)


def choose(key: int, *, instead: str = "") -> Form:
    """Choose who is asked."""
    who = Field("person", f"Who should be asked{f' instead of {instead}' if instead else ''}? Their e-mail", "email")
    follows = "They are asked within a minute, and told that you chose them. The deadline stays."
    return Form("choose", key, "Ask them", follows, (who, Field("reason", "Why them?")), opens="Choose somebody")
