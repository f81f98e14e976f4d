"""The words of findings that steps raise themselves."""

import pytest

from governance.policy.checks import reason, suggestion

SEEN = "2026-11-24T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("name", "facts", "sentence"),
    [
        ("appeared", {"seen_at": SEEN}, "Appeared on 24 Nov 2026: nobody has said that it may be held."),
        ("appeared", {}, "Appeared: nobody has said that it may be held."),
        ("returned", {"closed_at": SEEN}, "Came back after it was gone since 24 Nov 2026; it has no lease."),
        ("returned", {}, "Came back after it was gone; it has no lease."),
        (
            "changed",
            {"changed": ["condition", "definition"]},
            "Changed since it was last looked at: condition and definition.",
        ),
        ("changed", {"changed": "instance"}, "Changed since it was last looked at: instance."),
        ("changed", {}, "Changed since it was last looked at: what it allows."),
        (
            "still_effective",
            {"path": "PUBLIC", "revoked": "refund() held by agent"},
            "Removed, and still effective: refund() held by agent lives on through PUBLIC.",
        ),
        ("still_effective", {}, "Still effective."),
        (
            "missed",
            {"grants": 1, "checks": ["unused"]},
            (
                "The nightly check found 1 grant that the running checks had missed (unused)."
                " A due date was wrong; it is right now."
            ),
        ),
    ],
)
def test_each_says_what_its_step_saw(name, facts, sentence):
    assert reason(name, facts) == sentence


def test_a_step_may_have_no_opinion():
    assert suggestion("changed", {}) is None


@pytest.mark.parametrize(
    ("name", "facts", "basis"),
    [
        ("appeared", {"seen_at": SEEN}, "it appeared on 24 Nov 2026, and nobody has said that it may be held."),
        ("returned", {}, "it was gone, and somebody granted it anew."),
        ("returned", {"closed_at": SEEN}, "it was gone since 24 Nov 2026, and somebody granted it anew."),
        ("still_effective", {"path": "PUBLIC"}, "what was revoked is still open through PUBLIC."),
        ("missed", {"grants": 1}, "1 grant had a due date that was too late."),
    ],
)
def test_what_is_suggested_has_a_basis(name, facts, basis):
    assert str(suggestion(name, facts)).partition(" Basis: ")[2] == basis


@pytest.mark.parametrize("name", ["still_effective", "never_used", "unused", "ownerless", "granted_to_everyone"])
def test_without_its_basis_nothing_is_suggested(name):
    assert suggestion(name, {}) is None
