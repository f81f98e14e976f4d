"""
The score: what a grant allows (`score`), what weighs on who holds it, and the combinations that hang on it.

What it allows is the base. Terms about the holder add or take a little: each has a weight, and of what is not known
takes the middle, which is nothing. Together they stay within limits, and never take a grant out of the band of what it
allows. A grant that is the break of a toxic combination has at least that combination's score.

The same tables make an expression in SQL, for a million grants, and the list of terms that a person reads
(docs/reference/risk.md, docs/adr/0031).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, Func, IntegerField, Max, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, JSONObject, Least, NullIf

from governance.models import Account, Combination, Exposure, Finding, Grant, Parameters, TagName, ToxicCombination
from governance.models.agent import Autonomy
from governance.models.policy import GATED
from governance.models.risk import FLOORS
from governance.policy import combining, score, use, written
from governance.policy.terms import Terms

MORE, LESS = 15, 10  # all that is known of the holder adds, or takes, no more than this
HALF, WHOLE = 1, 2  # of a weight
AUTONOMY = {Autonomy.APPROVED: -WHOLE, Autonomy.GATED: -HALF, Autonomy.SUPERVISED: 0, Autonomy.UNATTENDED: WHOLE}
LINE = {Exposure.Line.DEPUTY: -WHOLE, Exposure.Line.OWNER: 0, Exposure.Line.NOBODY: WHOLE}
USE = {use.USED: -WHOLE, use.UNUSED: WHOLE}
CREDENTIAL = {Exposure.Age.DAY: -WHOLE, Exposure.Age.QUARTER: 0, Exposure.Age.OLD: HALF, Exposure.Age.OLDER: WHOLE}
UNUSED = ("never_used", "unused")

LABELS = {
    "allows": "What it allows",
    "everyone": "Who holds it",
    "passing_on": "Passing it on",
    "use": "Use",
    "tainted": "What the agent reads",
    "autonomy": "Autonomy",
    "accountability": "Who answers",
    "credential": "Credentials",
    "limit": "Limit",
    "combination": "Combination",
}
IN_WORDS: Mapping[str, Mapping[Any, str]] = {
    "use": {use.USED: "it is used", use.UNUSED: "it is not used", None: "whether it is used is not known"},
    "autonomy": {
        Autonomy.APPROVED: "a person approves every action",
        Autonomy.GATED: "a person approves what is risky",
        Autonomy.SUPERVISED: "the agent is supervised",
        Autonomy.UNATTENDED: "the agent runs unattended",
        None: "how far the agent acts alone is not known",
    },
    "accountability": {
        Exposure.Line.DEPUTY: "an owner and a deputy answer for the agent",
        Exposure.Line.OWNER: "one person answers for the agent",
        Exposure.Line.NOBODY: "nobody who can act answers for the agent",
        None: "who answers for it is not known",
    },
    "credential": {
        Exposure.Age.DAY: "its oldest credential is a day old at most",
        Exposure.Age.QUARTER: "its oldest credential is 90 days old at most",
        Exposure.Age.OLD: "its oldest credential is more than 90 days old",
        Exposure.Age.OLDER: "its oldest credential is more than a year old",
        None: "how old its credentials are is not known",
    },
    "tainted": {
        True: "the agent reads what outsiders write",
        False: "the agent is not known to read what outsiders write",
        None: "what the agent reads is not known",
    },
}


def part(weight: int, share: int) -> int:
    """Return a share of a weight in whole points, rounded away from nothing."""
    points = (weight * abs(share) + 1) // WHOLE
    return points if share > 0 else -points


# --- in SQL


class Sum(Func):
    """The score from what it allows, how the holder moves it, and what a combination wants; each worked out once."""

    bands = " ".join(f"WHEN it.base >= {floor} THEN {floor}" for floor, _ in FLOORS)
    template = (
        f"(SELECT greatest(it.bottom, least({score.MOST}, greatest(it.base + it.swing, CASE {bands} END)))"  # noqa: S608
        " FROM (SELECT %(expressions)s OFFSET 0) AS it (base, swing, bottom))"
    )
    output_field = IntegerField()


def expression(parameters: Parameters, *, prepared: bool = False) -> Sum:
    """Return the score of a grant; `prepared`: what its entitlement allows is at hand (`preparing.prepare`)."""
    weights = parameters.risk_weights
    base = Least(Value(score.MOST), allowed(prepared=prepared) + score.everyone(weights) + score.grantable(weights))
    return Sum(base, swing(weights), least(parameters.combination_floors))


def allowed(*, prepared: bool) -> Coalesce | Case:
    """Return what it allows: from what is at hand, but for a grant that somebody wants gone, of which it is not."""
    return Coalesce("entitlement__at_hand__allows", score.allowed()) if prepared else score.allowed()


def swing(weights: Mapping[str, int]) -> Greatest:
    """Return by how much what is known of the holder moves it."""
    exposure = "account__exposure__"
    terms = (
        used(weights["use"]),
        by(f"{exposure}credential", CREDENTIAL, weights["credential"]),
        Case(When(**{f"{exposure}tainted": True}, then=Value(weights["tainted"])), default=Value(0)),
        by(f"{exposure}autonomy", AUTONOMY, weights["autonomy"]),
        by(f"{exposure}line", LINE, weights["accountability"]),
    )
    total = terms[0] + terms[1] + terms[2] + terms[3] + terms[4]
    return Greatest(Value(-LESS), Least(Value(MORE), total))


def by(name: str, table: Mapping[Any, int], weight: int) -> Case:
    """Return a table of shares as SQL; what is not in it is not known."""
    rows = (When(**{name: word}, then=Value(part(weight, share))) for word, share in table.items())
    return Case(*rows, default=Value(0), output_field=IntegerField())


def used(weight: int) -> Case:
    """Return the part of use."""
    return by_use({word: Value(part(weight, share)) for word, share in USE.items()}, unknown=Value(0))


def by_use(of: Mapping[str, Value], *, unknown: Value) -> Case:
    """What a check has said to be unused is so until it takes that back; a use that was seen is; else nobody knows."""
    said = Finding.objects.uncleared().filter(grant=OuterRef("pk"), check_name__in=UNUSED)
    return Case(
        When(Exists(said), then=of[use.UNUSED]),
        When(use__isnull=False, then=of[use.USED]),
        default=unknown,
    )


def least(floors: Mapping[str, int]) -> Coalesce:
    """Return what the combinations that hang on it want at least."""
    rows = [
        *(When(gated=True, combination=each, then=Value(min(floors[each], floors[GATED]))) for each in combining.GATES),
        *(When(combination=each, then=Value(floors[each])) for each in Combination),
    ]
    hanging = ToxicCombination.objects.filter(broken_by=OuterRef("pk")).order_by().values("broken_by")
    most = hanging.annotate(most=Max(Case(*rows, default=Value(0), output_field=IntegerField()))).values("most")
    return Coalesce(Subquery(most, output_field=IntegerField()), Value(0))


def inputs(*, prepared: bool = False) -> JSONObject:
    """Return what the score is made of, as it is stored with it: `explain` reads it."""
    hanging = ToxicCombination.objects.filter(broken_by=OuterRef("pk")).order_by("combination", "pk")
    return JSONObject(
        allows=allowed(prepared=prepared),
        type="entitlement__native_type",
        tags="entitlement__tag_bits",
        holder="account__kind",
        grantable=Case(When(native__grantable=True, then=Value(value=True)), default=Value(value=False)),
        use=by_use({word: Value(word) for word in USE}, unknown=Value(None)),
        credential=NullIf("account__exposure__credential", Value("")),
        tainted="account__exposure__tainted",
        autonomy="account__exposure__autonomy",
        accountability="account__exposure__line",
        combinations=ArraySubquery(hanging.values(told=JSONObject(name="combination", gated="gated"))),
    )


# --- for a person


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a score: its points, and why; `known` is false where it takes the middle for want of knowledge."""

    name: str
    points: int
    says: str
    known: bool = True

    @property
    def label(self) -> str:
        """What it is called."""
        return LABELS[self.name]

    @property
    def text(self) -> str:
        """Its points, and why; what it allows is where the others begin."""
        return f"{self.points if self.name == 'allows' else f'{self.points:+}' if self.points else 0}: {self.says}"


def of_grant(grant: Grant, terms: Terms) -> list[Term]:
    """Return every term of a grant's score as it is now. Raises Grant.DoesNotExist."""
    found = written.row(of_one, terms, key=grant.pk)
    if found is None:
        raise Grant.DoesNotExist(f"There is no grant {grant.pk}.")
    return explain(json.loads(found[0]), terms.parameters)


def of_one(_: Terms) -> QuerySet[Grant, Any]:
    """Return what the score is made of, of whichever grant is asked about."""
    return Grant.objects.filter(pk=written.KEY).order_by().values_list(inputs(), flat=True)


def explain(inputs: Mapping[str, Any], parameters: Parameters) -> list[Term]:
    """Return every term of a score; their points add up to it."""
    weights = parameters.risk_weights
    found = list(base(inputs, weights))
    allows = sum(each.points for each in found)
    if allows > score.MOST:
        found.append(Term("limit", score.MOST - allows, f"a score is at most {score.MOST}"))
        allows = score.MOST
    terms = list(holder(inputs, weights))
    total = sum(each.points for each in terms)
    kept = bounded(allows, total)
    found += terms
    if kept != allows + total:
        found.append(Term("limit", kept - allows - total, "what is known of the holder moves it only so far"))
    return [*found, *floors(inputs, kept, parameters.combination_floors)]


def total(terms: list[Term]) -> int:
    """Return the score that terms add up to."""
    return sum(each.points for each in terms)


def base(inputs: Mapping[str, Any], weights: Mapping[str, int]) -> Iterator[Term]:
    """What it allows, who holds it, passing it on."""
    tags = TagName.among(inputs["tags"])
    worst = max(tags, key=lambda each: score.TAGS[each], default=None)
    by_tag = worst is not None and score.TAGS[worst] == inputs["allows"]
    kind = inputs["type"].replace("_", " ")
    said = worst.label.lower() if worst and by_tag else f"what {'an' if kind[:1] in set('aeio') else 'a'} {kind} allows"
    yield Term("allows", inputs["allows"], said)
    if inputs["holder"] == Account.Kind.EVERYONE:
        yield Term("everyone", weights["everyone"], "everyone holds it")
    if inputs["grantable"]:
        points = score.passing_on(inputs["type"], True, weights)
        yield Term("passing_on", points, "its holder may pass it on")


def holder(inputs: Mapping[str, Any], weights: Mapping[str, int]) -> Iterator[Term]:
    """What is known of who holds it, and how it is used."""
    shares = {
        "use": USE.get(inputs["use"], 0),
        "tainted": WHOLE if inputs["tainted"] else 0,
        "autonomy": AUTONOMY.get(inputs["autonomy"], 0),
        "accountability": LINE.get(inputs["accountability"], 0),
        "credential": CREDENTIAL.get(inputs["credential"], 0),
    }
    for name, share in shares.items():
        value = inputs[name]
        yield Term(name, part(weights[name], share), IN_WORDS[name][value], known=value is not None)


def bounded(allows: int, total: int) -> int:
    """Return what is left of a base and of all that moves it: within limits, and never below the base's band."""
    kept = allows + max(-LESS, min(MORE, total))
    return min(score.MOST, max(kept, next(floor for floor, _ in FLOORS if allows >= floor)))


def floors(inputs: Mapping[str, Any], reached: int, of: Mapping[str, int]) -> Iterator[Term]:
    """What the worst combination adds that hangs on it."""
    hanging = [(combining.floor(each["name"], each["gated"], of), each["name"]) for each in inputs["combinations"]]
    most, name = max(hanging, default=(0, ""))
    if most > reached:
        yield Term("combination", most - reached, f"“{Combination(name).label.lower()}” hangs on it")


def largest(terms: list[Term], number: int = 3) -> list[Term]:
    """Return the terms that moved it most, the first being what it allows."""
    moving = [each for each in terms[1:] if each.points and each.name != "limit"]
    return [terms[0], *sorted(moving, key=lambda each: -abs(each.points))[: number - 1]]
