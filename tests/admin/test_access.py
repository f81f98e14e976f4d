"""Who gets what from every address of the admin. An address without a row here fails."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from governance import access
from governance.access import Right
from tests.admin.world import ACTOR, staff, world
from tests.factories import OrgUnitFactory

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "no_staff", "left", "stranger", "asked", "elsewhere", "governor", "overseer", "superuser")
BETWEEN = ("asked", "elsewhere", "governor", "overseer")  # what the stranger and the superuser get, they get
OUT = (302, 302, 302)  # to the log-in
EVERYBODY = (*OUT, 200, 200, 200, 200, 200, 200)
OF_UNIT = (*OUT, 404, 404, 404, 200, 200, 200)
ASKED = (*OUT, 404, 200, 404, 200, 200, 200)
WHOLE = (*OUT, 404, 404, 404, 404, 200, 200)
NOBODY = (*OUT, 404, 404, 404, 404, 404, 404)  # the app's role can make no such row
TO_QUEUE = (302,) * 9
POST_ONLY = (*OUT, 405, 405, 405, 405, 405, 405)

RECORDS = {
    **dict.fromkeys(
        ["system", "syncrun", "account", "credential", "entitlement", "finding", "agent", "grant"], OF_UNIT
    ),
    **dict.fromkeys(["person", "orgunit", "source", "usageintake", "coverage", "run"], OF_UNIT),
    **dict.fromkeys(["remediation", "hold", "decision", "undo"], OF_UNIT),
    **dict.fromkeys(["review", "item", "ask"], ASKED),
    **dict.fromkeys(["entry", "policy", "organisation", "campaign", "attestation"], WHOLE),
    "checkpoint": NOBODY,
}
APPS = {**dict.fromkeys(RECORDS, "governance")} | dict.fromkeys(
    ["review", "item", "ask", "campaign", "attestation", "decision", "undo", "remediation", "hold"], "reviews"
)
PAGES = {
    "queue": EVERYBODY,
    "queue-release": POST_ONLY,
    "queue-cancel": POST_ONLY,
    "queue-accept": POST_ONLY,
    "queue-discard": POST_ONLY,
    "queue-try": POST_ONLY,
    "queue-attest": POST_ONLY,
    "queue-give-up": POST_ONLY,
    "queue-choose": POST_ONLY,
    "unclaimed": EVERYBODY,
    **dict.fromkeys(
        [f"unclaimed-{verb}" for verb in ("also", "claim", "disclaim", "ask", "release", "take-back")], POST_ONLY
    ),
    "agent-allow": POST_ONLY,
    "agent-certify": POST_ONLY,
    "agent-suspend": POST_ONLY,
    "agent-transfer": POST_ONLY,
    "governance_system_connect": (*OUT, 404, 404, 200, 200, 200, 200),
    "governance_system_connect_kind": (*OUT, 404, 404, 200, 200, 200, 200),
    "governance_system_edit": OF_UNIT,
    "governance_system_probe": POST_ONLY,
    "governance_system_read": POST_ONLY,
    "governance_entitlement_tag": POST_ONLY,
    "governance_source_token": POST_ONLY,
    "governance_source_revoke": POST_ONLY,
    "imports": (*OUT, 404, 404, 404, 404, 404, 200),  # every unit that lies in no other
    **dict.fromkeys(["import", "import-use", "governance_policy_weights"], (*OUT, 404, 404, 404, 404, 404, 200)),
    "reviews_attestation_file": NOBODY,  # not sealed: there is no file yet
    "index": TO_QUEUE,
    "app_list": TO_QUEUE,
    "search": EVERYBODY,  # names of pages, which are everybody's
    "jsi18n": EVERYBODY,
    "password_change": EVERYBODY,
    "password_change_done": EVERYBODY,
    "login": (200, 200, 200, *(302,) * 6),
    "logout": POST_ONLY,
    **{f"{app}_{noun}_changelist": EVERYBODY for noun, app in APPS.items()},
    **{f"{APPS[noun]}_{noun}_change": expected for noun, expected in RECORDS.items()},
}


def names(patterns) -> set[str]:
    """All named addresses of these."""
    return set().union(
        *(names(each.url_patterns) if isinstance(each, URLResolver) else {each.name} for each in patterns)
    ) - {None}


def test_every_address_has_a_row():
    admin = next(each for each in get_resolver().url_patterns if getattr(each, "namespace", None) == "admin")
    assert names(admin.url_patterns) == set(PAGES)


@pytest.fixture
def ours():
    return world("ours", OrgUnitFactory(name="top"))


@pytest.fixture
def people(ours):
    overseer = staff("overseer", ours.unit.parent)  # sees everything, and governs one of two tops
    access.permit(who=overseer, unit=OrgUnitFactory(name="far"), right=Right.AUDIT, actor=ACTOR)
    return {
        "anonymous": None,
        "no_staff": staff("no_staff", ours.unit, is_superuser=True),
        "left": staff("left", ours.unit, employment="left", is_superuser=True),
        "stranger": staff("stranger", unit=None),
        "asked": ours.owner,
        "elsewhere": staff("elsewhere", OrgUnitFactory(name="elsewhere", parent=ours.unit.parent)),
        "governor": staff("governor", ours.unit),
        "overseer": overseer,
        "superuser": staff("superuser", unit=None, is_superuser=True),
    }


# of addresses that want more than a row's key
ARGUMENTS = {
    "app_list": lambda _: ["reviews"],
    "reviews_attestation_file": lambda world: [world.rows["attestation"].pk, "attestation.json"],
    "import": lambda _: ["agents"],
    "governance_system_connect_kind": lambda _: ["postgresql"],
    "governance_entitlement_tag": lambda _: [1],
    "governance_source_token": lambda _: [1],
    "governance_source_revoke": lambda _: [1, 1],
    **dict.fromkeys(
        [f"governance_system_{verb}" for verb in ("edit", "probe", "read")], lambda world: [world.system.pk]
    ),
}


def address(name, world):
    """Where a page is, about the world's row."""
    noun = name.split("_")[-2] if name.endswith("_change") else ""
    if name == "login":
        return reverse("admin:login") + "?next=/admin/queue/"
    if name in ARGUMENTS:
        return reverse(f"admin:{name}", args=ARGUMENTS[name](world))
    if name.startswith(("queue-", "agent-", "unclaimed-")):
        return reverse(f"admin:{name}", args=[1])
    if noun and name != "password_change":
        row = world.rows.get(noun)
        return reverse(f"admin:{name}", args=[row if isinstance(row, int) else row.pk if row else 1])
    return reverse(f"admin:{name}")


def test_everybody_gets_what_is_theirs_and_nothing_else(ours, people):
    type(people["no_staff"]).objects.filter(pk=people["no_staff"].pk).update(is_staff=False)
    for number, role in enumerate(ROLES):
        client = Client()
        if person := people[role]:
            client.force_login(person)
        asked = {name: row for name, row in PAGES.items() if row is not EVERYBODY or role not in BETWEEN}
        got = {name: client.get(address(name, ours)).status_code for name in asked}
        assert got == {name: row[number] for name, row in asked.items()}, role


def test_nothing_is_written_through_a_page(ours, people):
    pages = [name for name in PAGES if name.endswith(("_changelist", "_change")) and name != "password_change"]
    data = {"action": "delete_selected", "_selected_action": "1", "name": "changed"}
    for role in ("stranger", "asked", "elsewhere", "governor", "overseer", "superuser"):
        client = Client()
        client.force_login(people[role])
        got = {name: client.post(address(name, ours), data).status_code for name in pages}
        assert set(got.values()) == {405}, (role, got)


def test_there_is_no_door_round_the_pages(ours, people):
    client = Client()
    client.force_login(people["superuser"])
    for path in (
        "autocomplete/?app_label=governance&model_name=grant&field_name=account&term=o",
        "r/1/1/",
        f"governance/grant/{ours.grant.pk}/delete/",
        f"governance/grant/{ours.grant.pk}/history/",
        "governance/grant/add/",
    ):
        assert client.get(f"/admin/{path}").status_code == 404, path


def test_an_assignment_that_ended_gives_nothing(ours):
    client = Client()
    client.force_login(ours.owner)
    assert client.get(address("reviews_review_change", ours)).status_code == 200
    ours.review.assignments.update(until=ours.review.due_at)
    for name in ("reviews_review_change", "reviews_item_change", "reviews_ask_change"):
        assert client.get(address(name, ours)).status_code == 404


def test_who_leaves_is_refused_although_a_session_exists(ours, people):
    client = Client()
    client.force_login(people["governor"])
    assert client.get("/admin/queue/").status_code == 200
    type(people["governor"]).objects.filter(pk=people["governor"].pk).update(employment="left")
    assert client.get("/admin/queue/")["Location"].startswith("/admin/login/")


def test_who_left_is_told_so_at_the_log_in(people):
    people["left"].set_password("correct horse battery")
    people["left"].save()
    form = {"username": people["left"].email, "password": "correct horse battery"}
    answer = Client().post("/admin/login/?next=/admin/queue/", form)
    assert answer.status_code == 200
    assert "Who has left" in answer.content.decode()


def test_who_is_logged_in_and_may_not_govern_is_told_so_and_where_their_page_is(people):
    person = people["stranger"]
    type(person).objects.filter(pk=person.pk).update(is_staff=False)
    client = Client()
    client.force_login(person)
    page = client.get("/admin/", follow=True).content.decode()
    assert "who may not govern. What you are asked is at http://testserver/." in page


def test_after_the_log_in_comes_the_queue(people):
    people["governor"].set_password("correct horse battery")
    people["governor"].save()
    client = Client()
    form = {"username": people["governor"].email, "password": "correct horse battery"}
    assert client.get("/admin/login/")["Location"] == "/admin/login/?next=/admin/queue/"
    assert client.post("/admin/login/?next=/admin/queue/", form)["Location"] == "/admin/queue/"
    assert client.get("/admin/")["Location"] == "/admin/queue/"


SIDEBAR = {
    "stranger": {"queue", "review", "ask"},
    "asked": {"queue", "review", "ask"},
    "governor": {"queue", "review", "ask", "agent", "grant", "decision", "remediation", "orgunit", "run"},
    "overseer": {"queue", "review", "ask", "agent", "grant", "entry", "checkpoint", "policy", "attestation"},
    "superuser": {"queue", "review", "ask", "agent", "grant", "entry", "checkpoint", "policy", "attestation"},
}
NEVER = {"governor": {"entry", "checkpoint", "policy", "attestation"}}


@pytest.mark.parametrize("role", sorted(SIDEBAR))
def test_the_sidebar_names_the_pages_on_which_there_can_be_something(role, ours, people):
    client = Client()
    client.force_login(people[role])
    sidebar = client.get("/admin/queue/").content.decode().split('id="nav-sidebar-apps"')[1].split("</ol>\n")
    linked = set(re.findall(r'href="/admin/(?:\w+/)?(\w+)/"', "".join(sidebar)))
    offered = linked & ({"queue"} | set(APPS))
    assert offered >= SIDEBAR[role]
    assert not offered & NEVER.get(role, set())
    if role in {"stranger", "asked"}:
        assert offered == SIDEBAR[role]


def test_the_sidebar_marks_the_page_that_is_open_also_by_one_of_its_records(ours, people):
    client = Client()
    client.force_login(people["overseer"])
    for address, open_now in (("queue/", "queue"), (f"governance/grant/{ours.grant.pk}/change/", "grant")):
        sidebar = client.get(f"/admin/{address}").content.decode().split('id="nav-sidebar-apps"')[1]
        links = re.findall(r'href="/admin/(?:\w+/)?(\w+)/" class="([^"]*)"', sidebar)
        assert [name for name, marks in links if "active" in marks.split()] == [open_now]


def test_the_log_in_offers_no_way_back_to_itself(ours):
    assert "Return to site" not in Client().get("/admin/login/?next=/admin/queue/").content.decode()


def test_the_account_box_says_name_and_address_once(ours, people):
    client = Client()
    client.force_login(people["governor"])
    box = client.get("/admin/queue/").content.decode().split("openUserLinks = !openUserLinks")[1]
    assert re.search(r">\s*governor\s*<", box)
    assert box.count("governor@staff.example") == 1


def test_a_browser_that_asks_for_an_icon_gets_one(settings):
    answer = Client().get("/favicon.ico")
    assert answer.status_code == 301
    assert (Path(settings.BASE_DIR) / answer["Location"].lstrip("/")).exists()
