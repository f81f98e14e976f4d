"""`manage.py import_people`."""

from datetime import timedelta

import pytest
from django.core.management import CommandError

from governance import clock
from governance.models import Entry, OrgUnit, Person
from tests.factories import OrgUnitFactory
from tests.governance.commands import run, written

pytestmark = pytest.mark.django_db

HEADER = "email,name,manager,unit,time_zone,employment,away_until"


def test_a_manager_may_come_later_in_the_file(tmp_path):
    code, said = run(
        "import_people",
        written(tmp_path, HEADER, "ada@a.example,Ada,bob@a.example,Air/Ops,,,", "bob@a.example,Bob,,Air,Asia/Tokyo,,"),
    )
    assert code == 0
    assert "2 lines: 2 new, 0 changed, 0 the same" in said
    ada = Person.objects.get(email="ada@a.example")
    assert ada.manager.email == "bob@a.example"
    assert ada.unit.parent == OrgUnit.objects.get(name="Air")
    assert ada.manager.time_zone == "Asia/Tokyo"


def test_the_same_file_again_writes_nothing(tmp_path):
    path = written(tmp_path, HEADER, "ada@a.example,Ada,,Air,,active,", "bob@a.example,Bob,ada@a.example,Air,,left,")
    run("import_people", path)
    before = Entry.objects.count()
    code, said = run("import_people", path)
    assert code == 0
    assert "0 new, 0 changed, 2 the same" in said
    assert Entry.objects.count() == before


def test_bad_lines_are_named_and_the_rest_is_kept(tmp_path):
    code, said = run(
        "import_people",
        written(
            tmp_path,
            HEADER,
            "ada@a.example,Ada,,Air,,,",
            "nobody,N,,,,,",
            "bob@a.example,,,,,,",
            "cid@a.example,Cid,zed@a.example,,,,",
            "dan@a.example,Dan,,,Mars/Base,,",
            "eve@a.example,Eve,,,,away,soon",
            "fay@a.example,Fay,,,,away,2026-12-24T10:00",
            "gus@a.example,Gus,,,,away,",
            "hal@a.example,Hal,,,,dead,",
        ),
    )
    assert code == 2
    for told in (
        "line 3: email 'nobody' is no address",
        "line 4: name is missing",
        "line 5: manager 'zed@a.example' is nobody we know",
        "line 6: time zone 'Mars/Base' is unknown",
        "line 7: away_until 'soon' is no date",
        "line 8: away_until '2026-12-24T10:00' has no time zone",
        "line 9: away_until is missing",
        "line 10: employment 'dead' is unknown",
    ):
        assert told in said
    assert Person.objects.filter(email="ada@a.example").exists()


def test_a_circle_of_managers_is_refused(tmp_path):
    code, said = run(
        "import_people",
        written(tmp_path, "email,name,manager", "a@a.example,A,b@a.example", "b@a.example,B,a@a.example"),
    )
    assert code == 2
    assert "line 3: manager a@a.example reports to b@a.example" in said


def test_none_kept_is_another_end(tmp_path):
    assert run("import_people", written(tmp_path, HEADER, "x,y,,,,,"))[0] == 1


def test_somebody_goes_away_and_leaves(tmp_path):
    until = clock.now().date() + timedelta(days=9)
    run(
        "import_people",
        written(tmp_path, HEADER, f"a@a.example,A,,,Asia/Tokyo,away,{until}", "b@a.example,B,,,,left,"),
    )
    away, left = Person.objects.order_by("email")
    assert away.away_until.isoformat().startswith(f"{until - timedelta(days=1)}T15:00")  # midnight in Tokyo
    assert (left.employment, left.is_active) == ("left", False)


def test_a_line_clears_a_manager_and_an_empty_cell_does_not(tmp_path):
    header = "email,name,manager"
    run("import_people", written(tmp_path, header, "a@a.example,A,", "b@a.example,B,a@a.example"))
    run("import_people", written(tmp_path, header, "b@a.example,B,"))
    assert Person.objects.get(email="b@a.example").manager
    run("import_people", written(tmp_path, header, "b@a.example,B,-"))
    assert Person.objects.get(email="b@a.example").manager is None


def test_new_tops_are_made_where_the_command_says_so(tmp_path):
    OrgUnitFactory(name="Air")
    path = written(tmp_path, HEADER, "a@a.example,A,,Sea,,,")
    assert run("import_people", path)[0] == 1
    assert run("import_people", path, new_tops=True)[0] == 0
    assert OrgUnit.objects.get(name="Sea").parent is None


def test_a_dry_run_changes_nothing(tmp_path):
    code, said = run("import_people", written(tmp_path, HEADER, "a@a.example,A,,Air,,,"), dry_run=True)
    assert code == 0
    assert "Dry run" in said
    assert "1 new, 0 changed, 0 the same" in said
    assert not Person.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "column missing: email, name"),
        ([], "the first line has: nothing"),
        (["email,nom"], "column missing: name; column unknown: nom; the first line has: email, nom"),
        (["e-mail,name"], r"has: e-mail, name\. Did you mean email\? Known: email, name, manager"),
        (["email,name,unti,manager,time_zone"], r": column unknown: unti; the first line .* Did you mean unit\?"),
        (["email,name,shoe"], r": column unknown: shoe; the first line has: email, name, shoe\. Known: email"),
        (["email,name,name"], r": column twice: name; the first line has: email, name, name\.$"),
        (["at,event_id,account,action,outcome"], r"column missing: email, name; .* the columns of Import use\.$"),
        (["name,unit,owner"], r"column missing: email; .* These are the columns of Import agents\.$"),
        (["system,account,entitlement,date"], "the columns of State since when access is held"),
        ([",".join(["shoe"] * 1000)], r"shoe, …\. Known"),
        (["email,name", "a,b,c"], "line 2: 3 cells"),
        (["email,name", 'a,"b'], "unexpected end of data"),
        (["email,name", "a,\0"], "NUL"),
    ],
)
def test_an_unreadable_file_is_refused_whole(tmp_path, lines, reason):
    with pytest.raises(CommandError, match=reason):
        run("import_people", written(tmp_path, *lines))


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(b"email,name\na@a.example,Zo\xeb\n")
    with pytest.raises(CommandError, match="is not UTF-8 at byte 26"):
        run("import_people", path)
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_people", tmp_path / "nothing")
