"""Three bugs, put into the product on purpose: a simulation that misses one of them is no use."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from unittest import mock

from callflow.core.alarms.incident import Incident
from callflow.receiver.intake import Intake
from callflow.storage import Tx
from callflow.storage.calls import calls


def _start_without_claiming(tx: Tx, trunks: Mapping[str, str], now: datetime) -> set[str]:
    """As ``storage.calls.start``, but for the state that nobody else would start from."""
    for call_id, trunk in trunks.items():
        calls.change(tx, call_id, trunk=trunk, placed_at=now)
    return set(trunks)


@contextlib.contextmanager
def second_dial() -> Iterator[None]:
    """A claimed call stays *requested*: the next look, or the next process, dials it again."""
    with mock.patch("callflow.storage.calls.calls.start", _start_without_claiming):
        yield


def _without_due(incident: Incident) -> Incident:
    return incident.but(due_at=None)


@contextlib.contextmanager
def lost_timer() -> Iterator[None]:
    """An incident's time is not written where it is looked for."""
    with mock.patch("callflow.storage.alarms.incidents._dated", _without_due):
        yield


async def _stored_some_day(self: Intake, share: Any) -> bool:
    signals = [signal for waiting in share for signal in waiting.signals]
    asyncio.ensure_future(self._store(signals))  # noqa: RUF006 - the bug itself
    return True


@contextlib.contextmanager
def acknowledged_before_commit() -> Iterator[None]:
    """The panel's answer does not wait for the commit."""
    with mock.patch.object(Intake, "_stored", _stored_some_day):
        yield


#: Each bug by its name.
PLANTED: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "second dial": second_dial,
    "lost timer": lost_timer,
    "ACK before commit": acknowledged_before_commit,
}
