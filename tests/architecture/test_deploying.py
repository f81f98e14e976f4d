"""What the how-to deploys is what `manage.py run` starts: the same processes, by the same words."""

import re
import shlex
from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from config.management.commands.run import processes

CHECKOUT = Path(settings.BASE_DIR)
FOLDER = CHECKOUT / "docs/how-to/deploy"
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


def secret_files() -> list[Path]:
    """The files from which containers have their secrets."""
    told = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    read = [name for service in told["services"].values() for name in service.get("env_file", ())]
    return [Path(name) for name in (*read, *(each["file"] for each in told["secrets"].values()))]


def test_secrets_lie_where_no_image_and_no_commit_takes_them_along():
    assert {file.parent for file in secret_files()} == {Path("/etc/countersign")}
    by_git = [line for line in (CHECKOUT / ".gitignore").read_text().splitlines() if "/" not in line]
    in_image = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    anywhere = [line.removeprefix("**/") for line in in_image if line.startswith("**/")]
    for name in {file.name for file in secret_files()} | {"my-database.sql"}:
        assert any(fnmatch(name, each) for each in by_git), f"git takes {name}"
        assert any(fnmatch(name, each) for each in anywhere), f"an image takes {name}"


def test_the_folder_of_secrets_is_the_containers_users():
    [(user, group)] = re.findall(r"useradd --uid (\d+) --gid (\d+)", (FOLDER / "Dockerfile").read_text())
    page = (FOLDER.parent / "deploy.md").read_text()
    assert f"install --directory --owner={user} --group={group} --mode=700 /etc/countersign" in page
    assert f"chown {user}:{group} environment\n" in page, "who adds to a file gives it back to its owner and group"
    assert f"chown {user}:{group} environment ledger.key" in page
    assert "--volume /etc/countersign:/settings worker python manage.py setup --env /settings/environment" in page
