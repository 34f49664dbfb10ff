"""``statistics``: what they count, derived anew."""

from functools import partial
from threading import Event

from callflow import clock
from callflow.commands.base import console, group, open_rows, settings_of_this_run
from callflow.handling.records import figures
from callflow.storage import Store
from callflow.storage.records.horizon import Settled, horizon

statistics = group("What statistics count.")


@statistics.command("rebuild")
def rebuild() -> None:
    """Derive everything that statistics count anew from the rows that alarms left. The station may
    run meanwhile; stopped, this goes on where it was."""
    with open_rows(settings_of_this_run()) as (store, _):
        settled = _settled(store)
        store.write_now(lambda tx: figures.begin_again(tx, clock.now(), settled))
        done = 0
        with console.status("0"):
            while batch := store.read_now(lambda tx: figures.next_batch(tx, clock.now(), settled)):
                store.write_now(partial(figures.keep, batch=batch))
                done += len(batch.incident_ids)
    print(f"{done} alarms")


def _settled(store: Store) -> int:
    """The entry up to which nobody tells one any more: who is telling one now is waited for."""
    settled, seen = Settled(), store.read_now(horizon)
    while seen.last and not (settled := settled.seen(seen)).upto:
        Event().wait(0.1)
        seen = store.read_now(horizon)
    return settled.upto
