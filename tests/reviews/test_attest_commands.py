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
    assert not list(tmp_path.iterdir())


def test_what_is_attested_can_be_verified_from_its_files(sequencing, scene, pinned, tmp_path):
    scene.decided(Verdict.KEEP)
    begin, end = clock.now() - timedelta(days=30), clock.now() + timedelta(days=1)
    folder = tmp_path / "out"
    folder.mkdir()
    out = run("attest", "--from", f"{begin:%Y-%m-%d}", "--to", f"{end:%Y-%m-%d}", "--out", folder)
    made = Attestation.objects.get()
    name = f"attestation-{begin:%Y%m%d}-{end:%Y%m%d}"
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.csv", f"{name}.json"]
    assert f"{name}.json: 1 population, 1 kept\n" in out
    assert f"manifest {made.manifest_digest} over checkpoint {made.checkpoint_size}" in out
    written = folder / f"{name}.json"
    told = run("verify_attestation", written, "--vkey", pinned.verifier.vkey)
    assert f"{written}: whole, with its table. 1 grants, difference 0," in told
    assert made.document + "\n" == written.read_text()


# -- verify_attestation: no database


def test_a_whole_file_is_whole(file):
    told = run("verify_attestation", file, "--vkey", VKEY)
    assert told == (
        f"{file}: whole, with its table. 10 grants, difference 0, "
        "2026-10-01T00:00:00.000000Z to 2026-11-01T00:00:00.000000Z.\n"
    )


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
