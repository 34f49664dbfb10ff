"""What was found in the logbook as a file: who takes how many is told before it is given.

Each entry with the time of its site and in UTC, and with what corrects it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from callflow.core.records.logbook import MACHINE, Entry
from callflow.core.sites.files import writing
from callflow.core.time.instants import to_iso
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.base.telling import tell
from callflow.handling.records.lookup import Question, look_up
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.sites import sites
from callflow.texts import entry_text

#: Runs a function in a transaction that reads, as ``Store.read_now`` does.
Read = Callable[[Callable[[Tx], list[list[str]]]], list[list[str]]]

#: Entries of one file, and those that are in memory at once.
MOST, _BATCH = 20_000, 500
_HEAD: Mapping[str, Sequence[str]] = {
    "fr": (
        *("Heure locale", "Fuseau", "Heure UTC", "Auteur", "Site", "Nom du site", "Alarme"),
        *("Nature", "Écriture", "Rectifiée par", "Identifiant"),
    ),
    "en": (
        *("Local time", "Time zone", "UTC", "Author", "Site", "Site's name", "Incident"),
        *("Kind", "Entry", "Corrected by", "Id"),
    ),
}


def export_begins(tx: Tx, who: str, now: datetime) -> None:
    """The logbook says who takes entries of it."""
    tell(tx, "logbook_exported", now, by=who, who_did=who)


def pieces(read: Read, question: Question, language: str) -> Iterator[bytes]:
    """The CSV file of what is found, the newest first, piece by piece."""
    return writing.to_csv(_HEAD[language], _batches(read, question, language), language)


def _batches(read: Read, question: Question, language: str) -> Iterator[list[list[str]]]:
    asked, left = replace(question, limit=_BATCH), MOST
    while left > 0:
        before: list[int] = []

        def rows(tx: Tx, asked: Question = asked, before: list[int] = before) -> list[list[str]]:
            found = look_up(tx, asked)
            if found.beyond is not None:
                before.append(found.beyond.number)
            elif len(found.entries) == _BATCH:
                before.append(found.entries[-1].number)
            return _rows(tx, found.entries, language)

        some = read(rows)
        yield some[:left]
        left -= len(some)
        if not before:
            return
        asked = replace(asked, before=before[0])


def _rows(tx: Tx, entries: Sequence[Entry], language: str) -> list[list[str]]:
    places = {entry.site for entry in entries}
    names, zones = sites.names_of(tx, places), sites.time_zones_of(tx, places)
    since = logbook.corrections(tx, entries)
    return [
        [
            *_when(entry.at, zones.get(entry.site or "", str(STATION_ZONE))),
            "" if entry.who == MACHINE else entry.who,
            entry.site or "",
            names.get(entry.site or "", ""),
            entry.incident or "",
            entry.kind,
            entry_text(entry.kind, entry.data, language) or entry.text,
            " ; ".join(
                f"{to_iso(by.at)} {by.who} : {by.data['note']}" for by in since.get(entry.id, ())
            ),
            entry.id,
        ]
        for entry in entries
    ]


def _when(at: datetime, zone: str) -> tuple[str, str, str]:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}", zone, to_iso(at)
