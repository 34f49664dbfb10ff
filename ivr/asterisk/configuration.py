"""Renders `asterisk-conf/` into an instance's own folder; /etc/asterisk is never touched."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import jinja2

from callflow.settings.trunks import Place
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.music import hold_music
from ivr.asterisk.tree import AsteriskTree

TEMPLATES = Path(__file__).resolve().parents[2] / "asterisk-conf"
AMI_USER = "callflow"

_DTMF_LOW, _DTMF_HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
DTMF_TONES = {
    key: (_DTMF_LOW[row], _DTMF_HIGH[column])
    for row, keys in enumerate(("123A", "456B", "789C", "*0#D"))
    for column, key in enumerate(keys)
}
"""The two frequencies (Hz) of each key, ITU-T Q.23."""


class Password:
    """A password on its way into Asterisk's configuration; it shows itself nowhere else."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Password(…)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)

    def written(self) -> str:
        """As a value in a file. Raises UnsafeSetting on what no file can hold."""
        if not self._text.isprintable() or self._text != self._text.strip():
            raise UnsafeSetting("a trunk's password cannot stand in Asterisk's configuration")
        return self._text.replace(";", "\\;")


class Uri:
    """A place as a SIP URI in Asterisk's configuration, where a ``;`` begins a comment."""

    def __init__(self, place: Place, *, loose: bool = False) -> None:
        self._place, self._loose = place, loose

    def written(self) -> str:
        """Where DNS finds the port, it is asked for this transport's. Raises UnsafeSetting."""
        place = self._place
        port = f":{place.port}" if place.port else ""
        said = place.transport != "udp" or not place.port
        way = f"\\;transport={place.transport}" if said else ""
        return f"sip:{_safe(place.host)}{port}{way}" + ("\\;lr" if self._loose else "")


@dataclass(frozen=True, kw_only=True)
class TrunkEnd:
    """A trunk's far end. ``domain`` is what calls over it say they come from ("": our address)."""

    name: str
    host: str = "127.0.0.1"
    port: int | None
    """None: as DNS says of the host."""
    proxy: Place | None = None
    """What requests go through."""
    networks: tuple[str, ...] = ()
    """Where its calls come from beside that."""
    domain: str = ""
    transport: str = "udp"
    media_encryption: str = "none"
    fax: str = "t38"
    """How documents go over it: `t38`, and as sound where that is refused; `audio` alone."""
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    dtmf: str = "rfc4733"
    identity: str = "from"
    username: str = ""
    password: Password = field(default_factory=lambda: Password(""))
    registers: bool = False
    contact_user: str = ""
    """What the registered address calls us; digits, for the dialplan has no others."""

    @property
    def place(self) -> Place:
        return Place(host=self.host, port=self.port, transport=self.transport)

    @property
    def uri(self) -> Uri:
        return Uri(self.place)

    @property
    def route(self) -> Uri | None:
        """The proxy as the first of a request's ways."""
        return Uri(self.proxy, loose=True) if self.proxy else None

    @property
    def let_in(self) -> tuple[str, ...]:
        """Networks that it is heard from where only some are; of names somebody must say them."""
        places = [place for place in (self.place, self.proxy) if place and not place.named]
        return (*(f"{place.host}/32" for place in places), *self.networks)

    @property
    def matches(self) -> tuple[str, ...]:
        """Where its calls come from; of names telephony finds it out."""
        places = [place for place in (self.place, self.proxy) if place and not place.named]
        return (
            *(match(place.host, place.usual_port, self.transport) for place in places),
            *self.networks,
        )


@dataclass(frozen=True, kw_only=True)
class Outside:
    """How the other side of an address translation sees us: all but ``networks``."""

    address: str
    networks: tuple[str, ...]

    @property
    def settings(self) -> list[tuple[str, str]]:
        """Of a transport."""
        outer = [
            ("external_signaling_address", self.address),
            ("external_media_address", self.address),
        ]
        return [*outer, *(("local_net", network) for network in self.networks)]


class UnsafeSetting(ValueError):
    """A setting holds a character that would mean something in Asterisk's configuration."""


@dataclass(frozen=True, kw_only=True)
class StationSettings:
    """What the station's configuration depends on. Ports are on loopback."""

    node: str
    recordings: Path
    """Where MixMonitor writes `<call id>.raw`: two channels (received, sent), 8 kHz, 16 bit."""
    ami_port: int
    ami_user: str = AMI_USER
    sip_port: int | None
    """None: nobody is spoken with in clear."""
    sip_tls_port: int | None = None
    authorities: Path | None = None
    """PEM: who vouches for the certificates of trunks' far ends."""
    secure_phones: bool = False
    http_port: int
    """Where browsers' telephones are handed on to, by the door alone (ivr/door)."""
    bind: str = "127.0.0.1"
    sip_allowed: tuple[str, ...] = ()
    """Networks that SIP is heard from, beside this machine and the trunks; none: anybody's."""
    browsers_here: bool = True
    """Operators' browsers are on this machine, and so is their sound."""
    tls_certificate: Path | None = None
    """Of SIP over TLS."""
    tls_key: Path | None = None
    fastagi_port: int
    rtp_first: int
    rtp_last: int
    """Of them the last are T.38's: `udptl_first`."""
    trunks: tuple[TrunkEnd, ...]
    """The simulated network's SIP port in the demo. A call from outside belongs to the first one
    that it can have come by."""
    outside: Mapping[str, Outside] = field(default_factory=dict)
    """By transport, where an address translation is before it."""
    name_servers: tuple[str, ...] = ()
    """Who is asked for trunks' names, ``host`` or ``host:port``; none: those of this machine."""
    panel_numbers: tuple[str, ...] = ()
    """What the network dials for the station's numbers that panels call: `as_dialled`."""
    one_moment: Path | None = None
    """A prompt without its extension, heard while the dialogue's server is away."""
    lost_server_s: int = 10
    longest_dialogue_s: int = 900
    longest_fax_s: int = 3600
    longest_panel_s: int = 600
    longest_hold_s: int = 1800
    longest_conference_s: int = 14400


@dataclass(frozen=True, kw_only=True)
class NetworkTrunk:
    """One of the station's trunks, seen from the network: how many calls it carries at once."""

    name: str
    domain: str
    calls: int


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """What the simulated network's configuration depends on."""

    node: str = "network"
    sip_port: int
    rtp_first: int
    rtp_last: int
    station_host: str = "127.0.0.1"
    station_port: int
    station_number: str = "33639989999"
    panel_numbers: tuple[str, ...] = ()
    """The station's numbers that panels call, digits only."""
    trunk_calls: int = 60
    """Calls at once on the station's trunk; one more is answered 503."""
    trunks: tuple[NetworkTrunk, ...] = ()
    """Where the station has several: those that say by their domain which one they are."""


def udptl_first(rtp_first: int, rtp_last: int) -> int:
    """Where T.38's ports begin, which are the last twentieth of what is kept for sound: a fax takes
    one, and a firewall that lets sound pass needs no rule more."""
    return rtp_last + 1 - max(4, (rtp_last + 1 - rtp_first) // 20)


def as_dialled(numbers: Iterable[str]) -> tuple[str, ...]:
    """The forms in which a network may dial E.164 ``numbers`` to us: with + or 00 or neither, and
    as at home in the numbering plans that put a 0 before the national number.
    """
    found = []
    for number in numbers:
        digits = number.lstrip("+")
        home = next(
            (f"0{digits[len(code) :]}" for code in _TRUNK_ZERO if digits.startswith(code)), ""
        )
        found += [digits, f"+{digits}", f"00{digits}", *filter(None, [home])]
    return tuple(dict.fromkeys(found))


#: France and its overseas departments: 0 is the trunk prefix, other countries' forms are above.
_TRUNK_ZERO = ("33", "262", "590", "594", "596")


#: RFC 3261's timers T1 and B, in ms: B is when an INVITE that nobody answered is given up.
_PATIENT = {"timer_t1": 500, "timer_b": 32_000}
_HURRIED = {"timer_t1": 125, "timer_b": 8_000}


def render_station(instance: Instance, settings: StationSettings, tree: AsteriskTree) -> None:
    """Writes the station's configuration. The same settings give the same files."""
    values = asdict(settings) | {
        "trunks": settings.trunks,
        "outside": {way: outside.settings for way, outside in settings.outside.items()},
        "spoken": {trunk.transport for trunk in settings.trunks},
        "named": any(trunk.place.named for trunk in settings.trunks),
        "wideband": any("g722" in trunk.codecs for trunk in settings.trunks),
        "servers": [_server(one) for one in settings.name_servers],
        "carriers": instance.carriers,
        "ami_secret": instance.ami_secret(),
        "fastagi_secret": instance.agi_secret(),
        "agi_host": "127.0.0.1",
        "manager_from": "127.0.0.1",
        "http_prefix": instance.http_prefix(),
        "one_moment": settings.one_moment or _sound(tree, "one-moment-please"),
        "music": instance.folder / "music",
        "operators": instance.operators,
        "ice": "yes",
        # A trunk that says nothing at all is given up sooner where another one is there.
        **(_PATIENT if len(settings.trunks) == 1 else _HURRIED),
    }
    settings.recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
    _render(instance, values, tree)
    if not instance.carriers.exists():  # Asterisk heeds a file later only where it saw one
        write(instance.carriers, "")
    hold_music(instance.folder / "music" / "hold.sln")


def render_simulator(instance: Instance, settings: SimulatorSettings, tree: AsteriskTree) -> None:
    """Writes the simulated network's configuration."""
    values = asdict(settings) | {
        "phones": instance.phones,
        "faxes": instance.faxes,
        "trunk_files": instance.trunks,
        "greeting": _sound(tree, "vm-intro"),
        "beep": _sound(tree, "beep"),
        "dtmf_tones": DTMF_TONES,
        "ice": "no",
    }
    _render(instance, values, tree)


_INCLUDED = ("extensions", "manager", "confbridge")
"""What a PBX of somebody else's needs of ours; each trunk must be an endpoint of its name there."""


def render_includes(folder: Path, values: Mapping[str, object]) -> list[Path]:
    """Writes `callflow_NAME.conf`, each to be included in that PBX's NAME.conf; the paths."""
    limits = {
        field: getattr(StationSettings, field)
        for field in (
            "lost_server_s",
            "longest_dialogue_s",
            "longest_fax_s",
            "longest_panel_s",
            "longest_hold_s",
            "longest_conference_s",
        )
    }
    environment = _templates()
    written = []
    for name in _INCLUDED:
        # Cut before it is rendered: what stands in [general] is not among the values.
        own = _without_general((TEMPLATES / "station" / f"{name}.conf").read_text(encoding="utf-8"))
        path = folder / f"callflow_{name}.conf"
        write(path, environment.from_string(own).render({**limits, **values}))
        written.append(path)
    return written


def _without_general(text: str) -> str:
    """The PBX has a [general] of its own."""
    return re.sub(r"^\[general\]\n(?:(?!\[).*\n)*", "", text, flags=re.MULTILINE)


def _render(instance: Instance, values: Mapping[str, object], tree: AsteriskTree) -> None:
    instance.make_folders()
    first, last = int(str(values["rtp_first"])), int(str(values["rtp_last"]))
    udptl = udptl_first(first, last)
    everything = {
        **values,
        "rtp_last": udptl - 1,
        "udptl_first": udptl,
        "udptl_last": last,
        "etc": instance.etc,
        "run": instance.run,
        "log": instance.log,
        "db": instance.folder / "db",
        "spool": instance.folder / "spool",
        "modules": tree.modules,
        "data": tree.data,
    }
    environment = _templates()
    for folder in ("common", instance.kind):
        for template in sorted((TEMPLATES / folder).glob("*.conf")):
            text = environment.get_template(f"{folder}/{template.name}").render(everything)
            write(instance.etc / template.name, text)


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
        autoescape=False,  # noqa: S701 - these are no pages; _safe refuses what has a meaning
        keep_trailing_newline=True,
        trim_blocks=True,
    )


def match(host: str, port: int, transport: str) -> str:
    """How an `identify` section names an address: a connection comes from any port of its host, a
    datagram from the port that we send to."""
    return f"{host}:{port}/32" if transport == "udp" else f"{host}/32"


def _server(text: str) -> str:
    """As libunbound writes a port."""
    return text.replace(":", "@")


def _safe(value: object) -> str:
    """A value as it stands in a configuration file.

    Raises UnsafeSetting on what the parser, the dialplan or an application would take apart.
    """
    if isinstance(value, Password | Uri):
        return value.written()
    text = str(value)
    if not re.fullmatch(r"[\w .:/@+=~#*-]+", text):
        raise UnsafeSetting(f"{text!r} cannot stand in Asterisk's configuration")
    return text


def write(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def _sound(tree: AsteriskTree, name: str) -> Path | str:
    """One of Asterisk's own sounds, French if it is there, as a path without its extension."""
    for language in ("fr", "en"):
        folder = tree.sounds.get(language)
        if folder is not None and any(folder.glob(f"{name}.*")):
            return folder / name
    return "silence/1"


__all__ = [
    "AMI_USER",
    "DTMF_TONES",
    "Kind",
    "NetworkTrunk",
    "Outside",
    "Password",
    "SimulatorSettings",
    "StationSettings",
    "TrunkEnd",
    "UnsafeSetting",
    "as_dialled",
    "render_simulator",
    "render_station",
]
