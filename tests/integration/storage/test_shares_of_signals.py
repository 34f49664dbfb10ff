"""A share of signals is stored whole, once, by few statements, and written once."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from callflow.core.signals.signal import Signal
from callflow.handling.base import storing
from callflow.receiver.intake import SHARED
from callflow.storage import Store
from callflow.storage.signals import signals as rows
from tests.support.rows.migrated import migrate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@contextlib.contextmanager
def opened(url: str) -> Iterator[Store]:
    migrate(url)
    with contextlib.closing(Store(url, mac=str)) as store:
        yield store


def share(count: int, account: str = "1001") -> list[Signal]:
    return [
        Signal(
            account=account,
            format="SIA-DCS",
            code="BA",
            zone=str(place),
            raw="a frame as it came, for people to read",
            received_at=NOW,
            deduplication=f"{account}|{place:05}",
        )
        for place in range(count)
    ]


def store_all(store: Store, signals: list[Signal]) -> None:
    store.write_now(partial(storing.store_signals, signals=signals))


@pytest.mark.both_databases
def test_each_is_stored_once_in_its_order(database_url: str) -> None:
    with opened(database_url) as store:
        for count in (1, 3, 7, 15, 113, 250, SHARED, 600):
            sent = share(count, f"A{count}")
            store_all(store, sent)
            store_all(store, sent[count // 2 :])  # and again
            kept = store.read_now(partial(rows.page, account=f"A{count}", limit=1000))
            assert [row.zone for row in kept] == [signal.zone for signal in sent]


def test_a_share_takes_few_statements(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        counts = (1, 3, 14, 31, 55, 100, 124, 200, SHARED - SHARED // 8, SHARED)
        took = {count: len(statements(store, share(count, f"A{count}"))) for count in counts}
    assert max(took.values()) <= 3
    assert took[124] == took[SHARED - SHARED // 8] == took[SHARED] == 1


def statements(store: Store, signals: list[Signal]) -> list[str]:
    seen: list[str] = []

    def note(*execution: Any) -> None:
        seen.append(execution[2])

    event.listen(store._writer_engine, "before_cursor_execute", note)
    try:
        store_all(store, signals)
    finally:
        event.remove(store._writer_engine, "before_cursor_execute", note)
    return seen


def test_what_a_statement_may_have_to_undo_is_written_to_no_file(sqlite_url: str) -> None:
    log = Path(f"{sqlite_url.removeprefix('sqlite:///')}-wal")
    with opened(sqlite_url) as store:
        for place in range(4):  # a random order: many pages of the indexes are changed
            store_all(store, share(SHARED, f"{place}"))
        before, written = log.stat().st_size, _written()
        store_all(store, share(SHARED, "25"))
        assert _written() - written < 1.1 * (log.stat().st_size - before)


def _written() -> int:
    """Bytes that this process has written, to whatever."""
    found = re.search(r"wchar: (\d+)", Path(f"/proc/{os.getpid()}/io").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])
