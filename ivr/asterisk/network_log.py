"""What the simulated network saw: its channel events (CEL), one CSV line each, never rewritten."""

import csv
import json
import re
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ivr.asterisk.instance import Instance

#: A channel of the station's: ``PJSIP/station-00000012``, or with one of several trunks in it.
_FROM_STATION = re.compile(r"PJSIP/station(?:-([a-z][a-z0-9-]*))?-[0-9a-f]{8}")


@dataclass(kw_only=True)
class SeenCall:
    """One INVITE of the station, whatever came of it. Times are UTC."""

    to: str
    """E.164."""
    caller: str
    """The caller's number as the station gave it."""
    trunk: str = "trunk"
    """The station's trunk that it came over."""
    at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    """None while the call lives."""
    keys: str = ""
    """What the phone typed."""

    def as_dict(self) -> dict[str, Any]:
        """The shape of `GET simulator/calls`."""
        return {
            "to": self.to,
            "at": _iso(self.at),
            "answered_at": _iso(self.answered_at),
            "ended_at": _iso(self.ended_at),
            "keys": self.keys,
        }


class NetworkLog:
    """What one process has read of it: each look reads what was written since the last."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._calls: dict[str, SeenCall] = {}
        self._read = 0  # bytes
        self._lock = threading.Lock()

    def calls(self) -> list[SeenCall]:
        """Every call from the station, oldest first, across restarts of the network.

        A call without its end that was up when the network's process was started again has ended
        by then.
        """
        with self._lock:
            self._read_on()
            found = [replace(call) for call in self._calls.values()]
        _end_at_restarts(found, _starts(self._instance))
        return sorted(found, key=lambda call: call.at)

    def _read_on(self) -> None:
        try:
            with calls_file(self._instance).open("rb") as file:
                file.seek(self._read)
                fresh = file.read()
        except FileNotFoundError:
            return
        whole = fresh[: fresh.rfind(b"\n") + 1]  # a line being written is read next time
        self._read += len(whole)
        for row in csv.reader(whole.decode(errors="replace").splitlines()):
            if len(row) == 7:
                self._note(*row)

    def _note(
        self, kind: str, at: str, channel: str, name: str, extension: str, caller: str, extra: str
    ) -> None:
        if kind == "CHAN_START":
            # The network's own calls to the station have no number as their extension.
            station = _FROM_STATION.fullmatch(name)
            if station and extension.lstrip("+").isdigit():
                number, trunk = f"+{extension.lstrip('+')}", station[1] or "trunk"
                seen = SeenCall(to=number, caller=caller, at=_time(at), trunk=trunk)
                self._calls[channel] = seen
        elif (call := self._calls.get(channel)) is not None:
            _apply(call, kind, _time(at), extra)


def calls_seen(instance: Instance) -> list[SeenCall]:
    """As ``NetworkLog.calls``, for one look."""
    return NetworkLog(instance).calls()


def _apply(call: SeenCall, kind: str, at: datetime, extra: str) -> None:
    if kind == "ANSWER" and call.answered_at is None:
        call.answered_at = at
    elif kind == "HANGUP":
        call.ended_at = at
    elif kind == "KEY":
        call.keys += json.loads(extra)["extra"]


def _starts(instance: Instance) -> list[datetime]:
    try:
        return [_time(line) for line in instance.starts.read_text().split()]
    except FileNotFoundError:
        return []


def _end_at_restarts(calls: list[SeenCall], starts: list[datetime]) -> None:
    for call in calls:
        if call.ended_at is None:
            call.ended_at = next((start for start in starts if start > call.at), None)


def _time(epoch: str) -> datetime:
    return datetime.fromtimestamp(float(epoch), UTC)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def calls_file(instance: Instance) -> Path:
    """Where the events are, for a person."""
    return instance.log / "cel-custom" / "calls.csv"
