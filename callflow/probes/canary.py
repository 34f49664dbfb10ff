"""The canary's signal and page: sent and opened as from outside, and how soon each was answered.

A test event of an account that is nobody's, encrypted with a key of the station's own, goes to each
line that panels speak on (DC-09), and counts once its acknowledgement is here: then it is durable.
What a line hands on to another system is left out, for that system would have the event too; and
hardware receivers have heartbeats of their own. The page of the log-in is opened, and the stream of
the consoles heard with a ticket that gives no right.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import httpx

from callflow import clock
from callflow.core.signals.signal import CANARY
from callflow.core.watch.canary import ticket
from callflow.probes.panel import NoAnswerError, PanelClient
from callflow.settings.config import Settings
from callflow.vault import Vault

#: A periodic test, which opens nothing (SIA DC-03: RP).
_CODE = "RP"
#: Seconds for an answer: a panel waits as long (ANSI/SIA DC-09 §5.5.4).
WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Way:
    """A line that panels speak on, as this machine reaches it."""

    name: str
    host: str
    port: int
    transport: Literal["tcp", "udp"]


def ways(settings: Settings) -> Iterator[Way]:
    """Each line of this machine that a panel could speak on, and that hands nothing on."""
    relayed = {relay.line for relay in settings.relays}
    host = settings.reached_at("dc09")
    found = [
        Way("dc09-tcp", host, settings.ports.dc09, "tcp"),
        Way("dc09-udp", host, settings.ports.dc09, "udp"),
        *(
            Way(line.name, host, line.listen, line.transport)
            for line in settings.lines
            if line.protocol == "dc09" and line.listen
        ),
    ]
    yield from (way for way in found if way.name not in relayed)


async def acknowledged_in(way: Way, vault: Vault) -> float | None:
    """Seconds until a signal was acknowledged; None: it was not."""
    begun = clock.monotonic()
    async with PanelClient(
        way.host,
        way.port,
        CANARY,
        vault.canary_key,
        transport=way.transport,
        attempts=1,
        answer_within=WITHIN,
    ) as panel:
        try:
            reply = await panel.send(_CODE)
        except NoAnswerError:
            return None
        return clock.monotonic() - begun if reply.kind == "ACK" else None


async def heard_in(settings: Settings, vault: Vault) -> float | None:
    """Seconds until the log-in's page was here and the stream of the consoles spoke; None: one of
    them did not."""
    # Whose certificate it is, and until when, another probe tells: this one asks by an address.
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    begun = clock.monotonic()
    try:
        async with (
            asyncio.timeout(WITHIN),
            httpx.AsyncClient(
                base_url=settings.own_url, verify=unchecked, trust_env=False, timeout=WITHIN
            ) as pages,
        ):
            (await pages.get("/login")).raise_for_status()
            shown = {"Authorization": f"Bearer {vault.seal(ticket(clock.now()))}"}
            async with pages.stream("GET", "/events/canary", headers=shown) as stream:
                stream.raise_for_status()
                async for line in stream.aiter_lines():
                    if line == "event: beat":
                        return clock.monotonic() - begun
    except (httpx.HTTPError, OSError, TimeoutError):
        return None
    return None
