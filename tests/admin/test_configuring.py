"""A connector's schema as a form: every type there and back."""

import pytest
from django import forms

from governance.admin.configuring import Part, field_of, half_filled, parts_of, read_back, shown

SCHEMA = {
    "required": ["host", "databases", "password"],
    "properties": {
        "host": {"type": "string", "description": "a name or an address"},
        "port": {"type": "integer", "default": 5432, "minimum": 1},
        "share": {"type": "number"},
        "mode": {"enum": ["fast", "slow"], "default": "fast"},
        "verify": {"type": "boolean", "default": True},
        "everything": {"type": "boolean"},
        "databases": {"type": "array", "items": {"type": "string"}},
        "tags": {"type": "array", "items": {"type": "object"}},
        "password": {"type": "string", "writeOnly": True},
        "canary": {
            "type": "object",
            "description": "always there",
            "required": ["role", "entitlement"],
            "properties": {"role": {"type": "string"}, "entitlement": {"type": "string", "title": "what it holds"}},
        },
    },
}
PARTS = list(parts_of(SCHEMA))
STORED = {"password": "sealed"}


def form(data=None, *, config=None, stored=None):
    """A form of the schema, over what was configured before."""
    made = forms.Form(data, initial={part.name: shown(part, config or {}) for part in PARTS})
    made.fields |= {part.name: field_of(part, stored or {}) for part in PARTS}
    return made


def sent(made):
    """What a browser sends of a form that nobody touched."""
    values = {name: made[name].field.prepare_value(made[name].initial) for name in made.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def filled(data, *, config=None):
    made = form(data, config=config)
    assert made.is_valid(), made.errors
    return read_back(PARTS, made.cleaned_data, config or {})


LEAST = {"config.host": "db", "config.databases": "air\n\n sea ", "config.verify": "on"}


def test_what_was_filled_in_is_of_its_type_and_defaults_stay_unsaid():
    assert filled(LEAST) == {"host": "db", "databases": ["air", "sea"]}
    more = {"config.port": "5433", "config.share": "0.5", "config.mode": "slow", "config.everything": "on"}
    assert filled(LEAST | more) == {
        "host": "db",
        "port": 5433,
        "share": 0.5,
        "mode": "slow",
        "everything": True,
        "databases": ["air", "sea"],
    }


def test_what_is_on_by_default_is_switched_off():
    assert filled({name: value for name, value in LEAST.items() if name != "config.verify"})["verify"] is False


def test_an_object_is_filled_in_part_by_part():
    config = filled(LEAST | {"config.canary.role": "r", "config.canary.entitlement": "e"})
    assert config["canary"] == {"role": "r", "entitlement": "e"}
    half = filled(LEAST | {"config.canary.role": "r"})
    assert [part.label for part in half_filled(PARTS, SCHEMA, half)] == ["Canary: what it holds"]
    assert list(half_filled(PARTS, SCHEMA, filled(LEAST))) == []


@pytest.mark.parametrize(
    "config",
    [
        {"host": "db", "databases": ["air"]},
        {"host": "db", "databases": ["air", "sea"], "port": 5432, "verify": False, "mode": "fast"},
        {"host": "db", "databases": ["a"], "tags": [{"a": 1}], "canary": {"role": "r", "entitlement": "e"}},
    ],
)
def test_what_nobody_touched_stays_exactly_as_it_was(config):
    assert filled(sent(form(config=config)), config=config) == config


def test_a_secret_is_never_in_the_page():
    made = form(LEAST | {"config.password": "hush"}, config={"password": "env:SYSTEM_AIR_PASSWORD"}, stored=STORED)
    page = str(made)
    assert "hush" not in page
    assert 'placeholder="stored, not shown"' in page
    assert "Empty: it stays as it is." in page
    assert "password" not in read_back(PARTS, {"config.password": "hush"}, {})
    named = str(form(stored={"password": "env:SYSTEM_AIR_PASSWORD"}))
    assert 'placeholder="env:SYSTEM_AIR_PASSWORD"' in named


@pytest.mark.parametrize(
    ("given", "field", "error"),
    [
        ({"config.host": " "}, "config.host", "Host is missing."),
        ({"config.port": "many"}, "config.port", "Enter a whole number."),
        ({"config.port": "0"}, "config.port", "greater than or equal to 1"),
        ({"config.mode": "warp"}, "config.mode", "warp is not one of the available choices"),
        ({"config.tags": "{"}, "config.tags", "Enter a valid JSON."),
        ({"config.databases": "\n"}, "config.databases", "Databases is missing."),
    ],
)
def test_what_is_wrong_stands_at_its_field(given, field, error):
    made = form(LEAST | given)
    assert not made.is_valid()
    assert error in str(made.errors[field])


def test_a_hint_says_the_default_and_how_to_write_a_list():
    hints = {part.name: field_of(part, {}).help_text for part in PARTS}
    assert hints["config.host"] == "A name or an address."
    assert hints["config.port"] == "Unless given: 5432."
    assert hints["config.canary.role"] == "Always there."
    assert hints["config.databases"] == "One a line."
    assert hints["config.password"] == "It is sealed, and never shown again."


def test_a_part_of_an_object_that_must_be_given_must_be_given_itself():
    schema = {"required": ["a"], "properties": {"a": {"required": ["b"], "properties": {"b": {}, "c": {}}}}}
    said = {"description": ""}
    assert list(parts_of(schema)) == [Part(("a", "b"), said, True), Part(("a", "c"), said, False)]
