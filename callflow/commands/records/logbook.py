"""``logbook``: whether it is whole, and out of the house."""

import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import typer

from callflow import clock
from callflow.commands.base import AsJson, group, open_rows, settings_of_this_run
from callflow.core.messages.outbox import Image
from callflow.core.records import logbook
from callflow.core.records.documents import Document
from callflow.core.records.verification import FILES
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records.logbook import verify
from callflow.notify import kept
from callflow.paper import shelf
from callflow.processes import anchoring
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.calls import calls, spoken
from callflow.storage.engine.values import columns
from callflow.storage.messages import outbox
from callflow.storage.records import documents
from callflow.storage.records import logbook as logbook_rows
from callflow.storage.sites import sites
from ivr import recording

book = group("The logbook.")
_Value = TypeVar("_Value")


@book.command("verify")
def logbook_verify(json_: AsJson = False) -> None:
    """Look for changed, missing, doubled, swapped or cut entries, changed recordings and images."""
    settings = settings_of_this_run()
    with open_rows(settings) as (store, _):
        faults, elsewhere = wrong(settings, store)
    seals = anchoring.remembered(settings)
    anchored = max((one.number for one in seals or ()), default=None)
    if json_:
        told = {"ok": not faults, "faults": faults, "recordings_elsewhere": len(elsewhere)}
        told["anchored"] = anchored
        print(json.dumps(told))
    else:
        print("\n".join(faults) or "the logbook is whole")
        if seals is None:
            print("no seal is remembered outside the database: its end may have been cut")
        if elsewhere:
            print(f"{len(elsewhere)} recordings are other nodes': verify them on their machines")
    raise typer.Exit(1 if faults else 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """What is told at one moment: of the chains, and of each kind of file by its name."""

    faults: list[logbook.Fault]
    recordings: list[dict[str, Any]]
    recorded: dict[str, str | None]
    recorded_elsewhere: set[str]
    spoken: list[dict[str, Any]]
    said: dict[str, str | None]
    said_elsewhere: set[str]
    files: dict[str, dict[str, Any]]
    images: list[Image]
    imaged: dict[str, str]
    documents: list[Document]
    documented: dict[str, str]


def _told(tx: Tx, node: str, anchors: Sequence[logbook.Anchor]) -> _Told:
    verified = verify(tx, anchors)
    calls_gone, voices_gone, images_gone = (verified.purged.get(which, set()) for which in FILES)
    recorded = logbook_rows.recorded_hashes(tx)
    return _Told(
        faults=verified.faults,
        recordings=[columns(one) for one in calls.all_recordings(tx)],
        recorded=recorded | dict.fromkeys(recorded.keys() & calls_gone),  # no file is expected
        recorded_elsewhere=logbook_rows.recorded_elsewhere(tx, node),
        spoken=[
            {**columns(note), "call_id": note.name}
            for note in spoken.everything(tx)
            if note.name not in voices_gone
        ],
        said=_without(logbook_rows.spoken_hashes(tx), voices_gone),
        said_elsewhere=logbook_rows.spoken_elsewhere(tx, node),
        files=_without(logbook_rows.told_of_files(tx), calls_gone | voices_gone),
        images=outbox.kept_images(tx),
        imaged=_without(logbook_rows.imaged_hashes(tx), images_gone),
        documents=documents.kept(tx),
        documented=logbook_rows.document_hashes(tx),
    )


def wrong(settings: Settings, store: Store) -> tuple[list[str], set[str]]:
    """Everything that is wrong with the logbook and the files that it tells of; the recordings that
    are other nodes'. All is told at one moment: the station goes on meanwhile."""
    anchors = anchoring.remembered(settings)  # first: these seals are in the database by now
    told = store.read_now(lambda tx: _told(tx, settings.node, anchors or ()))
    faults = [f"{fault.chain} entry {fault.seq}: {fault.what}" for fault in told.faults]
    faults += [f"seals: {file} is missing" for file in anchoring.missing_files(settings)]
    images = [
        {name: getattr(i, name) for name in ("id", "path", "incident_id")} for i in told.images
    ]
    faults += otherwise([*told.recordings, *told.spoken, *images], told.files)
    faults += recording.wrong_recordings(
        settings.recordings_dir, told.recordings, told.recorded, told.recorded_elsewhere
    )
    faults += recording.wrong_recordings(
        settings.recordings_dir, told.spoken, told.said, told.said_elsewhere
    )
    faults += kept.wrong_images(
        settings.images_dir,
        told.images,
        told.imaged,
        all_here=settings.database.startswith("sqlite"),
    )
    faults += shelf.wrong_documents(
        settings.documents_dir,
        told.documents,
        told.documented,
        all_here=settings.database.startswith("sqlite"),
    )
    return faults, told.recorded_elsewhere


#: What rows say that their entries tell too.
_BOTH = ("path", "duration", "problem", "incident_id")


def otherwise(
    rows: Sequence[Mapping[str, Any]], told: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Rows of recordings, voices and images that say something else than the logbook tells."""
    faults = []
    for row in rows:
        name = row.get("name") or row.get("call_id") or row["id"]
        of_file = told.get(name, {})
        for what in _BOTH:
            value = round(row[what], 1) if isinstance(row.get(what), float) else row.get(what)
            if what in row and what in of_file and value != of_file[what]:
                faults.append(f"{name}: {what} is not what the logbook tells")
    return faults


def _without(told: Mapping[str, _Value], gone: Set[str]) -> dict[str, _Value]:
    return {name: value for name, value in told.items() if name not in gone}


@book.command("export")
def logbook_export(incident: str | None = None) -> None:
    """Print entries as JSON lines, oldest first: in UTC, and as a clock at the site showed it."""
    with open_rows(settings_of_this_run()) as (store, _):
        after = 0
        while page := store.read_now(_page(incident, after)):
            for entry, zone in page:
                times = {"at": clock.to_iso(entry.at), "local": _local(entry.at, zone)}
                print(json.dumps({**asdict(entry), **times}, ensure_ascii=False))
            after = page[-1][0].number


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _page(incident: str | None, after: int) -> Callable[[Tx], list[tuple[logbook.Entry, str]]]:
    """The next entries, each with the time zone of its site, or the station's."""

    def page(tx: Tx) -> list[tuple[logbook.Entry, str]]:
        entries = logbook_rows.page(tx, incident=incident, after=after)
        zones = sites.time_zones_of(tx, (entry.site for entry in entries))
        return [(entry, zones.get(entry.site or "", str(STATION_ZONE))) for entry in entries]

    return page
