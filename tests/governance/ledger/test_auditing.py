"""Whoever owns the machine can change everything, but not unseen: the first bad place is named."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from threading import enumerate as threads

import pytest
import rfc8785
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from governance.ledger.auditing import Broken, audit
from governance.ledger.merkle import leaf_hash
from governance.ledger.notes import Head, Signer
from governance.models import Checkpoint, Entry, Leaf
from tests.governance.ledger.conftest import tell


@pytest.fixture
def ten(sequenced, sequencer, as_sequencer):
    """Ten entries, signed after the fourth and after the tenth."""
    entries = tell(4, body={"n": 1})
    sequenced()
    entries += tell(6, body={"n": 2}, commit={"reason": "told in confidence"})
    sequenced()
    return entries


def hexed(raw):
    return f"'\\x{raw.hex()}'"


def broken(audited, *outside):
    with pytest.raises(Broken) as found:
        audited(*outside)
    return str(found.value)


def test_a_whole_ledger_is_whole(ten, audited):
    verdict = audited()
    assert (verdict.size, verdict.checkpoints, verdict.waiting, verdict.unreadable) == (10, 2, 0, 0)
    assert verdict.root == bytes(Checkpoint.objects.get(size=10).root)


def test_an_empty_ledger_is_whole(committed, audited):
    verdict = audited()
    assert (verdict.size, verdict.root) == (0, sha256(b"").digest())


def test_entries_that_wait_are_counted(ten, audited):
    tell(2)
    assert audited().waiting == 2


def test_an_edited_entry_is_named(ten, audited, tamper):
    tamper(f"UPDATE evidence.entry SET body = '{{\"n\": 3}}' WHERE id >= {ten[6]}")
    assert broken(audited) == (
        f'entry {ten[6]}, leaf 6: the entry is not what its leaf says: body was {{"n": 2}}, is {{"n": 3}}'
    )


COLUMNS = [
    ("act", "'ask.sent'", "act"),
    ("at", "at + interval '1 microsecond'", "at"),
    ("actor_id", "'x'", "actor"),
    ("authority", "'x'", "authority"),
    ("surface", "'x'", "surface"),
    ("assurance", "'x'", "assurance"),
    ("subjects", """'[{"kind": "grant", "id": "1"}]'""", "subjects"),
    ("commitments", """'{"reason": "no"}'""", "commit"),
    ("simulated", "true", "simulated"),
]


def test_every_column_is_compared(ten, audited, tamper):
    for index, (column, value, field) in reversed(list(enumerate(COLUMNS))):  # the newest change is the first bad one
        tamper(f"UPDATE evidence.entry SET {column} = {value} WHERE id = {ten[index]}")
        told = f"entry {ten[index]}, leaf {index}: the entry is not what its leaf says: {field} was"
        assert broken(audited).startswith(told)


def test_a_deleted_entry_is_named(ten, audited, tamper):
    tamper(f"DELETE FROM evidence.entry WHERE id = {ten[2]}")
    assert broken(audited) == f"entry {ten[2]}, leaf 2: the entry is gone; its leaf remains"


def test_truncated_entries_are_named(ten, audited, tamper):
    tamper("TRUNCATE evidence.entry")
    assert broken(audited) == f"entry {ten[0]}, leaf 0: the entry is gone; its leaf remains"


def test_a_deleted_leaf_is_named(ten, audited, tamper):
    tamper("DELETE FROM evidence.leaf WHERE index = 5")
    assert broken(audited) == "leaf 5: the leaf is missing; the next is 6"


def test_a_cut_tail_is_named(ten, audited, tamper):
    tamper("DELETE FROM evidence.leaf WHERE index >= 8", f"DELETE FROM evidence.entry WHERE id >= {ten[8]}")
    assert broken(audited) == "leaf 8: a checkpoint over 10 leaves is signed, but only 8 are here"


def test_a_tail_that_is_cut_with_its_checkpoint_is_shown_by_one_from_outside(ten, audited, tamper):
    outside = Checkpoint.objects.get(size=10).note
    root = bytes(Checkpoint.objects.get(size=4).root)
    tamper(
        "DELETE FROM evidence.checkpoint WHERE size = 10",
        "DELETE FROM evidence.leaf WHERE index >= 4",
        f"DELETE FROM evidence.secret WHERE entry >= {ten[4]}",
        f"DELETE FROM evidence.entry WHERE id >= {ten[4]}",
        f"UPDATE evidence.tree SET size = 4, frontier = {hexed(root)}",
    )
    assert audited().size == 4
    assert broken(audited, outside) == "leaf 4: a checkpoint over 10 leaves is signed, but only 4 are here"


def test_exchanged_leaves_are_named(ten, audited, tamper):
    tamper(
        "UPDATE evidence.leaf SET index = 99 WHERE index = 5",
        "UPDATE evidence.leaf SET index = 5 WHERE index = 6",
        "UPDATE evidence.leaf SET index = 6 WHERE index = 99",
    )
    assert broken(audited) == f"entry {ten[5]}, leaf 6: the leaf is out of order: entry {ten[6]} stands before it"


def test_an_entry_that_is_put_in_between_has_no_leaf(ten, audited, tamper, superuser):
    xid = superuser.execute(f"SELECT xid::text FROM evidence.entry WHERE id = {ten[5]}").fetchone()[0]
    tell()
    tamper(f"UPDATE evidence.entry SET xid = '{xid}' WHERE id > {ten[9]}")
    assert broken(audited) == f"entry {ten[9] + 1}: the entry has no leaf, though later ones have"


def test_an_entry_that_is_forged_with_its_leaf_is_found_between_two_checkpoints(ten, audited, tamper):
    forged = json.loads(bytes(Leaf.objects.get(index=7).canonical)) | {"body": {"n": 9}}
    canonical = rfc8785.dumps(forged)
    tamper(
        f"UPDATE evidence.entry SET body = '{{\"n\": 9}}' WHERE id = {ten[7]}",
        f"UPDATE evidence.leaf SET canonical = {hexed(canonical)} WHERE index = 7",
        f"UPDATE evidence.leaf SET hash = {hexed(leaf_hash(canonical))} WHERE index = 7",
    )
    assert broken(audited) == (
        "leaf 4: the root over 10 leaves is not the signed one: "
        "an entry among leaves 4 to 9 was changed together with its leaf"
    )


def test_a_changed_hash_is_named(ten, audited, tamper):
    tamper("UPDATE evidence.leaf SET hash = sha256('') WHERE index = 3")
    assert broken(audited) == f"entry {ten[3]}, leaf 3: the hash is not that of the leaf's bytes"


def test_changed_bytes_are_named(ten, audited, tamper):
    tamper("UPDATE evidence.leaf SET canonical = 'no json' WHERE index = 3")
    assert broken(audited) == f"entry {ten[3]}, leaf 3: the entry is not what its leaf says: the leaf is b'no json'"


def test_a_changed_checkpoint_is_named(ten, audited, tamper):
    tamper("UPDATE evidence.checkpoint SET root = sha256('') WHERE size = 4")
    assert broken(audited) == (
        "ledger: the checkpoint at size 4: its row says another size or root than its signed note"
    )


def test_a_checkpoint_of_another_key_is_named(ten, audited, tamper, signer):
    checkpoint = Checkpoint.objects.get(size=4)
    head = Head(settings.LEDGER_ORIGIN, 4, bytes(checkpoint.root))
    forged = Signer.generate(settings.LEDGER_ORIGIN).sign(head.text())
    tamper(f"UPDATE evidence.checkpoint SET note = '{forged}' WHERE size = 4")
    assert "the checkpoint at size 4: signed by countersign.example/ledger, but by none" in broken(audited)


def test_a_checkpoint_of_another_ledger_is_named(ten, audited, signer):
    note = signer.sign(Head("else.example", 4, b"\1" * 32).text())
    assert broken(audited, note) == (
        "ledger: the checkpoint from outside is of the ledger 'else.example', not 'countersign.example/ledger'"
    )


def test_a_changed_frontier_is_named(ten, audited, tamper):
    tamper("UPDATE evidence.tree SET size = 9")
    assert broken(audited) == "leaf 10: the sequencer's tree is not that of the 10 leaves"


def test_a_changed_text_is_named(ten, audited, tamper):
    tamper(f"UPDATE evidence.secret SET value = 'another reason' WHERE entry = {ten[8]}")
    assert broken(audited) == f"entry {ten[8]}: the text of 'reason' is not what the entry commits to"


def test_a_deleted_text_breaks_nothing(ten, audited, login):
    login("app").execute(f"DELETE FROM evidence.secret WHERE entry = {ten[8]}".encode())
    assert audited().size == 10


def test_writers_go_on_meanwhile(ten, signer):
    seen = []

    def write(done, of):
        seen.append((done, of))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(tell_elsewhere).result()

    verdict = audit(origin=settings.LEDGER_ORIGIN, verifiers=[signer.verifier], progress=write, chunk=4)
    assert seen == [(4, 10), (8, 10)]
    assert (verdict.size, verdict.waiting) == (10, 0)
    assert Entry.objects.count() == 12


def test_nothing_reads_on_behind_a_ledger_that_is_broken(ten, audited, tamper):
    tamper(f"DELETE FROM evidence.entry WHERE id = {ten[2]}")
    before = set(threads())
    with pytest.raises(Broken) as found:  # holds the generators that were left half-way
        audited()
    assert (found.value.index, set(threads()) - before) == (2, set())


def tell_elsewhere():
    with closing(connection):
        tell()


def test_the_command_says_that_the_ledger_is_whole(ten, signer, capsys, tmp_path):
    (tmp_path / "mailed").write_text(Checkpoint.objects.get(size=4).note)
    call_command("verify_ledger", "--vkey", signer.verifier.vkey, "--checkpoint", str(tmp_path / "mailed"))
    assert "The ledger is whole: 10 leaves, 3 checkpoints, 0 entries wait" in capsys.readouterr().out


def test_the_command_takes_the_pinned_key(ten, signer, settings):
    settings.LEDGER_VKEY = signer.verifier.vkey
    call_command("verify_ledger", verbosity=0)


def test_the_command_names_the_first_bad_entry(ten, signer, tamper):
    tamper(f"UPDATE evidence.entry SET act = 'ask.sent' WHERE id = {ten[3]}")
    with pytest.raises(CommandError, match=f"broken at entry {ten[3]}, leaf 3: .* act was"):
        call_command("verify_ledger", "--vkey", signer.verifier.vkey)


@pytest.mark.parametrize(("vkey", "why"), [([], "No key to verify with"), (["--vkey", "x"], "a key is")])
def test_the_command_refuses_without_a_key(committed, vkey, why):
    with pytest.raises(CommandError, match=why):
        call_command("verify_ledger", *vkey)
