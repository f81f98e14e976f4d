"""A real browser: Debian's Chromium, driven by Playwright, against a live server."""

import os
from pathlib import Path

import pytest
from django.db import connections

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")


@pytest.fixture
def page(live_server, monkeypatch):
    """
    A page in a browser of its own, which fails the test for any error that the browser reports.

    Playwright's loop runs in this thread as long as the browser does, and Django refuses its database beside a loop
    unless told otherwise: both end with the test, so that no other test meets them.
    """
    if not CHROMIUM.exists():
        pytest.skip("Debian's Chromium is not installed (make peers)")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (it starts a driver)

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    troubles: list[str] = []
    with sync_playwright() as playwright:
        # the sandbox wants a user of its own, which root in a container is not
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=os.geteuid() != 0, args=[*QUIET, "--disable-sync"]
        )
        page = browser.new_page(base_url=live_server.url, viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("response", lambda response: troubles.append(response.url) if response.status >= 400 else None)
        yield page
        browser.close()
        connections.close_all()  # beside a loop Django keeps connections of their own
    assert not troubles


@pytest.fixture
def shot(page):
    """shot(name): a picture of the whole page, for whoever wants to look (SHOTS names the folder)."""
    folder = os.environ.get("SHOTS")
    return lambda name: page.screenshot(path=Path(folder) / f"{name}.png", full_page=True) if folder else None
