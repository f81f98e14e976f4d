"""Use, as its sources send it: packed bodies of events, 80 % of the runs by 2 % of the accounts."""

import gzip
import json
import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from governance.models import Grant, Source

BODY = 10_000  # events of one delivery
SPAN = timedelta(minutes=5)  # what one delivery tells of
A_RUN, ITS_TOOLS = 20, 3  # events of one run, and how many different ones they are of
OFTEN, A_FEW = 0.8, 50

Deed = dict[str, str]


def bodies(source: Source, number: int, *, ends: datetime, seed: int = 1) -> Iterator[bytes]:
    """Yield packed bodies with so many events of a source, each of the minutes after those of the one before."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    held = list(deeds_of(source).values())
    begins = ends - SPAN * -(-number // BODY)
    for place in range(0, number, BODY):
        starts, size = begins + SPAN * (place // BODY), min(BODY, number - place)
        deeds = (deed for each in range(0, size, A_RUN) for deed in run_of(chance, held, f"run-{seed}-{place + each}"))
        lines = [
            line(chance, starts + SPAN * each / BODY, deed) for each, deed in zip(range(size), deeds, strict=False)
        ]
        yield gzip.compress("\n".join(lines).encode(), 6)


def run_of(chance: random.Random, held: list[list[Deed]], run: str) -> Iterator[Deed]:
    """What one run does: an account uses a few of the things that it may."""
    often = held[: max(len(held) // A_FEW, 1)]
    deeds = chance.choice(often if chance.random() < OFTEN else held)
    tools = chance.sample(deeds, min(ITS_TOOLS, len(deeds)))
    for _ in range(A_RUN):
        yield chance.choice(tools) | {"run": run}


def line(chance: random.Random, at: datetime, deed: Deed) -> str:
    """One event."""
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return json.dumps({"at": stamp, "event_id": event_id, **deed, "outcome": "allowed"})


def deeds_of(source: Source) -> dict[str, list[Deed]]:
    """What can be used in a source's system, by account."""
    held = Grant.objects.of_system(source.system_id).filter(entitlement__actions__resource__gt="")
    fields = ("account__native_id", "entitlement__actions__action", "entitlement__actions__resource")
    found = defaultdict[str, list[Deed]](list)
    for account, action, resource in held.order_by("pk").values_list(*fields):
        found[account].append({"account": account, "action": action, "resource": resource})
    return found
