"""A station whose first trunk is a carrier's that wants a password, and is found by DNS."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callflow import clock
from callflow.core.calls.call import Act
from callflow.handling.alarms.acting import ask_act
from tests.support.kamailio import PASSWORD, REALM, USERNAME, Kamailio
from tests.support.name_server import NameServer
from tests.support.packet_phone import PacketPhone
from tests.support.ports import free_port
from tests.support.trunks import TrunkStation

#: What the station shows over it.
SHOWN = "+33972000001"


@dataclass(eq=False)
class Gateway(PacketPhone):
    """Everybody behind the carrier: one telephone, which the carrier trusts by its port."""

    port: int = field(default_factory=free_port)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port)
        )
        ours = self._transport.get_extra_info("socket")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._port = self.port

    async def stop(self) -> None:
        """Whoever talks hangs up first."""
        for call in self.calls:
            if not call.over:
                self._ends(call)
        async with asyncio.timeout(5):
            await asyncio.gather(*self._tasks)
        self.crashes()

    async def calls_the_station(self, shown: str = "", display: str = '"phone"') -> None:
        await self.calls_in(shown or USERNAME, display)


class RegisteredStation(TrunkStation):
    """``carrier`` before ``network``. Its name servers are the test's."""

    def __init__(self, data_dir: Path, names: NameServer, **trunk: Any) -> None:
        super().__init__(data_dir, {"CALLFLOW_NAME_SERVERS": f'["{names.address}"]'})
        self.names = names
        self.password_file = data_dir / "carrier.password"
        self.password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
        self.password_file.chmod(0o600)
        carrier = {
            "name": "carrier",
            "address": REALM,
            "username": USERNAME,
            "password_file": str(self.password_file),
            "register": True,
            "identity": "pai",
            "machine_number": SHOWN,
            "channels": 20,
            "reserved": 1,
        }
        self.use([carrier | trunk, {"name": "network", "channels": 20, "reserved": 1}])

    def found_at(self, *carriers: Kamailio) -> None:
        """From now on its name leads there."""
        hosts = [f"{place} 10 {c.port} sbc{place}.{REALM}." for place, c in enumerate(carriers)]
        self.names.says(f"_sip._udp.{REALM}.", "SRV", *hosts)
        for place, carrier in enumerate(carriers):
            self.names.says(f"sbc{place}.{REALM}.", "A", carrier.host)

    async def trunk_row(self, name: str = "carrier") -> dict[str, Any]:
        """What health says of it."""
        health = (await self.api.get("/health")).json()
        return next((row for row in health["trunks"] if row["name"] == name), {})

    async def dialogues(self) -> int:
        """How many calls from outside reached the menus."""
        entries = await self.logbook()
        return sum(entry["kind"] == "call_incoming" for entry in entries)

    async def is_registered(self) -> bool:
        row = await self.trunk_row()
        return (row.get("registered"), row.get("state")) == (True, "up")

    async def presses(self, call_id: str, keys: str) -> None:
        """An operator types into a live call."""
        now = clock.now()
        await self.writes(lambda tx, _: ask_act(tx, call_id, Act.KEYS, "test", now, keys))
