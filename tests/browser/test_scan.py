"""The page of a scan, opened from a file: readable without its script, and with it sorted, filtered and copied."""

import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.browser.test_admin import WIDER
from tests.browser.test_web import READABLE, UNLABELLED
from tests.chromium import visiting
from tests.connectors import clusters
from tests.governance.scanning import estate

# What is wider than the box it lies in, whether or not that can be scrolled.
CUT = """() => [...document.querySelectorAll('.card')].filter(each => each.scrollWidth > each.clientWidth + 1)
    .map(each => each.className)"""
# Names without a place to break at, in whatever sentence names something of the system.
LENGTHENED = """() => document.querySelectorAll('h1, h3, dd, p, .card li span:not(.risk)').forEach(
    each => each.append('AWSBedrockAgentCoreGatewayNetworkServiceRolePolicy'))"""
# What is folded, and is not to be seen.
FOLDED = (
    "() => [...document.querySelectorAll('details > :not(summary)')].filter(each => !each.checkVisibility()).length"
)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory, cluster_of) -> Path:
    """The page of the estate, with the names that try to be something else."""
    url, path = cluster_of(*clusters.NEWEST), tmp_path_factory.mktemp("scan") / "scan.html"
    estate.found(url, with_hostile=True)
    call_command("scan", estate.url(url), out=path, stdout=StringIO(), stderr=StringIO())
    estate.clear(url)
    return path


@pytest.fixture
def open_page(scanned):
    """open_page(scheme=…): the file in a browser; whatever goes wrong in it fails the test."""

    def open_page(context):
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(scanned.as_uri())
        return page

    troubles: list[str] = []
    asked: list[str] = []
    yield open_page
    assert troubles == []
    assert set(asked) == {scanned.as_uri()}, "it needs nothing beside itself"


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_can_be_read(chromium, open_page, width):
    with visiting(chromium) as context:
        page = open_page(context)
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(WIDER) <= 0
        shoot(page, f"scan-{width}-folded")
        page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
        assert page.evaluate(WIDER) <= 0
        assert page.evaluate(CUT) == []
        page.evaluate(LENGTHENED)
        assert page.evaluate(WIDER) <= 0
        assert page.evaluate(UNLABELLED) == []
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(READABLE) == []
            shoot(page, f"scan-{width}-{scheme}")
        assert page.evaluate("() => top.hacked") is None


def shoot(page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def visible(page) -> int:
    return page.locator("#grants tbody tr:visible").count()


def test_the_table_is_filtered_and_sorted_by_keyboard(chromium, open_page):
    with visiting(chromium) as context:
        page = open_page(context)
        assert visible(page) == 20
        page.get_by_role("searchbox").fill("update on table shop.payments")
        page.locator("select[name=risk]").select_option("high")
        assert visible(page) == 1
        assert page.locator("output").inner_text() == "1 grant"
        page.get_by_role("searchbox").fill("nowhere at all")
        assert page.locator("output").inner_text() == "No grant matches. Clear a filter."
        page.get_by_role("searchbox").fill("")
        page.locator("select[name=risk]").select_option("")
        page.get_by_role("button", name="Show all").click()
        page.get_by_role("button", name="Account").focus()
        page.keyboard.press("Enter")
        names = page.locator("#grants tbody td:first-child").all_inner_texts()
        assert page.locator("th").first.get_attribute("aria-sort") == "ascending"
        assert names[0].casefold() < names[-1].casefold()


def test_a_fix_is_copied(chromium, open_page):
    with visiting(chromium) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = open_page(context)
        page.get_by_role("button", name="Copy").first.click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("() => navigator.clipboard.readText()") == "ALTER ROLE break_glass NOSUPERUSER;"


def test_it_reads_without_its_script_and_prints_whole(chromium, open_page):
    with visiting(chromium, java_script_enabled=False) as context:
        page = open_page(context)
        total = int(page.locator("#all h2").inner_text().split()[1])
        assert visible(page) == total
        assert not page.get_by_role("button", name="Copy").count(), "nothing is offered that would not work"
        page.emulate_media(media="print")
        assert visible(page) == total


def test_on_paper_all_rows_are_there_although_the_screen_shows_some(chromium, open_page):
    with visiting(chromium) as context:
        page = open_page(context)
        total = int(page.locator("#all h2").inner_text().split()[1])
        assert visible(page) == 20
        assert page.evaluate(FOLDED)
        page.emulate_media(media="print")
        assert visible(page) == total
        assert not page.evaluate(FOLDED)
        assert not page.locator(".filters").is_visible()
        shoot(page, "scan-print")
