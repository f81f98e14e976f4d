"""What buttons carry."""

import pytest

from governance.errors import Invalid
from reviews.slack.tokens import Token, opened, sealed


def test_a_token_comes_back_as_it_was():
    token = Token(ask_id=5, item_id=7, fingerprint="f" * 64)
    assert opened(sealed(token)) == token


@pytest.mark.parametrize("value", ["", "cs1.", "cs1.eyJh:xx", "7", "cs1." + "A" * 3000])
def test_a_made_up_value_is_refused(value):
    with pytest.raises(Invalid, match="not one of ours"):
        opened(value)


def test_one_changed_character_is_refused():
    value = sealed(Token(ask_id=5, item_id=7, fingerprint="f" * 64))
    with pytest.raises(Invalid):
        opened(value[:10] + ("A" if value[10] != "A" else "B") + value[11:])


def test_another_key_is_refused(settings):
    value = sealed(Token(ask_id=5, item_id=7, fingerprint=""))
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(Invalid):
        opened(value)
