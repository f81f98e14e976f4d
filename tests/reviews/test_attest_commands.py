"""`manage.py attest` and `manage.py verify_attestation`: by hand, and by anybody."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from governance import clock
from governance.ledger.notes import Signer
from reviews.management.commands.attest import moment
from reviews.models import Attestation, Verdict
from tests.factories import OrganisationFactory
from tests.reviews.attested import ORIGIN, ROWS, SIGNER, Attested
from tests.reviews.scene import done, only_act

VKEY = SIGNER.verifier.vkey
WHOLE = Attested(ROWS)


def run(*arguments: object) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments: object) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return str(error.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An attestation, and its table beside it."""
    path = tmp_path / "october.json"
    path.write_bytes(WHOLE.document + b"\n")
    path.with_suffix(".csv").write_bytes(WHOLE.table)
    return path


# -- attest


@pytest.mark.django_db
def test_a_date_is_a_day_of_the_organisation():
    OrganisationFactory(time_zone="Pacific/Auckland")
    assert moment("2026-11-01").isoformat() == "2026-11-01T00:00:00+13:00"


@pytest.mark.django_db
def test_a_moment_has_its_own_offset():
    assert moment("2026-11-01T12:00:00+01:00") == datetime.fromisoformat("2026-11-01T11:00:00Z")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["yesterday", "", "2026-11-01T12:00:00", "2026-13-01", "2026-11-31", "1 Nov"])
def test_anything_else_is_refused(text):
    OrganisationFactory()
    with pytest.raises(CommandError, match=f"^'?{text}"):
        moment(text)


@pytest.mark.django_db
def test_a_refusal_is_a_sentence(tmp_path):
    OrganisationFactory()
    text = refused("attest", "--from", "2026-11-01", "--to", "2026-10-01", "--out", tmp_path)
    assert text == "The period has to begin before it ends, and before now."


@pytest.mark.django_db
def test_a_folder_that_is_not_there_is_named_before_anything_is_attested(tmp_path):
    OrganisationFactory()
    text = refused("attest", "--from", "2026-10-01", "--to", "2026-11-01", "--out", tmp_path / "nowhere")
    assert text == f"--out: there is no folder {tmp_path / 'nowhere'}; make it first."
    assert not Attestation.objects.exists()


@pytest.mark.django_db
def test_a_period_without_an_end_is_refused(tmp_path):
    OrganisationFactory()
    assert "before it ends" in refused("attest", "--from", "2026-11-01", "--to", "2026-11-01", "--out", tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_attested_can_be_verified_from_its_files(sequencing, scene, pinned, tmp_path):
    scene.decided(Verdict.KEEP)
    now = clock.now()
    begin = now - timedelta(days=30)
    folder = tmp_path / "out"
    folder.mkdir()
    out = run("attest", "--from", f"{begin:%Y-%m-%d}", "--to", now.isoformat(), "--out", folder)
    made = Attestation.objects.get()
    name = f"attestation-{begin:%Y%m%d}-{now:%Y%m%d}"
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.csv", f"{name}.json"]
    assert f"{name}.json: 1 grant was held at some moment of the period; 1 kept\n" in out
    assert f"manifest {made.manifest_digest} over checkpoint {made.checkpoint_size}\n" in out
    assert "not over" not in out
    written = folder / f"{name}.json"
    told = run("verify_attestation", written, "--vkey", pinned.verifier.vkey)
    assert f"{written}: whole, with its table. 1 grants, difference 0," in told
    assert made.document + "\n" == written.read_text()


def test_how_far_the_removals_have_come_is_told(sequencing, scene, pinned, tmp_path):
    done(only_act(scene.decided(Verdict.REVOKE)))
    scene.decide(scene.asked(), Verdict.REDUCE, remains={"text": "Reading its own bookings."})
    now = clock.now()
    out = run("attest", "--from", (now - timedelta(days=1)).isoformat(), "--to", now.isoformat(), "--out", tmp_path)
    assert "2 grants were held at some moment of the period; 1 reduced, 1 revoked\n" in out
    assert "removals so far: 1 planned, 1 verified\n" in out


def test_a_period_that_is_not_over_is_named_up_to_now(sequencing, scene, pinned, tmp_path):
    begin = clock.now() - timedelta(days=30)
    out = run("attest", "--from", begin.isoformat(), "--to", "2999-01-01", "--out", tmp_path)
    made = Attestation.objects.get()
    [file] = tmp_path.glob("*.json")
    assert file.name == f"attestation-{begin:%Y%m%d}-{made.ends_at:%Y%m%d}.json"
    assert f"The period is not over: counted up to {made.ends_at:%Y-%m-%d %H:%M:%S} UTC." in out


def test_an_attestation_never_takes_the_place_of_an_earlier_one(sequencing, scene, pinned, tmp_path):
    now = clock.now()
    period = ("--from", (now - timedelta(days=30)).isoformat(), "--to", now.isoformat(), "--out", tmp_path)
    name = f"attestation-{now - timedelta(days=30):%Y%m%d}-{now:%Y%m%d}"
    (tmp_path / f"{name}-2.csv").write_text("kept by somebody")
    run("attest", *period)
    first = (tmp_path / f"{name}.json").read_bytes()
    scene.grant(opened_at=now - timedelta(days=1))
    assert f"{name}-3.json: " in run("attest", *period)
    assert (tmp_path / f"{name}.json").read_bytes() == first
    for file in sorted(tmp_path.glob("*.json")):
        assert "whole, with its table" in run("verify_attestation", file, "--vkey", pinned.verifier.vkey)


# -- verify_attestation: no database


def test_a_whole_file_is_whole(file):
    told = run("verify_attestation", file, "--vkey", VKEY)
    assert told == (
        f"{file}: whole, with its table. 10 grants, difference 0, "
        "2026-10-01T00:00:00.000000Z to 2026-11-01T00:00:00.000000Z.\n"
    )


def test_a_key_that_is_none_is_not_the_files_fault(file):
    said = refused("verify_attestation", file, "--vkey", "nonsense")
    assert said == "--vkey or LEDGER_VKEY: a key is <name>+<hash>+<base64>"


def test_without_its_table_it_says_so(file):
    file.with_suffix(".csv").unlink()
    assert "whole, without a table" in run("verify_attestation", file, "--vkey", VKEY)


def test_the_table_may_lie_elsewhere(file, tmp_path):
    moved = file.with_suffix(".csv").rename(tmp_path / "moved.csv")
    assert "with its table" in run("verify_attestation", file, "--vkey", VKEY, "--table", moved)


def test_a_table_that_was_changed_is_refused(file):
    table = file.with_suffix(".csv")
    table.write_bytes(table.read_bytes().replace(b"kept", b"lost"))
    assert refused("verify_attestation", file, "--vkey", VKEY) == (
        f"{file}: refused: table: not the one that the manifest names"
    )


def test_several_files_are_checked_and_the_first_wrong_one_is_refused(file, tmp_path):
    other = tmp_path / "other.json"
    other.write_bytes(file.read_bytes())
    told = run("verify_attestation", file, other, "--vkey", VKEY)
    assert (f"{file}: whole, with" in told, f"{other}: whole, without" in told) == (True, True)
    assert "name one" in refused("verify_attestation", file, other, "--vkey", VKEY, "--table", tmp_path)
    other.write_bytes(file.read_bytes().replace(b"Skyway", b"Skywax"))
    assert f"{other}: refused" in refused("verify_attestation", file, other, "--vkey", VKEY)


def test_a_file_that_was_changed_is_refused(file):
    file.write_bytes(file.read_bytes().replace(b"Skyway", b"Skywax"))
    assert refused("verify_attestation", file, "--vkey", VKEY) == (
        f"{file}: refused: entry: the ledger names another manifest"
    )


def test_another_key_is_refused(file):
    other = Signer.generate(ORIGIN).verifier.vkey
    assert "refused: checkpoint: signed by" in refused("verify_attestation", file, "--vkey", other)


def test_the_pinned_key_is_taken(file, settings):
    settings.LEDGER_VKEY = VKEY
    assert "whole" in run("verify_attestation", file)


def test_a_key_is_never_taken_from_the_file(file, settings):
    settings.LEDGER_VKEY = ""
    assert "A key from the file would prove nothing" in refused("verify_attestation", file)


@pytest.mark.parametrize("missing", ["october.json", "table"])
def test_a_file_that_is_not_there_is_refused(file, tmp_path, missing):
    nowhere = tmp_path / "nowhere"
    where = [nowhere] if missing == "october.json" else [file, "--table", nowhere]
    assert "nowhere" in refused("verify_attestation", *where, "--vkey", VKEY)
