"""`manage.py import_agents`."""

import pytest

from governance import clock
from governance.models import Agent, Claim, Entry
from tests.factories import AccountFactory, GrantFactory, OrgUnitFactory, PersonFactory, SystemFactory
from tests.governance.commands import run, written

pytestmark = pytest.mark.django_db

HEADER = "name,unit,purpose,autonomy,owner,deputies,accounts,lifecycle"


@pytest.fixture(autouse=True)
def air():
    return OrgUnitFactory(name="Air")


@pytest.fixture
def system():
    return SystemFactory(slug="air")


@pytest.fixture
def people():
    return [PersonFactory(email=f"{name}@a.example") for name in ("ada", "bob", "cid")]


def test_an_agent_comes_with_its_people_and_accounts(tmp_path, system, people):
    account = AccountFactory(system=system, native_id="16400", name="support_bot")
    grant = GrantFactory(account=account)
    line = "support,Air/Ops,answers,supervised,ada@a.example,bob@a.example; cid@a.example,air:support_bot,dormant"
    code, _ = run("import_agents", written(tmp_path, HEADER, line))
    assert code == 0
    agent = Agent.objects.get()
    assert (agent.unit.name, agent.purpose, agent.autonomy, agent.lifecycle) == (
        "Ops",
        "answers",
        "supervised",
        "dormant",
    )
    assert [each.person for each in agent.line()] == people
    assert agent.accountable(clock.now()) == people[0]
    assert Claim.objects.get().account == account
    grant.refresh_from_db()
    assert grant.unit == agent.unit


def test_the_same_file_again_writes_nothing(tmp_path, system, people):
    AccountFactory(system=system, native_id="16400")
    path = written(tmp_path, HEADER, "s,Air,p,gated,ada@a.example,bob@a.example,air:16400,active", "t,Air,,,,,,retired")
    run("import_agents", path)
    before = Entry.objects.count()
    code, said = run("import_agents", path)
    assert (code, Entry.objects.count()) == (0, before)
    assert "0 new, 0 changed, 2 the same" in said


def test_it_may_say_that_an_agent_reads_what_outsiders_write(tmp_path):
    lines = ["talks,Air,yes", "batch,Air,no", "other,Air,", "strange,Air,often"]
    code, said = run("import_agents", written(tmp_path, "name,unit,reads_outsiders", *lines))
    assert code == 2
    assert "line 5: reads_outsiders 'often' is unknown; one of yes, no" in said
    assert dict(Agent.objects.values_list("name", "reads_outsiders")) == {"talks": True, "batch": False, "other": False}
    run("import_agents", written(tmp_path, "name,unit", "talks,Air"))
    assert Agent.objects.get(name="talks").reads_outsiders, "an empty cell leaves it as it is"


def test_it_may_say_in_which_systems_an_agent_works(tmp_path, system):
    SystemFactory(slug="crm")
    header = "name,unit,allowed_systems"
    code, _ = run("import_agents", written(tmp_path, header, "support,Air,air; crm", "other,Air,"))
    named = Agent.objects.filter(allowed_systems__isnull=False).values_list("name", "allowed_systems__slug")
    assert (code, sorted(named)) == (0, [("support", "air"), ("support", "crm")])
    code, said = run("import_agents", written(tmp_path, header, "support,Air,nowhere"))
    assert code != 0
    assert "system 'nowhere' is unknown" in said


def test_an_empty_cell_takes_no_owner_away(tmp_path, people):
    run("import_agents", written(tmp_path, "name,unit,owner", "s,Air,ada@a.example"))
    run("import_agents", written(tmp_path, "name,unit,owner", "s,Air,"))
    assert Agent.objects.get().accountable(clock.now()) == people[0]


def test_bad_lines_are_named_and_leave_nothing_behind(tmp_path, system, people):
    AccountFactory.create_batch(2, system=system, name="twin")
    code, said = run(
        "import_agents",
        written(
            tmp_path,
            HEADER,
            "good,Air,,,,,,",
            "a,,,,,,,",
            "b,Air,,,zed@a.example,,,",
            "c,Air,,,,zed@a.example,,",
            "d,Air,,,,,air,",
            "e,Air,,,,,sea:x,",
            "f,Air,,,,,air:x,",
            "g,Air,,,,,air:twin,",
            "h,Air,,wild,,,,",
            "i,Air,,,,,,asleep",
            ",Air,,,,,,",
        ),
    )
    assert code == 2
    for told in (
        "line 3: unit is missing",
        "line 4: owner 'zed@a.example' is nobody we know",
        "line 5: deputies 'zed@a.example' is nobody we know",
        "line 6: accounts 'air' names no account",
        "line 7: system 'sea' is unknown; there are: air",
        "line 8: account 'x' is not in air; has it been synced?",
        "line 9: account 'twin' means several in air; give its native id",
        "line 10: autonomy 'wild' is unknown",
        "line 11: lifecycle 'asleep' is unknown",
        "line 12: name is missing",
    ):
        assert told in said
    assert list(Agent.objects.values_list("name", flat=True)) == ["good"]


def test_a_dry_run_changes_nothing(tmp_path):
    code, said = run("import_agents", written(tmp_path, HEADER, "a,Air,,,,,,"), dry_run=True)
    assert code == 0
    assert "1 new, 0 changed, 0 the same" in said
    assert not Agent.objects.exists()
