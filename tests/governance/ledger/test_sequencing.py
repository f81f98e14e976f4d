"""Every committed entry gets one leaf, in one order, whatever happens to the sequencer."""

import os
import signal
import threading
import time
from contextlib import closing
from functools import partial

import pytest
from django.db import connection, transaction

from governance import ledger
from governance.ledger import Act, Actor, Fact
from governance.ledger.notes import Head, Signer, WrongNote, open_note
from governance.ledger.sequencing import Regressed, sequence
from governance.models import Checkpoint, Entry, Leaf
from tests.governance.ledger.conftest import ask, tell, until


def tell_at_once(number):
    """Commit many entries in one transaction."""
    fact = Fact(act=Act.FINDING_RAISED, actor=Actor.step("checking"))
    with transaction.atomic():
        return ledger.record_many([fact] * number)


def size():
    return ask("SELECT size FROM evidence.tree")[0][0]


def grown(before):
    return size() > before


def dense():
    """Whether the leaves are numbered without a gap and tell every entry once."""
    return ask("SELECT count(*) = max(index) + 1 AND count(DISTINCT entry) = count(*) FROM evidence.leaf") == [(True,)]


def test_what_is_committed_gets_a_leaf_and_a_checkpoint(sequenced, signer):
    entries = tell(3, body={"a": "ü"})
    sequenced()
    assert list(Leaf.objects.order_by("index").values_list("index", "entry_id")) == list(enumerate(entries))
    checkpoint = Checkpoint.objects.get(size=3)
    head = Head.parse(open_note(checkpoint.note, [signer.verifier]))
    assert head == Head("countersign.example/ledger", 3, bytes(checkpoint.root))


def test_a_leaf_is_version_one_byte_for_byte(sequenced):
    with transaction.atomic():
        entry = ledger.record(
            act=Act.REVIEW_DECIDED,
            actor=Actor("person", "5"),
            subjects=[ledger.Subject("grant", "7")],
            body={"verdict": "revoke", "b": [1, None, True], "a": "ü\n"},
            authority="assignment:12",
            surface="slack",
            assurance="slack_linked",
            commit={"reason": "unused"},
        )
    sequenced()
    kept = Entry.objects.get(pk=entry)
    assert bytes(kept.leaf.canonical).decode() == (
        '{"act":"review.decided","actor":{"id":"5","kind":"person"},"assurance":"slack_linked",'
        f'"at":"{ledger.stamp(kept.at)}","authority":"assignment:12",'
        '"body":{"a":"ü\\n","b":[1,null,true],"verdict":"revoke"},'
        f'"commit":{{"reason":"{kept.commitments["reason"]}"}},"id":"{entry}","simulated":false,'
        '"subjects":[{"id":"7","kind":"grant"}],"surface":"slack","v":1}'
    )


@pytest.fixture
def slow_writer(committed):
    """Somebody who has recorded an entry and commits when told: the entry, and `commit`."""
    opened, finish, entries = threading.Event(), threading.Event(), []

    def write():
        with closing(connection), transaction.atomic():
            entries.append(ledger.record(act=Act.ASK_SENT, actor=Actor.step("asking")))
            opened.set()
            finish.wait(20)

    def commit():
        finish.set()
        thread.join()

    thread = threading.Thread(target=write)
    thread.start()
    assert opened.wait(20)
    yield entries[0], commit
    commit()


def test_a_lower_id_that_commits_later_is_not_passed_over(slow_writer, sequenced, as_sequencer):
    early, commit = slow_writer
    [late] = tell()
    assert early < late
    with as_sequencer():
        assert sequence() == 0
    assert (Leaf.objects.count(), ledger.backlog()) == (0, 1)
    assert ledger.lag() is not None
    commit()
    sequenced()
    assert list(Leaf.objects.order_by("index").values_list("entry_id", flat=True)) == [early, late]
    assert ledger.lag() is None


def test_an_entry_without_one_form_is_told_and_the_others_go_on(sequenced, superuser, caplog, audited):
    tell()
    superuser.execute(
        'SELECT evidence.record(\'[{"act": "ask.sent", "actor": {"kind": "step", "id": "x"}, "body": {"ü": 1.0}}]\')'
    )
    tell()
    sequenced()
    assert [leaf.unreadable for leaf in Leaf.objects.order_by("index")] == [False, True, False]
    assert ledger.unreadable() == audited().unreadable == 1
    assert "unreadable entry" in caplog.messages


def test_batches_make_the_same_tree_as_one(sequenced, audited, as_sequencer, sequencer):
    tell_at_once(250)
    tell(3)
    with as_sequencer():
        until(lambda: sequence(limit=7) == 0)
    sequenced()
    assert dense()
    assert audited().size == 253


def test_an_unchanged_tree_is_not_signed_again(sequenced):
    tell()
    sequenced()
    sequenced()
    assert Checkpoint.objects.count() == 1


def test_an_entry_is_covered_by_the_smallest_checkpoint_over_it(sequenced):
    [first] = tell()
    assert ledger.checkpoint_covering(first) is None
    sequenced()
    [second] = tell()
    assert ledger.checkpoint_covering(second) is None
    sequenced()
    assert [ledger.checkpoint_covering(entry).size for entry in (first, second)] == [1, 2]


def test_an_entry_is_proved_under_a_checkpoint(sequenced):
    entries = tell(5)
    sequenced()
    checkpoint = Checkpoint.objects.latest("size")  # a transaction elsewhere in the cluster may have split them
    for proof in ledger.prove([entries[3], entries[0]], under=checkpoint):
        proof.verify(bytes(checkpoint.root))
    [late] = tell()
    with pytest.raises(LookupError, match=f"entry {late} is not covered"):
        ledger.prove([late], under=checkpoint)


def test_two_sequencers_at_once_make_one_tree(committed, run_sequencer, audited, monkeypatch):
    monkeypatch.setenv("LEDGER_CHECKPOINT_SECONDS", "0")
    pair = [run_sequencer("--batch", 5), run_sequencer("--batch", 7)]
    for _ in range(20):
        tell_at_once(20)
    until(lambda: size() == 400 and Checkpoint.objects.filter(size=400).exists())
    assert dense()
    assert audited().size == 400
    assert [each.poll() for each in pair] == [None, None]


def test_a_sequencer_killed_in_mid_batch_leaves_no_half(committed, run_sequencer, audited):
    tell_at_once(6000)
    killed = 0
    while size() < 6000:
        process = run_sequencer("--batch", 40)
        before = size()
        until(partial(grown, before))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        killed += 1
        assert dense()
        if killed == 3:
            run_sequencer()
            until(lambda: size() == 6000)
    assert killed == 3
    assert audited().waiting == 0


def test_it_ends_cleanly_when_asked(committed, run_sequencer, log):
    process = run_sequencer()
    tell()
    until(Checkpoint.objects.exists)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(10) == 0
    assert log.read_text() == ""


def test_it_survives_its_connection(committed, run_sequencer, superuser, log):
    process = run_sequencer()
    tell()
    until(lambda: size() == 1)
    superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE usename = 'countersign_sequencer_login' AND datname = current_database()"
    )
    tell()
    until(lambda: size() == 2)
    assert process.poll() is None
    assert "the sequencer lost its database" in log.read_text()


def test_an_older_database_is_refused(committed, run_sequencer, log, sequencer, sequenced, tmp_path):
    tell(3)
    sequenced()
    signed = Checkpoint.objects.count()
    beyond = Head(sequencer.origin, 9, b"\1" * 32)
    sequencer.published.write_text(sequencer.signer.sign(beyond.text()))
    process = run_sequencer("--published", sequencer.published)
    assert process.wait(20) == 1
    assert "The tree has 3 leaves, but a checkpoint over 9 was published" in log.read_text()
    assert Checkpoint.objects.count() == signed


def test_an_older_database_is_refused_under_a_running_sequencer(sequenced, sequencer, as_sequencer):
    tell(3)
    sequenced()
    sequencer.published.write_text(sequencer.signer.sign(Head(sequencer.origin, 9, b"\1" * 32).text()))
    tell()
    with as_sequencer(), pytest.raises(Regressed, match="checkpoint over 9"):
        until(lambda: sequencer.turn() < 0, 5)


def test_another_history_of_the_same_size_is_refused(sequenced, sequencer, as_sequencer):
    tell(3)
    sequenced()
    sequencer.published.write_text(sequencer.signer.sign(Head(sequencer.origin, 2, b"\1" * 32).text()))
    with as_sequencer(), pytest.raises(Regressed, match="was published for that size"):
        sequencer.run_once()


def test_a_cut_tail_is_refused(sequenced, sequencer, as_sequencer, tamper):
    tell(3)
    sequenced()
    tamper("DELETE FROM evidence.leaf WHERE index = 2")
    with as_sequencer(), pytest.raises(Regressed, match="should have 3 leaves, but 2 are here"):
        sequencer.run_once()


def test_a_published_file_of_another_key_is_refused(sequenced, sequencer, as_sequencer):
    tell()
    head = Head(sequencer.origin, 1, b"\1" * 32)
    sequencer.published.write_text(Signer.generate("else").sign(head.text()))
    with as_sequencer(), pytest.raises(WrongNote, match="none of the keys"):
        sequencer.run_once()


def test_it_keeps_up_with_writers(committed, run_sequencer):
    run_sequencer()
    tell()
    until(lambda: size() == 1)
    end = time.monotonic() + 1
    while time.monotonic() < end:
        tell(20)
    until(lambda: not ledger.backlog())
