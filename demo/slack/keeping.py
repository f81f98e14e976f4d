"""The workspace on disk, so that a demo keeps its messages: one JSON file, replaced whole."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from demo.slack.directory import BadWorkspace, Person
from demo.slack.records import Message, View
from demo.slack.workspace import Workspace

Json = dict[str, Any]
VERSION = 1


def dumped(workspace: Workspace) -> str:
    """Return what is worth keeping, as JSON."""
    stage = workspace.stage
    with workspace.lock:
        return json.dumps(
            {
                "version": VERSION,
                "people": [asdict(person) for person in workspace.people.values()],
                "messages": [asdict(message) for message in workspace.messages.values()],
                "read": workspace.read,
                "ahead": workspace.clock.ahead,
                "gone": workspace.gone,
                "views": [asdict(view) for view in list(stage.views.values())],
                "stacks": dict(stage.stacks),
                "homes": dict(stage.homes),
            }
        )


def restore(workspace: Workspace, path: Path) -> None:
    """Fill the workspace with what the file holds; without a file it stays as it is. Raises BadWorkspace."""
    if not path.exists():
        return
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    if found["version"] != VERSION:
        raise BadWorkspace(f"{path} was written by another version: start over without it")
    known = workspace.people.keys()
    with workspace.lock:
        workspace.people |= {one["id"]: Person(**one) for one in found["people"] if one["id"] in known}
        messages = (Message(**one) for one in found["messages"])
        workspace.messages = {(one.channel, one.ts): one for one in messages}
        workspace.read = found["read"]
        workspace.clock.ahead, workspace.gone = found.get("ahead", 0.0), found.get("gone", "")
        workspace.stage.views = {one["id"]: View(**one) for one in found["views"]}
        workspace.stage.stacks, workspace.stage.homes = found["stacks"], found["homes"]


@dataclass(slots=True, kw_only=True)
class Keeper:
    """Writes the workspace down after each change; many changes at once become one file."""

    workspace: Workspace
    path: Path
    _due: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Read what was kept, then keep what changes."""
        restore(self.workspace, self.path)
        self.workspace.on_change = self._due.set
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write a last time."""
        self._ended.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._due.wait()
            self._due.clear()
            write(self.path, dumped(self.workspace))
        write(self.path, dumped(self.workspace))


@contextmanager
def kept(workspace: Workspace, *, path: Path) -> Iterator[None]:
    """Keep the workspace in this file until the context ends. Raises BadWorkspace."""
    keeper = Keeper(workspace=workspace, path=path)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


def write(path: Path, content: str) -> None:
    """Replace a file whole, for our eyes only: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
