"""Entries of the logbook as pages show them: with names instead of ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callflow.core.records import audit
from callflow.core.records.call_lines import CallLine, folded
from callflow.core.records.logbook import Entry
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.sites import sites

#: Kinds of which the console's feed says nothing: the alarm's own page tells them.
_QUIET = frozenset({"recording", "step", "call_requested", "call_result", "filed", *audit.QUIET})


@dataclass(frozen=True, slots=True)
class EntryShown:
    """An entry with its site's name, and the contact whose call it tells of."""

    entry: Entry
    site_name: str
    person: str


def entries_shown(tx: Tx, entries: Sequence[Entry]) -> list[EntryShown]:
    """Entries of any kind, in their order."""
    if not entries:  # at most looks nothing is new
        return []
    places = sites.names_of(tx, (entry.site for entry in entries))
    of_calls = {entry.id: entry.data.get("call") or "" for entry in entries}
    people = calls.contact_names(tx, {call for call in of_calls.values() if call})
    return [
        EntryShown(
            entry,
            places.get(entry.site or "", entry.site or ""),
            people.get(of_calls[entry.id], ""),
        )
        for entry in entries
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: an entry, or all that is told of one ``call``, the oldest first; what
    corrects it since, and what it ``corrects`` itself."""

    shown: EntryShown
    corrections: tuple[Entry, ...] = ()
    corrects: Entry | None = None
    call: CallLine | None = None
    parts: tuple[Line, ...] = ()

    @property
    def person(self) -> str:
        """Who was called, or called, where that is known."""
        named = (part.shown.person for part in self.parts)
        return next(filter(None, named), "") or (self.call.who if self.call else "")


def lines(tx: Tx, shown: Sequence[EntryShown]) -> list[Line]:
    """Entries in the order of their numbers as pages show them: calls folded, and what is corrected
    with its correction."""
    entries = [one.entry for one in shown]
    since, named = logbook.corrections(tx, entries), _corrected(tx, entries)
    made = {
        one.entry.id: Line(
            one,
            tuple(since.get(one.entry.id, ())),
            named.get(str(one.entry.data.get("corrects"))) if one.entry.data else None,
        )
        for one in shown
    }
    return [_line(one, made) for one in folded(entries)]


def _corrected(tx: Tx, entries: Sequence[Entry]) -> dict[str, Entry]:
    """{id: the entry} of those that one of these corrects."""
    ids = {str(e.data["corrects"]) for e in entries if e.kind == logbook.CORRECTED and e.data}
    return {entry.id: entry for entry in logbook.of_ids(tx, ids)}


def _line(one: Entry | CallLine, made: dict[str, Line]) -> Line:
    if isinstance(one, Entry):
        return made[one.id]
    parts = tuple(made[entry.id] for entry in one.entries)
    return Line(parts[0].shown, call=one, parts=parts)


def feed(tx: Tx, entries: Sequence[Entry]) -> list[EntryShown]:
    """Those of them that the console's feed tells."""
    return entries_shown(tx, [entry for entry in entries if entry.kind not in _QUIET])


def last(tx: Tx, *, most: int = 60) -> list[EntryShown]:
    """The feed's beginning: of the logbook's last entries, the newest first."""
    return feed(tx, logbook.last(tx, limit=most))
