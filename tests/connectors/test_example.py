"""The connector on the page that says how to write one: it is taken from there, and keeps the contract."""

import importlib.util
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from connectors import catalog
from connectors.base import Grant, Restorer, Secret, read_all
from tests.connectors.contract import Contract

PAGE = "docs/how-to/write-a-connector.md"
KIND, MODULE = "example", "connector_on_the_page"
FOUND = {
    "word": "please",
    "count": 2,
    "agents": ["countersign", "everyone", "other", "robot"],
    "tools": {"refund": {"id": "t-1", "held": ["other", "robot"]}, "search": {"id": "t-2", "held": ["robot"]}},
}


@dataclass
class Tools:
    """The file, judged by what stands in it."""

    file: Path
    kind: str = KIND
    wrong_word: str = "open sesame"

    def reached(self, *, file: Path | None = None, word: str = "please") -> Any:
        return catalog.connect(KIND, {"file": str(file or self.file)}, {"word": Secret(word)})

    def connector(self) -> Restorer:
        restorer: Restorer = self.reached()
        return restorer

    def intruder(self) -> Any:
        return self.reached(word=self.wrong_word)

    def lost(self) -> Any:
        return self.reached(file=self.file.with_name("nowhere.json"))

    def blinded(self) -> Any:
        less = json.loads(self.file.read_text())
        del less["tools"]["search"]
        file = self.file.with_name("less.json")
        file.write_text(json.dumps(less))
        return self.reached(file=file)

    def grant(self) -> Grant:
        listed = (each for each in read_all(self.connector(), "grants") if isinstance(each, Grant))
        return next(each for each in listed if (each.principal.id, each.entitlement.id) == ("robot", "refund"))

    def held(self) -> list[str]:
        names: list[str] = json.loads(self.file.read_text())["tools"]["refund"]["held"]
        return names

    def stored(self) -> bool:
        return "robot" in self.held()

    def works(self) -> bool:
        return bool({"robot", "everyone"}.intersection(self.held()))

    def put(self, **changed: object) -> None:
        there = json.loads(self.file.read_text())
        there["tools"]["refund"] |= changed
        self.file.write_text(json.dumps(there))

    def open_other_way(self) -> None:
        self.put(held=sorted([*self.held(), "everyone"]))

    def make_again(self) -> None:
        self.put(id="t-3")


class TestContract(Contract):
    @pytest.fixture
    def peer(self, monkeypatch, tmp_path):
        code = re.findall(
            r"^```python\n(\"\"\".*?)^```$", (settings.BASE_DIR / PAGE).read_text(), re.DOTALL | re.MULTILINE
        )
        file = tmp_path / f"{MODULE}.py"
        file.write_text("".join(code))
        spec = importlib.util.spec_from_file_location(MODULE, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setitem(sys.modules, MODULE, module)
        monkeypatch.setitem(catalog.KINDS, KIND, f"{MODULE}.Example")
        tools = Tools(tmp_path / "tools.json")
        tools.file.write_text(json.dumps(FOUND))
        return tools
