"""A private PostgreSQL on loopback for the time of a test session, and a fresh database for a test.

A whole run makes one cluster for all of its units (``make``), each of which copies it: to begin one
and to migrate a database in it takes three seconds of CPU, a copy half a second.

fsync stays on: what is proved about durability is proved on what a station runs.
"""

from __future__ import annotations

import functools
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from callflow.orphans import end_with_parent
from callflow.storage.engine.upgrade import upgrade
from tests.support.rows import migrated
from tests.support.rows.databases import Databases
from tests.support.suite import in_memory
from tests.support.suite.depth import DATABASES
from tests.support.suite.ports import free_port

_FOLDER = "callflow-postgresql"
#: The name of the cluster that a whole run keeps to be copied.
KEPT = "postgresql"
_USER = "callflow"
#: Tries to start on a free port: somebody else may take it between the look and the bind.
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running cluster. Its superuser is ``callflow``; it listens on 127.0.0.1 only."""

    port: int
    password: str

    def url(self, database: str) -> str:
        """For SQLAlchemy with psycopg 3."""
        return f"postgresql+psycopg://{_USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: sql.Composed) -> None:
        """Runs a statement that can't stand in a transaction."""
        with self.connected() as connection:
            connection.execute(statement)

    def has(self, database: str) -> bool:
        """Whether it is there."""
        sought = "SELECT 1 FROM pg_database WHERE datname = %s"
        with self.connected() as connection:
            return connection.execute(sought, (database,)).fetchone() is not None

    def made(self, model: str = "") -> str:
        """A new database, empty or a copy of ``model``; its name."""
        name = f"test_{secrets.token_hex(6)}"
        how = "CREATE DATABASE {} TEMPLATE {}" if model else "CREATE DATABASE {}"
        words = map(sql.Identifier, (name, *filter(None, [model])))
        self.execute(sql.SQL(how).format(*words))
        return name

    def drop(self, database: str) -> None:
        """Whoever is in it is sent away."""
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def connected(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Each statement is a transaction of its own."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=_USER,
            password=self.password,
            dbname=database,
            autocommit=True,
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The session's cluster."""
    folder = in_memory.new_folder(_FOLDER)
    try:
        if model := migrated.found(KEPT):
            password = _copy(model, folder)
        else:
            password = secrets.token_urlsafe(24)
            _initialise(folder, password)
        with _running(folder, password) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make(folder: Path) -> None:
    """A cluster with a migrated database, at rest, to be copied."""
    password = secrets.token_urlsafe(24)
    _initialise(folder, password)
    with _running(folder, password) as server:
        _migrated(server)


@contextmanager
def _running(folder: Path, password: str) -> Iterator[Server]:
    process, port = _start(folder)
    yield Server(port=port, password=password)
    process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
    process.wait(timeout=30)


def _copy(model: Path, folder: Path) -> str:
    """With its owners; its password."""
    subprocess.run(["cp", "-a", f"{model}/.", str(folder)], check=True)
    return (folder / "password").read_text(encoding="utf-8")


class OwnServer:
    """A cluster that one test may stop and start again, on the same port; ``url`` is a database."""

    def __init__(self, folder: Path) -> None:
        password = secrets.token_urlsafe(24)
        self._folder = folder
        _initialise(folder, password)
        self._process, self._port = _start(folder)
        server = Server(port=self._port, password=password)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier("own")))
        self.url = server.url("own")

    def stop(self) -> None:
        """As ``systemctl stop`` does: every connection is ended."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)

    def start(self) -> None:
        """Returns when it answers."""
        self._process = _launch(self._folder, self._port)
        assert _is_ready(self._process, self._port)

    def restart(self) -> None:
        """At once."""
        self.stop()
        self.start()


@pytest.fixture
def own_postgresql() -> Iterator[OwnServer]:
    """A cluster for one test alone."""
    folder = in_memory.new_folder(_FOLDER)
    try:
        server = OwnServer(folder)
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_databases(postgresql: Server) -> Iterator[Databases]:
    """What ``postgresql_url`` lends."""
    databases = Databases(postgresql, _migrated(postgresql))
    yield databases
    databases.close()


@pytest.fixture
def postgresql_url(migrated_databases: Databases) -> Iterator[str]:
    """A database in it with this version's tables, as if nobody had used it before."""
    with migrated_databases.lent() as url:
        yield url


@functools.cache
def _migrated(server: Server) -> str:
    """The name of a migrated database of this server."""
    name = "migrated"
    if server.has(name):
        return name
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    upgrade(server.url(name))
    return name


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database file that doesn't exist yet."""
    return f"sqlite:///{tmp_path / 'callflow.db'}"


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind: a test that uses it runs on both (see depth.py). Whether it has its
    tables is for ``migrated.migrate`` to see to."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def empty_postgresql_url(postgresql: Server) -> Iterator[str]:
    """A fresh database in it without tables, dropped after the test."""
    name = postgresql.made()
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    names = {"sqlite": "sqlite_url", "postgresql": "empty_postgresql_url"}
    url: str = request.getfixturevalue(names[request.param])
    return url


def _programs() -> Path:
    """The folder of initdb and postgres, the newest release's if there are several."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(re.sub(r"[^0-9.]", "", path.parts[4]) or 0),
    )
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    pytest.fail("PostgreSQL's server is not installed: ./run setup installs it")


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.fail("root can't run PostgreSQL, and there is neither a user postgres nor nobody")


def _initialise(folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    if account := _account():
        for path in (folder, secret):
            os.chown(path, account.pw_uid, account.pw_gid)
    done = subprocess.run(
        [
            *(str(_programs() / "initdb"), "-D", str(folder / "data"), "-U", _USER),
            *("--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={secret}"),
        ],
        **_as_server(),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"initdb failed: {done.stdout}{done.stderr}")


def _as_server() -> dict[str, Any]:
    account = _account()
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    # A pytest that is killed takes its server along; set after the change of user, which clears it.
    end_with_parent(signal.SIGINT)


def _start(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(_TRIES):
        port = free_port()
        process = _launch(folder, port)
        if _is_ready(process, port):
            return process, port
    log = (folder / "server.log").read_text(encoding="utf-8")
    pytest.fail(f"PostgreSQL doesn't start: {log}")


def _launch(folder: Path, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "logging_collector": "off",
        "lc_messages": "C",
    }
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            [str(_programs() / "postgres"), "-D", str(folder / "data"), *words],
            **_as_server(),
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (one system call, no lock taken)
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _is_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    """Waits until the server answers (True), or has ended (False); the test's limit bounds it."""
    check = [str(_programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while process.poll() is None:
        if subprocess.run(check, check=False).returncode == 0:
            return True
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
    return False
