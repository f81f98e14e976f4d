"""The rules of the house that a tool can count: layers, doors, and rooms without a name."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("config", "connectors", "demo", "governance", "reviews")
NAMELESS = {"helpers.py", "services.py", "utils.py", "selectors.py", "helpers", "services", "utils"}
SIGNALS = re.compile(
    r"^\s*(?:from|import) django\.(?:dispatch|db\.models\.signals|core\.signals)"
    r"|^\s*from django\.db\.models import .*\bsignals\b",
    re.MULTILINE,
)
MOCKS = re.compile(r"^\s*(?:from|import) (?:unittest\.mock|mock\b)", re.MULTILINE)
LINT = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]


def sources(*packages):
    return [path for package in packages for path in (CHECKOUT / package).rglob("*.py")]


def lint(folder, *arguments):
    """Run import-linter over the packages of a folder."""
    return subprocess.run([*LINT, *arguments], cwd=folder, check=False, capture_output=True, text=True)


def test_the_contracts_hold():
    done = lint(CHECKOUT)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def small_house(tmp_path):
    """The packages and rooms of the contracts, empty, under the same contracts."""
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]
    for package in PACKAGES:
        room(tmp_path, package)
    for contract in contracts["contracts"]:
        for container in contract.get("containers", []):
            for layer in contract["layers"]:
                for name in layer.split("|"):
                    room(tmp_path, f"{container}.{name.strip(' ()')}")
    (tmp_path / "pyproject.toml").write_text((CHECKOUT / "pyproject.toml").read_text())
    return tmp_path


def room(house, name, source=""):
    folder = house / name.replace(".", "/")
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").write_text(source)


def test_an_empty_house_keeps_every_contract(small_house):
    done = lint(small_house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "breaches",
    [
        {  # of each contract one
            "reviews.models": ("import config", "Imports run downhill"),
            "reviews.utils": ("", "In reviews"),
            "governance.syncing": ("import governance.checking", "In governance"),
            "connectors.base": ("import django", "Connectors know nothing of Django"),
            "reviews.asking": ("import slack_sdk", "Slack is spoken"),
            "demo.company": ("import guardian", "Guardian has three"),
        },
        {  # and of each another one
            "governance.ledger": ("import reviews.models", "Imports run downhill"),
            "reviews.deciding": ("import reviews.opening", "In reviews"),
            "governance.helpers": ("", "In governance"),
            "connectors.base": ("from slack_sdk.web import WebClient", "Connectors know nothing"),
            "governance.tasks": ("from slack_bolt import App", "Slack is spoken"),
            "reviews.lapsing": ("from guardian.shortcuts import assign_perm", "Guardian has three"),
        },
    ],
)
def test_what_breaks_a_contract_is_found_and_named(small_house, breaches):
    for where, (source, _) in breaches.items():
        room(small_house, where, source)
    done = lint(small_house)
    assert done.returncode == 1
    broken = [line for line in done.stdout.splitlines() if line.strip().endswith("BROKEN")]
    for where, (_, contract) in breaches.items():
        assert any(line.strip().startswith(contract) for line in broken), done.stdout
        assert where in done.stdout


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("reviews.slack.delivering", "import slack_sdk\nimport slack_bolt"),
        ("demo.workspace", "from slack_sdk.signature import SignatureVerifier"),
        ("governance.access", "from guardian.shortcuts import get_objects_for_user"),
        ("reviews.models.campaign", "from guardian.models import GroupObjectPermissionBase"),
    ],
)
def test_the_door_is_open(small_house, where, source):
    room(small_house, where, source)
    done = lint(small_house)
    assert done.returncode == 0, done.stdout


def test_no_signals():
    assert [str(path) for path in sources(*PACKAGES) if SIGNALS.search(path.read_text())] == []


def test_no_mocks():
    ours = sources(*PACKAGES, "tests")
    assert [str(path) for path in ours if MOCKS.search(path.read_text())] == []


def test_every_room_has_a_name_that_says_what_it_is_for():
    names = [path for path in sources(*PACKAGES) if NAMELESS & set(path.relative_to(CHECKOUT).parts)]
    assert names == []
