"""A station with a real store and the real telephony process, on a scripted Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from callflow import clock
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, Dialogue
from callflow.core.plans.call_plan import to_json
from callflow.core.plans.standard import STANDARD_PLANS
from callflow.core.signals.signal import Signal
from callflow.dispatch.wake import open_store
from callflow.handling.alarms import acting, receiving
from callflow.handling.alarms.acting import request_call
from callflow.handling.base import policy, storing
from callflow.handling.plans import plans
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.signals import signals
from callflow.vault import Vault
from ivr.telephony.process import Telephony
from tests.support.rows.migrated import migrate
from tests.support.sip.scripted_ami import ScriptedAmi
from tests.support.suite.ports import free_port

PREMISES = "+33639987000"
FIRST = "+33639987001"
SECOND = "+33639987002"
#: Keyholders of another site, 1002.
CROWD = tuple(f"+336399871{serial:02d}" for serial in range(45))


def _contact(number: str, role: str, rank: int) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "name": f"Contact {rank}",
        "role": role,
        "rank": rank,
        "phone": number,
        "code": "2580",
        "duress_code": "2581",
        "authorities": {"*": ["cancel", "send_guard"]},
    }


class TelephonyStation:
    """``start`` and ``kill`` the telephony process as often as wanted; the rows stay."""

    def __init__(self, ami: ScriptedAmi, data_dir: Path, database_url: str = "") -> None:
        self.ami = ami
        self.settings = Settings(
            data_dir=data_dir,
            asterisk="external",
            ami_port=ami.port,
            ami_secret=ami.secret,
            agi_port=free_port(),
            desk_phones=("+33639987090",),
            database_url=database_url,
        )
        self.vault = Vault(self.settings.data_dir / "keys")
        migrate(self.settings.database)
        self.store = open_store(self.settings, self.vault)
        self._process: asyncio.Task[None] | None = None
        self._own_store: Store | None = None
        self.telephony: Telephony | None = None

    async def prepare(self) -> None:
        """One site, 1001, with its premises and two keyholders."""
        now = clock.now()

        def world(tx: Any) -> None:
            policy.save_policy(tx, self.settings)
            for plan in STANDARD_PLANS:
                plans.publish_plan(tx, to_json(plan), "test", now)
            site = {
                "name": "Site",
                "accounts": [{"account": "1001"}],
                "contacts": [
                    _contact(PREMISES, "premises", 1),
                    _contact(FIRST, "keyholder", 1),
                    _contact(SECOND, "keyholder", 2),
                ],
            }
            sites.put_site(tx, self.vault, "1001", Site.read(site), "test", now)
            people = [_contact(number, "keyholder", rank) for rank, number in enumerate(CROWD, 1)]
            crowd = {"name": "Crowd", "accounts": [], "contacts": people}
            sites.put_site(tx, self.vault, "1002", Site.read(crowd), "test", now)

        await self.store.write(world)

    async def another_site(self, serial: int) -> tuple[str, str]:
        """One more site with premises alone: its account, and their number."""
        account, number = f"2{serial:03d}", f"+336399870{50 + serial}"
        site = {
            "name": f"Site {serial}",
            "accounts": [{"account": account}],
            "contacts": [_contact(number, "premises", 1)],
        }
        at = clock.now()
        put = sites.put_site
        await self.store.write(lambda tx: put(tx, self.vault, account, Site.read(site), "test", at))
        return account, number

    async def alarm(self, code: str = "BA", account: str = "1001") -> None:
        """A signal of a site, stored and correlated."""
        signal = Signal(
            account=account,
            format="SIA-DCS",
            code=code,
            zone="1",
            received_at=clock.now(),
            deduplication=uuid.uuid4().hex,
        )
        await self.store.write(lambda tx: storing.store_signals(tx, [signal]))
        await self.store.write(lambda tx: receiving.correlate(tx, clock.now()))

    async def call_of_alarm(self) -> str:
        """The first call of the site's incident, once it is placed."""
        await self.ami.until(lambda: len(self.ami.originated()) > 0)
        return self.ami.originated()[0]

    async def call(self, number: str) -> str:
        """A call row asked for, outside any plan."""
        call = await self.store.write(
            lambda tx: request_call(
                tx,
                policy.load_policy(tx),
                None,
                clock.now(),
                step="test",
                to=number,
                attempt=1,
                dialogue=Dialogue.VERIFICATION,
                ring_time=30.0,
                priority=1,
            )
        )
        return call.id

    async def hang_up(self, call_id: str, *, ago: float = 0.0) -> None:
        """An operator asks for the end of a call, or did so many seconds ago."""
        at = clock.now() - timedelta(seconds=ago)
        await self.store.write(lambda tx: acting.ask_hang_up(tx, call_id, "test", at))

    async def until_acted(self) -> None:
        """Wait until every act that was asked for is claimed and has its result."""

        def waits(tx: Tx) -> bool:
            return bool(tx.exec_driver_sql("SELECT 1 FROM call_action WHERE result IS NULL").all())

        while await self.store.read(waits):
            await self.changed()

    def start(self) -> None:
        """Starts the telephony process."""
        store = open_store(self.settings, self.vault)
        self.telephony = Telephony(self.settings, store, self.vault)
        self._own_store = store
        self._process = asyncio.create_task(self.telephony.run())

    async def kill(self) -> None:
        """Ends it, as abruptly as a task can be ended."""
        if self._process is None:
            return
        self._process.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._process
        assert self._own_store is not None
        self._own_store.close()
        self._process = None

    async def close(self) -> None:
        await self.kill()
        self.store.close()

    async def row(self, call_id: str) -> Call:
        found = await self.store.read(lambda tx: calls.get(tx, call_id))
        assert found is not None
        return found

    async def until_row(
        self, call_id: str, fact: Callable[[Call], bool], within: float = 20.0
    ) -> Call:
        """Wait until the call's row is as wanted."""
        async with asyncio.timeout(within):
            while not fact(row := await self.row(call_id)):
                await self.changed()
        return row

    async def changed(self) -> None:
        """A moment in which rows may change."""
        await asyncio.sleep(0.02)

    async def until_signal(self, code: str, within: float = 20.0) -> None:
        """Wait until the station noted this of itself."""
        async with asyncio.timeout(within):
            while not any(row.code == code for row in await self.store.read(signals.page)):
                await self.changed()

    async def incident(self) -> Incident | None:
        """The site's incident."""
        found = await self.store.read(lambda tx: incidents.unfiled(tx, ["1001"], ["1001"]))
        return found[0] if found else None


@contextlib.asynccontextmanager
async def telephony_station(
    ami: ScriptedAmi, data_dir: Path, database_url: str = ""
) -> AsyncIterator[TelephonyStation]:
    """A prepared station whose telephony process runs."""
    made = TelephonyStation(ami, data_dir, database_url)
    try:
        await made.prepare()
        made.start()
        yield made
    finally:
        await made.close()
