"""Bringing a database to this version's schema."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from callflow.storage.engine.connections import make_engine, open_turns, turn
from callflow.storage.engine.outage import StoreUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x0CA11F10  # several processes may start together (PostgreSQL's advisory lock)


def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing up to ``revision``, all or nothing.

    Raises StoreUnavailable where rows don't fit.
    """
    from alembic import command  # noqa: PLC0415 -- as slow to import as all that is ours

    engine = make_engine(url, writer=True)
    try:
        with contextlib.ExitStack() as stack:
            if turns := open_turns(url):
                stack.enter_context(turns)
                stack.enter_context(turn(turns))
            connection = stack.enter_context(engine.connect())
            if engine.dialect.name == "sqlite":
                raw: Any = connection.connection.dbapi_connection
                # Kept in the file. SQLite waits for nobody here: hence the turn.
                raw.execute("PRAGMA journal_mode=WAL")
                raw.execute("PRAGMA temp_store=FILE")  # a new index sorts a whole table
                raw.execute("PRAGMA foreign_keys=OFF")  # ON, a batch ALTER can delete children
            with connection.begin():
                if engine.dialect.name != "sqlite":
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                command.upgrade(_config(connection), revision)
                if engine.dialect.name == "sqlite":
                    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                    if broken:
                        raise StoreUnavailable(f"rows without their parent: {broken[:5]}")
    finally:
        engine.dispose()


def _config(connection: Any) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    return config
