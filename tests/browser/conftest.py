"""Pages of a live server in a real browser."""

import os
from pathlib import Path

import pytest
from django.test import Client

from tests.chromium import visiting


@pytest.fixture
def page(live_server, chromium):
    """A page, which fails the test for any error that the browser reports."""
    troubles: list[str] = []
    with visiting(chromium, base_url=live_server.url) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("response", lambda response: troubles.append(response.url) if response.status >= 400 else None)
        yield page
    assert not troubles


@pytest.fixture
def shot(page):
    """shot(name): a picture of the whole page, for whoever wants to look (SHOTS names the folder)."""
    folder = os.environ.get("SHOTS")
    return lambda name: page.screenshot(path=Path(folder) / f"{name}.png", full_page=True) if folder else None


@pytest.fixture
def enter(page, live_server):
    """enter(person): somebody is logged in from now on. What the form does has tests of its own."""

    def enter(person):
        client = Client()
        client.force_login(person)
        cookies = client.cookies.items()
        page.context.add_cookies(
            [{"name": name, "value": each.value, "url": live_server.url} for name, each in cookies]
        )

    return enter
