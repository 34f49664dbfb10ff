"""Pages that are open at desks: their ages, what is excused, and what a page proves."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from web import stream
from web.screens import Screens
from web.stream import Hub


class Steady:
    """A clock that a test moves."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_page_ages_until_it_draws_and_is_gone_with_its_stream() -> None:
    now = Steady()
    screens = Screens(now)
    name = screens.opens("claire", "s")
    now.at += 30
    assert ages(screens) == (30.0, None, None)
    screens.draws(name, "claire", "s", at=None, hidden=True)
    now.at += 5
    screens.draws(name, "claire", "s", at=now.at - 2, hidden=True)
    now.at += 1
    assert ages(screens) == (36.0, 3.0, 6.0)
    screens.draws(name, "claire", "s", at=now.at + 900, hidden=False)  # nobody drew the future
    assert ages(screens) == (36.0, 0.0, None)
    screens.draws(name, "claire", "s", at=now.at - 50, hidden=False)  # what came late takes nothing
    assert ages(screens) == (36.0, 0.0, None)
    screens.closes(name)
    assert screens.told() == []


def test_what_could_not_be_heard_is_nobody_s_fault() -> None:
    now = Steady()
    screens = Screens(now)
    screens.opens("claire", "s")
    now.at += 300
    screens.excuse()
    assert ages(screens) == (0.0, None, None)


def test_a_page_of_another_process_is_told_for_a_minute() -> None:
    now = Steady()
    screens = Screens(now)
    screens.draws("a" * 16, "claire", "s", at=None, hidden=False)
    assert ages(screens) == (None, 0.0, None)
    now.at += 61
    assert screens.told() == []


def test_a_page_is_as_old_as_the_last_event_that_it_drew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Steady()
    monkeypatch.setattr(stream, "monotonic", now)
    begun = SimpleNamespace(started_at=datetime(2026, 11, 25, 3, tzinfo=UTC))
    hub = Hub(cast(Any, begun))
    hub.screens = Screens(now)
    name = hub.screens.opens("claire", "s")
    for _ in range(10):  # an event every four seconds
        now.at += 4
        hub.tell_user("claire", "calls", "")
    hub.drew(name, "claire", "s", "20261125030000-4", hidden=False)
    assert ages(hub.screens)[1] == 24.0
    for other in ("20261125030001-4", "20261125030000-²", "4", "", "20261125030000-" + "9" * 400):
        hub.drew(name, "claire", "s", other, hidden=False)
    assert ages(hub.screens)[1] == 0.0


def ages(screens: Screens) -> tuple[float | None, ...]:
    (one,) = screens.told()
    return tuple(one[key] for key in ("open_for", "drawn", "hidden_for"))
