"""The Asterisks that an instance brings itself, from its settings: rendered, ready to start."""

import ssl
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from callflow.settings.config import Settings
from callflow.settings.trunks import Place, TrunkSettings
from ivr.asterisk.configuration import (
    NetworkTrunk,
    Outside,
    Password,
    SimulatorSettings,
    StationSettings,
    TrunkEnd,
    as_dialled,
    render_includes,
    render_simulator,
    render_station,
)
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.process import AsteriskProcess
from ivr.asterisk.tree import AsteriskTree

#: Where Debian and its like keep them; OpenSSL may have been built elsewhere.
_AUTHORITIES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/ssl/cert.pem"))


def instance(settings: Settings, kind: Kind) -> Instance:
    """The paths of one of this data folder's Asterisks."""
    return Instance(kind=kind, data_dir=settings.data_dir)


def ami_secret(settings: Settings) -> str:
    """The secret of the station's AMI: the one that was set, else the instance's own."""
    return settings.ami_secret or instance(settings, Kind.STATION).ami_secret()


def station(
    settings: Settings,
    tree: AsteriskTree,
    one_moment: Path | None = None,
    *,
    registers: bool = True,
) -> AsteriskProcess:
    """Renders the station's configuration; `one_moment` is a prompt without its extension.
    `registers`: carriers that want to be told where we are, are."""
    place = instance(settings, Kind.STATION)
    ports = settings.ports
    render_station(
        place,
        StationSettings(
            node=settings.node,
            recordings=settings.recordings_dir,
            ami_port=ports.ami,
            sip_port=ports.sip if settings.sip_clear else None,
            sip_tls_port=ports.sip_tls if settings.sip_tls else None,
            authorities=settings.sip_authorities or _authorities_here(),
            secure_phones=settings.secure_phones,
            http_port=ports.asterisk_inner,
            bind=settings.sip_host,
            sip_allowed=settings.sip_allow,
            browsers_here=not settings.has_browsers_elsewhere,
            tls_certificate=settings.tls_certificate,
            tls_key=settings.tls_key,
            fastagi_port=ports.agi,
            rtp_first=ports.rtp_start,
            rtp_last=ports.rtp_start + ports.rtp_count - 1,
            trunks=tuple(
                replace(end, registers=end.registers and registers)
                for end in (_far_end(settings, trunk) for trunk in settings.all_trunks)
            ),
            outside=_outside(settings.all_trunks),
            name_servers=settings.name_servers,
            panel_numbers=as_dialled(settings.panel_numbers),
            one_moment=one_moment,
        ),
        tree,
    )
    return AsteriskProcess(place, tree)


def _far_end(settings: Settings, trunk: TrunkSettings) -> TrunkEnd:
    network = Place(host="127.0.0.1", port=settings.ports.simulator_sip, transport="udp")
    place = trunk.place or network
    return TrunkEnd(
        name=trunk.name,
        host=place.host,
        port=place.port if place.named else place.usual_port,
        proxy=trunk.proxy,
        networks=trunk.networks,
        domain=_domain(settings, trunk),
        codecs=trunk.codecs,
        dtmf=trunk.dtmf,
        identity=trunk.identity,
        username=trunk.username or "",
        password=Password(trunk.secret),
        registers=trunk.registers,
        contact_user=_contact_user(trunk),
        transport=trunk.transport,
        media_encryption=trunk.media_encryption,
        # What goes by T.38 is not encrypted, whatever the sound is.
        fax="audio" if trunk.media_encryption == "sdes" else trunk.fax,
    )


def _contact_user(trunk: TrunkSettings) -> str:
    """The carrier's own number of this trunk where it calls us by one, else the one we show."""
    own = trunk.username or ""
    return own if own.isdecimal() else str(trunk.machine_number).lstrip("+")


def _outside(trunks: Iterable[TrunkSettings]) -> dict[str, Outside]:
    """One a transport: settings with two are refused."""
    found: dict[str, Outside] = {}
    for trunk in trunks:
        if trunk.external_address is not None:
            before = found.get(trunk.transport)
            networks = (*(before.networks if before else ()), *trunk.local_networks)
            inner = tuple(dict.fromkeys(networks))
            found[trunk.transport] = Outside(address=trunk.external_address, networks=inner)
    return found


def _authorities_here() -> Path | None:
    """The file of those that this machine trusts."""
    known = ssl.get_default_verify_paths().cafile
    return Path(known) if known else next((p for p in _AUTHORITIES if p.is_file()), None)


def _domain(settings: Settings, trunk: TrunkSettings) -> str:
    """What tells several trunks to the simulated network apart, where nothing else was set; a
    carrier that asks for a password wants its own."""
    if trunk.username and trunk.place and not trunk.domain:
        return trunk.username.partition("@")[2] or trunk.place.host
    alone = trunk.address is not None or not settings.trunks
    return trunk.domain or ("" if alone else f"{trunk.name}.invalid")


def render_external(settings: Settings, folder: Path) -> list[Path]:
    """What a PBX of yours must include; the files that were written.

    Its own files stay as they are: each of these is named in one ``#include`` line there.
    Raises ValueError without a secret: telephony would log in with another one.
    """
    if not settings.ami_secret:
        raise ValueError("set CALLFLOW_AMI_SECRET: these files and the station must agree on it")
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "ami_user": settings.ami_user,
        "ami_secret": settings.ami_secret,
        "recordings": settings.recordings_dir,
        "fastagi_port": settings.ports.agi,
        "agi_host": settings.agi_bind,
        "manager_from": settings.agi_bind,  # we call from where we are asked
        "fastagi_secret": instance(settings, Kind.STATION).agi_secret(),
        "panel_numbers": as_dialled(settings.panel_numbers),
        "one_moment": "one-moment-please",
        "trunks": (),  # nor are its endpoints ours
        "sip_tls_port": None,  # whom that PBX lets in is its own affair
    }
    return render_includes(folder, values)


def simulator(settings: Settings, tree: AsteriskTree) -> AsteriskProcess:
    """Renders the simulated network's configuration."""
    place = instance(settings, Kind.SIMULATOR)
    ports = settings.ports
    render_simulator(
        place,
        SimulatorSettings(
            sip_port=ports.simulator_sip,
            rtp_first=ports.simulator_rtp_start,
            rtp_last=ports.simulator_rtp_start + ports.rtp_count - 1,
            station_port=ports.sip,
            station_number=settings.station_number.lstrip("+"),
            panel_numbers=tuple(number.lstrip("+") for number in settings.panel_numbers),
            trunk_calls=settings.trunk_channels,
            trunks=tuple(
                NetworkTrunk(name=trunk.name, domain=_domain(settings, trunk), calls=trunk.channels)
                for trunk in settings.trunks
                if _domain(settings, trunk)
            ),
        ),
        tree,
    )
    return AsteriskProcess(place, tree)
