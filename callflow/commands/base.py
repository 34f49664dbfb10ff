"""What every command needs: the settings of this run, the rows, a place to speak."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from callflow import clock
from callflow.commands.role import settings_of_this_run
from callflow.handling.records import logbook
from callflow.handling.station import own_keys, restored
from callflow.processes import anchoring
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.engine import rollback
from callflow.storage.engine.snapshot import Snapshots
from callflow.storage.engine.upgrade import upgrade
from callflow.vault import Vault

console = Console(stderr=True, highlight=False, soft_wrap=True)
__all__ = [
    "AsJson",
    "bring_up_to_date",
    "console",
    "group",
    "open_rows",
    "read_json",
    "read_object",
    "settings_of_this_run",
    "snapshots_of",
]

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Language = Annotated[str, typer.Option(help="fr or en.")]


def group(help: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(no_args_is_help=True, help=help)


@contextlib.contextmanager
def open_rows(settings: Settings) -> Iterator[tuple[Store, Vault]]:
    """The instance's rows and keys, for as long as a command runs.

    Raises OSError where there is none: a mistyped folder must not become an empty station; and
    where the keys are missing, or another database's.
    """
    if not settings.database_url and not (settings.data_dir / "callflow.db").exists():
        raise OSError(
            f"there is no station in {settings.data_dir}: set CALLFLOW_DATA_DIR, or make one"
            " with `callflow db upgrade`"
        )
    vault = own_keys.opened(settings.database, settings.data_dir)
    store = Store(settings.database, mac=vault.seal)
    try:
        yield store, vault
    finally:
        store.close()


def snapshots_of(settings: Settings) -> Snapshots:
    """Where copies of the database, of before an upgrade, are kept."""
    return Snapshots(folder=settings.snapshots_dir, most=settings.snapshots_kept)


def bring_up_to_date(settings: Settings, *, copied: bool = True) -> None:
    """This version's tables, after a copy of what is there unless it is not wanted; what an earlier
    version told is vouched for, the first time; rows that were rolled back are held.

    Raises OSError where a file that remembers the logbook's seals can't be read, StoreUnavailable.
    """
    upgrade(settings.database, snapshots=snapshots_of(settings) if copied else None)
    own_keys.see_to(settings.database, settings.data_dir)
    if anchoring.remembered(settings) is None:
        with open_rows(settings) as (store, _):
            store.write_now(lambda tx: logbook.vouch_for_old(tx, clock.now()))
    made_at = rollback.rolled_back_to(settings.data_dir)
    if made_at is not None:
        with open_rows(settings) as (store, _):
            store.write_now(lambda tx: restored.hold(tx, made_at, clock.now()))
        rollback.forget(settings.data_dir)


def read_json(file: Path) -> Any:
    """What a file holds. Raises BadParameter, OSError."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise typer.BadParameter(f"{file} is no JSON: {error}") from None


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises BadParameter, OSError."""
    found = read_json(file)
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{file} must hold a JSON object")
    return found
