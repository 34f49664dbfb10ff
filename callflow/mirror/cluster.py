"""The PostgreSQL cluster of one site: begun, ended, made a follower of the other's.

Its programs run as whoever owns the folder, never as root, which PostgreSQL refuses. They block:
call them in a thread.
"""

import os
import pwd
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog

from callflow import clock
from callflow.core.station.mirroring import MirrorRefused
from callflow.storage.engine import replication

log = structlog.get_logger(__name__)

_VERSION = "PG_VERSION"
#: Files of a site's own: a copy of the other's would have its addresses.
_OWN = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf", "callflow.conf")
#: What ``start`` writes; recovery by itself, before a rewind, reads it as well.
_SETTINGS = "callflow.conf"
#: What a mirrored cluster needs, whatever its file says. pg_rewind compares pages by their hints.
_NEEDED = {
    "wal_level": "replica",
    "wal_log_hints": "on",
    "hot_standby": "on",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "max_wal_senders": "10",
    "wal_keep_size": "1GB",
    "wal_sender_timeout": "10s",
    "wal_receiver_timeout": "10s",
    "wal_retrieve_retry_interval": "1s",
    "unix_socket_directories": "",
    "logging_collector": "off",
}
#: Seconds for the server to begin or end; minutes of replay may come before it answers.
_BEGINS, _ENDS = 600, 60


class ClusterFailed(OSError):
    """A program of PostgreSQL's did not do what it should; the message has its last words."""


class Cluster:
    """The cluster in ``folder``, reached at ``url``; ``other`` is the other site's, where this one
    is called ``name``."""

    def __init__(
        self, folder: Path, url: str, other: str, listens: Sequence[str], *, name: str
    ) -> None:
        self.folder, self._listens = folder, listens
        self._source_for_ever = replication.source_of(other, name)
        self._own, self._other = urlsplit(url), urlsplit(other)

    @property
    def exists(self) -> bool:
        """True where a cluster was made."""
        return (self.folder / _VERSION).exists()

    @property
    def runs(self) -> bool:
        """True while its server does."""
        return (
            self.exists
            and self._program("pg_ctl", "-D", str(self.folder), "status").returncode == 0
        )

    def create(self) -> None:
        """A new, empty one, whose superuser is the URL's user. Raises ClusterFailed."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise ClusterFailed(f"{self.folder} is not empty: a cluster is made in an empty folder")
        self._make_folder()
        secret = self.folder.with_name(f".{self.folder.name}.{secrets.token_hex(8)}")
        try:
            handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(unquote(self._own.password or ""))
            self._give(secret)
            self._do(
                *("initdb", "-D", str(self.folder), "-U", self._own.username or "callflow"),
                *("--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--data-checksums"),
                f"--pwfile={secret}",
            )
        finally:
            secret.unlink(missing_ok=True)
        self._let_the_other_in()

    def _let_the_other_in(self) -> None:
        """By a password, from wherever the server is heard at all (CALLFLOW_MIRROR_BIND)."""
        rules = self.folder / "pg_hba.conf"
        lines = "".join(
            f"host {what} all {net} scram-sha-256\n"
            for what in ("all", "replication")
            for net in ("0.0.0.0/0", "::/0")
        )
        with rules.open("a", encoding="utf-8") as file:
            file.write(lines)

    def start(self) -> None:
        """Returns when it answers. Raises ClusterFailed."""
        if self.runs:
            return
        self._write_settings()
        log_file = self.folder / "server.log"
        self._do(
            *("pg_ctl", "-D", str(self.folder), "-l", str(log_file)),
            *("-w", "-t", str(_BEGINS), "start"),
        )

    def _write_settings(self) -> None:
        """In a file that its own configuration includes: recovery reads it before anybody can be
        asked anything, and nobody sees the password among a command's words."""
        needed = {
            **_NEEDED,
            "listen_addresses": ",".join(self._listens),
            "port": str(self._own.port or 5432),
            "primary_conninfo": self._source_for_ever,
        }
        lines = (f"{name} = '{_quoted(value)}'\n" for name, value in needed.items())
        settings, main = self.folder / _SETTINGS, self.folder / "postgresql.conf"
        settings.touch(mode=0o600)
        settings.write_text("".join(lines), encoding="utf-8")
        self._give(settings)
        include = f"include_if_exists = '{_SETTINGS}'\n"
        if include not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as file:
                file.write(include)

    def stop(self) -> None:
        """Every connection ends; what was committed goes to the follower first."""
        if self.runs:
            self._do(
                *("pg_ctl", "-D", str(self.folder), "-m", "fast", "-w", "-t", str(_ENDS), "stop")
            )

    def rejoin(self, *, keep: bool) -> None:
        """Become a follower of the other's cluster; the server is ended, and not begun again.

        What only this one has is lost with ``pg_rewind``; ``keep`` sets it aside whole instead.
        """
        self.stop()
        if not self.exists:
            self._copy()
        elif keep or not self._rewound():
            self._set_aside()
            self._copy()
        self._mark_follower()

    def stand_by(self) -> None:
        """Begin as a follower, whatever it was."""
        if not self.runs:
            self._mark_follower()
            self.start()

    def _rewound(self) -> bool:
        own = self._kept_own()
        done = self._program(
            *("pg_rewind", "-D", str(self.folder), f"--source-server={self._source()}"),
            timeout=None,
        )
        self._put_back(own)
        log.log(20 if done.returncode == 0 else 30, "mirror.rewound", said=_last(done))
        return done.returncode == 0

    def _copy(self) -> None:
        self._make_folder()
        log.info("mirror.copy", of=self._other.hostname)
        self._do(
            *("pg_basebackup", "-D", str(self.folder), "-d", self._source()),
            *("--wal-method=stream", "--checkpoint=fast"),
        )

    def _set_aside(self) -> None:
        aside = self.folder.with_name(f"{self.folder.name}.{clock.now():%Y%m%dT%H%M%S}")
        self.folder.rename(aside)
        log.warning("mirror.set_aside", folder=str(aside))

    def _mark_follower(self) -> None:
        mark = self.folder / "standby.signal"
        mark.touch(mode=0o600)
        self._give(mark)

    def _kept_own(self) -> dict[str, bytes]:
        return {
            name: (self.folder / name).read_bytes()
            for name in _OWN
            if (self.folder / name).exists()
        }

    def _put_back(self, own: Mapping[str, bytes]) -> None:
        for name, content in own.items():
            (self.folder / name).write_bytes(content)

    def _source(self) -> str:
        """For libpq; the password goes by the environment: others see a command's words."""
        other = self._other
        user = unquote(other.username or "callflow")
        return (
            f"host='{other.hostname}' port={other.port or 5432} user='{user}'"
            f" dbname='{other.path.lstrip('/') or user}' connect_timeout=5"
        )

    # --- programs -----------------------------------------------------------------------------

    def _do(self, *words: str) -> None:
        done = self._program(*words)
        if done.returncode != 0:
            raise ClusterFailed(f"{words[0]}: {_last(done)}")

    def _program(
        self, *words: str, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        program = self._programs() / words[0]
        # A server that pg_ctl begins holds on to its pipes: what it says goes into a file.
        return subprocess.run(
            [str(program), *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if words[-1] != "start" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if words[-1] != "start" else subprocess.DEVNULL,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            timeout=timeout,
            env={**os.environ, "PGPASSWORD": unquote(self._other.password or ""), "LC_ALL": "C"},
            **self._as_owner(),
        )

    def _programs(self) -> Path:
        """The folder of PostgreSQL's programs: of the cluster's own release, else the newest."""
        version = (self.folder / _VERSION).read_text().strip() if self.exists else "*"
        found = sorted(
            Path("/usr/lib/postgresql").glob(f"{version}/bin/initdb"),
            key=lambda path: float(re.sub(r"[^0-9.]", "", path.parts[4]) or 0),
        )
        if found:
            return found[-1].parent
        on_path = shutil.which("initdb")
        if on_path is None:
            raise ClusterFailed("PostgreSQL's server is not installed: apt-get install postgresql")
        return Path(on_path).resolve().parent

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._give(self.folder)

    def _give(self, path: Path) -> None:
        account = self._account()
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid)

    def _as_owner(self) -> dict[str, Any]:
        account = self._account()
        if account is None:
            return {}
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _account(self) -> pwd.struct_passwd | None:
        if os.geteuid() != 0:
            return None
        owner = self.folder.stat().st_uid if self.folder.exists() else 0
        if owner != 0:
            return pwd.getpwuid(owner)
        try:
            return pwd.getpwnam("postgres")
        except KeyError:
            raise MirrorRefused("root can't run PostgreSQL: there is no user postgres") from None


def _quoted(value: str) -> str:
    """As a value stands in postgresql.conf, between quotes."""
    return value.replace("\\", "\\\\").replace("'", "''")


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stdout or "").strip().splitlines()
    return lines[-1] if lines else f"exit {done.returncode} (see server.log in its folder)"
