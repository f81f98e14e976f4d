"""Documentation that cannot rot: every connector, check, setting, command and act has its place in the reference."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings

from connectors import catalog
from governance.ledger import Act
from governance.models import Parameters
from governance.policy.checks import CHECKS
from reviews.reports.attestation import COLUMNS

REFERENCE = Path(settings.BASE_DIR) / "docs/reference"
COMMANDS = sorted(
    path.stem
    for package in ("governance", "reviews", "config")
    for path in (Path(settings.BASE_DIR) / package / "management/commands").glob("*.py")
    if path.stem != "__init__"
)
PRODUCT = [Path(settings.BASE_DIR) / package for package in ("config", "connectors", "governance", "reviews")]
OURS = r"(?:COUNTERSIGN|DATABASE|LEDGER|REDIS|SEQUENCER|SLACK)_"  # beside what a server or libpq puts there
READ = re.compile(rf'\benv\.\w+\("([A-Z_]+)"|\benviron(?:\.get)?[\[(]"({OURS}[A-Z_]+)"')
SETTINGS = sorted(
    {
        found[1] or found[2]
        for package in PRODUCT
        for path in package.rglob("*.py")
        for found in READ.finditer(path.read_text())
    }
)


def has_heading(text: str, name: str) -> bool:
    """Whether a section is about this, and about this alone."""
    return re.search(rf"^##+ {re.escape(name)}$", text, re.MULTILINE) is not None


def page(name: str) -> str:
    return (REFERENCE / name).read_text()


@pytest.mark.parametrize("kind", sorted(catalog.KINDS))
def test_every_connector_has_a_heading(kind):
    assert has_heading(page("connectors.md"), kind)


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_every_check_has_a_heading(check):
    assert has_heading(page("checks.md"), check)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_named(name):
    assert f"`{name}`" in page("settings.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_heading(name):
    assert has_heading(page("commands.md"), name)


@pytest.mark.parametrize("name", [each.name for each in fields(Parameters)])
def test_every_parameter_of_the_policy_is_named(name):
    assert re.search(rf"^\| [^|]*`{name}`", page("policy.md"), re.MULTILINE)


@pytest.mark.parametrize("act", sorted(Act))
def test_every_act_is_named(act):
    assert f"`{act}`" in page("ledger.md")


def test_the_columns_of_an_attestation_are_named_in_their_order():
    rows = re.findall(r"^\| (`[^|]+) \|", page("attestation.md"), re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", " ".join(rows))) == COLUMNS


def test_no_setting_is_documented_that_does_not_exist():
    assert set(re.findall(r"^\| `([A-Z_]+)`", page("settings.md"), re.MULTILINE)) <= set(SETTINGS)
