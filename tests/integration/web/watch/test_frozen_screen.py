"""A browser that draws nothing any more is found out, and one that is only hidden is not one."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from callflow import clock
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.readings import Reading
from callflow.handling.watch import screens
from tests.integration.web.desks.test_desk import on_shift
from tests.integration.web.kit.test_browser import log_in, watched
from tests.integration.web.kit.test_hidden_tab import HIDE
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from tests.support.suite.descendants import descendants
from web.access.users import Role

#: Seconds: the product's own is longer; a page says every 5 to 9 that it drew.
AFTER = 15.0
#: A request that nobody answers holds the page's only thread, and takes no time of anybody's.
BLOCK = """() => setTimeout(() => {
  const asked = new XMLHttpRequest();
  asked.open("GET", "/held", false);
  try { asked.send(); } catch { /* let go */ }
})"""

Web = tuple[WebStation, WebProcess]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    on_shift(station)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def reading(station: WebStation) -> Reading | None:
    found = station.store.read_now(lambda tx: screens.look(tx, clock.now(), AFTER))
    return found[0] if found else None


def comes(page: Page, station: WebStation, is_so: Callable[[Reading], bool]) -> Reading:
    """What is read once it is so; the test has its own limit."""
    while (found := reading(station)) is None or not is_so(found):
        page.wait_for_timeout(250)
    return found


@contextlib.contextmanager
def blocked(page: Page) -> Iterator[None]:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/held", hold)
    page.evaluate(BLOCK)
    while not held:
        page.wait_for_timeout(50)
    yield
    held[0].abort()


@contextlib.contextmanager
def stopped(page: Page) -> Iterator[None]:
    renderers = [pid for pid, line in descendants(os.getpid()) if "--type=renderer" in line]
    assert renderers
    for pid in renderers:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in renderers:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("frozen", [blocked, stopped])
def test_a_page_that_draws_no_more_is_found_and_its_return_too(
    page: Page, web: Web, frozen: Callable[[Page], contextlib.AbstractContextManager[None]]
) -> None:
    station, process = web
    log_in(page, process)
    well = comes(page, station, lambda one: one.state is State.OK and (one.figure or 99) < 4)
    assert well.name == NAME
    with frozen(page):
        found = comes(page, station, lambda one: one.state is State.FAILED)
        assert (found.reason, found.vital) == (Reason.FROZEN, True)
        assert AFTER < (found.figure or 0) < AFTER + 20
    comes(page, station, lambda one: one.state is State.OK)


def test_a_hidden_page_is_none_and_proves_itself_without_drawing(page: Page, web: Web) -> None:
    station, process = web
    said = watched(page)
    log_in(page, process)
    comes(page, station, lambda one: one.state is State.OK)
    page.evaluate("window.requestAnimationFrame = () => 0")  # as a browser does in a hidden tab
    page.evaluate(HIDE)
    before = comes(page, station, lambda one: (one.figure or 0) > 3).figure or 0
    later = comes(page, station, lambda one: (one.figure or 99) < before)  # it was heard once more
    assert later.state is State.OK
    assert said == []
