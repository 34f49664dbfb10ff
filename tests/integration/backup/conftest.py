"""A station with something of everything, backed up and restored by the product's own commands."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.backup import making, strongbox
from callflow.commands.base import bring_up_to_date
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Outcome
from callflow.handling.calls.recordings import recording_finished
from callflow.processes import anchoring
from callflow.settings.config import Settings
from callflow.storage.records import sealing
from tests.integration.commands.test_command_line import callflow
from tests.support.stations.web_station import WebStation, site_body

PASSPHRASE = "sous les pavés la plage"


class BackedUp(WebStation):
    """A station, the folder of its backups, and the file of their passphrase."""

    def __init__(self, root: Path, database_url: str = "") -> None:
        super().__init__(root / "station", database_url=database_url)
        self.root, self.folder, self.secret = root, root / "backups", root / "passphrase"
        self.secret.touch(0o600)
        self.secret.write_text(f"{PASSPHRASE}\n")
        bring_up_to_date(self.settings)
        contacts = [{**each, "password": "mirabelle"} for each in site_body()["contacts"]]
        self.site(contacts=contacts)

    def filled(self) -> Incident:
        """An alarm, its call and that one's recording, an announcement, and a seal over it all."""
        incident = self.alarm(text="un")
        self.recorded(self.call(Outcome.NO_KEY))
        spoken = self.settings.data_dir / "announcements" / "goodbye.wav"
        spoken.parent.mkdir(mode=0o700)
        spoken.write_bytes(b"RIFF" + bytes(100))
        self.seals()
        return incident

    def recorded(self, call_id: str) -> Path:
        """What was said in a call."""
        path = self.settings.recordings_dir / "2026-11" / f"{call_id}.wav"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(b"RIFF" + call_id.encode())
        name = path.relative_to(self.settings.recordings_dir).as_posix()
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.do(
            lambda tx: recording_finished(
                *(tx, call_id),
                path=name,
                sha256=sha256,
                duration=2.0,
                problem="",
                now=clock.now(),
            )
        )
        return path

    def seals(self) -> None:
        """The logbook is sealed, and the seal written down outside."""
        self.do(lambda tx: sealing.seal(tx, clock.now()))
        asyncio.run(anchoring.Watch(self.settings, self.store).look())

    def run(self, *arguments: str, at: Path | None = None, **environment: str) -> tuple[int, str]:
        """A command, of this station or of the one ``at``; its status and what it said."""
        own = {} if at or not self.settings.database_url else {"URL": self.settings.database_url}
        set_ = {f"CALLFLOW_DATABASE_{name}": value for name, value in own.items()} | environment
        set_.setdefault("CALLFLOW_BACKUP_PASSPHRASE_FILE", str(self.secret))
        return callflow(at or self.settings.data_dir, *arguments, **set_)

    def backup(self, *more: str) -> dict[str, Any]:
        """One more; what it told."""
        status, said = self.run("backup", str(self.folder), "--json", *more)
        assert status == 0, said
        told: dict[str, Any] = json.loads(said.splitlines()[-1])
        return told

    def makes(self, *, keep: int = 9, full: bool = False) -> making.Made:
        """The same, by this process."""
        return making.make(
            *(self.settings, self.vault, self.folder, PASSPHRASE), keep=keep, full=full
        )

    def restore(self, at: Path, folder: Path | None = None, **environment: str) -> tuple[int, str]:
        """The newest backup, or that of ``folder``, becomes the station ``at``."""
        return self.run("restore", str(folder or self.folder), at=at, **environment)

    @property
    def last(self) -> Path:
        """The folder of the newest backup."""
        return sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))[-1]


def settings_at(folder: Path, url: str = "") -> Settings:
    """Those of a station that was restored there."""
    return Settings(data_dir=folder, database_url=url)


@pytest.fixture(autouse=True, scope="session")
def _quick_scrypt() -> Iterator[None]:
    """What is made in this process costs less to open."""
    before, strongbox.COST = strongbox.COST, 1 << 14
    yield
    strongbox.COST = before


@pytest.fixture
def station(tmp_path: Path) -> Iterator[BackedUp]:
    made = BackedUp(tmp_path)
    yield made
    made.close()
