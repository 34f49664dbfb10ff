"""Renders `asterisk-conf/` into an instance's own folder; /etc/asterisk is never touched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import jinja2

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


@dataclass(frozen=True, kw_only=True)
class TrunkEnd:
    """A trunk's far end. ``domain`` is what calls over it say they come from ("": our address)."""

    name: str
    host: str = "127.0.0.1"
    port: int
    domain: str = ""
    transport: str = "udp"
    media_encryption: str = "none"
    fax: str = "t38"
    """How documents go over it: `t38`, and as sound where that is refused; `audio` alone."""


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
        "ami_secret": instance.ami_secret(),
        "fastagi_secret": instance.agi_secret(),
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


def _safe(value: object) -> str:
    """A value as it stands in a configuration file.

    Raises UnsafeSetting on what the parser, the dialplan or an application would take apart.
    """
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
    "SimulatorSettings",
    "StationSettings",
    "TrunkEnd",
    "UnsafeSetting",
    "as_dialled",
    "render_simulator",
    "render_station",
]
