"""`manage.py set_organisation`."""

import pytest
from django.core.management import CommandError, call_command

from governance.models import Entry, Organisation

pytestmark = pytest.mark.django_db


def test_it_names_the_organisation_and_ledgers_it():
    call_command("set_organisation", "Meridian Air", zone="Europe/Copenhagen")
    assert (Organisation.objects.get().name, Organisation.objects.get().time_zone) == (
        "Meridian Air",
        "Europe/Copenhagen",
    )
    assert Entry.objects.filter(act="organisation.set").count() == 1


def test_it_changes_it_and_stays_one_row():
    call_command("set_organisation", "Meridian Air")
    call_command("set_organisation", "Meridian")
    assert [each.name for each in Organisation.objects.all()] == ["Meridian"]


def test_it_refuses_an_unknown_zone_by_name():
    with pytest.raises(CommandError, match="Mars/Olympus"):
        call_command("set_organisation", "Meridian Air", zone="Mars/Olympus")
    assert not Organisation.objects.exists()
