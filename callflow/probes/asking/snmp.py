"""A device's figure by SNMP: version 2c with its community, or 3 where a user and two pass phrases
are given."""

import asyncio
import math
from importlib import import_module
from typing import Any

from callflow.core.watch.organs import Reason, State
from callflow.core.watch.probes import NO_ANSWER, Found, Probe
from callflow.probes.asking.addresses import find

#: Seconds for one try, and further tries.
_PATIENCE, _AGAIN = 2.0, 2
_PORT = 161
#: Between the parts of a secret for version 3: user, authentication, privacy.
_PARTS = "\n"


async def get(probe: Probe, secret: str) -> Found:
    """The value of ``probe.asked``. ``secret``: the community, or three lines: the user, its
    authentication's pass phrase (SHA-256) and its privacy's (AES-128)."""
    host, port = probe.host_and_port
    try:
        place = await find(host, port or _PORT, probe.source)
        async with asyncio.timeout(_PATIENCE * (_AGAIN + 2)):
            trouble, status, value = await _asked(place.number, port or _PORT, probe.asked, secret)
    except (OSError, TimeoutError):
        return NO_ANSWER
    if trouble:
        return Found(state=State.FAILED, reason=Reason.NO_ANSWER, detail=trouble)
    figure = _number(value)
    if status or figure is None:
        detail = status or "no number"
        return Found(state=State.FAILED, reason=Reason.BAD_ANSWER, detail=detail)
    return Found(figure=figure)


async def _asked(host: str, port: int, oid: str, secret: str) -> tuple[str, str, Any]:
    """What is wrong on the way, what the device refuses, and the value."""
    parts = [part.strip() for part in secret.split(_PARTS) if part.strip()]
    ask = _by_user if len(parts) == 3 else _by_community
    trouble, status, _, found = await ask(host, port, oid, parts)
    said = "" if not status else str(status.prettyPrint())
    return str(trouble or ""), said, found[0][1] if found else None


# The library takes a fifth of a second to load: only a station that asks a device pays for it.


async def _by_community(host: str, port: int, oid: str, parts: list[str]) -> Any:
    snmp = import_module("pysnmp.hlapi.v1arch.asyncio")
    dispatcher = snmp.SnmpDispatcher()
    try:
        return await snmp.get_cmd(
            dispatcher,
            snmp.CommunityData("".join(parts[:1]) or "public", mpModel=1),
            await _way(snmp, host, port),
            _asks_for(oid),
        )
    finally:
        dispatcher.transport_dispatcher.close_dispatcher()


async def _by_user(host: str, port: int, oid: str, parts: list[str]) -> Any:
    snmp = import_module("pysnmp.hlapi.v3arch.asyncio")
    user, authentication, privacy = parts
    engine = snmp.SnmpEngine()
    try:
        return await snmp.get_cmd(
            engine,
            snmp.UsmUserData(
                user,
                authentication,
                privacy,
                authProtocol=snmp.usmHMAC192SHA256AuthProtocol,
                privProtocol=snmp.usmAesCfb128Protocol,
            ),
            await _way(snmp, host, port),
            snmp.ContextData(),
            _asks_for(oid),
            lookupMib=False,
        )
    finally:
        engine.close_dispatcher()


def _asks_for(oid: str) -> tuple[Any, Any]:
    name = import_module("pysnmp.proto.rfc1902").ObjectName(oid)
    return name, import_module("pysnmp.proto.rfc1905").unSpecified


async def _way(snmp: Any, host: str, port: int) -> Any:
    kind = snmp.Udp6TransportTarget if ":" in host else snmp.UdpTransportTarget
    return await kind.create((host, port), timeout=_PATIENCE, retries=_AGAIN)


def _number(value: Any) -> float | None:
    """Of an integer, a gauge or a counter; of text that is one."""
    try:
        figure = float(value.prettyPrint())
    except (AttributeError, ValueError):
        return None
    return figure if math.isfinite(figure) else None
