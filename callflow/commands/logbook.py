"""``logbook``: whether it is whole, and out of the house."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import typer

from callflow import clock, handling
from callflow.commands.base import AsJson, group, open_rows, settings_of_this_run
from callflow.notify import kept
from callflow.storage import Tx, calls, outbox, spoken
from callflow.storage import logbook as logbook_rows
from ivr import recording

book = group("The logbook.")


@book.command("verify")
def logbook_verify(json_: AsJson = False) -> None:
    """Look for changed, missing, doubled, swapped or cut entries, changed recordings and images."""
    settings = settings_of_this_run()
    with open_rows(settings) as (store, _):
        faults = [
            f"{f.chain} entry {f.seq}: {f.what}" for f in store.read_now(handling.verify_logbook)
        ]
        found = store.read_now(calls.all_recordings)
        entries = store.read_now(handling.recorded_hashes)
        elsewhere = store.read_now(lambda tx: handling.recorded_elsewhere(tx, settings.node))
        said = store.read_now(spoken.everything)
        told_said = store.read_now(logbook_rows.spoken_hashes)
        said_elsewhere = store.read_now(lambda tx: logbook_rows.spoken_elsewhere(tx, settings.node))
        images = store.read_now(outbox.kept_images)
        told_images = store.read_now(logbook_rows.imaged_hashes)
    faults += kept.wrong_images(
        settings.images_dir,
        images,
        told_images,
        all_here=settings.database.startswith("sqlite"),
    )
    faults += recording.wrong_recordings(settings.recordings_dir, found, entries, elsewhere)
    kept_said = [{**row, "call_id": row["name"]} for row in said]
    faults += recording.wrong_recordings(
        settings.recordings_dir, kept_said, told_said, said_elsewhere
    )
    if json_:
        told = {"ok": not faults, "faults": faults, "recordings_elsewhere": len(elsewhere)}
        print(json.dumps(told))
    else:
        print("\n".join(faults) or "the logbook is whole")
        if elsewhere:
            print(f"{len(elsewhere)} recordings are other nodes': verify them on their machines")
    raise typer.Exit(1 if faults else 0)


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
