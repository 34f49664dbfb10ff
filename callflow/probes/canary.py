"""The canary's signal and page: sent and opened from outside, and how soon each was answered.

A test event of an account that is nobody's goes to each line that waits for panels, or for hardware
receivers, and counts once its acknowledgement is here: then it is durable. It is encrypted with a
key of the station's own (DC-09), or says what only that key makes (Sur-Gard, DC-07), in the words
of a receiver whose number nobody watches: its heartbeat is not this test's. What a line hands on to
another system is left out, for that system would have the event too. The page of the log-in is
opened, and the stream of the consoles heard with a ticket that gives no right. Where the settings
know no address from outside, they are reached as this machine reaches itself.
"""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import httpx

from callflow import clock
from callflow.core.signals.hardware import own_words
from callflow.core.signals.signal import CANARY
from callflow.core.watch.canary import ticket
from callflow.probes.asking.addresses import leaving
from callflow.probes.panel import NoAnswerError, PanelClient
from callflow.probes.receiver import NotAcknowledgedError, ReceiverClient
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings
from callflow.vault import Vault

#: A periodic test, which opens nothing (SIA DC-03: RP).
_CODE = "RP"
#: Seconds for an answer: a panel waits as long (ANSI/SIA DC-09 §5.5.4).
WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Way:
    """A line that panels, or hardware receivers, speak on, as this machine reaches it."""

    name: str
    host: str
    port: int
    protocol: Literal["dc09", "surgard", "dc07"] = "dc09"
    transport: Literal["tcp", "udp"] = "tcp"
    source: str = ""  # an address or an interface of this machine by which it is spoken on


def ways(settings: Settings) -> Iterator[Way]:
    """Each line of this machine that waits to be called, and that hands nothing on."""
    relayed = {relay.line for relay in settings.relays}
    host, port = settings.reached_at("dc09"), settings.ports.dc09
    found = [
        Way("dc09-tcp", host, port),
        Way("dc09-udp", host, port, transport="udp"),
        *(_way(settings, line) for line in settings.lines if line.connect is None),
    ]
    yield from (_from_outside(settings, way) for way in found if way.name not in relayed)


def _from_outside(settings: Settings, way: Way) -> Way:
    at = settings.canary_lines.get(way.name)
    if at is None:
        return way
    host, _, port = at.rpartition(":")
    return replace(way, host=host, port=int(port), source=settings.canary_source)


def _way(settings: Settings, line: LineSettings) -> Way:
    _, port = settings.listens_at(line)[0]
    host = settings.reached_at(line.protocol)
    return Way(line.name, host, port, line.protocol, line.transport)


async def acknowledged_in(way: Way, vault: Vault) -> float | None:
    """Seconds until a signal was acknowledged; None: it was not."""
    begun = clock.monotonic()
    if way.protocol == "dc09":
        took = await _sent_by_panel(way, vault)
    else:
        took = await _sent_by_receiver(way, way.protocol, vault)
    return clock.monotonic() - begun if took else None


#: The number of a receiver that no station has: nothing else comes under it.
_RECEIVER = "FF"


async def _sent_by_receiver(way: Way, protocol: Literal["surgard", "dc07"], vault: Vault) -> bool:
    words = own_words(vault.canary_key, clock.now())
    async with ReceiverClient(
        *(protocol, way.host, way.port),
        receiver=_RECEIVER,
        answer_within=WITHIN,
        attempts=1,
        source=way.source,
    ) as receiver:
        try:
            await receiver.send(CANARY, _CODE, text=words)
        except NotAcknowledgedError:
            return False
        return True


async def _sent_by_panel(way: Way, vault: Vault) -> bool:
    async with PanelClient(
        way.host,
        way.port,
        CANARY,
        vault.canary_key,
        transport=way.transport,
        attempts=1,
        answer_within=WITHIN,
        source=way.source,
    ) as panel:
        try:
            reply = await panel.send(_CODE)
        except NoAnswerError:
            return False
        return reply.kind == "ACK"


async def heard_in(settings: Settings, vault: Vault) -> float | None:
    """Seconds until the log-in's page was here and the stream of the consoles spoke; None: one of
    them did not."""
    # Whose certificate it is, and until when, another probe tells: this one asks by an address.
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    outside = settings.canary_pages
    leaves = leaving(settings.canary_source) if outside else {}
    way = httpx.AsyncHTTPTransport(verify=unchecked, **leaves)
    begun = clock.monotonic()
    try:
        async with (
            asyncio.timeout(WITHIN),
            httpx.AsyncClient(
                base_url=outside or settings.own_url, transport=way, trust_env=False, timeout=WITHIN
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
