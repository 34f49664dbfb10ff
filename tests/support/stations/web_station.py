"""A station's rows for tests of the web: sites, alarms and calls, without a telephone network."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from argon2 import PasswordHasher

from callflow import clock
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Outcome
from callflow.core.signals.signal import Signal
from callflow.core.watch import supervision
from callflow.handling.alarms import receiving
from callflow.handling.base import storing
from callflow.handling.calls import calling
from callflow.handling.calls.recordings import recording_finished
from callflow.handling.plans import plans
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.alarms import incidents
from callflow.vault import Vault
from tests.support.rows.migrated import kept, migrate
from tests.support.stations.product import free_base
from tests.support.suite.forked import Begun, begin
from web.access.users import Role, create_token, create_user

PASSWORD = "sous les pavés"
NAME = "claire"


def site_body(account: str = "1001", **changes: Any) -> dict[str, Any]:
    """A site as PUT takes it: the premises and two keyholders."""
    number = f"06 39 98 {account[:2]} {account[2:4]}"
    body: dict[str, Any] = {
        "name": "Bijouterie du Parlement",
        "client": "Bijoux réunis",
        "address": "7 rue Saint-Georges, 35000 Rennes",
        "recognition_word": "tilleul",
        "accounts": [{"account": account}],
        "zones": [{"account": account, "zone": "3", "name": "Hall d'entrée"}],
        "contacts": [
            {
                "id": f"{account}-{rank}",
                "name": name,
                "role": "keyholder" if rank else "premises",
                "rank": rank or 1,
                "phone": number[:-1] + str(rank),
                "code": "2580",
                "duress_code": "2581",
                "authorities": {"*": ["cancel"]},
            }
            for rank, name in enumerate(("Accueil", "Anne Le Goff", "Yves Morvan"))
        ],
    }
    return {**body, **changes}


def make_new(folder: Path) -> None:
    """A data folder of SQLite as a new station's, to be copied: migrations and standard plans take
    half a second, and a thousand tests want one."""
    _make(Settings(data_dir=folder, database_url=""))


def _make(settings: Settings) -> None:
    migrate(settings.database)
    store = Store(settings.database, mac=Vault(settings.data_dir / "keys").seal)
    store.write_now(lambda tx: plans.publish_standard_plans(tx, "test", clock.now()))
    store.close()


@functools.cache
def _kept_password() -> str:
    """PASSWORD as it is kept, by the cheapest that argon2 can do: tests log in all the time."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class WebStation:
    """One data folder, filled through ``handling`` as the other processes would."""

    def __init__(self, data_dir: Path, *, demo: bool = False, database_url: str = "") -> None:
        self.settings = Settings(
            data_dir=data_dir,
            port_base=free_base(),
            demo=demo,
            database_url=database_url,
            manual_dir=data_dir / "manual",  # whether this checkout's was made or not
        )
        if database_url:
            _make(self.settings)
        else:
            shutil.copytree(kept("new", make_new), data_dir, dirs_exist_ok=True)
        self.vault = Vault(data_dir / "keys")
        self.store = Store(self.settings.database, mac=self.vault.seal)

    def do(self, function: Any) -> Any:
        """Write in one transaction."""
        return self.store.write_now(function)

    def close(self) -> None:
        self.store.close()

    def token(
        self, role: Role = Role.ADMINISTRATOR, name: str = "essai", accounts: Sequence[str] = ()
    ) -> str:
        """A new API token; a panel's speaks for ``accounts``."""
        now = clock.now()
        return str(self.do(lambda tx: create_token(tx, role, name, now, accounts=accounts)))

    def user(self, name: str = NAME, role: Role = Role.OPERATOR) -> None:
        """Somebody who can log in with PASSWORD."""
        self.do(lambda tx: create_user(tx, name, role, _kept_password(), clock.now()))

    def site(self, account: str = "1001", **changes: Any) -> None:
        """A site, whose id is its account."""
        body = site_body(account, **changes)
        self.do(
            lambda tx: sites.put_site(
                tx, self.vault, account, Site.read(body), "essai", clock.now()
            )
        )

    def not_arrived(self, account: str) -> Incident:
        """A bank was opened, and did not say that it arrived well (D18); its incident's row."""
        now = clock.now()
        missed = supervision.not_arrived(account, "Europe/Paris", now, now)
        self.do(lambda tx: storing.store_signals(tx, [missed]))
        self.correlate()
        return self.newest(account)

    def alarm(
        self, account: str = "1001", code: str = "BA", zone: str = "3", text: str = ""
    ) -> Incident:
        """A signal comes and is correlated; its incident."""
        now = clock.now()
        message = Signal(
            account=account,
            format="webhook",
            code=code,
            zone=zone,
            text=text,
            raw=text,
            received_at=now,
            deduplication=f"test:{now.timestamp()}:{os.urandom(4).hex()}",
        )
        self.do(lambda tx: storing.store_signals(tx, [message]))
        self.correlate()
        return self.newest(account)

    def newest(self, account: str) -> Incident:
        """The account's newest incident."""
        return self.store.read_now(lambda tx: incidents.page(tx, account=account, limit=500)[-1])

    def correlate(self) -> None:
        """The engine takes what was stored."""
        self.do(lambda tx: receiving.correlate(tx, clock.now()))

    def call(
        self, outcome: Outcome | None, *, answered: bool = True, seconds: float | None = None
    ) -> str:
        """The next requested call is placed, and ends with ``outcome`` unless that is None."""
        now = clock.now()
        order = self.do(lambda tx: calling.claim_calls(tx, node="node0", now=now, limit=1))[0]
        self.do(lambda tx: calling.call_ringing(tx, order.call_id, now))
        if answered:
            later = now + timedelta(seconds=2)
            self.do(lambda tx: calling.call_answered(tx, order.call_id, later))
        if outcome is not None:
            end = now + timedelta(seconds=2 + (seconds or 0))
            self.do(lambda tx: calling.call_ended(tx, order.call_id, outcome=outcome, now=end))
            if seconds is not None:
                self.record(order.call_id, seconds)
        return str(order.call_id)

    def record(self, call_id: str, seconds: float) -> Path:
        """A recording: a tone of each side."""
        path = self.settings.recordings_dir / f"{call_id}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        at = np.arange(int(8000 * seconds)) / 8000
        tones = [np.sin(2 * np.pi * hertz * at) * 0.3 for hertz in (440, 880)]
        soundfile.write(path, np.stack(tones, axis=1), 8000, subtype="PCM_16")
        self.do(
            lambda tx: recording_finished(
                tx,
                call_id,
                path=path.name,
                sha256="ab" * 32,
                duration=seconds,
                problem="",
                now=clock.now(),
            )
        )
        return path


def ended(process: subprocess.Popen[bytes] | Begun, within: float) -> None:
    """A process that was told to end has done so. Raises TimeoutExpired, and it is killed."""
    try:
        process.wait(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


class WebProcess:
    """``callflow serve --only web`` on a station's folder."""

    def __init__(self, station: WebStation, environment: Mapping[str, str] | None = None) -> None:
        settings = station.settings
        self.url = f"http://127.0.0.1:{settings.ports.web}"
        self._environment = {
            **os.environ,
            "CALLFLOW_DATA_DIR": str(settings.data_dir),
            "CALLFLOW_PORT_BASE": str(settings.port_base),
            "CALLFLOW_DEMO": "true" if settings.demo else "false",
            "CALLFLOW_MANUAL_DIR": str(settings.manual_dir),
            **(environment or {}),
        }
        self._process: Begun | None = None

    def start(self) -> None:
        """Returns when it answers, as late as a busy machine lets it; a test has its own limit."""
        self._process = begin("serve", "--only", "web", environment=self._environment)
        try:
            while not self._answers():
                assert self._process.poll() is None, "the web ended at its start"
                self._waited(0.1)
        except BaseException:  # nobody has it yet who would end it
            self.kill()
            raise

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                return True
        except OSError:
            return False

    @property
    def pid(self) -> int:
        """Of the web."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> float:
        """In order; how many seconds it took."""
        began = clock.monotonic()
        self._end(signal.SIGTERM)
        return clock.monotonic() - began

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        ended(self._process, within=60)  # a busy machine's; who judges how long looks at stop()

    def _waited(self, seconds: float) -> None:
        """Ends at once when the process does."""
        assert self._process is not None
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return
