"""Files of facts as YAML, and what is said of each line."""

import pytest

from governance import clock
from governance.errors import Invalid
from governance.importing import Agents, People, lines_of, take_in
from governance.ledger import Actor
from governance.models import Entry, OrgUnit, Person
from tests.factories import AgentFactory, OrgUnitFactory, PersonFactory

ACTOR = Actor.operator("test")
YAML = """\
# who works here
- email: ada@a.example
  name: Ada Quist
  unit: Air/Ops
  manager: bob@a.example
- {email: bob@a.example, name: Bob, employment: away, away_until: 2099-12-24}
- email: cid@a.example
  name: "No"
  manager: ~
"""


def people(text, name="people.yaml"):
    return lines_of(text, name=name, columns=People.columns)


def test_yaml_is_lines_with_the_numbers_on_which_they_begin():
    lines = people(YAML)
    assert list(lines) == [2, 6, 7]
    assert lines[2] == {"email": "ada@a.example", "name": "Ada Quist", "unit": "Air/Ops", "manager": "bob@a.example"}
    assert lines[6]["away_until"] == "2099-12-24", "as it is written"
    assert lines[7] == {"email": "cid@a.example", "name": "No", "manager": ""}


def test_a_list_is_what_stands_between_semicolons_in_csv():
    text = "- name: bot\n  unit: Ops\n  deputies: [a@a.example, b@a.example]\n"
    lines = lines_of(text, name="agents.yml", columns=Agents.columns)
    assert lines == {1: {"name": "bot", "unit": "Ops", "deputies": "a@a.example;b@a.example"}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "people.yaml: a list is wanted, whose entries have email, name"),
        ("email: a@a.example", "people.yaml: a list is wanted"),
        ("- a@a.example", "people.yaml, line 1: an entry with names is wanted, such as email"),
        ("- email: a@a.example", "people.yaml, line 1: column missing: name"),
        (
            "- {email: a, name: A}\n- {email: b, name: B, shoe: 42}",
            "people.yaml, line 2: column unknown: shoe; the entry has: email",
        ),
        ("- {email: a, name: A, name: B}", "people.yaml, line 1: column twice: name; the entry has: "),
        ("- email: a\n  name: {first: A}", "people.yaml, line 2: name is neither a text nor a list of texts"),
        ("- email: a\n  name: [[A]]", "people.yaml, line 2: name is neither"),
        ("- {email: a, name: A}, - {email: b}", "people.yaml, line 1: "),
        ("- email: [", "people.yaml, line "),
        ("- {email: &a x, name: A}\n- email: b\n  name: [*a, *a]", "people.yaml, line 3: an alias (*name)"),
        ("[{email: a, name: A}, {email: b, name: B}]", "people.yaml, line 1: a second entry"),
        ("- email: a\n---\n- email: b", "people.yaml, line 2: "),
        ("[" * 5000, "people.yaml: lists in lists, too deep"),
        ("- email: \x07", "people.yaml, character 10: special characters are not allowed"),
    ],
)
def test_yaml_that_is_none_is_refused_with_the_place(text, reason):
    with pytest.raises(Invalid) as refusal:
        people(text)
    assert str(refusal.value).startswith(reason)


def test_a_tag_makes_nothing():
    """A document is composed and not constructed: no object comes of it, whatever it asks for."""
    lines = people("- email: !!python/object/apply:os.system ['false']\n  name: !!python/name:os.system ''\n")
    assert lines == {1: {"email": "false", "name": ""}}


def take(lines, *, kind=People, dry_run=False):
    return take_in(kind(at=clock.now(), actor=ACTOR), lines, dry_run=dry_run)


@pytest.mark.django_db
def test_a_second_import_changes_only_what_is_different():
    first = take(people(YAML))
    assert (first.added, first.changed, first.same, first.refused) == (3, 0, 0, {})
    before = Entry.objects.count()
    again = take(people(YAML.replace("Ada Quist", "Ada Lind")))
    assert (again.added, again.changed, again.same, again.told) == (0, 1, 2, {2: ["changes name"]})
    assert Entry.objects.count() == before + 1


@pytest.mark.django_db
def test_a_dry_run_says_what_each_line_would_change_and_changes_nothing():
    person = PersonFactory(email="ada@a.example", name="Ada Quist", unit=OrgUnitFactory(name="Air"))
    outcome = take(people(YAML + "- {email: nobody, name: N}\n"), dry_run=True)
    assert outcome.told[2] == ["makes the unit Ops in Air", "changes unit", "changes manager"]
    assert outcome.told[6] == ["is new", "is away"]
    assert outcome.refusals == [(10, "email 'nobody' is no address")]
    assert (outcome.added, outcome.changed, outcome.same) == (2, 1, 0)
    assert list(Person.objects.all()) == [person]
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_what_becomes_of_an_agent_is_said():
    AgentFactory(name="bot", unit=OrgUnitFactory(name="Ops"))
    PersonFactory(email="ada@a.example")
    text = "- {name: bot, unit: Ops, owner: ada@a.example, autonomy: gated}\n- {name: new, unit: Ops}\n"
    outcome = take(lines_of(text, name="agents.yaml", columns=Agents.columns), kind=Agents)
    assert outcome.told == {1: ["changes autonomy", "gets this owner"], 2: ["is new"]}


@pytest.mark.django_db
def test_what_was_taken_of_a_refused_line_is_said():
    outcome = take(people("- {email: ada@a.example, name: Ada, manager: zed@a.example}\n"))
    [(number, why)] = outcome.refusals
    assert number == 1
    assert why.startswith("manager 'zed@a.example' is nobody we know")
    assert why.endswith("(taken of it: is new)")
    assert Person.objects.get().manager is None
    assert (outcome.added, len(outcome.refused)) == (0, 1)


@pytest.mark.django_db
def test_a_line_that_cannot_be_kept_is_refused_by_its_column():
    OrgUnitFactory(name="Air")
    outcome = take(
        people(
            "- {email: a@a.example, name: A}\n"
            '- {email: b@a.example, name: "\\0"}\n'
            '- {email: c@a.example, name: "C\\ud800"}\n'
            '- {email: d@a.example, name: "D\\u202e"}\n'
            f"- {{email: e@a.example, name: {'E' * 201}}}\n"
            f"- {{email: f@a.example, name: F, unit: Air/{'F' * 201}}}\n"
            '- {email: g@a.example, name: G, manager: "\\0"}\n'
        )
    )
    assert outcome.refused == {
        2: "name has U+0000 as character 1, which cannot be stored: take it out",
        3: "name has U+D800 as character 2, which cannot be stored: take it out",
        4: "name has U+202E as character 2, which hides or turns what is read: take it out",
        5: "name has 201 characters: shorten it to 200",
        6: "unit has 201 characters: shorten it to 200",
        7: "manager has U+0000 as character 1, which cannot be stored: take it out",
    }
    text = f'- {{name: "x\\0", unit: Air}}\n- {{name: {"x" * 201}, unit: Air}}\n'
    text += '- {name: y, unit: Air, purpose: "\\e"}\n'
    agents = take(lines_of(text, name="agents.yaml", columns=Agents.columns), kind=Agents)
    assert [why.partition(":")[0] for _, why in agents.refusals] == [
        "name has U+0000 as character 2, which cannot be stored",
        "name has 201 characters",
        "purpose has U+001B as character 1, which hides or turns what is read",
    ]


@pytest.mark.django_db
def test_lines_about_the_same_are_all_refused_with_their_numbers():
    outcome = take(people("email,name\na@a.example,A\nb@a.example,B\nA@a.example,Ada\n", name="people.csv"))
    why = "'a@a.example' stands on lines 2 and 4: leave one of them"
    assert outcome.refusals == [(2, why), (4, why)]
    assert [each.email for each in Person.objects.all()] == ["b@a.example"]


@pytest.mark.django_db
def test_a_second_unit_at_the_top_is_made_only_where_that_is_said():
    air = OrgUnitFactory(name="Meridian Air")
    lines = people("email,name,unit\na@a.example,A,Meridain Air\nb@a.example,B,Meridian Air/Ops\n", name="people.csv")
    outcome = take(lines)
    assert outcome.refused == {
        2: "unit 'Meridain Air' is unknown. Did you mean Meridian Air? To make it, write where it lies: "
        "Meridian Air/Meridain Air. Units that lie in no other are made by import_people --new-tops"
    }
    assert outcome.told[3] == ["makes the unit Ops in Meridian Air", "is new"]
    assert list(OrgUnit.objects.filter(parent=None)) == [air]
    said = take_in(People(at=clock.now(), actor=ACTOR, tops=True), lines, dry_run=True)
    assert said.told[2] == ["makes the unit Meridain Air at the top", "is new"]
