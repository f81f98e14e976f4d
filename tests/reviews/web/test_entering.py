"""Logging in with a password; the admin is not needed for it."""

import pytest
from django.urls import reverse

from governance.models import Employment
from tests.reviews.web.reader import Reader

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture
def owner(scene):
    scene.owner.set_password(PASSWORD)
    scene.owner.save()
    return scene.owner


def test_the_page_that_was_wanted_comes_next(owner, record):
    reader = Reader()
    page = reader.get(record)
    assert page.fields["next"] == record
    assert "Ask whoever administers Countersign" in page.text
    page = reader.send(reverse("login"), username=owner.email, password=PASSWORD, next=record)
    assert "You are asked" in page.text


def test_without_another_page_the_queue_comes_next(owner):
    page = Reader().send(reverse("login"), username=owner.email, password=PASSWORD)
    assert "Nothing to review, Maria." in page.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_never_leads_elsewhere(client, owner, elsewhere):
    answer = client.post(reverse("login"), {"username": owner.email, "password": PASSWORD, "next": elsewhere})
    assert answer.headers["Location"] == reverse("web:queue")


def test_a_wrong_password_and_none_are_the_same(owner, scene):
    first = Reader().send(reverse("login"), username=owner.email, password="wrong")
    second = Reader().send(reverse("login"), username=scene.deputy.email, password="wrong")
    assert "Please enter a correct email and password." in first.text
    assert "Please enter a correct email and password." in second.text


def test_who_has_left_is_told_so(owner):
    owner.employment = Employment.LEFT
    owner.save()
    assert "Who has left can't log in." in Reader().send(reverse("login"), username=owner.email, password=PASSWORD).text


def test_logging_out_is_a_post(maria):
    assert maria.client.get(reverse("logout")).status_code == 405
    assert "Log in" in maria.send(reverse("logout")).text
    assert maria.client.get(reverse("web:queue")).status_code == 302


def test_the_log_in_is_as_strict_as_the_rest(client):
    answer = client.get(reverse("login"))
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "no-store" in answer["Cache-Control"]


def test_the_front_page_leads_to_what_matters_to_whoever_comes(maria, scene, client):
    assert maria.client.get("/").headers["Location"] == reverse("web:queue")
    scene.owner.is_staff = True
    scene.owner.save()
    assert maria.client.get("/").headers["Location"] == reverse("admin:queue")
    assert client.get("/").headers["Location"] == f"{reverse('login')}?next=/"
