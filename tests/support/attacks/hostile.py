"""A station between a carrier that a test plays by hand and the simulated network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivr.asterisk import control
from ivr.asterisk.instance import Kind
from tests.support.attacks import chaos
from tests.support.sip.name_server import NameServer
from tests.support.sip.raw_sip import RawSip
from tests.support.sip.trunks import TrunkStation
from tests.support.sip.wiretap import StreamTap
from tests.support.stations.operators import hire

#: Nobody's contact: who is called here pays, and the caller is paid.
PREMIUM = "+33899000000"


class Carrier(RawSip):
    """The far end of the trunk ``carrier``: its address is the only one that is let in."""

    def forget(self) -> None:
        """Count from here."""
        self.requests.clear()
        self.responses.clear()


class CarrierStation(TrunkStation):
    """``carrier`` before ``network``; the station is told of nothing but their addresses."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(data_dir, environment)
        self.carrier = Carrier(self.base + 60, self.base + 82)
        self.use(
            [
                {
                    "name": "carrier",
                    "address": f"127.0.0.1:{self.base + 82}",
                    "channels": 20,
                    "reserved": 1,
                },
                {"name": "network", "channels": 20, "reserved": 1},
            ]
        )

    async def reachable(self) -> None:
        """Asterisk asked the carrier, and was answered: calls go over it."""
        await self.until(self._up)

    async def health(self) -> dict[str, Any]:
        """``GET health`` once telephony is in it: whose beat is late is not there, nor what it
        counted, and a busy machine's may be."""
        health: dict[str, Any] = {}

        async def is_there() -> bool:
            health.update((await self.api.get("/health")).json())
            return bool(health["sip"])

        await self.until(is_there)
        return health

    async def refused(self) -> dict[str, int]:
        """What health says of it, by reason."""
        (sip,) = (await self.health())["sip"]
        return {why: count for why, count in sip.items() if isinstance(count, int)}

    async def _up(self) -> bool:
        health = await self.health()
        asked = any(request.startswith(b"OPTIONS ") for request in self.carrier.requests)
        return asked and all(trunk["state"] == "up" for trunk in health["trunks"])

    async def dialogues(self) -> int:
        """How many calls from outside reached the menus."""
        entries = await self._all("/logbook", {})
        return sum(entry["kind"] == "call_incoming" for entry in entries)

    async def desk_phone(self, name: str) -> tuple[str, str]:
        """A SIP phone for a new operator: what it registers with, once Asterisk knows it."""
        return await hire(self, name)

    async def premium_calls(self) -> list[dict[str, Any]]:
        """What the simulated network saw of the number that pays."""
        return await self.seen(PREMIUM)


class SecretStation(CarrierStation):
    """Nothing is spoken in clear: one trunk, over TLS and SRTP, and such desk phones.

    ``outward`` is the wire to the carrier. ``data_dir`` holds everybody's certificate, which is
    for ``NAMED``, too: the same carrier, as ``names`` find it.
    """

    NAMED = "secret.carrier.example"

    def __init__(self, data_dir: Path, outward: StreamTap, names: NameServer) -> None:
        files = {
            "CALLFLOW_TLS_CERTIFICATE": str(data_dir / "cert.pem"),
            "CALLFLOW_TLS_KEY": str(data_dir / "key.pem"),
            "CALLFLOW_SIP_AUTHORITIES": str(data_dir / "cert.pem"),
            "CALLFLOW_SECURE_PHONES": "true",
            "CALLFLOW_NAME_SERVERS": f'["{names.address}"]',
        }
        super().__init__(data_dir, files)
        self.outward, self.certificates = outward, data_dir
        names.says(f"_sips._tcp.{self.NAMED}.", "SRV", f"1 1 {outward.port} sbc.{self.NAMED}.")
        names.says(f"sbc.{self.NAMED}.", "A", "127.0.0.1")
        secret = {"transport": "tls", "media_encryption": "sdes"}
        self.places = {"carrier": f"127.0.0.1:{outward.port}", "named": self.NAMED}
        self.use([{"name": name, "address": at, **secret} for name, at in self.places.items()])

    async def reaches_the_carrier(self) -> bool:
        """Asterisk asked it over TLS, as each trunk, and was answered: until then it dials none."""
        socket = chaos.asterisk(self, Kind.STATION).control_socket
        said = control.command(socket, "pjsip show contacts")
        found = [line for line in said.splitlines() if " Avail " in line]
        return all(any(f" {name}" in line for line in found) for name in self.places)
