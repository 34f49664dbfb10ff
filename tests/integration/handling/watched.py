"""A station that is watched: the receiver says that it lives, the engine looks, times move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import StoredSignal
from callflow.core.watch.supervision import Listening
from callflow.handling.watch import overdue
from callflow.storage.people import users
from callflow.storage.signals import signals
from callflow.storage.sites import sites
from tests.integration.handling.station import Station

Row = dict[str, Any]
PARIS = ZoneInfo("Europe/Paris")


def paris(text: str, fold: int = 0) -> datetime:
    """A wall clock's time in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


class Watch:
    """The engine's look at what is due, over a station whose receiver lives unless told."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.heard: Listening | None = None
        self.receiver_since = datetime(2026, 1, 1, tzinfo=UTC)
        self.receiver_pid = 1

    def beat(self) -> None:
        """The receiver has written down what it heard until now."""
        now, since, pid = self.station.now, self.receiver_since, self.receiver_pid
        self.station.write(
            lambda tx: users.process_beat(tx, "receiver", pid=pid, since=since, now=now, state={})
        )

    def begin_again(self) -> None:
        """Another receiver takes the dead one's place."""
        self.receiver_since, self.receiver_pid = self.station.now, self.receiver_pid + 1
        self.beat()

    def at(self, when: datetime) -> list[str]:
        """It is ``when``, the receiver listened all along: what the station finds out."""
        self.station.now = when
        self.beat()
        self.heard = None  # no gap: the engine looked every second
        return self.look()

    def later(self, seconds: float) -> list[str]:
        """As ``at``, so much later."""
        return self.at(self.station.now + timedelta(seconds=seconds))

    def look(self) -> list[str]:
        """The codes of what this look found out; correlated too."""
        station = self.station
        known = self.heard
        self.heard = station.read(lambda tx: overdue.listening(tx, known))
        heard, now = self.heard, station.now
        due = station.read(lambda tx: overdue.find(tx, heard, now))
        before = len(self.found())
        if due:
            station.write(lambda tx: overdue.act(tx, due, now))
        found = [row.code for row in self.found()[before:]]
        self.correlate()
        return found

    def correlate(self) -> None:
        """Until nothing is left: what is found out is a signal too."""
        while self.station.correlate():
            pass

    def hears(self, account: str = "1002") -> None:
        """A poll."""
        heard = {account: Heard(self.station.now, "dc09-tcp", None)}
        self.station.write(lambda tx: sites.note_heard(tx, heard))

    def sends(self, code: str, zone: str = "", **more: Any) -> list[str]:
        """A panel's signal, correlated; the codes of what it made the station find out."""
        before = len(self.found())
        self.station.receives(self.station.signal(code, zone, **more))
        self.correlate()
        return [row.code for row in self.found()[before:]]

    def found(self) -> list[StoredSignal]:
        """All that the station found out, in order."""
        rows = self.station.read(lambda tx: signals.page(tx, limit=100_000))
        return [row for row in rows if row.format == "station"]

    def open_kinds(self) -> list[str]:
        """Kinds of the incidents that are not filed, in order."""
        return [row.kind for row in self.station.incidents() if row.state != "filed"]
