"""A station of our packages, whoever runs it: what it is to be told, and what happens there."""

from __future__ import annotations

import contextlib
import json
import ssl
from pathlib import Path
from typing import Any

import httpx

from tests.support.rows import sites
from tests.support.sip.sip_players import Player, Players
from tests.support.sip.trunks import ONE_CALL
from tests.support.stations.bare_debian import until
from tests.support.stations.station import give_base, take_base

CALLED = "+33639981177"
_SILENCE = b"\xd5"  # in A-law


class Installed:
    """The station at ports of its own; ``carrier`` is where its calls go. ``close`` it.

    ``trusted``: certificates (PEM) that it shows.
    """

    def __init__(self, trusted: Path | None = None) -> None:
        self.base = take_base()
        self.url = f"{'https' if trusted else 'http'}://127.0.0.1:{self.base}"
        self.api = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1",
            verify=ssl.create_default_context(cafile=trusted),
            trust_env=False,
            timeout=None,
        )

    async def close(self) -> None:
        await self.api.aclose()
        give_base(self.base)

    def carrier(self) -> Players:
        return Players(self.base + 82, self.base + 3000)

    @property
    def settings(self) -> dict[str, Any]:
        """Ports of its own, that carrier, and nobody who is rung for work."""
        address = f"127.0.0.1:{self.base + 82}"
        trunk = {"name": "carrier", "channels": 10, "reserved": 2, "address": address}
        return {
            "port_base": self.base,
            "rtp_start": self.base - self.base % 4000 + 2000,
            "other_target": 86400,
            "trunks": [trunk],
        }

    async def is_there(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await self.api.get(f"{self.url}/readyz")).is_success
        return False

    def lets_in(self, token: str) -> None:
        """As `callflow token create --json` tells it."""
        self.api.headers["Authorization"] = f"Bearer {json.loads(token)['token']}"

    async def alarm(self) -> None:
        """Of a site whose premises are called once."""
        premises = sites.premises("1001", CALLED)
        site = sites.site("1001", premises, plans={"*": ONE_CALL["id"]})
        for path, body in ((f"/plans/{ONE_CALL['id']}", ONE_CALL), ("/sites/1001", site)):
            answer = await self.api.put(path, json=body)
            assert answer.is_success, answer.text
        signal = {"account": "1001", "code": "BA", "zone": "3", "text": "test"}
        answer = await self.api.post("/signals", json=signal)
        assert answer.status_code == 201, answer.text

    async def incident(self) -> dict[str, Any]:
        """The only one."""
        (incident,) = (await self.api.get("/incidents", params={"account": "1001"})).json()["items"]
        found: dict[str, Any] = (await self.api.get(f"/incidents/{incident['id']}")).json()
        return found

    async def outcomes(self) -> list[str | None]:
        """Of its calls."""
        return [call["outcome"] for call in (await self.incident())["calls"]]

    async def is_verified(self) -> bool:
        """By its only call."""
        return await self.outcomes() == ["verified_ok"]


async def hears(phone: Player) -> None:
    """Somebody speaks, from now on."""
    since = len(phone.heard)
    await until(lambda: any(packet.sound.strip(_SILENCE) for packet in phone.heard[since:]))


async def proves_and_cancels(phone: Player) -> None:
    """By a code, then a key; the station hangs up."""
    for keys in ("2580#", "1"):
        await phone.types(keys, pause_s=0.2)
        await hears(phone)
    await until(phone.over.is_set)
