"""Names and remarks as words that can be compared."""

import pytest

from governance.claiming.words import Phrases, addresses, telling, words_of, written


@pytest.mark.parametrize(
    "name", ["airline_support", "Airline-Support", "AirlineSupport", "airline.support", "\uff41irline support"]
)
def test_names_that_differ_in_what_joins_them_have_the_same_words(name):
    assert words_of(name) == ("airline", "support")


def test_common_words_tell_nothing():
    assert telling(words_of("svc-airline-support-prod")) == ("airline", "support")
    assert telling(words_of("app_user")) == ()


def test_addresses_are_found_in_a_remark():
    assert list(addresses("owner: Ada@Airline.example. Or bo+x@a.example")) == ["ada@airline.example", "bo+x@a.example"]


def test_a_remark_has_its_words_without_what_stands_around_them():
    assert written("Answers: “Rosa Reyes”, or Anne-Marie O'Neil (DBA).") == (
        *("answers", "rosa", "reyes", "or", "anne-marie", "o'neil", "dba"),
    )


def test_names_are_found_within_words():
    phrases = Phrases([(("rosa", "reyes"), 1), (("rosa",), 2), (("reyes", "rosa"), 3), ((), 4)])
    assert sorted(phrases.within(("ask", "rosa", "reyes"))) == [1, 2]
    assert phrases.called(("rosa", "reyes")) == [1]
    assert phrases.called(()) == []
