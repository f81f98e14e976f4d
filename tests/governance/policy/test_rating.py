"""The score in SQL, its terms in Python, and an oracle that has read the documentation: one number."""

import random
from typing import Any

import pytest

from governance import models
from governance.models import Combination, Parameters, TagName
from governance.policy import rating
from tests import factories

OTHER = Parameters.parse(
    {
        "risk_weights": {
            "everyone": 7,
            "grantable": 3,
            "admin_option": 30,
            "use": 9,
            "credential": 5,
            "tainted": 0,
            "autonomy": 11,
            "accountability": 3,
        },
        "combination_floors": dict.fromkeys(Parameters().combination_floors, 61) | {"gated": 33},
    }
)
ACTIONS = {(): None, ("select",): 30, ("EXECUTE",): 45, ("select", "delete"): 55, ("other",): 45, ("usage",): 15}
TYPES = {"superuser": 90, "membership": 60, "function": 45, "table": 30, "something": 45}
TAGS = {"": 0, "escalates": 70, "moves_money untrusted_input": 65, "sensitive_access": 50, "prepares": 45}
HALVES = {"approved": -2, "gated": -1, "supervised": 0, "unattended": 2, None: 0}
LINES = {"deputy": -2, "owner": 0, "nobody": 2, None: 0}
AGES = {"": 0, "day": -2, "quarter": 0, "old": 1, "older": 2}
USES = {"used": -2, "unused": 2, None: 0}
HANGING = [[], [("tainted_change", False)], [("lethal_trifecta", True)], [("duties", True), ("rule_of_two", False)]]


def halves(weight: int, number: int) -> int:
    up = -(-weight * abs(number) // 2)
    return up if number > 0 else -up


def oracle(it: dict[str, Any], parameters: Parameters) -> int:
    weights, floors = parameters.risk_weights, parameters.combination_floors
    base = ACTIONS[it["actions"]] or TYPES[it["type"]]
    base = max(base, TAGS[it["tags"]])
    if it["privileged"]:
        base = max(base, 80, TYPES[it["type"]] if it["type"] != "something" else 0)
    base += weights["everyone"] if it["kind"] == "everyone" else 0
    if it["grantable"]:
        base += weights["admin_option" if it["type"] == "membership" else "grantable"]
    base = min(base, 100)
    swing = halves(weights["use"], USES[it["use"]])
    if it["exposed"]:
        swing += halves(weights["autonomy"], HALVES[it["autonomy"]]) + halves(weights["credential"], AGES[it["age"]])
        swing += halves(weights["accountability"], LINES[it["line"]]) + (weights["tainted"] if it["tainted"] else 0)
    band = max(floor for floor in (0, 40, 60, 80) if base >= floor)
    score = min(100, max(band, base + min(15, max(-10, swing))))
    for name, gated in it["hanging"]:
        lowered = gated and name in {"lethal_trifecta", "rule_of_two"}
        score = max(score, min(floors[name], floors["gated"]) if lowered else floors[name])
    return score


def drawn(dice: random.Random) -> dict[str, Any]:
    return {
        "type": dice.choice(list(TYPES)),
        "actions": dice.choice(list(ACTIONS)),
        "tags": dice.choice(list(TAGS)),
        "privileged": dice.random() < 0.2,
        "kind": dice.choice(["login", "login", "everyone"]),
        "grantable": dice.random() < 0.3,
        "use": dice.choice(list(USES)),
        "exposed": dice.random() < 0.8,
        "autonomy": dice.choice([each for each in HALVES if each]),
        "line": dice.choice([each for each in LINES if each]),
        "tainted": dice.random() < 0.5,
        "age": dice.choice(list(AGES)),
        "hanging": dice.choice(HANGING),
    }


def build(it: dict[str, Any], system: models.System) -> models.Grant:
    account = factories.AccountFactory(system=system, kind=it["kind"])
    bits = TagName.bits(it["tags"].split())
    what = factories.EntitlementFactory(
        system=system, native_type=it["type"], privileged=it["privileged"], tag_bits=bits, action=""
    )
    for action in it["actions"]:
        models.EntitlementAction.objects.create(entitlement=what, action=action, resource="r")
    grant = factories.GrantFactory(account=account, entitlement=what, native={"grantable": it["grantable"]})
    if it["exposed"]:
        factories.ExposureFactory(
            account=account,
            autonomy=it["autonomy"],
            line=it["line"],
            tainted=it["tainted"],
            credential=it["age"],
        )
    if it["use"]:  # what was used once may be unused now
        models.GrantUse.objects.create(grant=grant, last_used_at=grant.held_since)
    if it["use"] == "unused":
        factories.FindingFactory(grant=grant, check_name="unused")
    for name, gated in it["hanging"]:
        factories.ToxicCombinationFactory(combination=name, gated=gated, broken_by=grant)
    return grant


@pytest.mark.django_db
def test_sql_and_python_and_the_oracle_agree():
    dice = random.Random(31)  # noqa: S311
    system = factories.SystemFactory()
    worlds = {}
    for _ in range(150):
        it = drawn(dice)
        worlds[build(it, system).pk] = it
    inputs = dict(models.Grant.objects.values_list("pk", rating.inputs()))
    for parameters in (Parameters(), OTHER):
        expected = {key: oracle(it, parameters) for key, it in worlds.items()}
        assert dict(models.Grant.objects.values_list("pk", rating.expression(parameters))) == expected
        explained = {key: rating.total(rating.explain(inputs[key], parameters)) for key in worlds}
        assert explained == expected


KNOWN = {
    "allows": 45,
    "type": "function",
    "tags": 0,
    "holder": "login",
    "grantable": False,
    "use": None,
    "credential": None,
    "tainted": None,
    "autonomy": None,
    "accountability": None,
    "combinations": [],
}


def test_what_is_not_known_takes_the_middle_and_says_so():
    terms = rating.explain(KNOWN, Parameters())
    assert rating.total(terms) == 45
    unknown = [each for each in terms if not each.known]
    assert {each.name for each in unknown} == {"use", "tainted", "autonomy", "accountability", "credential"}
    assert all(each.points == 0 and "not known" in each.says for each in unknown)


def test_no_control_takes_a_grant_out_of_the_band_of_what_it_allows():
    calm = {"use": "used", "autonomy": "approved", "accountability": "deputy", "credential": "day", "tainted": False}
    terms = rating.explain(KNOWN | calm, Parameters())
    assert rating.total(terms) == 40
    assert [(each.name, each.points) for each in terms if each.name == "limit"] == [("limit", 11)]


def test_the_largest_terms_come_first_after_what_it_allows():
    hanging = [{"name": Combination.LETHAL_TRIFECTA, "gated": False}]
    bad = {"tainted": True, "accountability": "nobody", "combinations": hanging, "use": "used"}
    terms = rating.explain(KNOWN | bad, Parameters())
    assert [each.name for each in rating.largest(terms)] == ["allows", "combination", "tainted"]
    assert rating.total(terms) == 90
