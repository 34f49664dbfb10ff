"""Facts of the station's organs, as the processes and the rows tell them. Pure; times are UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callflow.core.watch.readings import Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """Say whether signals can be stored, and rows be read; ``since`` when they can't, and why."""

    writable: bool = True
    readable: bool = True
    since: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """Processes of one role: how many live, the youngest of them, when the last one spoke.

    ``relapses``: how often it began again lately (``watch.process``); ``failing``: what of
    its works failed at the last try (``dispatch.beside``)."""

    role: str
    alive: int
    begun: datetime | None = None
    relapses: int = 0
    failing: tuple[str, ...] = ()
    heard: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """A node's Asterisk; ``up`` None: its telephony says nothing."""

    node: str
    up: bool | None
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trunk:
    """A trunk as its node's telephony told it; ``state`` "" where that says nothing any more.

    ``registered`` None: it needs none, or that is not known.
    """

    name: str
    node: str
    state: str
    registered: bool | None = None
    since: datetime | None = None
    answer_rate: float | None = None  # 0 to 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A receiver's line. ``state`` listening, connected, reconnecting; down: its process is."""

    name: str
    state: str
    heartbeat: str = "none"  # "none": nobody misses it


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """A machine's clock by whoever sets it: ``source`` chrony, timesyncd, kernel; "" is nobody,
    "none" that nobody is to be asked. ``offset``: seconds that it is ahead, None: not told.

    ``jumped``: seconds that it lately jumped by, against one that never does; ``apart``: seconds
    that it is ahead of the database's, None: it is the same one, or was not compared. ``off`` and
    ``wrong`` are the seconds that are an alarm, and a vital one. ``carriers``: {trunk: seconds that
    it is ahead of its carrier's clock at least}, of those that say.
    """

    source: str
    synchronised: bool | None = None
    offset: float | None = None
    stratum: int | None = None
    jumped: float = 0.0
    apart: float | None = None
    off: float = 1.0
    wrong: float = 5.0
    carriers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A certificate that this machine shows; ``ends_at`` None: ``problem`` says why."""

    name: str
    ends_at: datetime | None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """One machine as a process on it found it; ``free``: bytes for the data folder."""

    host: str
    free: int | None = None
    clock: Clock | None = None
    certificates: Sequence[Certificate] = ()
    backs_up: bool = False  # a backup is set up there


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """The backups: whether any is set up, when the last good one began, what befell a later one."""

    wanted: bool = False
    last_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Logbook:
    """Whether anybody without the key wrote in it; why its seals aren't remembered elsewhere."""

    ours: bool = True
    since: datetime | None = None
    trouble: str = ""
    seal: int | None = None  # the number of the latest


@dataclass(frozen=True, kw_only=True, slots=True)
class Delay:
    """What 95 of 100 lately did not exceed, in seconds; None: there were too few to tell."""

    measure: str
    process: str
    usual: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """An open incident about the station itself; ``about``: the trunks or lines it names."""

    id: str
    kind: str
    about: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Everything that the organs are judged by."""

    database: Database = field(default_factory=Database)
    roles: Sequence[Role] = ()
    exchanges: Sequence[Exchange] = ()
    trunks: Sequence[Trunk] = ()
    lines: Sequence[Line] = ()
    backlog: int = 0
    machines: Sequence[Machine] = ()
    ahead: float = 0.0  # seconds that the newest sign of life lies in the future
    backup: Backup = field(default_factory=Backup)
    logbook: Logbook = field(default_factory=Logbook)
    versions: Sequence[str] = ()
    delays: Sequence[Delay] = ()
    alarms: Sequence[Alarm] = ()
    readings: Sequence[Reading] = ()  # of probes
    held: bool = False  # nothing leaves until somebody releases it
    shadow: bool = False  # nothing leaves, as the settings will have it
    shadow_sites: int = 0  # for which another system acts, whatever the station does
