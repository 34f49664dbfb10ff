"""A station whose first trunk is a carrier's that wants a password, and is found by DNS."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from callflow import clock
from callflow.core.calls.call import Act, Call
from callflow.handling.alarms.acting import ask_act
from callflow.handling.calls.trunk_tests import request_test
from callflow.storage.calls import calls
from tests.support.phones import hearing
from tests.support.phones.packet_call import PacketCall
from tests.support.phones.packet_phone import PacketPhone
from tests.support.sip.kamailio import (
    OTHER,
    PASSWORD,
    PROXY_HOST,
    REALM,
    STREAM_HOST,
    THIRD,
    TONES_HOST,
    USERNAME,
    Kamailio,
)
from tests.support.sip.name_server import NameServer
from tests.support.sip.sip_players import answer_to, header_of
from tests.support.sip.trunks import TrunkStation
from tests.support.stations.station import DESKS, DUTY
from tests.support.suite.ports import free_port

#: What the station shows over it.
SHOWN = "+33972000001"
#: The last digits of their numbers, however a carrier writes them.
_OWN_PEOPLE = tuple(number[-9:] for number in (*DESKS, DUTY))
#: A domain that DNS knows nothing of.
DOMAIN = "telephony.carrier.example"


@dataclass(eq=False)
class Gateway(PacketPhone):
    """Everybody behind the carrier but the station's own people, who are busy: one telephone, which
    the carrier trusts by its port."""

    port: int = field(default_factory=free_port)
    #: Header lines of an INVITE of its own.
    says_too: tuple[str, ...] = ()
    #: How keys come and go, which are no events: ``info``, ``inband``.
    keys: str = ""
    #: What it was asked within its calls, and the keys that came by INFO.
    asked: list[str] = field(default_factory=list, init=False)
    keys_told: str = field(default="", init=False)

    async def start(self) -> None:
        ours = self._open()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=ours)
        self._port = self.port

    def _open(self) -> socket.socket:
        ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        ours.bind((self.host, self.port))
        return ours

    async def stop(self) -> None:
        """Whoever talks hangs up first."""
        for call in self.calls:
            if not call.over:
                self._ends(call)
        async with asyncio.timeout(5):
            await asyncio.gather(*self._tasks)
        self.crashes()

    def _was_asked(self, head: str, body: str) -> None:
        if ";tag=" in header_of(head, "To"):
            self.asked.append(head.partition(" ")[0])
        if head.startswith("INFO "):
            self.keys_told += "".join(re.findall(r"^Signal=\s*(.)", body, re.MULTILINE))
        super()._was_asked(head, body)

    def _invited(self, head: str, body: str, call: PacketCall | None) -> None:
        called = re.sub(r"\D", "", head.partition("sip:")[2].partition("@")[0])
        if call is None and called.endswith(_OWN_PEOPLE):
            self._send(answer_to(head, "486 Busy Here", tag=secrets.token_hex(4)))
        else:
            super()._invited(head, body, call)

    @property
    def keys_heard(self) -> str:
        """Those that the station typed, however they came."""
        if self.keys == "info":
            return self.keys_told
        if self.keys == "inband":
            return hearing.keys_heard(self.line.samples(0))
        return "".join(self.line.keys_heard)

    async def types(self, keys: str, *, sounding: bool = False) -> None:
        if self.keys == "info":
            for key in keys:
                kind, body = (
                    "Content-Type: application/dtmf-relay",
                    f"Signal={key}\r\nDuration=160\r\n",
                )
                await self._asks(
                    self.call.sip, "INFO", self.call.sip.target, more=(kind,), body=body
                )
        elif self.keys == "inband":
            pause = np.zeros(hearing.RATE // 10)
            sounds = [sound for key in keys for sound in (hearing.key_tone(key), pause)]
            await self.line.plays(np.concatenate(sounds), again=False).over.wait()
        else:
            await super().types(keys, sounding=sounding)

    async def _tells(self, key: str) -> None:
        sip, kind = self.call.sip, "Content-Type: application/dtmf-relay"
        await self._asks(sip, "INFO", sip.target, more=(kind,), body=key)

    def _offers(self, call: PacketCall, event_type: int | None) -> str:
        return super()._offers(call, None if self.keys else event_type)

    async def _calls(self, call: PacketCall, uri: str) -> None:
        body = self._offers(call, 101)
        head, _ = await self._asks(call.sip, "INVITE", uri, more=self.says_too, body=body)
        call.became("CONFIRMED" if head.startswith("SIP/2.0 2") else "DISCONNECTED")

    async def invites_again(self, *more: str) -> str:
        """A re-INVITE of the live call (RFC 3261 §14.1); what it is answered."""
        call = self.call
        body = self._offers(call, 101)
        head, _ = await self._asks(call.sip, "INVITE", call.sip.target, more=more, body=body)
        return head

    async def lets_go_of(self, call: PacketCall) -> None:
        """Hangs up a call that is not its newest."""
        await self._says_bye(call)

    async def calls_the_station(self, shown: str = "", display: str = '"phone"') -> None:
        await self.calls_in(shown or USERNAME, display)


class RegisteredStation(TrunkStation):
    """``carrier`` before ``network``, and last ``stream``, which is the same carrier over TCP.

    Its name servers are the test's.
    """

    def __init__(self, data_dir: Path, names: NameServer, stream_port: int, **trunk: Any) -> None:
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
        network = {"name": "network", "channels": 20, "reserved": 1}
        stream = {
            "name": "stream",
            "address": f"{STREAM_HOST}:{stream_port}",
            "domain": REALM,
            "username": OTHER,
            "password": PASSWORD,
            "register": True,
            "transport": "tcp",
            "machine_number": f"+{OTHER}",
        }
        beside = [self._proxied(stream_port), *self._with_other_keys(stream_port)]
        self.use([carrier | trunk, network, stream, *beside])

    def _proxied(self, port: int) -> dict[str, Any]:
        """A domain without an address of its own, behind the carrier's proxy."""
        return {
            "name": "proxied",
            "address": DOMAIN,
            "outbound_proxy": f"{PROXY_HOST}:{port}",
            "username": THIRD,
            "password": PASSWORD,
            "register": True,
            "machine_number": f"+{THIRD}",
        }

    @staticmethod
    def _with_other_keys(port: int) -> list[dict[str, Any]]:
        login = {"address": f"{TONES_HOST}:{port}", "username": OTHER, "password": PASSWORD}
        return [{"name": way, "dtmf": way, **login} for way in ("info", "inband")]

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

    async def refused(self) -> dict[str, int]:
        """What came to its SIP port and was refused, by reason."""
        (sip,) = (await self.api.get("/health")).json()["sip"]
        return {why: count for why, count in sip.items() if isinstance(count, int)}

    async def is_quiet(self) -> bool:
        """No call is live: who waited for a human had desks rung, over the carrier too."""
        return bool((await self.api.get("/health")).json()["live_calls"] == 0)

    async def is_registered(self, trunk: str = "carrier") -> bool:
        row = await self.trunk_row(trunk)
        return (row.get("registered"), row.get("state")) == (True, "up")

    async def tries(self, trunk: str, number: str) -> str:
        """Somebody has ``number`` called over a trunk, and no other; the call."""
        now = clock.now()
        return await self.writes(lambda tx, _: request_test(tx, trunk, number, "test", now))

    async def tried(self, call_id: str) -> Call:
        """What became of that call, once it is over."""
        found: list[Call] = []

        async def over() -> bool:
            call = await self.writes(lambda tx, _: calls.get(tx, call_id))
            found[:] = [call] if call is not None and call.ended_at is not None else []
            return bool(found)

        await self.until(over)
        return found[0]

    async def presses(self, call_id: str, keys: str) -> None:
        """An operator types into a live call."""
        now = clock.now()
        await self.writes(lambda tx, _: ask_act(tx, call_id, Act.KEYS, "test", now, keys))
