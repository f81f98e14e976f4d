"""
A short, private folder for the state of one run: sockets, data, logs.

It lies in /tmp, not in the checkout: a socket's path may have 103 bytes on macOS, 107 on Linux.
`COUNTERSIGN_STATE` names another place. What need not outlive the machine may lie in memory.

One run holds a folder at a time; the kernel gives the lock back, however the run and the last of its
children end.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
DISK, MEMORY = Path("/tmp"), Path("/dev/shm")  # noqa: S108 - whoever claims a folder checks its owner
ROOM = 2 << 30  # bytes that must be free in memory
LOCK = "lock"
ENDING_TAKES = 20  # seconds that the children of a killed run may need to stop

_locks: dict[Path, int] = {}  # folder → descriptor, open for as long as this process lives


def claim(name: str, *, slots: int = 1, fresh: bool = False, in_memory: bool = False) -> Path:
    """
    Return the first of `slots` folders called `name` that no other run holds.

    A folder keeps what the last run left in it; `fresh` empties it first. With `in_memory` it lies
    in /dev/shm where there is room: databases are copied there ten times faster. Raises SystemExit, saying
    what to do, where another user owns the folder or every slot is taken.
    """
    root = own_root(MEMORY if in_memory and is_roomy(MEMORY) else DISK)
    homes = [root / f"{name}{slot or ''}" for slot in range(slots)]
    home = first_free(homes)
    if home is None and any(map(is_ending, homes)):
        home = wait_for_one(homes)
    if home is None:
        raise SystemExit(
            f"{homes[0]} is in use by another run (process {holder(homes[0])}). Stop it first, "
            "or set COUNTERSIGN_STATE to another folder."
        )
    if fresh:
        empty(home)
    return home


def own_root(parent: Path = DISK) -> Path:
    """Return this checkout's folder; refuse somebody else's, because its name can be guessed."""
    here = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
    root = Path(os.environ.get("COUNTERSIGN_STATE") or parent / f"countersign-{os.geteuid()}-{here}")
    root.mkdir(parents=True, exist_ok=True)
    if root.lstat().st_uid != os.geteuid() or root.is_symlink():
        raise SystemExit(f"{root} belongs to somebody else; set COUNTERSIGN_STATE to a folder of your own.")
    root.chmod(0o755 if os.geteuid() == 0 else 0o700)  # root's PostgreSQL runs as nobody
    return root


def is_roomy(folder: Path) -> bool:
    """Whether servers could live here: there is room, and programs may be started."""
    if not os.access(folder, os.W_OK):
        return False
    system = os.statvfs(folder)
    return system.f_bavail * system.f_frsize >= ROOM and not system.f_flag & os.ST_NOEXEC


def first_free(homes: list[Path]) -> Path | None:
    """Lock and return the first folder that is free."""
    return next((home for home in homes if lock(home)), None)


def lock(home: Path) -> bool:
    """Take the folder's lock and write our process's number into it."""
    home.mkdir(exist_ok=True)
    home.chmod(0o755 if os.geteuid() == 0 else 0o700)
    descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    _locks[home] = descriptor
    return True


def held() -> tuple[int, ...]:
    """Return the descriptors of our locks, for children to hold as well."""
    return tuple(_locks.values())


def release(home: Path) -> None:
    """Give a folder back before this process ends."""
    os.close(_locks.pop(home))


def holder(home: Path) -> int:
    """Return the process that took the folder, 0 where it has not said so yet."""
    with contextlib.suppress(OSError, ValueError):
        return int((home / LOCK).read_text())
    return 0


def is_ending(home: Path) -> bool:
    """Whether the holder was killed, so that only its last children still keep the folder."""
    try:
        os.kill(holder(home) or os.getpid(), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def wait_for_one(homes: list[Path]) -> Path | None:
    """Wait until a killed run's children are gone; None if that takes too long."""
    end = time.monotonic() + ENDING_TAKES
    while time.monotonic() < end:
        if home := first_free(homes):
            return home
        time.sleep(0.1)
    return None


def empty(home: Path, *, keep: str = LOCK) -> None:
    """Remove everything but the lock, and what begins with `keep`."""
    for path in home.iterdir():
        if path.name == LOCK or path.name.startswith(keep):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
