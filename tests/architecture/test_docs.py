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
SOURCE = (Path(settings.BASE_DIR) / "config/settings.py").read_text()
SETTINGS = sorted(set(re.findall(r'env\.\w+\("([A-Z_]+)"', SOURCE)))


def page(name: str) -> str:
    return (REFERENCE / name).read_text()


@pytest.mark.parametrize("kind", sorted(catalog.KINDS))
def test_every_connector_has_a_heading(kind):
    assert re.search(rf"^## .*{kind}", page("connectors.md"), re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_every_check_has_a_heading(check):
    assert re.search(rf"^##+ .*`?{check}`?", page("checks.md"), re.MULTILINE)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_named(name):
    assert f"`{name}`" in page("settings.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_heading(name):
    assert re.search(rf"^##+ .*`?{name}`?", page("commands.md"), re.MULTILINE)


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
    known = {*SETTINGS, "SEQUENCER_DATABASE_URL", "COUNTERSIGN_STATE"}
    assert set(re.findall(r"^\| `([A-Z_]+)`", page("settings.md"), re.MULTILINE)) <= known
