"""Settings of the trunks: the ways to the telephone network."""

import ipaddress
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from callflow.core.calls.trunks import SHADOW
from callflow.settings.listeners import Allowed

Number = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$")]
#: A host name or an IPv4 address, and a port where it isn't found by DNS or the usual one.
FarEnd = Annotated[str, Field(pattern=r"^[0-9A-Za-z.-]{1,253}(:[0-9]{1,5})?$")]
Codec = Literal["alaw", "ulaw", "gsm", "g722"]

#: Names in Asterisk's configuration that are no trunks'; operators' phones begin with ``op-``.
_NO_TRUNKS = ("global", "system", "udp", "tcp", "tls", "ws", "trunk-endpoint", "trunk-aor")
_LONGEST_PASSWORD = 128
#: RFC 3261 §19.1.2: where SIP is without a port.
_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a far end is: ``host`` at ``port``, and how it is spoken with. ``port`` None: as DNS
    says of the name (RFC 3263)."""

    host: str
    port: int | None
    transport: str

    @property
    def named(self) -> bool:
        """True where DNS says which addresses it has."""
        return not is_address(self.host)

    @property
    def usual_port(self) -> int:
        """Its port where DNS doesn't say another."""
        return self.port or _PORTS[self.transport]


class TrunkSettings(BaseModel):
    """One trunk: our way to the telephone network, named like its endpoint in Asterisk.

    ``address`` is its far end, ``host`` or ``host:port``; a name without a port is found by DNS
    (SRV, RFC 3263), and followed when it moves. Left out, it is the simulated network.
    ``outbound_proxy``, written alike, is what every request goes through on its way there.
    ``domain`` is what its calls say they come from, and what it registers in; left out where it has
    a ``username``, the host of ``address``. The numbers are what called people see (D16);
    ``authorised`` are those that the carrier lets this trunk show.

    ``username`` and ``password`` (or the file that holds it) answer the far end's 401 and 407;
    ``register``: it is told where we are, again and again, and calls us there (RFC 3261 §10).
    ``identity`` is where a call says which number it shows: in From, or in P-Asserted-Identity
    (RFC 3325) with the username in From.

    ``transport`` tls: SIP over TLS both ways (RFC 3261 §26), the far end's certificate being
    checked for the host of ``address``; in clear its calls are refused. ``media_encryption`` sdes:
    SRTP with keys in the SDP (RFC 4568), and no call without; it needs tls, which hides the keys.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    #: As its endpoint in Asterisk is called.
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,15}$")
    #: The far end's host, or ``host:port``; left out, the simulated network.
    address: FarEnd | None = None
    #: Through which it is spoken to.
    outbound_proxy: FarEnd | None = None
    #: What its calls say in *From* that they come from.
    domain: str | None = Field(None, pattern=r"^[0-9A-Za-z.-]{1,253}$")
    #: The carrier's name for this trunk, with or without ``@domain``; its password, or the file
    #: that holds it in one line and that nobody else can read.
    username: str | None = Field(None, pattern=r"^[0-9A-Za-z.+_=~-]{1,64}(@[0-9A-Za-z.-]{1,253})?$")
    password: SecretStr | None = None
    password_file: Path | None = None
    #: True: register with the carrier.
    registers: bool = Field(False, alias="register")
    #: Where a call says which number it shows: *From*, or P-Asserted-Identity (RFC 3325).
    identity: Literal["from", "pai"] = "from"
    #: ``tls``: SIP over TLS both ways; in clear its calls are refused.
    transport: Literal["udp", "tcp", "tls"] = "udp"
    #: ``sdes``: SRTP, and no call without; it needs ``tls``.
    media_encryption: Literal["none", "sdes"] = "none"
    #: Codecs that are offered, the best first. g722 and gsm spoil tones: not with ``inband``.
    codecs: tuple[Codec, ...] = ("alaw", "ulaw")
    #: How keys come and go: as events (RFC 4733), as tones, or by SIP INFO.
    dtmf: Literal["rfc4733", "inband", "info"] = "rfc4733"
    #: Behind address translation: the address that the outside knows us by, and the networks on our
    #: side of it, which are told our own. All trunks of one transport have the same.
    external_address: str | None = None
    local_networks: Allowed = ()
    #: Networks that its calls may come from beside those of ``address`` and ``outbound_proxy``.
    networks: Allowed = ()
    #: Documents go by T.38, or as sound where the far end speaks none; ``audio``: as sound alone,
    #: which is how they go where sound is encrypted.
    fax: Literal["t38", "audio"] = "t38"
    #: Calls at once, on each node.
    channels: int = Field(60, ge=1, le=10_000)
    #: Channels that only vital alarms and humans may use.
    reserved: int = Field(10, ge=0)
    #: What automatic calls show (D16); left out, ``station_number``.
    machine_number: Number | None = None
    #: What calls show that a person asked for; left out, the station's ``human_number``.
    human_number: Number | None = None
    #: The numbers that the carrier lets it show; with any, no others are.
    authorised: tuple[Number, ...] = ()
    #: False: no call goes over it; those from outside still come in.
    enabled: bool = True
    #: False: the station does not call itself over it.
    canary: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for wrong in (*self._of_itself(), *self._of_its_login(), *self._of_its_media()):
            raise ValueError(f"{self.name}: {wrong}")
        return self

    def _of_itself(self) -> Iterator[str]:
        if self.name.startswith("op-") or self.name in _NO_TRUNKS:
            yield "Asterisk has something else of this name"
        if self.reserved > self.channels:
            yield "more channels reserved than there are"
        if self.transport != "udp" and self.address is None:
            spoken = self.transport.upper()
            yield f"the simulated network speaks no {spoken}: set an address"
        for end in filter(None, (self.address, self.outbound_proxy)):
            port = end.partition(":")[2]
            if port and not 0 < int(port) <= 65535:
                yield f"{end}: a port is from 1 to 65535"
        for number in filter(None, (self.machine_number, self.human_number)):
            if self.authorised and number not in self.authorised:
                yield f"{number} is not among its authorised numbers"
        if self.outbound_proxy and self.address is None:
            yield "outbound_proxy is on the way to address: set both"
        yield from self._of_its_place()

    def _of_its_place(self) -> Iterator[str]:
        if self.external_address is not None and not is_address(self.external_address):
            yield "external_address is an IPv4 address, such as 203.0.113.5"
        if self.external_address is not None and not self.local_networks:
            yield "external_address needs local_networks: who is there is told our own address"
        if self.local_networks and self.external_address is None:
            yield "local_networks says who is not told external_address: set it too"

    def _of_its_login(self) -> Iterator[str]:
        if self.password is not None and self.password_file is not None:
            yield "set password or password_file, not both"
        has_password = self.password is not None or self.password_file is not None
        if has_password != (self.username is not None):
            yield "username and a password (or password_file) go together: set both, or none"
        if self.registers and self.username is None:
            yield "register needs username and password: nobody takes us for somebody without"
        if self.registers and self.address is None:
            yield "the simulated network takes no registration: set an address"
        if self.identity == "pai" and self.username is None:
            yield "identity pai needs a username: From has it, and P-Asserted-Identity the number"
        wrong = [] if self.password_file is None else [*_wrong_file(self.password_file)]
        yield from wrong
        if has_password and not wrong:
            yield from _wrong_password(self.secret)

    def _of_its_media(self) -> Iterator[str]:
        if self.media_encryption == "sdes" and self.transport != "tls":
            yield "SRTP's keys would go in clear: set transport to tls"
        if not self.codecs or len(set(self.codecs)) < len(self.codecs):
            yield "codecs names at least one, and each once"
        if self.dtmf == "inband" and not set(self.codecs) <= {"alaw", "ulaw"}:
            yield "keys as tones need alaw and ulaw alone: other codecs spoil them"

    @property
    def secret(self) -> str:
        """The password; "" where it has none. Raises OSError where its file is gone."""
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is None:
            return ""
        return self.password_file.read_text(encoding="utf-8").removesuffix("\n")

    @property
    def place(self) -> Place | None:
        """Where its far end is; None: in the simulated network."""
        return None if self.address is None else _place(self.address, self.transport)

    @property
    def proxy(self) -> Place | None:
        """What requests go through."""
        return None if self.outbound_proxy is None else _place(self.outbound_proxy, self.transport)

    @property
    def named(self) -> tuple[Place, ...]:
        """Of the far end and the proxy before it, those whose addresses DNS says."""
        return tuple(end for end in (self.place, self.proxy) if end is not None and end.named)


def _place(end: str, transport: str) -> Place:
    host, _, port = end.partition(":")
    return Place(host=host, port=int(port) if port else None, transport=transport)


def is_address(host: str) -> bool:
    """True where it is no name."""
    try:
        return bool(ipaddress.IPv4Address(host))
    except ValueError:
        return False


def _wrong_file(path: Path) -> Iterator[str]:
    """Why it is no password's file."""
    try:
        found = path.stat()
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        yield f"password_file {path} can't be read: it must be there, and ours"
        return
    if not stat.S_ISREG(found.st_mode):
        yield f"password_file {path} is no file"
    if found.st_mode & stat.S_IRWXO:
        yield f"password_file {path} can be read by everybody: chmod 0600 it"


def _wrong_password(password: str) -> Iterator[str]:
    """Why Asterisk can't be told it; it is never repeated."""
    if not password or len(password) > _LONGEST_PASSWORD:
        yield f"its password has 1 to {_LONGEST_PASSWORD} characters"
    if not password.isprintable() or password != password.strip():
        yield "its password is one line, and neither begins nor ends with a space"


def contradictions(trunks: Sequence[TrunkSettings]) -> Iterator[str]:
    """What is wrong with them together."""
    if len({trunk.name for trunk in trunks}) < len(trunks):
        yield "each trunk needs a name of its own"
    if any(trunk.name == SHADOW for trunk in trunks):
        yield f"no trunk is called {SHADOW}: that is what calls say that nobody makes"
    if trunks and not any(trunk.enabled for trunk in trunks):
        yield "at least one trunk must be enabled"
    for one, other in combinations(trunks, 2):
        both = f"{one.name} and {other.name}"
        if one.registers and other.registers and _account(one) == _account(other):
            yield f"{both} register as the same: each would take the other's calls"
        outside = {one.external_address, other.external_address} - {None}
        if one.transport == other.transport and len(outside) > 1:
            yield f"{both} are known outside by two addresses over {one.transport}: one can be told"


def _account(trunk: TrunkSettings) -> tuple[str | None, str]:
    return trunk.username, re.sub(r":[0-9]+$", "", str(trunk.address))
