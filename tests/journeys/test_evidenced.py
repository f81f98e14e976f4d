"""The same way by the real processes: beat, worker and sequencer, and at its end an attestation that verifies."""

import io
import json
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command

from governance import clock
from governance.errors import Conflict
from governance.ledger.notes import Signer
from reviews import attesting
from reviews.models import Attestation, Item
from reviews.models.remediation import State
from tests import databases
from tests.connectors.company import CALL, REFUND
from tests.journeys.waiting import until
from tests.journeys.world import FLIGHTS, LIST, only_act, psql, tick


@pytest.fixture
def signer(settings) -> Signer:
    made = Signer.generate(settings.LEDGER_ORIGIN)
    settings.LEDGER_VKEY = made.verifier.vkey
    return made


@pytest.fixture
def sequencer(committed, start, signer, tmp_path, monkeypatch) -> None:
    """The real process, with its own log-in and key."""
    key = tmp_path / "ledger.key"
    signer.save(key)
    monkeypatch.setenv("LEDGER_SIGNING_KEY_FILE", str(key))
    monkeypatch.setenv("LEDGER_CHECKPOINT_SECONDS", "1")
    with databases.pointed_to(databases.as_role("sequencer", committed)):
        start("manage", "sequence")


@pytest.fixture
def timetable(start, worker, tmp_path, monkeypatch) -> None:
    """The real beat, every second, and a real worker."""
    monkeypatch.setenv("COUNTERSIGN_SWEEP_SECONDS", "1")
    start("celery", "-A", "config", "beat", "--pidfile", "", "-s", tmp_path / "beat")


def attested(folder: Path) -> Path:
    """Attest the last month by the operator's command; return the file."""
    now = clock.now()
    period = {"starts": (now - timedelta(days=30)).isoformat(), "ends": (now + timedelta(days=1)).isoformat()}
    call_command("attest", f"--from={period['starts']}", f"--to={period['ends']}", out=folder, stdout=io.StringIO())
    [file] = folder.glob("*.json")
    return file


def verified(file: Path, signer: Signer) -> str:
    """What the verifier says of a file, with a key that we know."""
    said = io.StringIO()
    call_command("verify_attestation", str(file), vkey=signer.verifier.vkey, stdout=said)
    return said.getvalue()


def test_by_the_timetable_alone_a_question_is_asked_carried_out_and_proven(world, timetable):
    grant = world.grant("agent", REFUND)
    until(lambda: Item.objects.open().filter(grant=grant).exclude(previewed_at=None).exists())
    decision = world.revoke(grant)
    until(lambda: only_act(decision).state == State.VERIFIED)
    assert "permission denied for function refund_payment" in psql(world.airline, "agent", CALL)
    assert psql(world.airline, "agent", FLIGHTS) == "SK1"
    assert [each.kind for each in only_act(decision).tries.order_by("number")] == ["send", "read"]


def test_an_attestation_over_it_verifies_by_our_key_alone_and_one_changed_byte_is_refused(
    world, sequencer, signer, settings, tmp_path
):
    grant = world.grant("agent", REFUND)
    tick()
    world.revoke(grant)
    tick()
    file = attested(tmp_path)
    assert "whole, with its table" in verified(file, signer)
    with pytest.raises(CommandError, match="refused"):
        verified(file, Signer.generate(settings.LEDGER_ORIGIN))
    document = json.loads(file.read_bytes())
    rows = {row["grant"]: row for row in document["rows"]}
    mine = rows[str(grant.pk)]
    assert (mine["bucket"], mine["act_state"], mine["decided_by"]) == ("revoked", "verified", "Owner")
    assert rows[str(world.grant("agent", LIST).pk)]["bucket"] == "not_asked"
    counts = dict(document["manifest"]["counts"])
    assert counts.pop("difference") == 0
    assert counts.pop("population") == sum(counts.values()) == len(rows)
    file.write_bytes(file.read_bytes().replace(b"refund_payment", b"refund_paymenT", 1))
    with pytest.raises(CommandError, match="refused"):
        verified(file, signer)


def test_what_lives_on_and_what_is_open_is_counted_as_that(world, sequencer, tmp_path):
    grant = world.grant("agent", REFUND)
    tick()
    world.airline.do("SET ROLE air_owner; GRANT EXECUTE ON FUNCTION air.refund_payment TO PUBLIC")
    world.sync()
    world.revoke(grant)
    tick()
    tick()
    file = attested(tmp_path)
    manifest = json.loads(file.read_bytes())["manifest"]
    assert manifest["removals"] == {"still_effective": 1}
    assert manifest["counts"]["carried_over"] == 1  # PUBLIC's grant: its owner has not answered


def test_a_ledger_that_was_tampered_with_is_not_attested_over(world, sequencer, committed, tmp_path):
    tick()
    attested(tmp_path)
    url = urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{committed}").geturl()
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("ALTER TABLE evidence.entry DISABLE TRIGGER USER")
        superuser.execute("UPDATE evidence.entry SET actor_id = 'nobody' WHERE act = 'system.connected'")
    with pytest.raises(Conflict, match="broken"):
        attesting.attest(starts_at=clock.now() - timedelta(days=1), ends_at=clock.now())
    assert Attestation.objects.count() == 1
