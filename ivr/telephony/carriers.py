"""Whom calls from outside may come from, where carriers have names: Asterisk is told the addresses
that DNS says, and again when they change. Who is no carrier's address is nobody (`identify`)."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from callflow.clock import Clock, from_iso, to_iso
from callflow.settings.config import Settings
from callflow.settings.trunks import Place
from ivr.asterisk.configuration import match, write
from ivr.asterisk.control import ControlError, command
from ivr.asterisk.instance import Instance
from ivr.telephony.host_names import Address, HostNames, Unresolved

log = structlog.get_logger(__name__)

#: An address is a carrier's for so long after DNS said so last: some say a few of theirs at a time.
_KEPT = timedelta(minutes=10)
_RELOAD = "module reload res_pjsip_endpoint_identifier_ip.so"


class Carriers:
    """Of one Asterisk of ours; whom somebody else's (``instance`` None) lets in is its affair.
    ``look`` asks DNS, and tells Asterisk what is new."""

    def __init__(self, settings: Settings, instance: Instance | None, now: Clock) -> None:
        trunks = settings.all_trunks if instance is not None else ()
        self._instance, self._now = instance, now
        self._named = {trunk.name: trunk.named for trunk in trunks if trunk.named}
        self._names = HostNames(settings.name_servers) if self._named else None
        self._fixed = set(_fixed(settings))
        self._known = self._read()
        self._told: str | None = None
        self._silent: set[str] = set()

    @property
    def far_ends(self) -> set[Address]:
        """Where trunks lead: no phone of ours is there."""
        return self._fixed.union(*self._known.values())

    @property
    def _file(self) -> Path:
        """What was found, for the next process: DNS may be away then."""
        assert self._instance is not None
        return self._instance.folder / "carrier-addresses.json"

    async def look(self) -> None:
        """Ask for every name; nobody answers, and what is known stays."""
        if self._instance is None or not self._named or not self._instance.etc.is_dir():
            return
        for name, places in self._named.items():
            for place in places:
                await self._ask(name, place)
        self._forget_old()
        text = "\n".join(self._sections())
        if text != self._told and await self._tell(self._instance, text):
            self._told = text

    async def _ask(self, name: str, place: Place) -> None:
        known, now = self._known.setdefault(name, {}), self._now()
        assert self._names is not None
        try:
            found = await self._names.addresses(place)
        except Unresolved as error:
            if place.host not in self._silent:
                log.warning("carrier.unresolved", trunk=name, reason=str(error))
                self._silent.add(place.host)
            known.update(dict.fromkeys(known, now))
            return
        self._silent.discard(place.host)
        if fresh := found - known.keys():
            log.info("carrier.found", trunk=name, host=place.host, addresses=sorted(fresh))
        known.update(dict.fromkeys(found, now))

    def _forget_old(self) -> None:
        for known in self._known.values():
            for address in [a for a, at in known.items() if self._now() - at > _KEPT]:
                del known[address]

    def _sections(self) -> Iterator[str]:
        for name, known in sorted(self._known.items()):
            transport = self._named[name][0].transport
            matches = sorted({match(host, port, transport) for host, port in known})
            if matches:
                yield f"[{name}-named]\ntype = identify\nendpoint = {name}\nsrv_lookups = no"
                yield from (f"match = {one}" for one in matches)

    async def _tell(self, instance: Instance, text: str) -> bool:
        """True where Asterisk took it: it takes no reload while another is under way."""
        try:
            write(instance.carriers, f"{text}\n")
            write(self._file, json.dumps(self._as_kept()))
            socket = instance.control_socket
            await asyncio.to_thread(command, socket, _RELOAD)
            told = await asyncio.to_thread(command, socket, "pjsip show identifies")
        except (OSError, ControlError) as error:  # a full disk; away, or held up
            log.warning("carrier.not_told", reason=str(error))
            return False
        hosts = {host for known in self._known.values() for host, _ in known}
        return all(host in told for host in hosts)

    def _as_kept(self) -> dict[str, list[tuple[str, int, str]]]:
        return {
            name: [(host, port, to_iso(at)) for (host, port), at in known.items()]
            for name, known in self._known.items()
        }

    def _read(self) -> dict[str, dict[Address, datetime]]:
        """What an earlier process knew, of trunks that are still there."""
        if not self._named:
            return {}
        try:
            kept: Mapping[str, list[tuple[str, int, str]]] = json.loads(
                self._file.read_text(encoding="ascii")
            )
            return {
                name: {(str(host), int(port)): from_iso(at) for host, port, at in kept[name]}
                for name in self._named
                if name in kept
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def _fixed(settings: Settings) -> Iterator[Address]:
    """The far ends that have no names."""
    network = Place(host="127.0.0.1", port=settings.ports.simulator_sip, transport="udp")
    for trunk in settings.all_trunks:
        for end in (trunk.place or network, trunk.proxy):
            if end is not None and not end.named:
                yield end.host, end.usual_port
