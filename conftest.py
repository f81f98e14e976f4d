"""
Servers, databases and processes for tests.

`TEST_DATABASE_URL` is an administrator of a PostgreSQL 15 or newer (with its password),
`TEST_REDIS_URL` a Redis; what is missing is started here. The first process brings everything up
and tells xdist's workers by the environment: to them it is a given server.

An ordinary test is marked `django_db`: it runs as the app's role and is rolled back. A test that
commits takes `committed` (or `live_server`, `start`, `worker`, which ask for it) and no mark.
"""

import gc
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from _pytest.terminal import TerminalReporter

from config.celery import app as celery_app
from config.embedded import cloud, folders, servers
from config.embedded.stack import Stack
from tests import broker, databases
from tests import chromium as browsers
from tests.connectors import clusters
from tests.forking import Forked, Forks
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer

STACK = pytest.StashKey[Stack]()
STARTERS = {"TEST_DATABASE_URL": servers.postgres, "TEST_REDIS_URL": servers.redis}
SLOTS = 8  # runs of this checkout at the same time
COMMITTING = {"committed", "transactional_db", "live_server"}

# These machines are shared: no example is too slow. A fixture serves all examples of a test.
LENIENT = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture]
hypothesis.settings.register_profile("countersign", deadline=None, suppress_health_check=LENIENT)
hypothesis.settings.load_profile("countersign")

Start = Callable[..., Forked]
ClusterOf = Callable[[str], str]
Login = Callable[[str], psycopg.Connection]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some tests wait for a process, a browser or a lease while others work."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start what is missing, once."""
    if session.config.option.collectonly:
        return
    if not hasattr(session.config, "workerinput"):
        os.environ["TEST_RUN"] = secrets.token_hex(4)
        start_missing(session.config, sorted(STARTERS.keys() - os.environ))
    os.environ["REDIS_URL"] = own_part(os.environ["TEST_REDIS_URL"])
    celery_app.conf["broker_url"] = os.environ["REDIS_URL"]


def start_missing(config: pytest.Config, missing: list[str]) -> None:
    """Start servers in the first free folder: a second run at the same time takes the next one."""
    if not missing:
        return
    stack = config.stash[STACK] = Stack()
    state = folders.claim("tests", slots=SLOTS, in_memory=True)
    for name in missing:
        os.environ[name] = STARTERS[name](stack, state)
    if "TEST_DATABASE_URL" in missing:
        databases.drop_leftovers()


def own_part(redis_url: str) -> str:
    """
    Return the URL of this process's own one of Redis' numbered databases.

    kombu wants the number in the query of a socket's URL, else in the path.
    """
    number = databases.WORKER.removeprefix("gw")
    if redis_url.startswith("redis+socket:"):
        return f"{redis_url}?virtual_host={number}"
    return urlsplit(redis_url)._replace(path=f"/{number}").geturl()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers."""
    if stack := config.stash.get(STACK, None):
        stack.stop()


def pytest_collection_finish() -> None:
    """What has been loaded by now stays: it is not looked through again and again for what could be thrown away."""
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test that would flush: the app's role may not TRUNCATE."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and (commits(marker) or COMMITTING & set(getattr(item, "fixturenames", ()))):
            raise pytest.UsageError(
                f"{item.nodeid}: a test that commits takes the fixture `committed` and no django_db mark."
            )


def commits(marker: pytest.Mark) -> bool:
    """Whether this django_db mark asks for real transactions."""
    return bool(marker.args or marker.kwargs.get("transaction"))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Count what was skipped, by reason: a peer that is not here must not go unnoticed."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    if not reasons:
        return
    terminalreporter.section(f"{reasons.total()} not run on this machine")
    for reason, number in reasons.most_common():
        terminalreporter.line(f"{number:5}  {reason}")


@pytest.fixture(scope="session")
def server() -> Iterator[psycopg.Connection]:
    """The administrator's standing connection to the test server: another one costs as much as what it is for."""
    with databases.admin() as connection:
        yield connection


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, server: psycopg.Connection) -> Iterator[None]:
    """Replace pytest-django's: the copy in which tests marked django_db run and are rolled back."""
    os.environ["TEST_TEMPLATE"] = databases.template()
    with databases.copy(server):
        yield


@pytest.fixture
def committed(django_db_setup: None, server: psycopg.Connection, django_db_blocker) -> Iterator[str]:
    """Give a test that commits, its threads, live server and processes a database of its own."""
    with databases.copy(server) as name, django_db_blocker.unblock():
        yield name


@pytest.fixture
def transactional_db(committed: str) -> None:
    """Be what pytest-django's live_server asks for."""


@pytest.fixture(scope="session")
def live_server() -> Iterator["LiveServer"]:
    """Replace pytest-django's, whose answers wait 40 ms each on a connection that is kept."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """What starts processes."""
    forks = Forks()
    yield forks
    forks.stop()


@pytest.fixture
def start(committed: str, tmp_path: Path, forks: Forks) -> Iterator[Start]:
    """
    Run a module as a process.

    start("gunicorn", "config.wsgi"): its group sees the test's database and is killed with the
    test, also when pytest is killed: an orphaned worker would take the next run's tasks. The log is
    tmp_path / "MODULE.log".
    """
    started: list[Forked] = []

    def start(module: str, *arguments: object) -> Forked:
        started.append(forks.start(module, arguments, log=tmp_path / f"{module}.log"))
        return started[-1]

    yield start
    for process in started:
        process.end()


@pytest.fixture
def start_worker(start: Start) -> Callable[[], Forked]:
    """Run a real Celery worker on this process's own part of Redis, with the messages that wait there."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return lambda: start("celery", "-A", "config", "worker", "--pool=solo", *quiet)


@pytest.fixture
def worker(start_worker: Callable[[], Forked]) -> Forked:
    """One worker, for which no message waits yet."""
    broker.empty()
    return start_worker()


@pytest.fixture(scope="session")
def cluster_of() -> Iterator[ClusterOf]:
    """What gives the URL of the administrator of another PostgreSQL of a version; every test leaves it as it was."""
    with clusters.shared() as cluster_of:
        yield cluster_of


@pytest.fixture(scope="session")
def cloud_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An AWS account's endpoint, started where it is first asked for; a test begins by emptying it."""
    stack, number = Stack(), int(databases.WORKER.removeprefix("gw"))
    try:
        yield cloud.aws(stack, tmp_path_factory.mktemp("aws"), port=cloud.FIRST_PORT + 10 * number)
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def chromium_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A browser for the whole run; where it can be driven."""
    stack = Stack()
    try:
        yield browsers.start(stack, tmp_path_factory.mktemp("chromium"))
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def chromium(chromium_address: str, django_db_setup: None) -> Iterator["Browser"]:
    """The browser, driven from this thread; no other module's tests meet the loop that does that."""
    with browsers.driving(chromium_address) as browser:
        yield browser


@pytest.fixture
def login() -> Iterator[Login]:
    """Connect to the test's database as another role, such as "auditor", in autocommit mode."""
    from django.conf import settings  # noqa: PLC0415 - pytest-django reads them after this file

    with ExitStack() as stack:

        def login(role: str) -> psycopg.Connection:
            url = databases.as_role(role, str(settings.DATABASES["default"]["NAME"]))
            return stack.enter_context(psycopg.connect(url, autocommit=True))

        yield login
