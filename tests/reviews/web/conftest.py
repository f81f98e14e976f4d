"""A browser without scripts: pages are read, and their forms are filled in as they stand."""

import pytest
from django.urls import reverse

from governance.models import Person
from tests.reviews.web.reader import Reader


@pytest.fixture
def read():
    """read(person): their browser, logged in."""

    def read(person: Person) -> Reader:
        reader = Reader()
        reader.client.force_login(person)
        return reader

    return read


@pytest.fixture
def maria(read, scene) -> Reader:
    return read(scene.owner)


@pytest.fixture
def record(item) -> str:
    """Where the record is."""
    return reverse("web:record", args=[item.review_id])
