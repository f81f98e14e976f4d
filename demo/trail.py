"""
Thirty days of CloudTrail, as AWS would have written it: what the agents' roles called, session by session.

Each agent has its tasks, which call a few actions of some of its policies. What no task needs is never called. The
files have CloudTrail's own shape, one a day; the runs are what the agents' scheduler knows.
"""

import gzip
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from demo import cloud

DAYS, A_DAY = 30, 4  # runs of an agent a day
IN_USE = 2  # of an agent's policies
A_TASK = 3  # actions of a policy that its tasks call
FAILS = 0.01  # calls that are refused
REGION = "eu-central-1"

Run = tuple[str, str, datetime]


def runs(now: datetime) -> Iterator[Run]:
    """Yield each run: its name, its agent, and when it began."""
    apart = timedelta(days=1) / A_DAY
    for number in range(DAYS * A_DAY):
        for place, agent in enumerate(cloud.AGENTS):
            begun = now - timedelta(days=DAYS) + number * apart + timedelta(minutes=7 * place + 1)
            yield f"{agent}-{number}", agent, begun


def used(agent: str) -> list[str]:
    """The actions that an agent's tasks call, policy by policy."""
    every = cloud.policies()
    called = [list(cloud.allowed(every[name]))[:A_TASK] for name in cloud.held_by(agent)]
    return list(dict.fromkeys(action for actions in [each for each in called if each][:IN_USE] for action in actions))


def write(folder: Path, roles: dict[str, str], *, now: datetime) -> Path:
    """Write a folder of files, one a day; `roles` are the ids of the agents' roles."""
    chance = random.Random(31)  # noqa: S311 - the same every time
    folder.mkdir(exist_ok=True)
    by_day: dict[str, list[dict[str, Any]]] = {}
    for name, agent, begun in runs(now):
        for step, action in enumerate(chance.sample(used(agent), k=min(3, len(used(agent))))):
            at = begun + timedelta(seconds=20 * step)
            refused = chance.random() < FAILS
            by_day.setdefault(f"{at:%Y%m%d}", []).append(record(at, action, agent, roles[agent], name, refused, chance))
    for day, records in by_day.items():
        write_day(folder / f"{cloud.NUMBER}_CloudTrail_{REGION}_{day}T0000Z_demo.json.gz", records)
    return folder


def write_day(path: Path, records: list[dict[str, Any]]) -> None:
    """One file, as CloudTrail puts it into a bucket."""
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))


def record(  # noqa: PLR0913, PLR0917 - what a record is made of
    at: datetime, action: str, agent: str, role: str, session: str, refused: bool, chance: random.Random
) -> dict[str, Any]:
    """One call, in CloudTrail's shape."""
    service, _, name = action.partition(":")
    number = cloud.NUMBER
    issuer = {
        "type": "Role",
        "principalId": role,
        "arn": f"arn:aws:iam::{number}:role/{agent}",
        "accountId": number,
        "userName": agent,
    }
    identity = {
        "type": "AssumedRole",
        "principalId": f"{role}:{session}",
        "arn": f"arn:aws:sts::{number}:assumed-role/{agent}/{session}",
        "accountId": number,
        "accessKeyId": f"ASIA{chance.randrange(16**16):016X}",
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": stamp(at), "mfaAuthenticated": "false"},
        },
    }
    failed = {"errorCode": "AccessDenied", "errorMessage": f"not authorized to perform: {action}"} if refused else {}
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": stamp(at),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "10.20.0.7",
        "userAgent": "Boto3/1.44 md/Botocore#1.44",
        "requestParameters": None,
        "responseElements": None,
        **failed,
        "requestID": str(uuid.UUID(int=chance.getrandbits(128))),
        "eventID": str(uuid.UUID(int=chance.getrandbits(128))),
        "readOnly": name.startswith(("Get", "List", "Describe")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": number,
        "eventCategory": "Management",
    }


def stamp(at: datetime) -> str:
    """A moment, as CloudTrail writes it: without fractions."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def rows_of_runs(now: datetime) -> Iterable[tuple[object, ...]]:
    """What the scheduler knows of each run."""
    return [(name, agent, begun, begun + timedelta(minutes=5), "completed") for name, agent, begun in runs(now)]
