"""In a deep run SQLite answers in another order where none is asked for; and it is another day
where ``CALLFLOW_TEST_DAYS`` says how many days later. So what leans on either is found.

Programs that a test begins have the machine's date: whoever compares theirs with the test's own
(a web's limits, a token's last day) fails by that on another day, and is not meant.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from callflow import clock

DAYS = "CALLFLOW_TEST_DAYS"
_LATER = pytest.StashKey[timedelta]()


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.deep:
        return
    later = config.stash[_LATER] = timedelta(days=int(os.environ.get(DAYS, "0")))
    today = clock.now

    def on_that_day() -> datetime:
        return today() + later

    clock.now = on_that_day
    turn_rows()


def pytest_report_header(config: pytest.Config) -> str | None:
    later = config.stash.get(_LATER, None)
    if later is None:
        return None
    return f"it is {clock.now():%A %Y-%m-%d}; SQLite's rows come in another order"


def turn_rows() -> None:
    """From now on, in this process."""
    event.listen(Engine, "connect", _turn)


def _turn(connection: Any, _entry: object) -> None:
    """https://www.sqlite.org/pragma.html#pragma_reverse_unordered_selects"""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects=ON")
