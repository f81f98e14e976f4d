"""`manage.py set_policy` and `manage.py connect_system`; files that no command can read."""

import json

import pytest
from django.core.management import CommandError

from governance import connecting
from governance.ledger.notes import Signer
from governance.models import OrgUnit, Policy, Source, System, SystemSecret
from tests.factories import OrgUnitFactory, PersonFactory
from tests.governance.commands import run, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(settings):
    settings.ENCRYPTION_KEYS = {"k1": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
    OrgUnitFactory(name="Air")
    return PersonFactory(email="ada@a.example")


CONFIG = {"host": "db", "user": "reader", "databases": ["air"]}


def connect(**options):
    given = {"kind": "postgresql", "owner": "ada@a.example", "unit": "Air/Data"} | options
    return run("connect_system", "air", **given)


def test_a_policy_is_set_from_a_file_and_by_hand(tmp_path):
    path = written(tmp_path, json.dumps({"unused_runs": 7, "undo_seconds": 5}), name="policy.json")
    code, said = run("set_policy", path, set=["undo_seconds=60", "keep_reason_from=low"])
    assert code == 0
    assert "Policy 1 is in force" in said
    parameters = Policy.objects.get().parameters
    assert (parameters.unused_runs, parameters.undo_seconds, parameters.keep_reason_from) == (7, 60, "low")


@pytest.mark.parametrize(
    ("content", "sets", "reason"),
    [
        ("{", [], "is no JSON"),
        ("[]", [], "holds no JSON object"),
        ("{}", ["undo_seconds"], "is no NAME=JSON"),
        ("{}", ["undo_seconds=-1"], "a whole number of 0 or more is wanted"),
        ("{}", ["colour=1"], "policy.colour is not a parameter"),
    ],
)
def test_a_strange_policy_is_refused(tmp_path, content, sets, reason):
    with pytest.raises(CommandError, match=reason):
        run("set_policy", written(tmp_path, content), set=sets)
    with pytest.raises(CommandError, match="cannot be read"):
        run("set_policy", tmp_path / "nothing")


def test_a_system_is_connected_with_its_secret_and_source(tmp_path, owner):
    config = written(tmp_path, json.dumps(CONFIG), name="config.json")
    mapping = written(tmp_path, '{"pay": {"action": "execute", "resource": "air.pay()"}}', name="tools.json")
    secret = written(tmp_path, "hush", name="password")
    code, _ = connect(config=config, secret=[f"password={secret}"], source="calls", mapping=mapping, provenance="agent")
    assert code == 0
    system = System.objects.get()
    assert (system.owner, system.unit.name, system.config["host"]) == (owner, "Data", "db")
    assert SystemSecret.objects.get().field == "password"
    assert Source.objects.get().provenance == "agent"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"owner": "zed@a.example"}, "owner 'zed@a.example' is nobody we know"),
        ({"kind": "abacus"}, "there is no connector 'abacus'"),
        ({"secret": ["password"]}, "is no FIELD=FILE"),
        ({"secret": ["password=/nowhere/at/all"]}, "cannot be read"),
        ({"secret": ["password=/dev/null"]}, "password is empty; give the secret itself"),
        ({"secret": ["word=/etc/hostname"]}, "word is no secret of a postgresql; its own: password"),
        ({"unit": "Aïr"}, "unit 'Aïr' is unknown. Did you mean Air[?] To make it, write where it lies: Air/Aïr"),
        ({"unit": "Air/\udcff"}, "unit has U[+]DCFF as character 5"),
        ({"name": "x" * 500}, "name has 500 characters: shorten it to 200"),
        ({"name": "Air\u202e"}, "name has U[+]202E as character 4, which hides or turns what is read"),
        ({"rhythm": 99_999_999_999, "source": "calls"}, "--rhythm 99999999999 is not between 1 and 8784 hours"),
        ({"rhythm": 0, "source": "calls"}, "--rhythm 0 is not between"),
        ({"source": "x" * 300}, "name has 300 characters"),
    ],
)
def test_a_strange_connection_is_refused_and_leaves_nothing(tmp_path, owner, options, reason):
    config = written(tmp_path, json.dumps(CONFIG), name="config.json")
    password = written(tmp_path, "hush", name="password")
    with pytest.raises(CommandError, match=reason):
        connect(**{"config": config, "secret": [f"password={password}"]} | options)
    assert not System.objects.exists()
    assert OrgUnit.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"host": "a", "host": "b"}', "'host' stands twice in one object"),
        (json.dumps(CONFIG | {"host": "h\0"}), "host has U[+]0000 as character 2, which cannot be stored"),
        (json.dumps(CONFIG | {"databases": ["\ud800"]}), "databases has U[+]D800"),
        (json.dumps(CONFIG | {"\0": 1}), "U[+]0000"),
        (json.dumps(CONFIG | {"port": float("nan")}), "port holds nan, which is no number"),
        ("[" * 100_000, "lists in lists, too deep"),
    ],
)
def test_a_configuration_that_cannot_be_kept_is_refused(tmp_path, owner, content, reason):
    with pytest.raises(CommandError, match=reason):
        connect(config=written(tmp_path, content, name="config.json"))


@pytest.mark.parametrize("content", ['{"pay": "x"}', '{"pay": 5}', '{"pay": {"action": 1, "resource": "air.pay()"}}'])
def test_a_mapping_that_says_no_action_is_refused(tmp_path, owner, content):
    mapping = written(tmp_path, content, name="tools.json")
    password = written(tmp_path, "hush", name="password")
    config = written(tmp_path, json.dumps(CONFIG), name="config.json")
    with pytest.raises(CommandError, match="mapping: 'pay' needs"):
        connect(config=config, secret=[f"password={password}"], source="calls", mapping=mapping)


def test_a_checkpoint_that_cannot_be_read_is_named(tmp_path, settings):
    vkey = Signer.generate("tests.example/ledger").verifier.vkey
    with pytest.raises(CommandError, match=f"--checkpoint {tmp_path}/kept cannot be read: No such file"):
        run("verify_ledger", "--vkey", vkey, "--checkpoint", tmp_path / "kept")


def test_a_secret_may_begin_with_a_byte_order_mark(tmp_path, owner):
    (tmp_path / "password").write_bytes("\ufeffhush\n".encode())
    config = written(tmp_path, json.dumps(CONFIG), name="config.json")
    connect(config=config, secret=[f"password={tmp_path / 'password'}"])
    assert connecting.unseal(SystemSecret.objects.get()) == "hush"
