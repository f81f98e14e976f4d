"""What is filled in for each verb. What a verb wants is said by deciding, at the field where it belongs."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from governance.errors import Invalid
from governance.models import Agent, Person
from reviews import naming
from reviews.deciding import Said
from reviews.evidence import LAST_REASONS, ItemView
from reviews.models import Verdict
from reviews.models.decision import Task

AT_MOST = 1000  # characters of a reason
OWN_WORDS = ""  # the key of no narrower form
ACCEPT, DECLINE = "accept", "decline"


def sent(request: HttpRequest) -> QueryDict | None:
    """What was filled in, where it was sent."""
    return request.POST if request.method == "POST" else None


class Words(forms.CharField):
    """A sentence or three."""

    def __init__(self, label: str, **more: Any) -> None:
        box = forms.Textarea(attrs={"rows": 3})
        super().__init__(label=label, required=False, max_length=AT_MOST, widget=box, **more)


class Colleague(forms.CharField):
    """Somebody who works here, by their e-mail address; `people` is the page's list to choose from."""

    def __init__(self) -> None:
        box = forms.EmailInput(attrs={"list": "people", "autocomplete": "off"})
        wanted = {"required": "Give the e-mail address of a colleague."}
        super().__init__(label="Their e-mail address", max_length=254, widget=box, error_messages=wanted)

    def clean(self, value: Any) -> Person:
        """The person; an error where nobody has this address."""
        person: Person | None = Person.objects.called(super().clean(value))
        if person is None:
            raise forms.ValidationError("Nobody here has this e-mail address. Give that of a colleague.")
        return person


class Form(forms.Form):
    """A verb's form. What is not taken stands at its field; at `wrong_at` where none is named, or it is not asked."""

    use_required_attribute = False  # what is missing is said in our words, and why it matters
    wrong_at: ClassVar[str] = "reason"

    def refuse(self, error: Invalid) -> None:
        """Let what is wrong stand at its field."""
        self.add_error(error.field if error.field in self.fields else self.wrong_at, str(error))

    def focus(self) -> None:
        """Begin at the first field with which something is wrong."""
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return


class Answer(Form):
    """What a person says about one item; a reason is welcome."""

    reason = Words("Why? (optional)")

    def __init__(self, *args: Any, item: ItemView, at: datetime, agents: QuerySet[Agent], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item = item
        self.at = at
        self.agents = agents  # that may be named
        self.fit()

    def fit(self) -> None:
        """Fit the fields to the item."""

    def said(self, verdict: Verdict) -> Said:
        """What was filled in."""
        return Said(verdict=verdict, reason=self.cleaned_data["reason"])

    def lasting(self) -> list[tuple[int, str]]:
        """For how long it can be kept, the longest first; never for ever."""
        return [(days, until(days, at=self.at)) for days in self.item.keeping.days]


class Keep(Answer):
    """Which task needs it, in words, and for how long."""

    task = forms.ChoiceField(label="Which task needs it?", required=False, widget=forms.RadioSelect)
    days = forms.TypedChoiceField(label="Ask again after", coerce=int)
    field_order = ("task", "reason", "days")

    def fit(self) -> None:
        """Words are wanted where policy wants them."""
        keeping = self.item.keeping
        choose(self, "task", [(task.value, task.label) for task in Task if task != Task.NONE])
        choose(self, "days", self.lasting())
        self.fields["reason"].label = "Say it in a sentence (optional)"
        if keeping.needs_reason:
            anew = f"It may not repeat one of your last {LAST_REASONS} reasons."
            self.fields["reason"].label = "Say it in a sentence"
            self.fields["reason"].help_text = f"At least {keeping.length} letters and digits. {anew}"

    def said(self, verdict: Verdict) -> Said:
        """With the task and the days."""
        given = self.cleaned_data
        return Said(verdict=verdict, reason=given["reason"], task=Task(given["task"]), days=given["days"])


class Reduce(Answer):
    """What remains: a narrower form that the system offers, or one's own words."""

    wrong_at = "text"

    key = forms.ChoiceField(label="What should remain?", required=False, widget=forms.RadioSelect)
    text = Words("In your own words", help_text="What the system can't be told, a person does by hand.")
    days = forms.TypedChoiceField(label="Ask again after", coerce=int)
    field_order = ("key", "text", "days", "reason")

    def fit(self) -> None:
        """Offer what the system offers; where that is nothing, words are all."""
        choose(self, "days", self.lasting())
        offered = [(each.key, each.text) for each in self.item.narrowings]
        choose(self, "key", [*offered, (OWN_WORDS, "Something else, in my own words")])
        if not offered:
            del self.fields["key"]
            self.fields["text"].label = "What should remain?"

    def said(self, verdict: Verdict) -> Said:
        """With what remains: the chosen form, and then its words are why; else the words."""
        given = self.cleaned_data
        key = given.get("key", OWN_WORDS)
        if key == OWN_WORDS:
            return Said(verdict=verdict, reason=given["reason"], remains={"text": given["text"]}, days=given["days"])
        why = "\n".join(filter(None, (given["text"], given["reason"])))
        return Said(verdict=verdict, reason=why, remains={"key": key}, days=given["days"])


class Theirs(Answer):
    """Whose agent it is."""

    wrong_at = "person"

    person = Colleague()
    field_order = ("person", "reason")

    def said(self, verdict: Verdict) -> Said:
        """With who answers for it from now on."""
        return Said(verdict=verdict, reason=self.cleaned_data["reason"], named=self.cleaned_data["person"])


class Claim(Answer):
    """Which agent uses an account: one that suggests itself, or another by its name; none is chosen."""

    wrong_at = "other"

    agent = forms.ChoiceField(label="Which agent uses it?", required=False, widget=forms.RadioSelect)
    other = forms.CharField(
        label="Another agent, by its name",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "agents", "autocomplete": "off"}),
    )
    field_order = ("agent", "other", "reason")

    def fit(self) -> None:
        """Offer what suggests itself, with its basis; where that is nothing, a name is all."""
        could_be = [(str(each.agent), f"{each.name} ({each.confidence} %): {each.why}") for each in self.item.could_be]
        choose(self, "agent", [*could_be, (OWN_WORDS, "Another agent")])
        if not could_be:
            del self.fields["agent"]
            self.fields["other"].label = "Which agent uses it? Its name"

    def said(self, verdict: Verdict) -> Said:
        """With the agent. Raises Invalid where there is none of this name."""
        given, key = self.cleaned_data, self.cleaned_data.get("agent", OWN_WORDS)
        named = self.agents.filter(pk=key).first() if key else self.called(given["other"])
        return Said(verdict=verdict, reason=given["reason"], agent=named)

    def called(self, name: str) -> Agent:
        """The agent of this name. Raises Invalid."""
        return naming.agent_called(name, among=self.agents, field="other")


class Disclaim(Answer):
    """Who or what uses an account that no agent does."""

    def fit(self) -> None:
        """Words are wanted: the next one who looks will read them."""
        self.fields["reason"].label = "Who or what uses it?"
        self.fields["reason"].help_text = f"At least {self.item.keeping.length} letters and digits."


class HandOver(Form):
    """To whom a question is offered, and why."""

    wrong_at = "person"

    person = Colleague()
    reason = Words("Why them? They will read it.")


class Offer(Form):
    """Whether a question is taken over; the buttons say it."""

    wrong_at = "answer"

    answer = forms.ChoiceField(choices=[(ACCEPT, "Take it over"), (DECLINE, "Decline")])


class Reason(Form):
    """A verb that needs no words."""

    reason = Words("Why? (optional)")


def choose(form: forms.Form, name: str, choices: list[Any]) -> None:
    """Offer these choices."""
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def until(days: int, *, at: datetime) -> str:
    """How long, and until when by the person's calendar."""
    end = timezone.localtime(at) + timedelta(days=days)
    return f"{days} day{'' if days == 1 else 's'}, on {end:%-d %b %Y}"
