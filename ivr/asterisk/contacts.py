"""Where the operators' phones registered, as Asterisk's registrar has it. Pure.

A Contact is what somebody wrote: a host, but also ``maddr``, headers and ``Route``s that lead
elsewhere, and of several in one request Asterisk corrects the first alone (res_pjsip_nat). So
nothing of it is dialled but an address, and only one that a packet of the phone's came from.
"""

import json
import re
from dataclasses import dataclass
from ipaddress import ip_address

_KEY = "/registrar/contact/"
#: What is read of a Contact; a number or a name before the @ is nobody's business.
_URI = re.compile(
    r"sips?:(?:[^@\s]*@)?(?P<host>[0-9.]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:;.*)?"
)
_TRANSPORT = re.compile(r";transport=([A-Za-z]+)", re.IGNORECASE)
_PORTS = {"udp": 5060, "tls": 5061}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An address of the network; ``transport`` is udp, tls or ws."""

    host: str
    port: int
    transport: str

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    def dialled(self, phone: str) -> str:
        """How this phone is called there: by its name, whatever it said that it is called."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        end = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:{phone}@{host}:{self.port}{end}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """``connected``: it is the far end of the connection that it came over, and falls with it.
    ``place`` is None where it leads to no address."""

    place: Place | None
    connected: bool


def contacts(told: str, phone: str) -> list[Contact]:
    """Those of one phone in what ``database show registrar/contact`` printed."""
    found = []
    for line in told.splitlines():
        key, colon, value = line.partition(": {")
        if colon and key.startswith(f"{_KEY}{phone};@"):
            fields = json.loads("{" + value)
            connected = fields.get("prune_on_boot") == "yes"
            found.append(Contact(place=place(fields.get("uri", "")), connected=connected))
    return found


def place(uri: str) -> Place | None:
    """The address in a registered Contact; None where it has none, or may lead past it."""
    found = _URI.fullmatch(uri)
    said = _TRANSPORT.search(uri)
    transport = said[1].lower() if said else "udp"
    if found is None or "?" in uri or transport not in ("udp", "tls", "ws"):
        return None
    try:
        host = str(ip_address(found["host"].strip("[]")))
    except ValueError:
        return None
    port = int(found["port"] or _PORTS.get(transport, 0))
    return Place(host=host, port=port, transport=transport) if 0 < port < 65536 else None
