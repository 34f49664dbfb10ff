"""Probes that an administrator sets: what is asked, how often, and what its answer means. Pure."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading


class Means(StrEnum):
    """How an organ is asked."""

    HTTP = "http"  # a page that answers, with a text in it where one is named
    TCP = "tcp"  # a port that takes a connection
    PING = "ping"  # a host that answers an ICMP echo
    SNMP = "snmp"  # a figure of a device, by its object identifier
    COMMAND = "command"  # a program that the machine's administrator put into the probes' folder
    PROMETHEUS = "prometheus"  # the figure that a query gives
    SIGNAL = "signal"  # the last alarm, or its end, of a panel's zone


#: What an administrator's probe may be about; the other parts have readers of their own.
OFFERED = (
    Part.NETWORK,
    Part.GATEWAY,
    Part.RECORDER,
    Part.POWER,
    Part.GENERATOR,
    Part.TEMPERATURE,
    Part.MEMORY,
    Part.ROOM,
    Part.ACCESS,
    Part.PROBE,
)
#: Seconds between two looks.
SELDOM, OFTEN = 86_400, 10
#: The units in which a figure may be shown; "" is none.
UNITS = ("", "seconds", "percent", "celsius", "volts", "minutes", "bytes")


class ProbeError(ValueError):
    """A probe that can't be asked; the message says what to do, ``field`` where."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """One organ that is asked every so many seconds.

    ``target`` is an address, a file's name or an account, ``asked`` what is asked of it (a text, an
    object identifier, a query, a zone). ``warn`` and ``fail`` are limits of its figure, which is
    wrong beyond them, or ``below`` them. ``source``: the address, or the network interface, by
    which it is asked, so that each of two ways to a provider is looked at by itself.
    """

    id: str
    name: str
    part: Part
    means: Means
    target: str
    asked: str = ""
    source: str = ""
    every: int = 60
    warn: float | None = None
    fail: float | None = None
    below: bool = False
    unit: str = ""
    vital: bool = False
    enabled: bool = True

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Of ``host:port``; port 0 where none is named."""
        return _host_and_port(self.target)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The answer: a ``figure``, or a ``state`` where that says more. ``reason`` None: it is as it
    should be. ``detail`` is text from outside."""

    state: State = State.OK
    reason: Reason | None = None
    figure: float | None = None
    detail: str = ""


NO_ANSWER = Found(state=State.FAILED, reason=Reason.NO_ANSWER)
#: Beyond so many looks that did not come, nothing is known of an organ.
_MISSED, _SLOW = 3, timedelta(seconds=60)


def reading(probe: Probe, found: Found, now: datetime, *, node: str = "") -> Reading:
    """What ``found`` says of the organ, by the probe's limits."""
    state, reason, limit = _judged(probe, found)
    return Reading(
        part=probe.part,
        name=probe.name,
        node=node,
        state=state,
        reason=reason,
        detail=found.detail,
        figure=found.figure,
        unit=_unit(probe) if found.figure is not None else "",
        limit=limit,
        at=now,
        valid=_MISSED * timedelta(seconds=probe.every) + _SLOW,
        vital=probe.vital,
        elsewhere=probe.means is Means.SIGNAL,
    )


_TIMED = frozenset({Means.HTTP, Means.TCP, Means.PING})


def _unit(probe: Probe) -> str:
    return "seconds" if probe.means in _TIMED else probe.unit


def _judged(probe: Probe, found: Found) -> tuple[State, Reason | None, float | None]:
    limit = probe.warn if probe.warn is not None else probe.fail
    if found.state is not State.OK or found.figure is None:
        return found.state, found.reason, limit
    wrong = Reason.TOO_LOW if probe.below else Reason.TOO_HIGH
    if _beyond(probe, found.figure, probe.fail):
        return State.FAILED, wrong, probe.fail
    if _beyond(probe, found.figure, probe.warn):
        return State.DEGRADED, wrong, probe.warn
    return found.state, found.reason, limit


def _beyond(probe: Probe, figure: float, limit: float | None) -> bool:
    if limit is None:
        return False
    return figure < limit if probe.below else figure > limit


# --- what an administrator may set ----------------------------------------------------------------

_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OID = re.compile(r"[0-2](\.[0-9]{1,10}){2,40}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,44}")
_URL = re.compile(r"https?://(?P<place>[^/?#\s]+)(?:[/?][^#\s]*)?")
_PORT = re.compile(r":[^:\]]*$")
_PLACE = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?"
)
_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,16}")
_MOST = 500  # characters of an address, and of a query


def check(probe: Probe) -> None:
    """Raise ProbeError where it can't be asked so."""
    _named(probe)
    if not OFTEN <= probe.every <= SELDOM:
        raise ProbeError("an organ is asked every 10 to 86400 seconds", "every")
    if max(len(probe.target), len(probe.asked)) > _MOST:
        raise ProbeError("at most 500 characters", "target")
    if probe.unit not in UNITS:
        raise ProbeError("choose one of the units", "unit")
    if probe.source and not _SOURCE.fullmatch(probe.source):
        raise ProbeError("name an address or a network interface of this machine", "source")
    _limits(probe)
    _CHECKS[probe.means](probe)


def _named(probe: Probe) -> None:
    if not probe.name.strip() or len(probe.name) > 64 or not probe.name.isprintable():
        raise ProbeError("a name has 1 to 64 characters", "name")
    if probe.part not in OFFERED:
        raise ProbeError("the station looks after this itself: choose another part", "part")


def _limits(probe: Probe) -> None:
    if probe.warn is None or probe.fail is None:
        return
    if probe.warn < probe.fail if probe.below else probe.warn > probe.fail:
        raise ProbeError("the first limit is reached before the second", "fail")


def _web(probe: Probe) -> None:
    found = _URL.fullmatch(probe.target)
    if found is None:
        raise ProbeError("an address begins with http:// or https://", "target")
    if "@" in found["place"]:
        raise ProbeError(
            "no name and no password stand in an address: give the secret by itself", "target"
        )
    place = found["place"]
    host, port = _host_and_port(place)
    if not port and _PORT.search(place):
        raise ProbeError("a port is a number from 1 to 65535", "target")
    _host(host)


def _port(probe: Probe) -> None:
    host, port = _host_and_port(probe.target)
    if not port:
        raise ProbeError("give a host and its port, such as mail.example.org:25", "target")
    _host(host)


def _ping(probe: Probe) -> None:
    _host(probe.target)


def _snmp(probe: Probe) -> None:
    _host(_host_and_port(probe.target)[0])
    if not _OID.fullmatch(probe.asked):
        raise ProbeError("give the object identifier, such as 1.3.6.1.2.1.33.1.2.4.0", "asked")


def _command(probe: Probe) -> None:
    if not _FILE.fullmatch(probe.target):
        raise ProbeError(
            "give the name of a file in the probes' folder, without its path", "target"
        )
    if probe.asked:
        raise ProbeError("a program is given no arguments: write them into the file", "asked")


def _query(probe: Probe) -> None:
    _web(probe)
    if not probe.asked.strip():
        raise ProbeError("give the query", "asked")


def _signal(probe: Probe) -> None:
    if not _ACCOUNT.fullmatch(probe.target):
        raise ProbeError("give the account of the panel", "target")
    if len(probe.asked) > 16:
        raise ProbeError("a zone has at most 16 characters", "asked")


def _host(host: str) -> None:
    if not _HOST.fullmatch(host) and not _is_address(host):
        raise ProbeError("give the name or the address of a host", "target")
    _reachable(host)


def _reachable(host: str) -> None:
    """Link-local addresses are where clouds keep the machine's own credentials."""
    if _is_address(host) and is_refused(host):
        raise ProbeError("nothing is asked at a link-local address", "target")


def is_refused(address: str) -> bool:
    """Say whether nobody may be asked at this IP address, whatever name led there."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _host_and_port(target: str) -> tuple[str, int]:
    """Of ``host``, ``host:port`` and ``[IPv6]:port``; port 0 where there is none that can be."""
    found = _PLACE.fullmatch(target)
    if found is None:
        return target, 0
    port = int(found["port"] or 0)
    return found["six"] or found["host"], port if port < 65536 else 0


_CHECKS: Mapping[Means, Callable[[Probe], None]] = {
    Means.HTTP: _web,
    Means.TCP: _port,
    Means.PING: _ping,
    Means.SNMP: _snmp,
    Means.COMMAND: _command,
    Means.PROMETHEUS: _query,
    Means.SIGNAL: _signal,
}
