"""Patterns against patterns: what is said of them holds for every text over a small alphabet."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.aws import matching, overlapping

TEXTS = ["".join(letters) for length in range(5) for letters in product("ab", repeat=length)]
PATTERNS = st.text("ab*?", max_size=4)


def meant(pattern):
    return {text for text in TEXTS if matching.means(pattern, text, {})}


@given(PATTERNS, PATTERNS)
def test_yes_is_all_no_is_none_and_nothing_is_missed(pattern, asked):
    found, ours, theirs = str(overlapping.means(pattern, asked)), meant(pattern), meant(asked)
    assert found != "True" or theirs <= ours
    assert found != "False" or not theirs & ours
    assert found != "None" or theirs & ours or "*" in pattern + asked  # then both may take a longer text


@pytest.mark.parametrize(
    ("pattern", "asked", "meant"),
    [
        ("*", "*", True),
        ("*", "arn:aws:s3:::a", True),
        ("arn:aws:s3:::a", "*", None),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::a/b*", True),
        ("arn:aws:s3:::a/b*", "arn:aws:s3:::a/*", None),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*", False),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-west-1:1:*", None),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::a/b", None),
        ("arn:aws:s3:::a/b", "arn:aws:s3:::${aws:username}/*", None),
        ("arn:aws:s3:::${aws:username}", "arn:aws:sqs:::q", False),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:*:q", True),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:1:q", None),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:*:q", None),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:1:r", False),
    ],
)
def test_resources_are_surely_meant_part_by_part(pattern, asked, meant):
    assert overlapping.means_resource(pattern, asked) is meant


@given(st.text("ab*:", max_size=6), st.text("ab:", max_size=6))
def test_of_one_resource_a_pattern_says_the_same_as_of_a_pattern_without_stars(pattern, arn):
    assert overlapping.means_resource(pattern, arn) is matching.means_resource(pattern, arn, {})
