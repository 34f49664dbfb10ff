"""Where a phone of ours is called: at the address that it proved its password from, or nowhere.

Over TLS and WebSockets Asterisk says itself that a Contact is the far end of its connection. Over
UDP it says of each proof where it came from, once; that is kept in a file, for the next process.
"""

import asyncio
import json
from collections.abc import Callable, Collection
from ipaddress import ip_address

import structlog

from callflow.core.calls.phones import is_phone
from ivr.ami import Refused
from ivr.asterisk.configuration import write
from ivr.asterisk.contacts import Place, contacts
from ivr.asterisk.control import ControlError, command
from ivr.asterisk.instance import Instance

log = structlog.get_logger(__name__)

_REGISTERED = "database show registrar/contact"
#: The newest addresses that are kept of a phone: a NAT may give it another at each registration.
_KEPT = 4
#: Seconds that the proof may come after the registration, and between two looks for it.
_LATE, _LOOK = 1.0, 0.1


class NotThere(Refused):
    """The phone is not registered, or at no address that a call of ours may go to."""


class Whereabouts:
    """Of the phones of one Asterisk; ``trunks`` says the far ends that no phone is at."""

    def __init__(
        self, instance: Instance, trunks: Callable[[], Collection[tuple[str, int]]]
    ) -> None:
        self._instance, self._trunks = instance, trunks
        self._file = instance.folder / "phone-addresses.json"
        self._proved = self._read()

    def proved(self, phone: str, remote: str) -> None:
        """A password was right: ``remote`` is ``IPV4/UDP/host/port``, as Asterisk writes it."""
        kind, _, rest = remote.partition("/UDP/")
        host, _, port = rest.rpartition("/")
        if not is_phone(phone) or kind not in ("IPV4", "IPV6") or not port.isdecimal():
            return
        known = self._proved.setdefault(phone, [])
        address = (host, int(port))
        if address not in known:
            known.append(address)
            del known[:-_KEPT]
            self._write()

    def forget_all_but(self, phones: Collection[str]) -> None:
        """The others are nobody's any more."""
        gone = self._proved.keys() - set(phones)
        for phone in gone:
            del self._proved[phone]
        if gone:
            self._write()

    async def dialled(self, phone: str) -> str:
        """The address to call it at. Raises NotThere."""
        place, connected = await self._place(phone)
        for look in range(int(_LATE / _LOOK)):
            if look:
                await asyncio.sleep(_LOOK)
                place, connected = await self._place(phone)
            if self._is_trunk(place):
                log.error("phone.at_a_trunk", phone=phone, host=place.host, port=place.port)
                raise NotThere("this telephone registered at the address of a trunk")
            if connected or place.address in self._proved.get(phone, []):
                return place.dialled(phone)
        log.error("phone.elsewhere", phone=phone, host=place.host, port=place.port)
        raise NotThere("this telephone registered at an address that it did not speak from")

    async def _place(self, phone: str) -> tuple[Place, bool]:
        try:
            told = await asyncio.to_thread(command, self._instance.control_socket, _REGISTERED)
        except ControlError as error:
            raise NotThere(f"Asterisk does not say where this telephone is: {error}") from error
        found = contacts(told, phone)
        if not found:
            raise NotThere("this telephone is not registered")
        (only, *others) = found
        if others or only.place is None:
            log.error("phone.strange_contact", phone=phone)
            raise NotThere("this telephone registered at no address, or at several")
        if only.place.transport != "udp" and not only.connected:
            log.error("phone.elsewhere", phone=phone, host=only.place.host, port=only.place.port)
            raise NotThere("this telephone registered at an address that it did not connect from")
        return only.place, only.connected

    def _is_trunk(self, place: Place) -> bool:
        """Off loopback at any port: a network takes calls at more than one. No trunk of ours is
        reached over a WebSocket."""
        if place.transport == "ws":
            return False
        if ip_address(place.host).is_loopback:
            return place.address in self._trunks()
        return place.host in {host for host, _ in self._trunks()}

    def _read(self) -> dict[str, list[tuple[str, int]]]:
        try:
            kept = json.loads(self._file.read_text(encoding="ascii"))
            return {str(p): [(str(h), int(n)) for h, n in at] for p, at in kept.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _write(self) -> None:
        try:
            write(self._file, json.dumps(self._proved))
        except OSError as error:  # a full disk: known here until the next process
            log.warning("phones.addresses_not_kept", reason=str(error))
