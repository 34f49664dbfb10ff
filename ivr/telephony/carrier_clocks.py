"""The clocks of the carriers, each asked by a question of our own: the *Date* of its answer.

Asterisk tells nobody what stood in an answer, and sends no *Date* itself. Nobody's certificate is
checked here: what is heard is a figure, which alone never is a failure.
"""

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import Sequence

import structlog

from callflow.clock import Clock
from callflow.core.watch import carrier_clock
from callflow.settings.trunks import Place, TrunkSettings
from ivr.telephony.host_names import HostNames, Unresolved

log = structlog.get_logger(__name__)

#: Seconds for the whole answer; until a datagram is sent again (RFC 3261, 17.1.2.2: T1, doubled).
_WITHIN, _AGAIN = 4.0, 0.5


class CarrierClocks:
    """Those of one node's trunks. ``look`` asks each; ``told`` is what they said last."""

    def __init__(
        self, trunks: Sequence[TrunkSettings], name_servers: Sequence[str], now: Clock
    ) -> None:
        places = {one.name: one.proxy or one.place for one in trunks if one.enabled}
        self._places = {name: place for name, place in places.items() if place is not None}
        self._names = HostNames(name_servers) if self._places else None
        self._now = now
        self._told: dict[str, float] = {}

    def told(self) -> dict[str, float]:
        """{trunk: seconds that our clock is ahead of its carrier's}; those that don't say are left
        out."""
        return dict(self._told)

    async def look(self) -> None:
        """Ask all of them."""
        found = await asyncio.gather(*map(self._of, self._places.values()))
        named = zip(self._places, found, strict=True)
        self._told = {name: ahead for name, ahead in named if ahead is not None}

    async def _of(self, place: Place) -> float | None:
        try:
            async with asyncio.timeout(_WITHIN):
                host, port = await self._address(place)
                return await self._ask(host, port, place.transport)
        except (OSError, TimeoutError, Unresolved, ValueError, EOFError) as error:
            log.debug("carrier.clock_not_told", host=place.host, reason=str(error))
            return None

    async def _address(self, place: Place) -> tuple[str, int]:
        if not place.named:
            return place.host, place.usual_port
        assert self._names is not None
        return min(await self._names.addresses(place))

    async def _ask(self, host: str, port: int, transport: str) -> float | None:
        name, asked = secrets.token_hex(12), self._now()
        ask = _by_datagrams if transport == "udp" else _by_stream
        answer = await ask(host, port, transport, name)
        return carrier_clock.ahead(answer, asked, self._now())


async def _by_datagrams(host: str, port: int, transport: str, name: str) -> bytes:
    """The answer, asked for again and again."""
    loop, pause = asyncio.get_running_loop(), _AGAIN
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        line.connect((host, port))
        question = carrier_clock.question(host, port, transport, line.getsockname(), name)
        while True:
            await loop.sock_sendall(line, question)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    while not carrier_clock.is_answer(heard := await _datagram(line), name):
                        pass  # another question's, or nonsense
                    return heard
            pause *= 2


async def _datagram(line: socket.socket) -> bytes:
    return await asyncio.get_running_loop().sock_recv(line, carrier_clock.LONGEST)


async def _by_stream(host: str, port: int, transport: str, name: str) -> bytes:
    """The first message that comes. Raises EOFError, OSError, ValueError."""
    reader, writer = await asyncio.open_connection(
        host, port, ssl=_unchecked() if transport == "tls" else None, limit=carrier_clock.LONGEST
    )
    try:
        here = writer.get_extra_info("sockname")
        writer.write(carrier_clock.question(host, port, transport, here, name))
        heard = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise ValueError("an endless answer") from None
    finally:
        writer.close()
    if not carrier_clock.is_answer(heard, name):
        raise ValueError("no answer to what was asked")
    return heard


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
