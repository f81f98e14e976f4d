"""A browser in front of the simulated workspace, with our door behind it: who sits there, and what they press."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import Locator, Page

from demo.slack.directory import company
from demo.slack.serving import Running, Ways, running
from demo.slack.workspace import Workspace
from governance.models import Person
from governance.sweeping import sweep
from reviews import asking
from reviews.models import Ask, Item, Pace
from reviews.slack.delivering import deliver
from tests.browser.test_admin import HARD_TO_READ, PASSWORD, WIDER
from tests.reviews.conftest import make_scene, target
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import Scene
from tests.reviews.slack.conftest import SECRET, ring

__all__ = ["make_scene", "ring", "target"]
TOKEN = "xoxb-simulated"  # noqa: S105  (it opens nothing)
TEAM = "T0SKYWAY"
MARIA, DENIZ = "U0MARIA", "U0DENIZ"
ZONE = "Europe/Copenhagen"
COMPANY = {
    "team": {"id": TEAM, "domain": "skyway", "name": "Skyway Air"},
    "app": {"id": "A0COUNTER", "name": "Countersign", "bot_user": "B0COUNTER"},
    "users": [
        {"id": MARIA, "name": "maria", "real_name": "Maria Okafor", "tz": ZONE},
        {"id": DENIZ, "name": "deniz", "real_name": "Deniz Kaya", "tz": ZONE},
    ],
}
READABLE = HARD_TO_READ.replace(".cs *, #nav-sidebar a *", "body *")
PATIENCE = 60  # seconds, for a machine that has more to do


@dataclass
class Desk:
    """Maria or Deniz sits here."""

    scene: Scene
    page: Page
    slack: Running
    shot: Callable[[str], Any]

    # -- what the world does

    def asked(self, name: str, **more: Any) -> Item:
        """A question that stands in Maria's messages."""
        item = self.scene.asked(entitlement__name=name, **more)
        self.told()
        return item

    def told(self) -> None:
        """Let all that waits reach Slack, however fast the last calls came; and look."""
        asking.ask_people()
        while (waiting := Ask.objects.filter(surface="slack", state__in=("pending", "outdated"))).exists():
            Pace.objects.all().delete()
            waiting.update(next_at=None)
            assert sweep(partial(Ask.objects.claim_pending, "slack"), deliver), list(waiting.values())
        if self.page.url.startswith(self.slack.url):
            self.page.reload()

    # -- what a person sees

    def see(self, user: str = MARIA, at: str = "") -> Page:
        """Sit down as somebody, before their messages or their `home/`."""
        self.page.goto(f"{self.slack.url}/as/{user}/{at}")
        return self.page

    def see_home(self) -> Page:
        """Maria opens her home for the first time: it is there when the app has heard so."""
        self.see(at="home/")
        self.page.locator("#log").get_by_text("app_home_opened", exact=True).first.wait_for()
        self.told()
        return self.page

    @property
    def talk(self) -> Locator:
        """The conversation, without the log of requests beside it."""
        return self.page.locator("main")

    def reads(self, text: str) -> None:
        """Wait until this stands in the conversation."""
        self.talk.get_by_text(text).first.wait_for()

    def whisper(self) -> Locator:
        """The last that only this person sees."""
        last = self.talk.locator(".msg.eph").last
        last.wait_for()
        return last

    def form(self) -> Locator:
        """The form that lies over the page, as soon as it does."""
        form = self.page.get_by_role("dialog")
        form.wait_for()
        return form

    def fits(self, name: str) -> None:
        """Whether it can be read without pushing it sideways, on a phone and wide."""
        for width in (390, 1280):
            self.page.set_viewport_size({"width": width, "height": 844})
            assert self.page.evaluate(WIDER) <= 0, (name, width)
            self.shot(f"slack-{name}-{width}")
        assert self.page.evaluate(READABLE) == [], name

    # -- what a person does

    def logs_in(self, follow: Callable[[], None]) -> Page:
        """Maria follows a link out of Slack and logs in; the page that it leads to."""
        self.scene.owner.set_password(PASSWORD)
        self.scene.owner.save()
        with self.page.context.expect_page() as opened:
            follow()
        page = opened.value
        page.get_by_label("Email").fill(self.scene.owner.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        return page

    def press(self, name: str, place: Locator | None = None) -> None:
        """Press the last button of this name: the newest message is below."""
        (place or self.talk).get_by_role("button", name=name).last.click()

    def confirm(self, name: str) -> None:
        """Say yes when asked once more."""
        self.press(name, self.page.get_by_role("alertdialog"))
        self.page.get_by_role("alertdialog").wait_for(state="detached")

    def choose(self, name: str) -> None:
        """Choose something from the menu behind the three dots."""
        self.talk.get_by_label("More choices").last.click()
        self.press(name)

    def pick(self, label: str, option: str) -> None:
        """Choose from a menu of the home, and see the home rendered anew."""
        with self.page.expect_navigation():
            self.talk.get_by_label(label).select_option(option)
        self.told()

    def send(self, name: str) -> None:
        """Send the form: it is taken."""
        self.press(name, self.form())
        self.page.get_by_role("dialog").wait_for(state="detached")

    def type(self, line: str) -> Locator:
        """Type a command; what it answers, to this person alone."""
        before = self.talk.locator(".msg.eph").count()
        self.page.get_by_label("Command").fill(line)
        self.page.keyboard.press("Enter")
        self.talk.locator(".msg.eph").nth(before).wait_for()
        return self.whisper()


@pytest.fixture
def slack(live_server, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, ring: None) -> Iterator[Running]:
    """A workspace that speaks to the live server, and the live server to it."""
    monkeypatch.setenv("TEST_SLACK_BOT_TOKEN", TOKEN)
    settings.SLACK_SIGNING_SECRET, settings.SLACK_SIMULATED = SECRET, True
    settings.BASE_URL = live_server.url
    at = f"{live_server.url}/slack"
    ways = Ways(events_url=f"{at}/events", commands_url=f"{at}/commands", patience=PATIENCE)
    there = Workspace(company(COMPANY, bot_token=TOKEN, signing_secret=SECRET), clock=time.time)
    with running(there, interactivity_url=f"{at}/interactivity", ways=ways) as simulated:
        settings.SLACK_API_BASE_URL = f"{simulated.url}/api/"
        yield simulated
    assert [entry for entry in there.log if entry.to_app and entry.status != 200] == [], "the app takes all it is told"


@pytest.fixture
def make_desk(page: Page, slack: Running, make_scene: Callable[..., Scene], shot: Any) -> Callable[..., Desk]:
    """make_desk(alone_from="critical"): the desk under a policy; Maria and her deputy Deniz are linked."""
    page.set_default_timeout(PATIENCE * 1000)

    def make_desk(**policy: Any) -> Desk:
        scene = make_scene(**policy)
        WorkspaceFactory(team_id=TEAM)
        for person, user in ((scene.owner, MARIA), (scene.deputy, DENIZ)):
            SlackIdentityFactory(person=person, issuer=TEAM, value=user)
            Person.objects.filter(pk=person.pk).update(time_zone=ZONE)
        return Desk(scene, page, slack, shot)

    return make_desk


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
