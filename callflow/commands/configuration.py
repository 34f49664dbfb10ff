"""``configuration``: everything that is set up, as text files."""

from __future__ import annotations

import getpass
from pathlib import Path

import typer

from callflow import clock
from callflow.commands.base import group, open_rows, settings_of_this_run
from callflow.handling.station import configuration as station_configuration

configuration = group("Everything that is set up.")


@configuration.command("write")
def configuration_write(folder: Path) -> None:
    """Write it into FOLDER as text files, for review; those of sites and plans that are no more go.

    Kept under version control, they show who changed what from one day to the next.
    """
    who, written = f"{getpass.getuser()} (shell)", set()
    with open_rows(settings_of_this_run()) as (store, _):
        for name, text in store.read_now(lambda tx: list(station_configuration.configuration(tx))):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.add(file)
        store.write_now(lambda tx: station_configuration.taken(tx, who, clock.now()))
    for part in ("sites", "plans"):
        for file in (folder / part).glob("*.yaml"):
            if file not in written:
                file.unlink()
    typer.echo(f"{len(written)} files in {folder}")
