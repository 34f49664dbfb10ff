"""What every command needs: the settings of this run, the rows, a place to speak."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import Annotated

import structlog
import typer
from rich.console import Console

from callflow.config import Settings
from callflow.storage import Store
from callflow.vault import Vault

console = Console(stderr=True, highlight=False, soft_wrap=True)
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def group(help: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(no_args_is_help=True, help=help)


def settings_of_this_run() -> Settings:
    """The settings; from here on logs are JSON lines on standard error."""
    settings = Settings()
    logging.basicConfig(level=settings.log_level, stream=sys.stderr, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelName(settings.log_level)
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return settings


@contextlib.contextmanager
def open_rows(settings: Settings) -> Iterator[tuple[Store, Vault]]:
    """The instance's rows and keys, for as long as a command runs."""
    vault = Vault(settings.data_dir / "keys")
    store = Store(settings.database, mac=vault.seal)
    try:
        yield store, vault
    finally:
        store.close()
