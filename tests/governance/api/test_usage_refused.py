"""What the door does not take: each with its status, a sentence that names the fix, and nothing stored."""

import gzip
import zlib

import pytest
from django.db import OperationalError
from django.test import Client

from governance import clock, observing, registering
from governance.errors import Conflict, Invalid
from governance.ledger import Actor
from governance.models import Entry, SourceToken, UsageEvent
from tests.governance.api.conftest import PATH, issued
from tests.governance.usage import use_of

pytestmark = pytest.mark.django_db

ACTOR = Actor.operator("test")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer csu_wrong", "Basic {token}", "Bearer {token}x", "{token}"])
def test_without_a_good_token_nothing_is_said(sender, header):
    answer = sender.post(Authorization=header.format(token=sender.token))
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="usage"')
    assert answer.json() == Client().post(PATH).json()


def test_a_revoked_token_opens_nothing_and_another_one_goes_on(sender, source, grant):
    other = issued(source, name="collector-2")
    registering.revoke_token(token=sender.row, at=clock.now(), actor=ACTOR)
    assert sender.post(use_of(grant)).status_code == 401
    assert other.deliver(use_of(grant))["kept"] == 1
    with pytest.raises(Conflict, match="revoked already"):
        registering.revoke_token(token=sender.row, at=clock.now(), actor=ACTOR)
    assert issued(source).deliver(use_of(grant))["kept"] == 1  # the name is free again


def test_a_token_is_kept_as_its_hash_and_told_by_its_beginning(sender, source):
    row = SourceToken.objects.get()
    assert len(sender.token) == 47
    assert sender.token.startswith(row.prefix)
    assert sender.token not in str(SourceToken.objects.values().get())
    told = Entry.objects.filter(act="token.issued").get()
    assert told.body == {"name": "collector", "begins_with": row.prefix, "scope": "cover"}
    with pytest.raises(Invalid, match="has a token collector already"):
        issued(source)
    with pytest.raises(Invalid, match="letters, numbers"):
        issued(source, name="two words")


def test_the_use_of_a_token_is_noted_once_in_a_while(sender, django_assert_num_queries):
    sender.deliver()
    first = SourceToken.objects.get().last_used_at
    assert first is not None
    sender.deliver()
    assert SourceToken.objects.get().last_used_at == first


def cut(body):
    """A gzip body without its end."""
    return gzip.compress(body)[:-6]


@pytest.mark.parametrize(
    ("status", "says", "said"),
    [
        (415, "application/x-ndjson", {"Content-Type": "text/csv"}),
        (415, "gzip, or left out", {"Content-Encoding": "br"}),
        (400, "is no gzip", {"body": b"{}", "packed": False, "Content-Encoding": "gzip"}),
        (400, "cut off", {"body": cut(b"{}"), "packed": False, "Content-Encoding": "gzip"}),
        (400, "one JSON array", {"body": b"[{}]"}),
        (400, "one object a line", {"body": b"at,event_id\n"}),
        (400, "'source' is no parameter", {"path": f"{PATH}?source=other"}),
        (400, "both from and to", {"path": f"{PATH}?from=2026-11-01"}),
        (400, "the interval 'soon' is no time", {"path": f"{PATH}?from=soon&to=2026-11-01"}),
        (400, "the interval ends at 2999-01-01", {"path": f"{PATH}?from=2026-11-01&to=2999-01-01"}),
        (400, "use is kept for 400 days", {"path": f"{PATH}?from=2020-01-01&to=2020-01-02"}),
        (411, "Content-Length", {"Transfer-Encoding": "chunked"}),
        (413, "larger than 1,000 bytes", {"body": bytes(1001), "packed": False}),
        (413, "Unpacked, the body is larger than 5,000", {"body": bytes(1_000_000)}),
    ],
)
def test_it_is_refused_as_a_whole(sender, settings, status, says, said):
    settings.USAGE_BODY_BYTES, settings.USAGE_UNPACKED_BYTES = 1000, 5000
    if "body" in said and status == 413 and said.get("packed", True):
        settings.USAGE_BODY_BYTES = 10_000
    headers = {"Content-Encoding": None} if said.get("packed") is False else {}
    answer = sender.post(**headers | said)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert not UsageEvent.objects.exists()


def test_gzip_may_come_in_several_members_and_a_body_as_it_is(sender, grant):
    lines = [f"{use_of(grant)}\n".replace("'", '"').encode() for _ in range(3)]
    packed = b"".join(map(gzip.compress, lines[:2]))
    assert sender.deliver(body=packed, packed=False, **{"Content-Encoding": "gzip"})["kept"] == 2
    assert sender.deliver(body=lines[2], packed=False, **{"Content-Encoding": None})["kept"] == 1


def test_a_bomb_is_unpacked_no_further_than_allowed(sender, settings):
    settings.USAGE_UNPACKED_BYTES = 100_000
    bomb = zlib.compressobj(9, wbits=31)
    body = bomb.compress(bytes(50_000_000)) + bomb.flush()
    answer = sender.post(body=body, packed=False, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_it_takes_posts_alone(sender):
    assert Client().get(PATH).status_code == 405


def test_a_database_that_is_away_is_told_to_come_back_to(sender, grant, monkeypatch):
    def away(*_, **__):
        raise OperationalError

    monkeypatch.setattr(observing, "receive", away)
    answer = sender.post(use_of(grant))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Send the same body again" in answer.json()["error"]
