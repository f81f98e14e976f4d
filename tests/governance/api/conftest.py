"""A source with a token, and how its bearer delivers."""

import gzip
import json
from dataclasses import dataclass

import pytest
from django.test import Client

from governance import clock, registering
from governance.ledger import Actor
from governance.models import Source, SourceToken

PATH = "/api/v1/usage"


@dataclass
class Sender:
    """Somebody with a token."""

    token: str
    row: SourceToken

    def post(self, *events, body=None, packed=True, path=PATH, **headers):
        """Post these, packed, or a body as it is."""
        raw = "\n".join(map(json.dumps, events)).encode() if body is None else body
        said = {"Authorization": f"Bearer {self.token}", "Content-Encoding": "gzip" if packed else None} | headers
        given = {name: value for name, value in said.items() if value is not None}
        kind = given.pop("Content-Type", "application/x-ndjson")
        return Client(headers=given).post(path, gzip.compress(raw) if packed else raw, content_type=kind)

    def deliver(self, *events, **said):
        """Post these; the answer, which is a good one."""
        answer = self.post(*events, **said)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def cover(self, interval, *events):
        """Post these, and say for what time they are complete."""
        bounds = [each.isoformat().replace("+", "%2B") for each in (interval.starts_at, interval.ends_at)]
        return self.deliver(*events, path=f"{PATH}?from={bounds[0]}&to={bounds[1]}")


def issued(source: Source, *, name="collector", scope="cover") -> Sender:
    """A token of a source, with what is shown once."""
    said = {"source": source, "name": name, "scope": scope, "by": None}
    row, token = registering.issue_token(**said, at=clock.now(), actor=Actor.operator("test"))
    return Sender(token, row)


@pytest.fixture
def sender(source):
    return issued(source)
