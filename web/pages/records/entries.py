"""Entries of the logbook as pages show them: with names instead of ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callflow.core.records import audit
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


def feed(tx: Tx, entries: Sequence[Entry]) -> list[EntryShown]:
    """Those of them that the console's feed tells."""
    return entries_shown(tx, [entry for entry in entries if entry.kind not in _QUIET])


def last(tx: Tx, *, most: int = 60) -> list[EntryShown]:
    """The feed's beginning: of the logbook's last entries, the newest first."""
    return feed(tx, logbook.last(tx, limit=most))
