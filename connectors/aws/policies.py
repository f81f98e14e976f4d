"""
Policy documents as AWS keeps them, read into statements that a request can be held against.

They speak for whoever has them. One that names principals is a resource's, and speaks for these alone: it is refused.
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html)
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.aws import overlapping
from connectors.aws.conditions import Condition
from connectors.aws.matching import Context, means_action, means_resource
from connectors.aws.trilean import Trilean, all_of, any_of, opposite
from connectors.errors import SchemaDrift


@dataclass(frozen=True, slots=True)
class Request:
    """
    Somebody wants to do something: `s3:GetObject` to `arn:aws:s3:::bucket/key`.

    An action that is about no resource in particular is done to `*`. What is said of it (`context`) is by key.

    `wild`: action and resource are patterns themselves, and it is asked about everything that they mean.
    """

    action: str
    resource: str
    context: Context
    wild: bool = False


@dataclass(frozen=True, slots=True)
class Patterns:
    """What an element names, or, of Not…, all that it does not name."""

    named: tuple[str, ...]
    negated: bool

    def mean_action(self, request: Request) -> Trilean:
        """Whether the action is meant."""
        means = overlapping.means_action if request.wild else means_action
        return self.turned(any_of(means(each, request.action) for each in self.named))

    def mean_resource(self, request: Request) -> Trilean:
        """Whether the resource is meant."""
        if request.wild:
            return self.turned(any_of(overlapping.means_resource(each, request.resource) for each in self.named))
        return self.turned(any_of(means_resource(each, request.resource, request.context) for each in self.named))

    def turned(self, found: Trilean) -> Trilean:
        """Whether that is what was written: of a Not…, that it is none of them."""
        return opposite(found) if self.negated else found


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: what it allows or denies, to what, and on which conditions."""

    sid: str
    allows: bool
    actions: Patterns
    resources: Patterns
    conditions: tuple[Condition, ...]

    def applies(self, request: Request) -> Trilean:
        """Whether a request is meant."""
        action = self.actions.mean_action(request)
        if action is False:
            return False
        conditions = (each.holds(request.context) for each in self.conditions)
        return all_of((action, self.resources.mean_resource(request), *conditions))


@dataclass(frozen=True, slots=True)
class Policy:
    """A document's statements, under the name by which it is told."""

    name: str
    statements: tuple[Statement, ...]


def read(name: str, document: str | Mapping[str, Any]) -> Policy:
    """Read a document. Raises SchemaDrift naming the policy, the statement and what is wrong with it."""
    try:
        found = json.loads(document) if isinstance(document, str) else document
        return Policy(name, tuple(statements(found)))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SchemaDrift(f"the policy {name} is no document that can be read: {error}") from error


def statements(document: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield the statements of a document; a single one may stand without a list."""
    listed = document["Statement"]
    for number, each in enumerate(listed if isinstance(listed, list) else [listed], 1):
        if each["Effect"] not in {"Allow", "Deny"}:
            raise ValueError(f"statement {number} has the effect {each['Effect']!r}")
        if each.keys() & {"Principal", "NotPrincipal"}:
            raise ValueError(f"statement {number} names principals, as only a resource's policy does")
        yield Statement(
            sid=each.get("Sid", ""),
            allows=each["Effect"] == "Allow",
            actions=patterns(each, "Action", number),
            resources=patterns(each, "Resource", number),
            conditions=tuple(conditions(each.get("Condition", {}))),
        )


def patterns(statement: Mapping[str, Any], element: str, number: int) -> Patterns:
    """Return what an element names, or its Not…; one of both has to be there."""
    given = [name for name in (element, f"Not{element}") if name in statement]
    if len(given) != 1:
        raise ValueError(f"statement {number} needs either {element} or Not{element}")
    return Patterns(words(statement[given[0]]), negated=given[0] != element)


def conditions(block: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    """Yield the conditions of a statement, each of which has to hold."""
    for operator, keys in block.items():
        for key, wanted in keys.items():
            yield Condition(operator, key, words(wanted))


def words(value: Any) -> tuple[str, ...]:
    """Return one value or several, as texts: a document may write true and 3600 without quotes."""
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str | int | float) for each in listed):
        raise TypeError(f"{value!r} is no text and no list of texts")
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in listed)
