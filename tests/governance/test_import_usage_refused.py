"""`manage.py import_usage`: what is refused as a whole, and the refused lines that come back to be mended."""

import gzip
import json

import pytest
from django.core.management import CommandError

from governance.models import Coverage, Run, UsageEvent
from tests.factories import AgentFactory
from tests.governance.test_import_usage import HEADER, at, file, line, policy, run, source

__all__ = ["file", "policy", "source"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("covers", "reason"),
    [
        ("2026-01-02..2026-01-01", "FROM must be earlier than TO"),
        ("2026-01-01..2026-01-01", "FROM must be earlier than TO"),
        ("2026-01-01..2999-01-01", "in the future"),
        ("0001-01-01..2026-01-01", "use is kept for"),
        ("2026-01-01", "FROM..TO is wanted"),
        ("2026-01-01T10:00..2026-01-02", "no time zone"),
        ("soon..later", "is no time"),
    ],
)
def test_it_refuses_a_strange_cover_whole(source, file, covers, reason):
    with pytest.raises(CommandError, match=reason):
        run(file(HEADER, line(1)), covers=covers)
    assert not UsageEvent.objects.exists()


def test_it_refuses_an_unknown_source_naming_those_there_are(source, file):
    with pytest.raises(CommandError, match="'nobody' is unknown; there are: audit-log"):
        run(file(HEADER, line(1)), source="nobody")


@pytest.mark.parametrize("missing", ["at", "event_id", "account", "action", "outcome"])
def test_it_refuses_a_file_without_a_column(source, file, missing):
    header = ",".join(name for name in HEADER.split(",") if name != missing)
    with pytest.raises(CommandError, match=f"column missing: {missing}"):
        run(file(header))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"[{}]\n", "JSON array"),
        (b"\xff\xfea\x00t\x00", "unreadable first line"),
        (gzip.compress(HEADER.encode() * 5000)[:-12], "no whole gzip file"),
        (b"\x1f\x8bnonsense", "no whole gzip file"),
        (f"{HEADER},at".encode(), "column twice: at"),
    ],
)
def test_it_refuses_an_unreadable_file_whole(source, tmp_path, content, reason):
    path = tmp_path / "use"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=reason):
        run(path)


def test_it_refuses_a_file_that_is_not_there(source, tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "nothing")


def test_refused_lines_come_back_as_they_were_and_can_be_mended(source, file, tmp_path):
    broken = line(2).encode() + b"\xff"
    back = tmp_path / "back.csv"
    code, said = run(file(HEADER, line(1), broken, line(3, outcome="maybe"), line(4, hour=30)), refused=back)
    assert code == 2
    assert "2 lines were refused that may tell of that time, so nothing counts as observed. Mend them" in said
    assert not Coverage.objects.exists()
    first, second, third, _ = back.read_bytes().splitlines()
    assert first == f"{HEADER},refused_because".encode()
    assert second.startswith(broken + b",not UTF-8")
    back.write_bytes(b"\n".join([first, third.replace(b"maybe", b"denied")]))
    assert run(back)[0] == 0
    assert UsageEvent.objects.get(event_id="e3").outcome == "denied"
    assert Coverage.objects.exists()


def test_refused_objects_come_back_with_their_reason(source, file, tmp_path):
    back = tmp_path / "back.ndjson"
    run(file('{"at": "never", "event_id": "1"}', "{}", "nonsense"), refused=back)
    told = [json.loads(each) for each in back.read_text().splitlines()]
    assert told[0]["event_id"] == "1"
    assert "is no time" in told[0]["refused_because"]
    assert told[2]["line"] == "nonsense"


def test_there_is_no_file_of_refused_lines_where_none_was_refused(source, file, tmp_path):
    run(file(HEADER, line(1)), refused=tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_it_will_not_write_refused_lines_over_its_input(source, file):
    path = file(HEADER, line(1, hour=40))
    with pytest.raises(CommandError, match="is the file that is read"):
        run(path, refused=path)
    assert path.read_text().startswith(HEADER)


def test_it_will_not_write_refused_lines_over_the_runs(source, file, tmp_path):
    runs = tmp_path / "runs.csv"
    runs.write_text("run,agent,started,ended,outcome\n")
    with pytest.raises(CommandError, match=r"runs\.csv is the file that is read"):
        run(file(HEADER, line(1)), runs=runs, refused=runs)
    assert runs.exists()
    assert not UsageEvent.objects.exists()


def test_it_will_not_write_refused_runs_over_the_events(source, tmp_path):
    events, runs = tmp_path / "use.runs.csv", tmp_path / "other.csv"
    events.write_text(f"{HEADER}\n{line(1)}\n")
    runs.write_text("run,agent,started,ended,outcome\n")
    with pytest.raises(CommandError, match=r"use\.runs\.csv is the file that is read"):
        run(events, runs=runs, refused=tmp_path / "use.csv")
    assert events.read_text().startswith(HEADER)


def test_it_will_not_write_refused_lines_into_the_folder_that_it_reads(source, tmp_path):
    (tmp_path / "logs").mkdir()
    with pytest.raises(CommandError, match=r"back\.csv is in the folder that is read"):
        run(tmp_path / "logs", refused=tmp_path / "logs" / ".." / "logs" / "back.csv")
    assert not list((tmp_path / "logs").iterdir())


def test_a_line_whose_reason_was_taken_out_keeps_its_last_cell(source, file, tmp_path):
    back = tmp_path / "back.csv"
    run(file(f"{HEADER},refused_because", line(1)), refused=back)
    assert back.read_text().splitlines()[1].startswith(f"{line(1)},has 8 cells")


def test_none_kept_counts_runs_as_well(source, file, tmp_path):
    runs = tmp_path / "runs.csv"
    runs.write_text("run,agent,started,ended,outcome\nr1,nobody,never,,\n")
    assert run(file(HEADER), runs=runs)[0] == 1


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ({"outcome": "?"}, "1 line was refused that may tell of that time, so nothing counts as observed."),
        ({"hour": 40}, "Every event is of another time, so nothing counts as observed."),
    ],
)
def test_runs_are_kept_where_every_event_is_refused_and_nobody_counts_as_observed(source, file, refused, why):
    AgentFactory(name="helper")
    runs = file("run,agent,started,ended,outcome", f"r1,helper,{at(9)},,", name="runs.csv")
    code, said = run(file(HEADER, line(1, **refused)), runs=runs)
    assert code == 2
    assert "1 events: 0 kept, 0 already there, 1 refused." in said
    assert "1 runs: 1 kept, 0 already there, 0 refused." in said
    assert said.splitlines()[-1].startswith(why)
    assert Run.objects.get().native_id == "r1"
    assert not Coverage.objects.exists()


def test_runs_that_are_all_of_another_time_cover_nobody_beside_events_that_are_kept(source, file):
    AgentFactory(name="helper")
    runs = file("run,agent,started,ended,outcome", f"r1,helper,{at(40)},,", name="runs.csv")
    code, said = run(file(HEADER, line(1)), runs=runs)
    assert code == 2
    assert said.splitlines()[-1] == "Every run is of another time, so nothing counts as observed."
    assert not Coverage.objects.exists()


def test_it_says_where_refused_runs_are(source, file, tmp_path):
    runs = file("run,agent,started,ended,outcome", "r1,nobody,never,,", name="runs.csv")
    _, said = run(file(HEADER, line(1)), runs=runs, refused=tmp_path / "back.csv")
    assert said.splitlines()[-1] == f"The refused lines are in {tmp_path / 'back.runs.csv'}."
