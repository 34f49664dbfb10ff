"""What the simulated network saw: its channel events (CEL), one CSV line each, never rewritten."""

import csv
import json
import re
from dataclasses import dataclass
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


def calls_seen(instance: Instance) -> list[SeenCall]:
    """Every call from the station, oldest first, across restarts of the network.

    A call without its end that was up when the network's process was started again has ended
    by then.
    """
    calls: dict[str, SeenCall] = {}
    for kind, at, channel_id, name, extension, caller, extra in _lines(instance):
        if kind == "CHAN_START":
            # The network's own calls to the station have no number as their extension.
            station = _FROM_STATION.fullmatch(name)
            if station and extension.lstrip("+").isdigit():
                number, trunk = f"+{extension.lstrip('+')}", station[1] or "trunk"
                calls[channel_id] = SeenCall(to=number, caller=caller, at=at, trunk=trunk)
        elif (call := calls.get(channel_id)) is not None:
            _apply(call, kind, at, extra)
    _end_at_restarts(list(calls.values()), _starts(instance))
    return sorted(calls.values(), key=lambda call: call.at)


def _lines(instance: Instance) -> list[tuple[str, datetime, str, str, str, str, str]]:
    path = instance.log / "cel-custom" / "calls.csv"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]  # a line being written is read next time
    found = []
    for row in csv.reader(whole.splitlines()):
        if len(row) == 7:
            kind, at, channel_id, name, extension, caller, extra = row
            found.append((kind, _time(at), channel_id, name, extension, caller, extra))
    return found


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
