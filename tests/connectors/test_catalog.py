"""Connectors are found by their kind, and say what they lack."""

import importlib
import pickle

import pytest

from connectors import catalog
from connectors.base import Grant, Reader, Ref, Restorer, Secret
from connectors.errors import ConfigInvalid

CONFIG = {"host": "db.example", "user": "countersign", "databases": ["airline"]}


def test_it_connects_by_kind_and_sends_nothing():
    found = catalog.connect("postgresql", CONFIG, {"password": Secret("word")})
    assert isinstance(found, Reader)
    assert isinstance(found, Restorer)


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_every_kind_can_be_loaded(kind):
    module, _, name = catalog.KINDS[kind].rpartition(".")
    assert getattr(importlib.import_module(module), name).spec is catalog.spec_of(kind)


def test_an_unknown_kind_is_named_with_those_there_are():
    with pytest.raises(ConfigInvalid, match="no connector 'oracle'; there are: postgresql"):
        catalog.spec_of("oracle")


def test_a_missing_secret_and_one_too_many_are_named():
    with pytest.raises(ConfigInvalid, match="needs the secret password"):
        catalog.connect("postgresql", CONFIG, {})
    secrets = {"password": Secret("a"), "token": Secret("b")}
    with pytest.raises(ConfigInvalid, match="no secret called token"):
        catalog.connect("postgresql", CONFIG, secrets)


def test_what_a_kind_needs_but_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(catalog, "KINDS", {"ldap": "connectors.nowhere.LDAP"})
    with pytest.raises(ConfigInvalid, match="'ldap' cannot be loaded: No module named"):
        catalog.spec_of("ldap")


def test_a_secret_is_told_by_reveal_alone():
    secret = Secret("word")
    assert secret.reveal() == "word"
    assert "word" not in f"{secret} {secret!r} {[secret]}"
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError, match="is not stored"):
        pickle.dumps(secret)


def test_two_grants_never_have_the_same_key():
    one = Grant(Ref("role", "1"), Ref("table", "a|b"), origin="c")
    other = Grant(Ref("role", "1"), Ref("table", "a"), origin="b|c")
    assert one.key != other.key
