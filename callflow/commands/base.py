"""What every command needs: the settings of this run, the rows, a place to speak."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console

from callflow.commands.role import settings_of_this_run
from callflow.config import Settings
from callflow.storage import Store
from callflow.vault import Vault

console = Console(stderr=True, highlight=False, soft_wrap=True)
__all__ = ["AsJson", "console", "group", "open_rows", "settings_of_this_run"]

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def group(help: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(no_args_is_help=True, help=help)


@contextlib.contextmanager
def open_rows(settings: Settings) -> Iterator[tuple[Store, Vault]]:
    """The instance's rows and keys, for as long as a command runs."""
    vault = Vault(settings.data_dir / "keys")
    store = Store(settings.database, mac=vault.seal)
    try:
        yield store, vault
    finally:
        store.close()
