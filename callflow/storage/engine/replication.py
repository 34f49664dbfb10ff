"""PostgreSQL's streaming replication between the two sites of a station.

What is acknowledged is on the disks of both: ``synchronous_standby_names`` names the mirror, and a
commit waits for it. None of these statements is a transaction of its own that would wait, too.
Raises StoreUnavailable where the server does not do it.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from callflow.storage.engine.connections import connection_info
from callflow.storage.engine.outage import StoreUnavailable

#: Seconds that a promotion may take: all that was received is replayed first.
_PROMOTED_WITHIN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """How the mirror follows. ``streams``: it is connected and caught up; ``behind``: bytes of the
    write-ahead log that it has not written down yet; ``awaited``: commits wait for it."""

    streams: bool = False
    behind: int | None = None
    awaited: bool = False


@contextlib.contextmanager
def _server(url: str) -> Iterator[psycopg.Connection]:
    address, patience = connection_info(url)
    try:
        with psycopg.connect(address, autocommit=True, **patience) as connection:
            yield connection
    except psycopg.Error as error:
        raise StoreUnavailable(f"the database's replication: {error}") from error


def is_standby(url: str) -> bool:
    """True of a database that follows another."""
    with _server(url) as own:
        row = own.execute("SELECT pg_is_in_recovery()").fetchone()
        return bool(row and row[0])


def become_primary(url: str) -> None:
    """End following: from now on it is written here, and waits for nobody."""
    with _server(url) as own:
        _set(own, "synchronous_standby_names", "")
        if _one(own, "SELECT pg_is_in_recovery()"):
            if not _one(own, f"SELECT pg_promote(true, {_PROMOTED_WITHIN})"):
                raise StoreUnavailable("the database did not become one that is written")
            own.execute("CHECKPOINT")  # the other one's pg_rewind reads the new timeline from it


def source_of(primary: str, name: str) -> str:
    """How a follower that is called ``name`` reaches ``primary`` (an URL), as PostgreSQL has it."""
    found = make_url(primary)
    return psycopg.conninfo.make_conninfo(
        host=found.host or "",
        port=str(found.port or 5432),
        user=found.username or "",
        password=str(found.password or ""),
        application_name=name,
        connect_timeout="5",
        keepalives_idle="5",
        keepalives_interval="2",
        keepalives_count="3",
    )


def await_mirror(url: str, name: str) -> None:
    """Commits wait for the mirror ``name``; "": for nobody."""
    quoted = f'"{name}"' if name else ""
    with _server(url) as own:
        _set(own, "synchronous_standby_names", quoted)


def following(url: str, name: str) -> Following:
    """How the mirror ``name`` follows this database, which is written."""
    with _server(url) as own:
        awaited = bool(_one(own, "SHOW synchronous_standby_names"))
        row = own.execute(
            "SELECT state = 'streaming', pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn)"
            " FROM pg_stat_replication WHERE application_name = %s"
            " ORDER BY 1 DESC LIMIT 1",
            (name,),
        ).fetchone()
    if row is None:
        return Following(awaited=awaited)
    behind = max(0, int(row[1])) if row[1] is not None else None
    return Following(streams=bool(row[0]), behind=behind, awaited=awaited)


def receives(url: str) -> bool:
    """True of a database that follows another, and hears it."""
    with _server(url) as own:
        return bool(_one(own, "SELECT count(*) FROM pg_stat_wal_receiver WHERE status='streaming'"))


def create_database(url: str) -> None:
    """The database that ``url`` names, in a new cluster."""
    name = make_url(url).database or "callflow"
    with _server(
        make_url(url).set(database="postgres").render_as_string(hide_password=False)
    ) as own:
        found = own.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if found is None:
            own.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _one(own: psycopg.Connection, statement: str) -> object:
    row = own.execute(statement.encode()).fetchone()
    return row[0] if row else None


def _set(own: psycopg.Connection, name: str, value: str) -> None:
    change = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
    own.execute(change)
    own.execute("SELECT pg_reload_conf()")
