"""A small language for the shape of JSON: what a value must be, said as Slack says what it is not."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any, str], Iterator[str]]
"""Takes a value and its JSON pointer; yields one sentence for each fault."""


def fault(sentence: str, at: str) -> str:
    """Say what is wrong, and where."""
    return f"{sentence} [json-pointer:{at}]"


def string(*, most: int, least: int = 1) -> Check:
    """Return a check for text of so many characters."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield fault("must provide a string", at)
        elif len(value) < least:
            yield fault(f"must be more than {least - 1} characters", at)
        elif len(value) > most:
            yield fault(f"must be less than {most + 1} characters", at)

    return check


def one_of(*values: str) -> Check:
    """Return a check for one of these words."""

    def check(value: Any, at: str) -> Iterator[str]:
        if value not in values:
            yield fault(f"value must be one of {', '.join(values)}", at)

    return check


def boolean(value: Any, at: str) -> Iterator[str]:
    """Check for true or false."""
    if not isinstance(value, bool):
        yield fault("must provide a boolean", at)


def whole(*, least: int, most: int) -> Check:
    """Return a check for a whole number between the two."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield fault(f"must be a number from {least} to {most}", at)

    return check


def anything(_value: Any, _at: str) -> Iterator[str]:
    """Accept whatever it is."""
    return iter(())


def items(item: Check, *, most: int, least: int = 1) -> Check:
    """Return a check for a list of so many, each of them checked."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield fault("must provide an array", at)
            return
        if len(value) > most:
            yield fault(f"no more than {most} items allowed", at)
        if len(value) < least:
            yield fault(f"no fewer than {least} items required", at)
        for number, one in enumerate(value):
            yield from item(one, f"{at}/{number}")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """Return a check for an object with these keys and no others; `type` is left to `typed`."""
    known = {**required, **optional}

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield fault("must provide an object", at)
            return
        yield from (fault(f"missing required field: {key}", at) for key in required if key not in value)
        for key, one in value.items():
            if key in known:
                yield from known[key](one, f"{at}/{key}")
            elif key != "type":
                yield fault(f"invalid additional property: {key}", at)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """Return a check that goes by an object's `type`."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield fault("must provide an object", at)
        elif "type" not in value:
            yield fault("missing required field: type", at)
        elif value["type"] not in kinds:
            yield fault(f"unsupported type: {value['type']}", at)
        else:
            yield from kinds[value["type"]](value, at)

    return check


def together(*checks: Check) -> Check:
    """Return a check that asks all of them."""

    def check(value: Any, at: str) -> Iterator[str]:
        for one in checks:
            yield from one(value, at)

    return check
