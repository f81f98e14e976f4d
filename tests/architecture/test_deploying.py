"""What the how-to deploys is what `manage.py run` starts: the same processes, by the same words."""

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from config.management.commands.run import processes

FOLDER = Path(settings.BASE_DIR) / "docs/how-to/deploy"
ALWAYS = {"sequencer", "beat", "worker", "web"}
SOCKET = ("manage.py", "slack_socket")
OPTIONS = {"host": "127.0.0.1", "port": 8000, "worker_processes": 2, "web_processes": 2}


def words(arguments) -> set[str]:
    """What it is told, without numbers, addresses and paths, which are the place's own."""
    parts = {part for each in arguments for part in each.split("=")}
    return {part for part in parts if part and not re.search(r"[%/:]|^\d+$", part)} - {"python", "--published"}


@pytest.fixture
def wanted(db, monkeypatch) -> dict[str, set[str]]:
    """The words of each process."""
    monkeypatch.setenv("SEQUENCER_DATABASE_URL", "postgres://sequencer@db/countersign")
    run = {each.name: words(each.arguments) for each in processes(OPTIONS, Path("/state"))}
    assert run.keys() == ALWAYS
    return {**run, "slack_socket": words(SOCKET)}


def units() -> dict[str, ConfigParser]:
    """Every service, by the name that it gives its process."""
    found = {}
    for path in FOLDER.glob("*.service"):
        unit = ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # directives have capitals
        unit.read(path)
        [name] = re.findall(r"^Environment=COUNTERSIGN_PROCESS=(\w+)$", path.read_text(), re.MULTILINE)
        found[name] = unit
    return found


def test_systemd_starts_what_run_starts(wanted):
    told = {name: words(shlex.split(unit["Service"]["ExecStart"])[1:]) for name, unit in units().items()}
    assert told == wanted


def test_containers_start_what_run_starts(wanted):
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    ours = {each["environment"]["COUNTERSIGN_PROCESS"]: each for each in services.values() if "build" in each}
    assert {name: words(each["command"]) for name, each in ours.items()} == wanted


def test_only_the_sequencer_has_its_log_in_and_the_key():
    for name, unit in units().items():
        expected = "/etc/countersign/sequencer" if name == "sequencer" else "/etc/countersign/environment"
        assert unit["Service"]["EnvironmentFile"] == expected
        assert ("LoadCredential" in unit["Service"]) == (name == "sequencer")
    for name, service in yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"].items():
        assert ("ledger.key" in service.get("secrets", ())) == (name == "sequencer")
