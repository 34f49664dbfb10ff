"""Chromium as the system ships it, for pytest-playwright, which would download its own: without
windows, where there is one, which computes a third less for a page and half for its own start."""

from __future__ import annotations

import shutil

import pytest
from playwright import async_api, sync_api

#: Milliseconds that a page has for what is expected of it, where a test says nothing else: the
#: machine is shared, and what must be quick says so.
PATIENCE = 15_000
for api in (async_api, sync_api):
    api.expect.set_options(timeout=PATIENCE)

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

#: Root has no sandbox; without the others each start looks up hosts that a closed network refuses.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
)

#: A script for pages where no Asterisk is: another tab has the telephone.
TELEPHONE_ELSEWHERE = """(() => {
  const request = navigator.locks?.request.bind(navigator.locks);
  if (request) navigator.locks.request = (name, ...more) =>
    name === "callflow-telephone" ? new Promise(() => {}) : request(name, ...more);
})();"""


def program() -> str:
    """The browser's; a run without one fails."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.fail(f"none of {', '.join(NAMES)} is on the PATH: ./run setup installs one")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Its program."""
    return program()


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, object], chromium_path: str
) -> dict[str, object]:
    """pytest-playwright's own arguments, with the system's browser."""
    return {**browser_type_launch_args, "executable_path": chromium_path, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """A desk's screen, in the product's first language."""
    return {
        **browser_context_args,
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "viewport": {"width": 1440, "height": 900},
    }
