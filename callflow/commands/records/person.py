"""``person``: taking somebody out of everything that is kept."""

import getpass
import json
from typing import Annotated

import typer

from callflow import clock
from callflow.commands.base import AsJson, group, open_rows, settings_of_this_run
from callflow.handling.base.refusals import Refused
from callflow.handling.records import erasure
from callflow.storage.records import erasure as rows

person = group("What is kept of people.")

_SHOWN = 100


@person.command("erase")
def person_erase(
    contact: Annotated[str, typer.Argument(help="The contact's id.")],
    reason: Annotated[str, typer.Option(help="Why, and who asked.")],
) -> None:
    """Erase a contact: nobody calls them any more, and the engine goes on from there. Prints what
    stands instead of their id."""
    who = f"{getpass.getuser()} (shell)"
    with open_rows(settings_of_this_run()) as (store, vault):
        try:
            name = store.write_now(
                lambda tx: erasure.begin_erasure(tx, vault, contact, reason, who, clock.now())
            )
        except Refused as refused:
            raise typer.BadParameter(str(refused)) from None
    print(name)


@person.command("erased")
def person_erased(json_: AsJson = False) -> None:
    """Who was erased, the last first, and how far that is. Exit 1 while one is not done."""
    with open_rows(settings_of_this_run()) as (store, _):
        found = store.read_now(lambda tx: rows.latest(tx, _SHOWN))
    for each in found:
        state = "done" if each.done_at else "swept" if each.swept_at else "begun"
        told = {"id": each.id, "state": state, "rows": each.rows, "entries": each.entries}
        print(json.dumps(told) if json_ else "  ".join(map(str, told.values())))
    raise typer.Exit(0 if all(each.done_at for each in found) else 1)
