"""Entries are written with their fact, whole, and by one statement."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import cast

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from governance import ledger
from governance.ledger import Act, Actor, Fact, Subject
from governance.ledger.recording import KINDS, as_json
from governance.models import Agent, Entry, Grant, LedgerSecret, Person
from tests.governance.ledger.conftest import ask
from tests.governance.ledger.test_canonical import VALUES

STEP = Actor.step("syncing")


@pytest.mark.django_db
def test_it_keeps_every_field():
    entry = Entry.objects.get(
        pk=ledger.record(
            act=Act.REVIEW_DECIDED,
            actor=Actor.person(Person(pk=5)),
            subjects=[Grant(pk=7), Subject("review", "9")],
            body={"verdict": "revoke", "n": [1, None, True, {"deep": "ü"}]},
            authority="assignment:12",
            surface="slack",
            assurance="slack_linked",
        )
    )
    assert (entry.act, entry.actor_kind, entry.actor_id) == ("review.decided", "person", "5")
    assert entry.subjects == [{"kind": "grant", "id": "7"}, {"kind": "review", "id": "9"}]
    assert entry.body == {"verdict": "revoke", "n": [1, None, True, {"deep": "ü"}]}
    assert (entry.authority, entry.surface, entry.assurance) == ("assignment:12", "slack", "slack_linked")
    assert (entry.commitments, entry.simulated) == ({}, False)
    assert abs(datetime.now(UTC) - entry.at) < timedelta(minutes=1)


@pytest.mark.django_db
def test_many_are_written_in_order_by_one_statement():
    facts = [Fact(act=Act.GRANT_APPEARED, actor=STEP, body={"n": n}) for n in range(300)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        entries = ledger.record_many(facts)
    assert len(queries) == 1
    assert entries == sorted(entries)
    assert [Entry.objects.get(pk=pk).body["n"] for pk in (entries[0], entries[150], entries[299])] == [0, 150, 299]


@pytest.mark.django_db
def test_none_are_none():
    assert ledger.record_many([]) == []


@pytest.mark.django_db
def test_sql_may_record_what_it_finds():
    statement = """
        SELECT count(*) FROM (SELECT evidence.record(jsonb_agg(jsonb_build_object(
            'act', 'finding.raised', 'actor', jsonb_build_object('kind', 'step', 'id', 'checking'),
            'subjects', jsonb_build_array(jsonb_build_object('kind', 'grant', 'id', n::text)),
            'body', jsonb_build_object('check', 'unused')))) FROM generate_series(1, 500) AS n) AS told
    """
    assert ask(statement) == [(500,)]
    assert Entry.objects.about(kind="grant", key=77).get().body == {"check": "unused"}


@pytest.mark.django_db
@given(body=st.dictionaries(st.sampled_from(["a", "b"]), VALUES))
def test_what_is_told_is_what_is_kept(body):
    assert Entry.objects.get(pk=ledger.record(act=Act.ASK_SENT, actor=STEP, body=body)).body == body


@pytest.mark.django_db
def test_personal_text_is_committed_to_and_can_be_deleted():
    entry = Entry.objects.get(
        pk=ledger.record(act=Act.ANSWER_RECORDED, actor=STEP, commit={"reason": "Zoë löst das ab", "note": ""})
    )
    secret = LedgerSecret.objects.get(entry=entry, name="reason")
    assert secret.value == "Zoë löst das ab"
    assert len(bytes(secret.salt)) == 16
    assert entry.commitments["reason"] == sha256(bytes(secret.salt) + secret.value.encode()).hexdigest()
    assert "Zoë" not in json.dumps(ask("SELECT to_jsonb(entry) FROM evidence.entry"), ensure_ascii=False)
    LedgerSecret.objects.filter(entry=entry).delete()
    assert not LedgerSecret.objects.filter(entry=entry).exists()


@pytest.mark.django_db
def test_equal_texts_have_unequal_commitments():
    entries = ledger.record_many([Fact(act=Act.ANSWER_RECORDED, actor=STEP, commit={"reason": "no"})] * 2)
    first, second = Entry.objects.filter(pk__in=entries)
    assert first.commitments != second.commitments


def test_it_refuses_outside_a_transaction(committed):
    with pytest.raises(RuntimeError, match="own transaction"):
        ledger.record(act=Act.ASK_SENT, actor=STEP)
    assert not Entry.objects.exists()


def test_the_entry_goes_with_its_fact(committed):

    def fail():
        with transaction.atomic():
            ledger.record(act=Act.ASK_SENT, actor=STEP)
            ask("SELECT 1 / 0")

    with pytest.raises(DataError):
        fail()
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"body": {"policy": {"windows": [1, 2, 0.5]}}}, "body.policy.windows[2]: 0.5 is a float"),
        ({"body": {"at": datetime(2026, 1, 1, tzinfo=UTC)}}, "body.at"),
        ({"authority": 12}, "authority: 12 is a int"),
        ({"surface": "a\0"}, "surface: 'a\\x00' contains U+0000"),
        ({"actor": Actor("person", "")}, "actor.id is empty"),
        ({"actor": Actor("person", cast("str", 5))}, "actor.id: 5 is a int"),
        ({"subjects": [Subject("grant", "1"), Subject("grant", cast("str", 7))]}, "subjects[1].id: 7 is a int"),
        ({"subjects": [Agent()]}, "Agent is not saved"),
        ({"subjects": [Session()]}, "Session is no kind of the ledger"),
        ({"commit": {"reason": 3}}, "commit.reason: 3 is a int"),
        ({"commit": {"grün": "x"}}, "commit: the key 'grün' is not ASCII text"),
        ({"act": "agent.eaten"}, "'agent.eaten' is not a valid Act"),
    ],
)
def test_it_refuses_a_bad_fact_by_the_name_of_its_field(fields, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  the message is compared below
        as_json(Fact(**({"act": Act.ASK_SENT, "actor": STEP} | fields)))
    assert message in str(refusal.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "constraint"),
    [
        ({"act": "nonsense"}, "entry_act_is_noun_and_participle"),
        ({"actor": {"kind": "step", "id": ""}}, "entry_actor_is_named"),
        ({"subjects": [{"kind": "grant", "id": 7}]}, "entry_subjects_are_kinds_and_ids"),
        ({"subjects": [{"kind": "grant"}]}, "entry_subjects_are_kinds_and_ids"),
        ({"subjects": {}}, "entry_subjects_are_kinds_and_ids"),
        ({"body": []}, "entry_body_is_an_object"),
        ({"body": {"deep": [{"n": 0.5}]}}, "entry_numbers_are_small_integers"),
        ({"body": {"n": 2**53}}, "entry_numbers_are_small_integers"),
    ],
)
def test_the_table_refuses_a_bad_fact_from_sql(told, constraint):
    whole = {"act": "ask.sent", "actor": {"kind": "step", "id": "asking"}} | told
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ask("SELECT evidence.record(%s::jsonb)", json.dumps([whole]))


def test_the_kinds_of_models_are_closed_and_distinct():
    assert len(set(KINDS.values())) == len(KINDS)


def test_every_kind_names_a_model_that_there_is():
    """A renamed class would otherwise be refused only when something happens to it."""
    not_built_yet = {"AgentVersion", "Exemption"}
    assert {model.__name__ for model in apps.get_models()} & KINDS.keys() == KINDS.keys() - not_built_yet


def test_a_stamp_is_utc_to_the_microsecond():
    there = timezone(timedelta(hours=2))
    assert ledger.stamp(datetime(2026, 11, 24, 1, 2, 3, 40, there)) == "2026-11-23T23:02:03.000040Z"
    with pytest.raises(ValueError, match="no time zone"):
        ledger.stamp(datetime(2026, 11, 24))  # noqa: DTZ001


@pytest.mark.parametrize("act", Act)
def test_every_act_is_a_noun_and_a_participle(act):
    noun, participle = act.split(".")
    assert act.name == f"{noun}_{participle}".upper()
