"""
The door for use against raw binary COPY of the same rows: all of them new, all of them known, and with the sweep.

One client and one connection on either side. What is copied is what the door has stored, to a table without an index;
the door unpacks, judges, resolves names, passes over what is known, and answers after its commit.
"""

import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import psycopg
from django.core.wsgi import get_wsgi_application
from django.db.models import Max

from benchmarks import FLAT, Measured, company, databases, median_ms, say, stage
from benchmarks.acting import peak
from benchmarks.use import bodies
from governance import clock, observing, registering
from governance.ledger import Actor
from governance.models import Source, SourceToken, UsageIntake

MOST, GRANTS, WARMING, PARTS = 500_000, 20_000, 50_000, 5
DOOR_GOAL, SWEPT_GOAL = 14, 20
WHY = "the door unpacks, judges, resolves names and passes over what is known; the copy writes rows that are ready"
WHY_SWEPT = f"{WHY}; the sweep finds the grants, and sums by day, by grant and by action"
OURS = "SELECT * FROM governance_usageevent WHERE intake_id > %s"


def run(n: int) -> Iterator[Measured]:
    """Found a company, and deliver its use part by part; each part is measured by all means before the next one."""
    number = min(n, MOST)
    with databases.put() as admin:
        took, grown = delivered(admin, number)
    say(", ".join(f"{name} {number / ms:,.0f} k/s" for name, ms in took.items()))
    yield Measured("door", took["door"], took["limit"], DOOR_GOAL, "ms", number, WHY)
    yield Measured("door_known", took["known"], took["limit"], DOOR_GOAL, "ms", number, WHY)
    yield Measured("door_and_sweep", took["door"] + took["sweep"], took["limit"], SWEPT_GOAL, "ms", number, WHY_SWEPT)
    yield Measured("door_memory", peak(), grown, FLAT, "MiB", number)


def delivered(admin: psycopg.Connection, number: int) -> tuple[dict[str, float], float]:
    """Deliver so many events; return what each way took in all, in milliseconds, and the memory before."""
    now = clock.now()
    with stage("company and bodies"):
        company.found(admin, GRANTS)
        source = Source.objects.order_by("pk")[0]
        warming = [*bodies(source, WARMING, ends=now - timedelta(days=1), seed=2)]
        ours = [*bodies(source, number, ends=now)]
        admin.execute("CREATE TABLE copied (LIKE governance_usageevent)")
    post = door(source)
    measure(admin, post, warming)
    admin.execute("VACUUM ANALYZE")  # as autovacuum would, which is off
    grown, size = peak(), max(len(ours) // PARTS, 1)
    parts = [measure(admin, post, ours[place : place + size]) for place in range(0, len(ours), size)]
    return {name: sum(part[name] for part in parts) for name in parts[0]}, grown


def measure(admin: psycopg.Connection, post: Callable[[bytes], None], given: Sequence[bytes]) -> dict[str, float]:
    """Deliver these, and once more; roll them up; and copy the same rows. In milliseconds."""
    before = UsageIntake.objects.aggregate(Max("pk"))["pk__max"] or 0

    def all_of_them() -> None:
        for body in given:
            post(body)

    took = {"door": timed(all_of_them), "known": timed(all_of_them)}
    took["sweep"] = timed(observing.roll_up)
    return took | {"limit": copied(admin, before)}


def timed(act: Callable[[], object]) -> float:
    """How many milliseconds it takes."""
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def door(source: Source) -> Callable[[bytes], None]:
    """Return what posts a body to the site, all of it but for the socket; an answer that keeps nothing ends all."""
    site = get_wsgi_application()
    scope = SourceToken.Scope.DELIVER.value
    _, token = registering.issue_token(
        source=source, name="bench", scope=scope, by=None, at=clock.now(), actor=Actor.operator("bench")
    )

    def post(body: bytes) -> None:
        status: list[str] = []

        def begin(line: str, *_: object) -> Callable[[bytes], object]:
            status.append(line)
            return status.__contains__

        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/v1/usage",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            "CONTENT_TYPE": "application/x-ndjson",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": "gzip",
            "HTTP_AUTHORIZATION": f"Bearer {token}",
        }
        answer = b"".join(site(environ, begin))
        if not status[0].startswith("200") or json.loads(answer)["refused"]:
            raise SystemExit(f"{status[0]}: {answer.decode()}")

    return post


def copied(admin: psycopg.Connection, last: int) -> float:
    """How many milliseconds binary COPY takes with the rows that were stored after this intake."""
    with admin.cursor() as cursor, cursor.copy(f"COPY ({OURS}) TO STDOUT (FORMAT BINARY)", [last]) as rows:
        prepared = [bytes(each) for each in rows]
    blocks = [b"".join(prepared[place : place + 1000]) for place in range(0, len(prepared), 1000)]

    def copy() -> None:
        with admin.cursor() as cursor, cursor.copy("COPY copied FROM STDIN (FORMAT BINARY)") as rows:
            for block in blocks:
                rows.write(block)

    return median_ms(copy, before=lambda: admin.execute("TRUNCATE copied"))
