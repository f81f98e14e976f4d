"""
Put uv VERSION into DIR/bin, by the first way that this machine has.

pip, a venv with pip, or the standard library alone: `python3 tools/get_uv.py VERSION DIR`. It runs
before anything is installed, so it imports nothing but the standard library.
"""

import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

OLDEST = (3, 11)
JSON_INDEX = "application/vnd.pypi.simple.v1+json"


def copy_from_path(*, version: str, folder: Path) -> bool:
    """Copy the uv on PATH if it is exactly `version`; a link would keep its old date from make."""
    have = shutil.which("uv")
    if not have:
        return False
    said = subprocess.run([have, "--version"], check=False, capture_output=True, text=True).stdout
    if said.split()[1:2] != [version]:
        return False
    place(Path(have).read_bytes(), folder=folder)
    return True


def by_pip(*, version: str, folder: Path, python: str = sys.executable) -> None:
    """`--target` is outside PEP 668's ban; the variables undo a pip.conf that would forbid it."""
    undo = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    arguments = ["--upgrade", "--target", str(folder), f"uv=={version}"]
    run([python, "-m", "pip", "install", *options, *arguments], env=os.environ | undo)


def by_venv(*, version: str, folder: Path) -> None:
    """Where python has no pip but can still make a venv that has one."""
    with tempfile.TemporaryDirectory() as venv:
        run([sys.executable, "-m", "venv", venv])
        by_pip(version=version, folder=folder, python=f"{venv}/bin/python")


def by_download(*, version: str, folder: Path) -> None:
    """Read the wheel from the configured index; its published SHA-256 must match."""
    index = (os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or "").rstrip("/")
    if not index.startswith(("https://", "http://")):
        raise RuntimeError(
            "neither pip nor ensurepip is here; install one of them (Debian: python3-venv), "
            "or uv, or set PIP_INDEX_URL to your package index"
        )
    page = urllib.request.Request(f"{index}/uv/", headers={"Accept": JSON_INDEX})  # noqa: S310 - checked above
    files = json.loads(fetch(page))["files"]
    wanted = re.compile(rf"uv-{re.escape(version)}-py3-none-{system()}\S*{platform.machine()}\S*\.whl")
    file = next((each for each in files if wanted.fullmatch(each["filename"])), None)
    if file is None:
        raise RuntimeError(f"the index has no wheel of uv {version} for this machine")
    wheel = fetch(urllib.parse.urljoin(f"{index}/uv/", file["url"]))
    if hashlib.sha256(wheel).hexdigest() != file["hashes"]["sha256"]:
        raise RuntimeError(f"{file['filename']} does not match its published hash")
    archive = zipfile.ZipFile(io.BytesIO(wheel))
    member = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
    place(archive.read(member), folder=folder)


def system() -> str:
    """How wheels name this operating system."""
    names = {"Linux": "manylinux_2_17_", "Darwin": "macosx_"}
    if platform.system() not in names:
        raise RuntimeError(f"Countersign runs on Linux and macOS; this is {platform.system()}")
    return names[platform.system()]


def fetch(page: urllib.request.Request | str) -> bytes:
    """Read a page whole, in at most five minutes of silence."""
    with urllib.request.urlopen(page, timeout=300) as answer:  # noqa: S310 - from the index named above
        return bytes(answer.read())


def place(binary: bytes, *, folder: Path) -> None:
    """Write DIR/bin/uv and make it executable."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "bin/uv").write_bytes(binary)
    (folder / "bin/uv").chmod(0o755)


def run(command: list[str], *, env: dict[str, str] | None = None) -> None:
    """Run a command in silence; what it said is in the error if it fails."""
    done = subprocess.run(command, env=env, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout.strip() or f"{command[:3]} ended with {done.returncode}")


def main(version: str, folder: Path) -> None:
    """Try each way in turn; if none works, say what each of them said."""
    if sys.version_info < OLDEST:
        raise SystemExit(
            f"Python 3.11 or newer is needed; {sys.executable} is {platform.python_version()}. "
            "Try: make PYTHON=python3.12"
        )
    if copy_from_path(version=version, folder=folder):
        return
    said = []
    for way in (by_pip, by_venv, by_download):
        try:
            way(version=version, folder=folder)
            os.utime(folder / "bin/uv")  # newer than this file, so that make is content
        except (OSError, RuntimeError, ValueError) as error:
            said.append(f"{way.__name__}: {error}")
        else:
            return
    raise SystemExit("uv could not be installed:\n" + "\n".join(said))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
