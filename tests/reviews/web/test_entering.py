"""Logging in with a password; the admin is not needed for it."""

import pytest
from django.urls import reverse

from governance import clock
from governance.models import Employment, Person
from reviews.models import Answer, Item
from reviews.web import entering
from tests.reviews.scene import HIGH
from tests.reviews.web.reader import Reader

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"  # noqa: S105
WHY = "The gate staff's own tool refunds by it."


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


# -- what is critical stays by a log-in of now


@pytest.fixture
def critical(make_scene):
    """Maria is asked about something of the highest risk."""
    scene = make_scene(browser_from="high")
    scene.owner.set_password(PASSWORD)
    scene.owner.save()
    return scene.asked(risk=HIGH)


@pytest.fixture
def kept(critical, read):
    """kept(reader): what Maria's browser shows when she wants to keep it; the address of that page besides."""
    record = reverse("web:record", args=[critical.review_id])

    def kept(reader):
        page = reader.get(record)
        there = next(address for words, address in page.links.items() if words.startswith("Keep for"))
        return there, reader.get(there)

    return kept


def lapse(reader: Reader, seconds: int) -> None:
    """Let the password of this session have been given so long ago."""
    session = reader.client.session
    session[entering.ENTERED] = clock.now().timestamp() - seconds
    session.save()


def test_an_old_session_is_not_enough_to_keep_what_is_critical(critical, read, kept):
    reader = read(reader_of(critical))
    there, page = kept(reader)
    assert "give yours once more" in page.text
    page = reader.send(reverse("login"), username=reader_of(critical).email, password=PASSWORD, next=there)
    assert "Say it in a sentence" in page.text


def test_what_is_being_written_has_time(critical, read, kept):
    reader = read(reader_of(critical))
    lapse(reader, 5)
    there, page = kept(reader)
    assert "Say it in a sentence" in page.text
    lapse(reader, 20 * 60)
    assert "once more" in reader.get(there).text
    assert "letters and digits" in reader.send(there, reason="needed", task="current").text, "it is still read"
    lapse(reader, 61 * 60)
    assert "once more" in reader.send(there, reason=WHY, task="current").text
    assert not Answer.objects.exists()


def test_to_revoke_it_no_password_is_wanted_again(critical, read):
    reader = read(reader_of(critical))
    _, page = reader.follow(reverse("web:record", args=[critical.review_id]), "Revoke…")
    assert "You can take it back" in page.text


def reader_of(item: Item) -> Person:
    """Who is asked."""
    assignment = item.review.assignment
    assert assignment is not None
    return assignment.person
