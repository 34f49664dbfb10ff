"""``statistics``: what they count, derived anew."""

from __future__ import annotations

from functools import partial

from callflow import clock
from callflow.commands.base import console, group, open_rows, settings_of_this_run
from callflow.handling.records import figures

statistics = group("What statistics count.")


@statistics.command("rebuild")
def rebuild() -> None:
    """Derive everything that statistics count anew from the rows that alarms left. The station may
    run meanwhile; stopped, this goes on where it was."""
    with open_rows(settings_of_this_run()) as (store, _):
        store.write_now(lambda tx: figures.begin_again(tx, clock.now()))
        done = 0
        with console.status("0"):
            while batch := store.read_now(lambda tx: figures.next_batch(tx, clock.now())):
                store.write_now(partial(figures.keep, batch=batch))
                done += len(batch.incident_ids)
    print(f"{done} alarms")
