"""``logbook``: whether it is whole, and out of the house."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from functools import partial
from typing import Any, TypeVar

import typer

from callflow import clock, handling
from callflow.commands.base import AsJson, group, open_rows, settings_of_this_run
from callflow.config import Settings
from callflow.notify import kept
from callflow.storage import Store, Tx, calls, outbox, spoken
from callflow.storage import logbook as logbook_rows
from ivr import recording

book = group("The logbook.")
_Hash = TypeVar("_Hash", str, str | None)


@book.command("verify")
def logbook_verify(json_: AsJson = False) -> None:
    """Look for changed, missing, doubled, swapped or cut entries, changed recordings and images."""
    settings = settings_of_this_run()
    with open_rows(settings) as (store, _):
        faults, elsewhere = wrong(settings, store)
    if json_:
        told = {"ok": not faults, "faults": faults, "recordings_elsewhere": len(elsewhere)}
        print(json.dumps(told))
    else:
        print("\n".join(faults) or "the logbook is whole")
        if elsewhere:
            print(f"{len(elsewhere)} recordings are other nodes': verify them on their machines")
    raise typer.Exit(1 if faults else 0)


def wrong(settings: Settings, store: Store) -> tuple[list[str], set[str]]:
    """Everything that is wrong with the logbook and the files that it tells of; the recordings that
    are other nodes'."""
    faults = [f"{f.chain} entry {f.seq}: {f.what}" for f in store.read_now(handling.verify_logbook)]
    gone = {
        which: store.read_now(partial(logbook_rows.purged, which=which))
        for which in ("calls", "voices", "images")
    }
    entries = store.read_now(handling.recorded_hashes)
    entries |= dict.fromkeys(entries.keys() & gone["calls"])  # no file is expected any more
    elsewhere = store.read_now(lambda tx: handling.recorded_elsewhere(tx, settings.node))
    faults += recording.wrong_recordings(
        settings.recordings_dir, store.read_now(calls.all_recordings), entries, elsewhere
    )
    said = [row for row in store.read_now(spoken.everything) if row["name"] not in gone["voices"]]
    faults += recording.wrong_recordings(
        settings.recordings_dir,
        [{**row, "call_id": row["name"]} for row in said],
        _without(store.read_now(logbook_rows.spoken_hashes), gone["voices"]),
        store.read_now(lambda tx: logbook_rows.spoken_elsewhere(tx, settings.node)),
    )
    faults += kept.wrong_images(
        settings.images_dir,
        store.read_now(outbox.kept_images),
        _without(store.read_now(logbook_rows.imaged_hashes), gone["images"]),
        all_here=settings.database.startswith("sqlite"),
    )
    return faults, elsewhere


def _without(told: Mapping[str, _Hash], gone: Set[str]) -> dict[str, _Hash]:
    return {name: sha256 for name, sha256 in told.items() if name not in gone}


@book.command("export")
def logbook_export(incident: str | None = None) -> None:
    """Print entries as JSON lines, oldest first."""
    with open_rows(settings_of_this_run()) as (store, _):
        after = 0
        while page := store.read_now(_page(incident, after)):
            for row in page:
                print(json.dumps({**row, "at": clock.to_iso(row["at"])}, ensure_ascii=False))
            after = page[-1]["number"]


def _page(incident: str | None, after: int) -> Callable[[Tx], list[dict[str, Any]]]:
    return lambda tx: logbook_rows.page(tx, incident=incident, after=after)
