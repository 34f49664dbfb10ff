"""Settings: environment ``CALLFLOW_…``, or the TOML file that ``CALLFLOW_CONFIG`` names."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from callflow.core.calls.dial_policy import refusal
from callflow.core.station.addresses import is_loopback
from callflow.core.time.hours import read_hours
from callflow.settings.access import AccessSettings
from callflow.settings.canary import CanarySettings
from callflow.settings.lines import BUILT_IN_LINES, LineSettings, Port
from callflow.settings.mirror import MirrorSettings
from callflow.settings.notify import NotifySettings, web_address
from callflow.settings.pbx import PbxSettings
from callflow.settings.peer import PeerSettings
from callflow.settings.phones import PhoneSettings
from callflow.settings.power import PowerSettings
from callflow.settings.trunks import Number, TrunkSettings, contradictions, is_address

#: 500 calls.
RTP_PORTS = 1000


class BadSettings(Exception):
    """Settings that can't be used. The message names each one and says what is wrong."""


class Settings(
    NotifySettings,
    AccessSettings,
    CanarySettings,
    MirrorSettings,
    PeerSettings,
    PhoneSettings,
    PbxSettings,
    PowerSettings,
):
    """One instance's settings. Ports are derived from ``port_base`` unless set alone.

    Durations are seconds. Phone numbers are E.164.
    """

    model_config = SettingsConfigDict(env_prefix="CALLFLOW_", extra="ignore")

    #: Where database, recordings, keys, Asterisk's files and logs lie; the demo's is ``var/demo``.
    data_dir: Path = Path("var")
    #: ``postgresql+psycopg://USER:PASSWORD@HOST/NAME``; left out, SQLite in the data folder.
    database_url: str = ""
    #: The web's port; the others are derived from it (docs/reference/contracts.md#ports). Bases lie
    #: at least 4000 apart.
    port_base: int = Field(8000, ge=1024, le=28000)
    #: Copies of the database, each of before an upgrade, are kept in ``snapshots`` of the data
    #: folder: one of each schema, of so many schemas.
    snapshots_kept: int = Field(3, ge=1, le=50)
    #: Where the logbook's latest seal is written down, outside the database (anchoring.py); left
    #: out, ``logbook.anchor`` in the data folder. And copies: files in mounted folders of others.
    logbook_anchor: Path | None = None
    logbook_anchor_copies: tuple[Path, ...] = ()
    #: Where the time of an evidence file is certified (RFC 3161); "": nowhere. PEM file of the
    #: authorities that vouch for that service; left out, what it answers is kept and not judged.
    time_stamp_url: Annotated[str, AfterValidator(web_address)] = ""
    time_stamp_authorities: Path | None = None
    #: Where the station is backed up to, each day at this time of its own (HH:MM); the newest so
    #: many stay. The first line of the file is the passphrase that its keys go there behind.
    backup_folder: Path | None = None
    backup_at: str = Field("02:30", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    backup_keep: int = Field(30, ge=1, le=3650)
    backup_passphrase_file: Path | None = None
    #: This machine's name among several. A number at its end moves every port up, 100 for each,
    #: so that nodes may share a machine; on machines of their own they have the same ports.
    node: str = Field("node0", pattern=r"^[a-z][a-z-]{0,24}[0-9]?$")
    same_ports: bool = False
    #: PEM files: one certificate for the pages, the browsers' telephone and SIP over TLS. Beyond
    #: loopback pages need it: a browser gives its microphone to no page in clear.
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    #: PEM file of the authorities that vouch for the trunks' far ends; left out, this machine's.
    sip_authorities: Path | None = None
    #: The folder of the manual that the pages show; left out, the one beside the program.
    manual_dir: Path | None = None
    #: An archive of map tiles (PMTiles, version 3) that the map draws, served by the station; left
    #: out, the map has the outlines of departments alone (docs/how-to/map.md).
    map_tiles: Path | None = None
    #: ``external``: a PBX that runs already; ``callflow asterisk render`` writes what it includes.
    asterisk: Literal["embedded", "external"] = "embedded"
    #: True: the embedded Asterisk is begun by ``callflow asterisk run``, a service of its own;
    #: ``serve`` takes it over as it is, and leaves it, with its calls, when it ends.
    asterisk_apart: bool = False
    #: Who sets this machine's clock, and is asked how well: ``chrony``, ``timesyncd``; ``auto``
    #: asks both, then the kernel; ``none`` asks nobody: then nothing is known of the clock.
    clock: Literal["auto", "chrony", "timesyncd", "none"] = "auto"
    #: Seconds that it may be wrong before that is an alarm, and before it is a vital one.
    clock_off: float = Field(1.0, gt=0, le=3600)
    clock_wrong: float = Field(5.0, gt=0, le=3600)
    #: True: a demo's instance, on loopback, with the simulated network (``callflow demo`` sets it).
    demo: bool = False
    #: True: another station acts. All is received, decided and told, and nothing leaves.
    shadow: bool = False
    #: What becomes of the calls that are not placed in shadow: a list of calls (CSV), and rules
    #: (TOML), as docs/how-to/shadow.md says. Without either nobody answers.
    shadow_calls: Path | None = None
    shadow_rules: Path | None = None
    #: Seconds between two alarms that come by themselves in a demo; 0: none.
    demo_alarms_every: float = 150.0
    #: The least that is written to ``logs/``.
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"

    #: A port by itself; 0: derived from ``port_base``.
    web_port: Port = 0
    dc09_port: Port = 0
    surgard_port: Port = 0
    dc07_port: Port = 0
    ami_port: Port = 0
    #: The manager account of an ``external`` PBX; the station's own Asterisk gets a secret made.
    ami_user: str = "callflow"
    ami_secret: str = ""
    #: A port by itself; 0: derived from ``port_base``.
    sip_port: Port = 0
    sip_tls_port: Port = 0
    simulator_sip_port: Port = 0
    simulator_ami_port: Port = 0
    agi_port: Port = 0
    #: Where operators' browsers bring their telephone: on loopback, and with a certificate beyond.
    asterisk_http_port: Port = 0
    asterisk_wss_port: Port = 0
    #: Where the door before Asterisk hands it on to, on loopback.
    asterisk_inner_port: Port = 0
    #: The first of the ports for audio; 0: derived from ``port_base``.
    rtp_start: Port = 0
    simulator_rtp_start: Port = 0

    #: Called, in order, for work that nobody claims and for people who wait for a human.
    desk_phones: tuple[Number, ...] = ()
    #: Called when no desk phone answered.
    duty_numbers: tuple[Number, ...] = ()
    #: What automatic calls show, where a trunk says nothing else (D16).
    station_number: str = "+33639989999"
    #: Numbers of the station that panels call (Contact ID by phone); people call the others.
    panel_numbers: tuple[Number, ...] = ("+33639989998",)
    #: The trunks, in the order in which they are used: a list of ``TrunkSettings``. Without one
    #: there is a single trunk named ``trunk``, with the channels and the number below.
    trunks: tuple[TrunkSettings, ...] = ()
    #: Who is asked where carriers' names lead, ``address`` or ``address:port``; left out, the name
    #: servers of this machine. A carrier on a network of its own has its own.
    name_servers: tuple[str, ...] = ()
    #: Calls at once over the single trunk.
    trunk_channels: int = Field(60, ge=1)
    #: Channels of the trunk that only vital alarms and humans may use.
    reserved_channels: int = Field(10, ge=0)
    #: What calls show that a person asked for (D16); left out, ``station_number``.
    human_number: Number | None = None
    #: Seconds from receipt until an unclaimed incident rings the desk
    #: (docs/explanation/law.md#en-50518).
    vital_target: float = 30.0
    other_target: float = 90.0
    #: The first action after receipt (docs/explanation/law.md#en-50518): seconds, the per cents of
    #: alarms within them, seconds, per cents; of hold-ups and fires, then of all others.
    response_urgent: tuple[float, float, float, float] = (30.0, 80.0, 60.0, 98.5)
    response_other: tuple[float, float, float, float] = (90.0, 80.0, 180.0, 98.5)
    #: What the yearly report for the auditor wants (unverified; docs/explanation/law.md): per cents
    #: of the time in which each organ works; seconds until somebody is called for one that failed;
    #: seconds that a clock may be off; operators on shift at any time.
    audit_availability: float = Field(99.5, ge=0, le=100)
    audit_called: float = Field(300.0, gt=0, le=86_400)
    audit_clock: float = Field(1.0, gt=0, le=60)
    audit_staff: int = Field(2, ge=1, le=100)
    #: Which clause of a standard each chapter of that report answers: ``{"staffing": "…"}``.
    audit_clauses: dict[str, str] = Field(default_factory=dict)
    #: Seconds between two calls of the station to itself over a trunk, and between two signals that
    #: it sends itself; 0: none.
    canary_every: float = Field(3600.0, ge=0, le=86_400)
    #: By which number people call the station, and it itself, where not by ``station_number``.
    canary_number: Number | None = None
    #: Seconds a called phone may ring.
    ring_time: float = 30.0
    #: Who waits on the line (seconds): how long an operator's phone rings; how long only those who
    #: know the subject, and who speak the language, are asked; after what the desk phones ring too;
    #: how often callers hear their place in the queue (0: never).
    agent_ring: float = Field(12.0, ge=5, le=60)
    skill_wait: float = Field(10.0, ge=0, le=600)
    language_wait: float = Field(20.0, ge=0, le=600)
    overflow_after: float = Field(30.0, ge=0, le=600)
    announce_every: float = Field(30.0, ge=0, le=600)
    #: Hours in which the desk phones ring at once, such as ``22:00-06:00`` (the station's time).
    night: str = ""
    #: Seconds: to note after a call; the longest break; until an open call-back rings the desk.
    wrap_up: float = Field(15.0, ge=0, le=600)
    longest_break: float = Field(1800.0, ge=60, le=14_400)
    call_back_target: float = Field(300.0, ge=30, le=86_400)
    #: Seconds between two calls to a guard on site; 0: never.
    guard_welfare: float = Field(900.0, ge=0, le=4 * 3600)
    #: Seconds that a treated site has to be back to normal, unless its plan says so (D26).
    back_to_normal: float = Field(1800.0, ge=60, le=7 * 86_400)
    #: Window for encrypted panels' clocks, seconds before and after ours
    #: (docs/explanation/signals.md#dc-09).
    window_before: float = 40.0
    window_after: float = 20.0
    #: A signal whose panel's time is older by so much, skew apart, was delivered late: *deferred*.
    deferred_after: float = Field(120.0, ge=10)
    #: Signals of one site in a minute that make its panel a runaway.
    runaway_after: int = Field(100, ge=10)
    #: Sites of one place with lost power or lines within five minutes that are one storm.
    storm_after: int = Field(20, ge=3)
    #: What its place is: ``network`` (the feeder or the provider that a site is declared with, else
    #: its town), ``town`` or ``department``.
    storm_place: Literal["network", "town", "department"] = "network"
    #: Seconds from its begin in which faults of its place are part of it.
    storm_length: float = Field(900.0, ge=1, le=24 * 3600)
    #: Seconds from its begin after which each site's own plan runs.
    storm_delay: float = Field(1800.0, ge=0, le=24 * 3600)
    #: Hours in which an operator alone is asked more often, and somebody must be on shift.
    dead_man_hours: str = Field(
        "20:00-07:00", pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$"
    )
    #: Seconds after which an operator alone on shift, who does nothing, is asked for a sign of
    #: presence, by night and by day (0: never); seconds to give it before the desk is rung.
    dead_man_night: float = Field(1800.0, ge=0, le=86400)
    dead_man_day: float = Field(3600.0, ge=0, le=86400)
    dead_man_grace: float = Field(60.0, ge=1, le=3600)
    #: Seconds for which a process of the station may say nothing to its supervisor before that ends
    #: it, and begins another. 0: it never does, as long as a debugger holds one.
    hung_after: float = Field(60.0, ge=0, le=3600)
    #: Seconds without a painted frame after which a page in sight of somebody on shift is frozen.
    screen_frozen: float = Field(40.0, ge=15, le=600)
    #: The account of the station's own alarm panel, whose alarms are vital ones of the station.
    room_account: str = Field("", pattern=r"^[0-9A-Za-z]{0,16}$")
    #: Seconds that its alarm may wait for somebody here, then it goes outside.
    room_answer: float = Field(30.0, ge=5, le=3600)
    #: Zones of that panel: the doors of the entrance by two doors.
    room_outer_door: str = Field("", max_length=16)
    room_inner_door: str = Field("", max_length=16)
    #: Seconds that its outer door may stand open.
    room_door_open: float = Field(60.0, ge=5, le=3600)
    #: The folder whose programs an administrator's probes may run (docs/how-to/organs.md): only its
    #: owner may write there, root or the station's user; left out, none is run.
    probe_folder: Path | None = None
    #: Signals waiting to be correlated above which acknowledgements slow down (receiver/pace.py).
    long_backlog: int = Field(50_000, ge=100)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("response_urgent", "response_other")
    @classmethod
    def _two_targets(
        cls, value: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        first, share, second, more = value
        if not (0 < first <= second <= 86_400 and 0 <= share <= more <= 100):
            raise ValueError("write seconds, per cents, longer seconds, more per cents")
        return value

    @field_validator("night")
    @classmethod
    def _hours(cls, value: str) -> str:
        hour = "([01][0-9]|2[0-3]):[0-5][0-9]"
        if value and not re.fullmatch(f"{hour}-{hour}", value):
            raise ValueError("write two times of the day, such as 22:00-06:00")
        return value

    @model_validator(mode="after")
    def _certificate(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("CALLFLOW_TLS_CERTIFICATE and CALLFLOW_TLS_KEY: set both, or none")
        for file in filter(None, (self.tls_certificate, self.tls_key)):
            if not file.is_file():
                raise ValueError(f"CALLFLOW_TLS_CERTIFICATE, _KEY: there is no file {file}")
        if self.sip_authorities is not None and not self.sip_authorities.is_file():
            raise ValueError(f"CALLFLOW_SIP_AUTHORITIES: there is no file {self.sip_authorities}")
        if self.time_stamp_authorities is not None and not self.time_stamp_authorities.is_file():
            file = self.time_stamp_authorities
            raise ValueError(f"CALLFLOW_TIME_STAMP_AUTHORITIES: there is no file {file}")
        if self.sip_tls and self.tls_certificate is None:
            raise ValueError("SIP over TLS needs CALLFLOW_TLS_CERTIFICATE and CALLFLOW_TLS_KEY")
        return self

    @field_validator("lines")
    @classmethod
    def _own_names(cls, value: tuple[LineSettings, ...]) -> tuple[LineSettings, ...]:
        names = [*BUILT_IN_LINES, *(line.name for line in value)]
        if len(set(names)) < len(names):
            raise ValueError(f"each line needs a name of its own, other than {BUILT_IN_LINES}")
        return value

    @model_validator(mode="after")
    def _known_receivers(self) -> Self:
        for line in self.open_to_strangers():
            name = f"CALLFLOW_{line.protocol.upper()}_ALLOW"
            raise ValueError(
                f"{name}: line {line.name} would take signals from anybody: name the networks of"
                " the receivers that may connect"
            )
        return self

    @model_validator(mode="after")
    def _relays(self) -> Self:
        waiting = {line.name for line in self.lines if line.connect is None}
        waiting |= {"dc09-tcp", "dc09-udp"}
        for relay in self.relays:
            if relay.line not in waiting:
                raise ValueError(
                    f"CALLFLOW_RELAYS: {relay.line!r} is no line that waits for its senders:"
                    f" one of {', '.join(sorted(waiting))}"
                )
            host, _, port = relay.to.rpartition(":")
            if is_loopback(host) and int(port) in self._listening:
                raise ValueError(f"CALLFLOW_RELAYS: {relay.to} is this station itself")
        if len({relay.line for relay in self.relays}) < len(self.relays):
            raise ValueError("CALLFLOW_RELAYS: a line goes on to one system")
        return self

    @property
    def _listening(self) -> set[int]:
        """The ports at which signals are waited for."""
        lines = [line for line in self.lines if line.connect is None]
        return {self.ports.dc09, *(port for line in lines for _, port in self.listens_at(line))}

    @model_validator(mode="after")
    def _trunks_are_let_in(self) -> Self:
        for trunk in self.trunks:
            if self.sip_allow and trunk.named and not trunk.networks:
                raise ValueError(
                    f"CALLFLOW_SIP_ALLOW: trunk {trunk.name} is known by a name alone: write in its"
                    " `networks` where its carrier calls from"
                )
        return self

    @model_validator(mode="after")
    def _pbx(self) -> Self:
        if wrong := self.wrong_with_pbx(external=self.asterisk == "external"):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _canary(self) -> Self:
        number = self.canary_number
        if number is None:
            return self
        if number in self.panel_numbers:
            raise ValueError(
                "CALLFLOW_CANARY_NUMBER: panels call this number: name one of people's"
            )
        if why := refusal(number):
            raise ValueError(f"CALLFLOW_CANARY_NUMBER: {why}")
        return self

    @model_validator(mode="after")
    def _storm(self) -> Self:
        if self.storm_delay < self.storm_length:
            raise ValueError("CALLFLOW_STORM_DELAY: must not be shorter than CALLFLOW_STORM_LENGTH")
        return self

    @field_validator("dead_man_hours")
    @classmethod
    def _dead_man_hours(cls, value: str) -> str:
        read_hours([value], "dead_man_hours")
        return value

    @field_validator("trunks")
    @classmethod
    def _trunk_names(cls, value: tuple[TrunkSettings, ...]) -> tuple[TrunkSettings, ...]:
        for wrong in contradictions(value):
            raise ValueError(wrong)
        return value

    @field_validator("name_servers")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for server in value:
            host, colon, port = server.partition(":")
            if not is_address(host) or (colon and not port.isdecimal()):
                raise ValueError("a name server is an IPv4 address, or address:port")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, which wins over the TOML file."""
        file = os.environ.get("CALLFLOW_CONFIG")
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (init_settings, env_settings, *toml)

    def _port(self, own: int, offset: int) -> int:
        return own or self.port_base + self._node_offset + offset

    @property
    def _node_offset(self) -> int:
        """Node n is at +100·n: two nodes on one machine share no port."""
        if self.same_ports:
            return 0
        return 100 * int(self.node[-1]) if self.node[-1].isdigit() else 0

    @property
    def sip_tls(self) -> bool:
        """True where anybody is spoken with over TLS."""
        return self.secure_phones or any(trunk.transport == "tls" for trunk in self.trunks)

    @property
    def sip_clear(self) -> bool:
        """True where anybody is spoken with in clear: else nobody is listened to."""
        return not self.secure_phones or any(t.transport != "tls" for t in self.all_trunks)

    @cached_property
    def ports(self) -> Ports:
        """Every port of the instance, after derivation."""
        return Ports(
            web=self._port(self.web_port, 0),
            dc09=self._port(self.dc09_port, 9),
            surgard=self._port(self.surgard_port, 10),
            dc07=self._port(self.dc07_port, 11),
            mirror=self._port(self.mirror_port, 12),
            ami=self._port(self.ami_port, 38),
            sip=self._port(self.sip_port, 60),
            sip_tls=self._port(self.sip_tls_port, 61),
            simulator_sip=self._port(self.simulator_sip_port, 80),
            simulator_ami=self._port(self.simulator_ami_port, 39),
            agi=self._port(self.agi_port, 573),
            asterisk_http=self._port(self.asterisk_http_port, 88),
            asterisk_wss=self._port(self.asterisk_wss_port, 89),
            asterisk_inner=self._port(self.asterisk_inner_port, 90),
            rtp_start=self._port(self.rtp_start, 2000),
            rtp_count=RTP_PORTS - self._node_offset,
            simulator_rtp_start=self._port(self.simulator_rtp_start, 3000),
        )

    @model_validator(mode="after")
    def _mirror(self) -> Self:
        if not self.mirrored:
            return self
        if self.is_beyond("mirror") and self.tls_certificate is None:
            raise ValueError(
                "CALLFLOW_MIRROR_BIND beyond this machine needs CALLFLOW_TLS_CERTIFICATE"
            )
        if self.database.startswith("sqlite"):
            raise ValueError("CALLFLOW_MIRROR_TO needs CALLFLOW_DATABASE_URL, a PostgreSQL's")
        return self

    @property
    def has_browsers_elsewhere(self) -> bool:
        """True where pages are seen from beyond this machine, be it by a proxy."""
        hosts = [urlsplit(url).hostname or "" for url in self.all_public_urls]
        return self.is_beyond("web") or not all(map(is_loopback, hosts))

    @property
    def own_url(self) -> str:
        """How this machine itself reaches the pages."""
        host, scheme = self.reached_at("web"), "https" if self.tls_certificate else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.ports.web}"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.database_url or f"sqlite:///{self.data_dir / 'callflow.db'}"

    @cached_property
    def all_trunks(self) -> tuple[TrunkSettings, ...]:
        """Every trunk, each with its numbers, in the order in which they are used."""
        channels = self.trunk_channels
        reserved = min(self.reserved_channels, channels)
        only = TrunkSettings(name="trunk", channels=channels, reserved=reserved)
        return tuple(self._numbered(trunk) for trunk in self.trunks or (only,))

    def _numbered(self, trunk: TrunkSettings) -> TrunkSettings:
        machine = trunk.machine_number or self.station_number
        human = trunk.human_number or self.human_number or machine
        return trunk.model_copy(update={"machine_number": machine, "human_number": human})

    def listens_at(self, line: LineSettings) -> list[tuple[str, int]]:
        """The addresses and ports that a line which calls nobody waits at."""
        own = {"surgard": self.ports.surgard, "dc07": self.ports.dc07}
        port = own[line.protocol] if line.listen is None else line.listen
        return [(host, port) for host in self.binds(line.protocol)]

    @property
    def logbook_anchor_file(self) -> Path:
        """Where the latest seal of the logbook is remembered."""
        return self.logbook_anchor or self.data_dir / "logbook.anchor"

    @property
    def line_names(self) -> tuple[str, ...]:
        """The lines of this machine on which signals come in."""
        return (*BUILT_IN_LINES, *(line.name for line in self.lines))

    @property
    def run_dir(self) -> Path:
        """Pid files and wake-up sockets."""
        return self.data_dir / "run"

    @property
    def snapshots_dir(self) -> Path:
        return self.data_dir / "snapshots"

    @property
    def recordings_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def images_dir(self) -> Path:
        return self.data_dir / "images"

    @property
    def documents_dir(self) -> Path:
        return self.data_dir / "documents"

    @property
    def post_dir(self) -> Path:
        return self.post_folder or self.data_dir / "post"


def read_settings() -> Settings:
    """The settings of this run. Raises BadSettings."""
    file = os.environ.get("CALLFLOW_CONFIG")
    if file and not Path(file).is_file():
        raise BadSettings(f"CALLFLOW_CONFIG: there is no file {file}")
    try:
        return Settings()
    except ValidationError as error:
        raise BadSettings("; ".join(_said(dict(item)) for item in error.errors())) from None
    except SettingsError as error:
        found = re.search(r'field "(\w+)"', str(error))
        name = _variable(found[1]) if found else "a setting"
        raise BadSettings(f'{name}: must be JSON, such as ["+33123456789"]') from None
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"CALLFLOW_CONFIG: {file} is no TOML: {error}") from None


#: What the fields of a line must look like.
_PATTERNS = {
    "name": "a line's name is 1 to 16 lower-case letters, digits, dots and hyphens",
    "connect": "a receiver to call is host:port",
    "trunk": "a trunk's name is 1 to 16 lower-case letters, digits and hyphens, a letter first",
    "domain": "a trunk's domain is a host name",
    "address": "a trunk's far end is host or host:port",
    "outbound_proxy": "a trunk's proxy is host or host:port",
    "phones_host": "telephones reach the station by a host name or an IPv4 address",
    "username": "a trunk's user name is as the carrier wrote it, with or without @domain",
    "canary_source": "write an address or a network interface of this machine",
    "room_account": "a panel's account is 1 to 16 letters and digits",
    "dead_man_hours": "hours are from-to, such as 20:00-07:00",
    "node": "a node's name is lower-case letters and hyphens, with at most one digit at its end",
}


def _said(item: dict[str, Any]) -> str:
    """One mistake that pydantic found; what was set is not repeated (it may be a secret)."""
    if item["type"] == "string_pattern_mismatch":
        field = "trunk" if item["loc"][0] == "trunks" and item["loc"][-1] == "name" else None
        item["msg"] = _PATTERNS.get(
            field or str(item["loc"][-1]), "must be phone numbers in E.164, such as +33123456789"
        )
    said = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:  # of several settings together, which it names
        return said
    return f"{_variable(str(item['loc'][0]))}: {said}"


def _variable(field: str) -> str:
    return f"CALLFLOW_{field.upper()}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """The ports an instance listens on; see docs/reference/contracts.md#ports."""

    web: int
    dc09: int
    surgard: int
    dc07: int
    mirror: int
    ami: int
    sip: int
    sip_tls: int
    simulator_sip: int
    simulator_ami: int
    agi: int
    asterisk_http: int
    asterisk_wss: int
    asterisk_inner: int
    rtp_start: int
    #: From either start; two a call. What a node begins later it ends earlier.
    rtp_count: int
    simulator_rtp_start: int
