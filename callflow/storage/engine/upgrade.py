"""Bringing a database to this version's schema, after a copy of it was made.

All that is missing is applied in one transaction: whatever ends the process, the schema is the old
one or the new one, whole.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, text

from callflow import clock
from callflow.storage.engine.connections import make_engine, open_turns, turn
from callflow.storage.engine.outage import StoreUnavailable
from callflow.storage.engine.snapshot import Snapshot, Snapshots, kept, pg_dump, take

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_log = structlog.get_logger(__name__)

_LOCK = 0x0CA11F10  # several processes may start together (PostgreSQL's advisory lock)

#: Of the steps that led from one version to the next the last are kept only; this commit has all.
_HAS_EACH_STEP = "229966ab"


class NewerSchema(StoreUnavailable):
    """A newer version of Callflow has worked with this database; this one must not."""


def upgrade(url: str, revision: str = "head", *, snapshots: Snapshots | None = None) -> None:
    """Apply what is missing up to ``revision``, all or nothing; a copy is made before.

    Raises NewerSchema; SnapshotFailed, after which nothing was changed; and StoreUnavailable where
    rows don't fit.
    """
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
                    # Who is first takes as long as it takes, and its copy.
                    connection.execute(text("SET LOCAL lock_timeout = 0"))
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                    connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
                    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                _migrate(connection, url, revision, snapshots)
    finally:
        engine.dispose()


def _migrate(connection: Connection, url: str, revision: str, snapshots: Snapshots | None) -> None:
    from alembic import command  # noqa: PLC0415 -- as slow to import as all that is ours
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = _config(connection)
    script = ScriptDirectory.from_config(config)
    current = _current(connection, script, snapshots)
    if current == script.get_current_head():
        return
    with _copied(connection, url, current, snapshots):
        command.upgrade(config, revision)
        if connection.dialect.name == "sqlite":
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise StoreUnavailable(f"rows without their parent: {broken[:5]}")


def _current(
    connection: Connection, script: ScriptDirectory, snapshots: Snapshots | None
) -> str | None:
    """The schema that is there; None: none. Raises NewerSchema, and StoreUnavailable where it is
    one that was only worked with, between two versions."""
    from alembic.migration import MigrationContext  # noqa: PLC0415

    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known(script):
        if is_between(current):
            raise StoreUnavailable(_between(current), permanent=True)
        back = latest(snapshots.folder, script) if snapshots else None
        raise NewerSchema(_newer(current, script.get_current_head(), back), permanent=True)
    return current


def known(script: ScriptDirectory) -> frozenset[str]:
    """The schemas that this version can read or bring up to date."""
    return frozenset(one.revision for one in script.walk_revisions())


def is_between(revision: str) -> bool:
    """True of an unknown schema that is older than this version's: names begin with their day."""
    return revision < str(scripts().get_current_head())


def _between(current: str) -> str:
    return (
        f"this database's schema, {current}, is one between two versions: bring it up to date with"
        f" the version of 1 December 2026 first (commit {_HAS_EACH_STEP}, `callflow db upgrade`),"
        " then with this one"
    )


def latest(folder: Path, script: ScriptDirectory) -> Snapshot | None:
    """The newest copy that this version can work with."""
    ours = known(script)
    return next((one for one in kept(folder) if one.revision in ours), None)


def _newer(current: str, head: str | None, back: Snapshot | None) -> str:
    words = (
        f"a newer version of Callflow has worked with this database (its schema is {current}, this"
        f" version's is {head}): install that version again"
    )
    if back is None:
        return words
    return (
        f"{words}; or go back, without what came since, to the copy that was made before its"
        f" upgrade, {back.file}: `callflow db rollback`"
    )


@contextlib.contextmanager
def _copied(
    connection: Connection, url: str, current: str | None, snapshots: Snapshots | None
) -> Iterator[None]:
    """Copy what is there; where what follows fails, the copy is named."""
    if snapshots is None or current is None:
        yield
        return
    if connection.dialect.name != "sqlite" and pg_dump() is None:
        _log.warning(
            "upgrade.not_copied",
            reason="there is no pg_dump here: install postgresql-client for a copy before upgrades",
        )
        yield
        return
    file = take(url, current, snapshots, clock.now())
    _log.info("upgrade.copied", file=str(file))
    try:
        yield
    except Exception as error:
        raise StoreUnavailable(
            f"the upgrade failed, and the database is as it was: {str(error).splitlines()[0]}; a"
            f" copy of it is {file}",
            permanent=True,
        ) from error


def _config(connection: Any = None) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    return config


def scripts() -> ScriptDirectory:
    """This version's migrations."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config())
