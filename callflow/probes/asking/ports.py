"""A port that takes a connection, a host that answers an echo: how long that takes, in seconds."""

import asyncio
import os
import socket
import struct
from collections.abc import Mapping

from callflow import clock
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.probes import NO_ANSWER, Found, Probe
from callflow.probes.asking.addresses import find, opened

#: Seconds that an answer may take, and between two echoes that are sent.
_WITHIN, _AGAIN = 10.0, 1.0
_ECHOES = 3
#: ICMP (RFC 792, RFC 4443): type of a request and of its answer.
_ECHO: Mapping[int, tuple[int, int, int]] = {
    socket.AF_INET: (8, 0, socket.IPPROTO_ICMP),
    socket.AF_INET6: (128, 129, 58),
}
_HEAD = struct.Struct("!BBHHH")


async def connect(probe: Probe) -> Found:
    """Connect, and hang up at once: nothing is said."""
    begun = clock.monotonic()
    try:
        async with asyncio.timeout(_WITHIN):
            place = await find(*probe.host_and_port, probe.source)
            line = opened(place, socket.SOCK_STREAM, source=probe.source)
            try:
                await asyncio.get_running_loop().sock_connect(line, place.at)
            finally:
                line.close()
    except TimeoutError:
        return NO_ANSWER
    except OSError as error:
        return Found(state=State.FAILED, reason=Reason.NO_ANSWER, detail=error.strerror or "")
    return Found(figure=round(clock.monotonic() - begun, 4))


async def ping(probe: Probe) -> Found:
    """Send echoes until one comes back. Linux lets groups of ``net.ipv4.ping_group_range``."""
    try:
        place = await find(probe.target, 0, probe.source)
        request, answer, protocol = _ECHO[place.family]
        line = opened(place, socket.SOCK_DGRAM, protocol, source=probe.source)
    except PermissionError as error:
        return Found(state=State.UNKNOWN, reason=Reason.NOT_MEASURED, detail=error.strerror or "")
    except OSError as error:
        return Found(state=State.FAILED, reason=Reason.NO_ANSWER, detail=error.strerror or "")
    try:
        for number in range(1, _ECHOES + 1):
            took = await _echo(line, place.at, request, answer, number)
            if took is not None:
                return Found(figure=round(took, 4))
    finally:
        line.close()
    return NO_ANSWER


async def _echo(
    line: socket.socket, at: tuple[object, ...], request: int, answer: int, number: int
) -> float | None:
    """Seconds until our own words came back; None: they didn't in time."""
    words, begun = os.urandom(16), clock.monotonic()
    head = _HEAD.pack(request, 0, 0, 0, number)
    packet = _HEAD.pack(request, 0, _checksum(head + words), 0, number) + words
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_AGAIN):
            await loop.sock_sendto(line, packet, at)
            while True:
                heard = await loop.sock_recv(line, 256)
                if heard[:1] == bytes([answer]) and heard.endswith(words):
                    return clock.monotonic() - begun
    except (TimeoutError, OSError):
        return None


def _checksum(packet: bytes) -> int:
    """RFC 1071; IPv6's is the kernel's."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
