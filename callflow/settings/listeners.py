"""Settings of where the station listens, and to whom."""

import json
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from callflow.core.station.addresses import Network, address_of, is_loopback, network_of

#: Networks that one list may name: the kernel compares each packet with them (listening.py).
MOST_NETWORKS = 200
#: Networks that are no limit.
EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})
#: The listeners that have an address and a list of their own, as their settings call them.
LISTENERS = ("web", "sip", "dc09", "surgard", "dc07", "mirror")


def listed(value: Any) -> Any:
    """A list as a person writes it, with commas between, or as JSON."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return [part.strip() for part in value.split(",") if part.strip()]
    return found if isinstance(found, list) else [found]


def _bound(text: str) -> str:
    """One address to listen at. Raises ValueError."""
    host = "127.0.0.1" if text == "localhost" else text.strip("[]")
    try:
        ip_address(host)
    except ValueError:
        raise ValueError(
            f"{text!r} is no address to listen at: write one of this machine's, such as 192.0.2.7,"
            " or 0.0.0.0 (all of IPv4), or :: (all of IPv6), several with commas between"
        ) from None
    if "%" in host:
        raise ValueError(f"{text!r}: write an address without a zone")
    return str(address_of(host))


def _addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_bound, value)))


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """Each is an address, or a network such as 10.1.0.0/16; written alike."""
    try:
        found = tuple(dict.fromkeys(str(network_of(each)) for each in value))
    except ValueError as error:
        raise ValueError(f"networks such as 10.1.0.0/16: {error}") from None
    if len(found) > MOST_NETWORKS:
        raise ValueError(f"at most {MOST_NETWORKS} networks: name those that hold them")
    return found


_Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
#: Addresses of this machine to listen at.
Addresses = Annotated[_Texts, AfterValidator(_addresses)]
#: Addresses and networks that may connect.
Allowed = Annotated[_Texts, AfterValidator(_networks)]


def _of_ipv4(addresses: Iterable[str]) -> list[str]:
    return [address for address in addresses if ":" not in address]


class ListenerSettings(BaseSettings):
    """Where each listener waits, and whom it lets in.

    Addresses are one or several with commas between, of IPv4 and IPv6. A list of networks that is
    empty lets anybody in; who is of none of them is turned away before a byte of theirs is read.
    """

    #: Where everything listens that names no address of its own.
    bind: Addresses = ("127.0.0.1",)
    #: The pages, the API and the browsers' telephones. This machine itself is always let in, and
    #: whom a trusted proxy asks for must be of these networks as well.
    web_bind: Addresses = ()
    web_allow: Allowed = ()
    #: SIP: one address, of IPv4. The networks are those of the desks' telephones, and of trunks
    #: that are named by a host's name; other trunks are let in.
    sip_bind: Addresses = ()
    sip_allow: Allowed = ()
    #: Panels.
    dc09_bind: Addresses = ()
    dc09_allow: Allowed = ()
    #: Hardware receivers; beyond this machine each line needs its networks.
    surgard_bind: Addresses = ()
    surgard_allow: Allowed = ()
    dc07_bind: Addresses = ()
    dc07_allow: Allowed = ()
    #: The station's other site asks here who acts, and its database follows this one's.
    mirror_bind: Addresses = ()
    mirror_allow: Allowed = ()

    @model_validator(mode="after")
    def _one_for_sip(self) -> Self:
        four = _of_ipv4(self.binds("sip"))
        if self.sip_bind and len(four) != len(self.sip_bind):
            raise ValueError("CALLFLOW_SIP_BIND: telephones and trunks are spoken with over IPv4")
        if len(four) > 1:
            raise ValueError(
                f"CALLFLOW_SIP_BIND: SIP listens at one address: write {' or '.join(four)},"
                " or 0.0.0.0 and in CALLFLOW_SIP_ALLOW who may come"
            )
        return self

    @property
    def sip_host(self) -> str:
        """Where SIP is heard: on this machine alone, where no address of IPv4 is named."""
        return next(iter(_of_ipv4(self.binds("sip"))), "127.0.0.1")

    def binds(self, listener: str) -> tuple[str, ...]:
        """The addresses that one of ``LISTENERS`` waits at."""
        own: tuple[str, ...] = getattr(self, f"{listener}_bind")
        return own or self.bind

    def bound_by(self, listener: str) -> str:
        """The name of the setting that says so."""
        own = f"{listener}_bind"
        return f"CALLFLOW_{own.upper()}" if getattr(self, own) else "CALLFLOW_BIND"

    def allows(self, listener: str) -> tuple[Network, ...]:
        """The networks that it lets in; none: anybody."""
        return tuple(map(network_of, getattr(self, f"{listener}_allow")))

    def reached_at(self, listener: str) -> str:
        """The address at which this machine itself reaches it."""
        binds = (self.sip_host,) if listener == "sip" else self.binds(listener)
        host = next(filter(is_loopback, binds), binds[0])
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- read, not bound

    def is_beyond(self, listener: str) -> bool:
        """True where it is heard beyond this machine."""
        return not all(map(is_loopback, self.binds(listener)))
