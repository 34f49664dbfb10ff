"""A call in the logbook as one line: asked, placed, answered, what was said, ended. Pure.

Each of these is an entry of its own, in its own transaction, and stays one; pages show them folded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from callflow.core.records.logbook import Entry

#: What is told of one call. That it was asked for, or given up, names a number and no call.
OF_CALL = frozenset(
    {"call_placed", "call_incoming", "call_answered", "call_result", "call_ended", "recording"}
)
_ASKED, _CANCELLED = "call_requested", "call_cancelled"


@dataclass(frozen=True)
class CallLine:
    """What is told of one call, the oldest first: two entries at least."""

    entries: tuple[Entry, ...]

    @cached_property
    def _at(self) -> dict[str, datetime]:
        return {entry.kind: entry.at for entry in self.entries}

    @property
    def incoming(self) -> bool:
        """True of a call that somebody made to the station."""
        return "call_incoming" in self._at

    @property
    def who(self) -> str:
        """Who was asked for; "" where that was not told."""
        return self._said("who") if self.entries[0].kind == _ASKED else ""

    @property
    def to(self) -> str:
        """The number, or the station's own telephone."""
        return self._said("to")

    @property
    def outcome(self) -> str:
        """What was answered, else how it ended; "": it goes on."""
        return self._said("result") or self._said("outcome")

    @property
    def cancelled(self) -> bool:
        """True where it was given up before it was placed."""
        return _CANCELLED in self._at

    @property
    def answered_at(self) -> datetime | None:
        """When it was picked up (UTC)."""
        return self._at.get("call_answered") or self._at.get("call_incoming")

    @property
    def ended_at(self) -> datetime | None:
        """When it ended (UTC)."""
        return self._at.get("call_ended")

    @property
    def spoken(self) -> timedelta | None:
        """For how long it was up; None: it was not, or is still."""
        up, end = self.answered_at, self.ended_at
        return end - up if up is not None and end is not None else None

    def _said(self, name: str) -> str:
        said = (entry.data.get(name) for entry in reversed(self.entries))
        return next((str(one) for one in said if one), "")


def folded(entries: Sequence[Entry]) -> list[Entry | CallLine]:
    """Entries of an incident or of a day, the oldest first: each call's as one line, in the place
    of the first of them."""
    calls: dict[str, list[Entry]] = {}
    asked: dict[tuple[str | None, str], list[list[Entry]]] = {}
    lines: list[list[Entry]] = []
    for entry in entries:
        number = (entry.incident, str(entry.data.get("to") or ""))
        call = str(entry.data.get("call") or "") if entry.kind in OF_CALL else ""
        if call in calls:
            calls[call].append(entry)
            continue
        line = [entry]
        waiting = asked.get(number)
        if waiting and entry.kind in ("call_placed", _CANCELLED, "call_ended"):
            line = waiting.pop(0)
            line.append(entry)
        else:
            lines.append(line)
        if call:
            calls[call] = line
        elif entry.kind == _ASKED:
            asked.setdefault(number, []).append(line)
    return list(_lines(lines))


def _lines(lines: Iterable[list[Entry]]) -> Iterable[Entry | CallLine]:
    for line in lines:
        yield CallLine(tuple(line)) if len(line) > 1 else line[0]
