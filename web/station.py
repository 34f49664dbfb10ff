"""What every request needs: the instance it serves."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from callflow.clock import Clock
from callflow.core.calls.dialogue import Phrase
from callflow.dispatch.identity import Identity
from callflow.handling.station import first_start
from callflow.handling.watch import health as watch_health
from callflow.handling.watch.health import Health
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.vault import Vault
from web.kit.lasting import Lasting
from web.store_watch import StoreWatch

#: How exactly it is known when a session was used last.
SEEN_EVERY = timedelta(seconds=20)


class Network(Protocol):
    """The simulated telephone network, in demo mode only. The calls may block for milliseconds.

    Given by the composition root: the web may not import ``ivr.asterisk``.
    """

    def phone(self, number: str) -> dict[str, Any] | None:
        """What a number does, in the API's shape."""

    def set_phone(self, number: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Changes it for the next call. Raises ValueError naming the field."""

    def set_trunk(self, name: str, behaviour: str) -> None:
        """What becomes of every call of one trunk. Raises ValueError naming the field."""

    def calls(self) -> list[dict[str, Any]]:
        """What the network saw, oldest first."""


class BadAnnouncement(ValueError):
    """No recording that can stand for this; ``said`` tells a person why, with ``values`` in it."""

    def __init__(self, said: str, values: Mapping[str, object]) -> None:
        super().__init__(said)
        self.said, self.values = said, values


class Ready(Protocol):
    """A studio's recording that was checked and levelled."""

    @property
    def seconds(self) -> float:
        """How long it is heard."""


class Prompts(Protocol):
    """What callers hear: the voice's sentences, and the studio's recordings in their place.

    Given by the composition root: the web may not import ``ivr.speech``.
    """

    async def sound(self, phrases: Sequence[Phrase], language: str) -> Path | None:
        """The file that says them on the telephone (A-law, 8 kHz); None: the voice fails."""

    async def recorded(self) -> Mapping[tuple[str, str], float]:
        """The seconds of each recording, by its key and language."""

    async def ready(self, key: str, language: str, given: bytes) -> Ready:
        """A recording (WAV or FLAC) that may be kept. Raises BadAnnouncement."""

    def version(self, key: str, language: str) -> str:
        """What tells one recording from another; "": the voice says it. Raises BadAnnouncement."""

    def keep(self, ready: Any) -> None:
        """What was ``ready`` is heard from now on. Raises OSError."""

    def remove(self, key: str, language: str) -> None:
        """The voice says it again. Raises BadAnnouncement where nobody recorded it."""

    async def close(self) -> None:
        """The voice ends."""


@dataclass(frozen=True, kw_only=True)
class Station:
    """One instance of Callflow, as the web sees it."""

    settings: Settings
    store: Store
    vault: Vault
    clock: Clock
    started_at: datetime
    me: Identity
    watch: StoreWatch
    network: Network | None = None
    prompts: Prompts | None = None
    #: Who was let in, by the token's digest: asked where the database can't be read.
    let_in: dict[str, Any] = field(default_factory=dict)

    #: Sessions in use, by their key: written down with the next beat (web/app.py).
    seen: dict[str, datetime] = field(default_factory=dict)
    #: Tokens in use, by their id, likewise.
    used: dict[str, datetime] = field(default_factory=dict)

    #: Today's answers in time, of all wallboards (web/pages/watch/wallboard.py).
    in_time: Lasting[Any] = field(default_factory=lambda: Lasting(timedelta(minutes=1)))

    #: Somebody was called once, and answered by a key: the guide of the first start is over.
    proven: threading.Event = field(default_factory=threading.Event)

    def starts(self, tx: Tx) -> bool:
        """True where this station has never yet called anybody who answered by a key."""
        if not self.proven.is_set() and (self.settings.demo or first_start.is_set_up(tx)):
            self.proven.set()
        return not self.proven.is_set()

    def seen_since(self, now: datetime) -> datetime:
        """A session that was not used since is over. An outage, when nothing is noted, is none."""
        if self.watch.outage is not None:
            now = min(now, self.watch.outage.since)
        return now - timedelta(seconds=self.settings.session_idle)

    def saw(self, session: str, before: datetime, now: datetime) -> None:
        """A session is in use; written down where what is known of it is old."""
        if now - before > SEEN_EVERY:
            self.seen[session] = now

    def token_used(self, token_id: str, before: datetime | None, now: datetime) -> None:
        """A program came in; written down where what is known of it is old."""
        if before is None or now - before > SEEN_EVERY:
            self.used[token_id] = now

    def look(self, tx: Tx) -> Health:
        """The station's health, with what only this process knows of the database."""
        now = self.clock()
        self.watch.last = watch_health.look(
            tx, now, outage=self.watch.outage, beats_at=self.watch.beats_at(now)
        )
        return self.watch.last

    def health(self, tx: Tx) -> dict[str, Any]:
        """``look`` as ``GET health`` tells it."""
        return self.look(tx).told()


def station_of(request: Request) -> Station:
    """Dependency: the instance that this application serves."""
    station: Station = request.app.state.station
    return station


#: A handler's argument: the station.
Here = Annotated[Station, Depends(station_of)]
