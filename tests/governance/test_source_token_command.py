"""`manage.py source_token`: issue, list, revoke."""

import pytest
from django.core.management import CommandError

from governance.models import SourceToken
from tests.factories import SourceFactory
from tests.governance.commands import run

pytestmark = pytest.mark.django_db


def test_a_token_is_issued_listed_and_revoked():
    SourceFactory(name="calls")
    assert "has no token" in run("source_token", "calls")[1]
    code, said = run("source_token", "calls", "--issue", "collector", "--cover")
    token = said.splitlines()[-1]
    assert code == 0
    assert SourceToken.objects.bearer(token).may_cover
    assert "deliver use, and say for what time" in said
    listed = run("source_token", "calls")[1]
    assert (token not in listed, token[:10] in listed, "never used" in listed) == (True, True, True)
    with pytest.raises(CommandError, match="has no token 'other'; there are: collector"):
        run("source_token", "calls", "--revoke", "other")
    assert "is revoked" in run("source_token", "calls", "--revoke", "collector")[1]
    assert SourceToken.objects.bearer(token) is None


def test_an_unknown_source_is_named():
    with pytest.raises(CommandError, match="source 'calls' is unknown"):
        run("source_token", "calls", "--issue", "collector")
