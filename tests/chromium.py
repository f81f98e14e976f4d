"""
A real browser: Debian's Chromium, started once for the process, driven by Playwright over its debugging port.

Debian builds it without windows too: the same engine, at a quarter of the work where nobody looks.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from config.embedded import servers
from config.embedded.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = Path("/usr/bin/chromium-headless-shell")
QUIET = (
    *("disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"),
    *("disable-gpu", "force-prefers-reduced-motion"),  # nobody looks
    "disable-features=RenderDocument,SpareRendererForSitePerProcess",  # one page after another, and nothing ahead
)


def start(stack: Stack, home: Path) -> str:
    """Start it without a window; return where it can be driven. Skips the test where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's Chromium is not installed (make peers)")
    # the sandbox wants a user of its own, which root in a container is not
    flags = [
        *("headless", "no-startup-window"),  # without a first page that one would attach to while it loads
        "remote-debugging-port=0",
        f"user-data-dir={home}",
        *QUIET,
        *["no-sandbox"] * (not os.geteuid()),
    ]
    process = stack.start([CHROMIUM, *(f"--{flag}" for flag in flags)], stop=signal.SIGKILL, log=home / "chromium.log")
    said = home / "DevToolsActivePort"
    servers.wait_until(lambda: said.exists() and "\n" in said.read_text(), stack, process)
    return f"http://127.0.0.1:{said.read_text().split()[0]}"


@contextmanager
def driving(address: str) -> Iterator["Browser"]:
    """
    Playwright at the wheel; its loop runs in this thread.

    Django refuses its database beside a loop unless told otherwise, and keeps connections of their own there.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (it starts a driver)

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.connect_over_cdp(address)
        yield browser
        connections.close_all()
        browser.close()


@contextmanager
def visiting(browser: "Browser", **how: Any) -> Iterator["BrowserContext"]:
    """Somebody at the browser, with nothing of whoever sat there before."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **how)
    yield context
    context.close()
