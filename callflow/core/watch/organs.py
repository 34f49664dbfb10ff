"""The station's organs: how each is, and the one verdict that comes of them. Pure.

``callflow doctor``, ``GET health``, ``GET station``, ``/metrics`` and the pages show what is judged
here, and judge nothing themselves. What nobody could find out is *unknown*, never *ok*; where
nobody was asked to find it out, it does not count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, StrEnum


class State(StrEnum):
    """How an organ is."""

    OK = "ok"
    DEGRADED = "degraded"  # somebody should look
    FAILED = "failed"  # it does not do its work
    UNKNOWN = "unknown"  # nobody could find out


class Part(StrEnum):
    """What kind of organ it is. Faults of the first explain those of the others."""

    DATABASE = "database"
    DISK = "disk"
    PROCESS = "process"
    ASTERISK = "asterisk"
    TRUNK = "trunk"
    WAY_OUT = "way_out"
    LINE = "line"
    BACKLOG = "backlog"
    CLOCK = "clock"
    CERTIFICATE = "certificate"
    BACKUP = "backup"
    LOGBOOK = "logbook"
    VERSION = "version"
    LATENCY = "latency"
    # What probes read (``core.watch.readings``).
    POWER = "power"
    GENERATOR = "generator"
    MEMORY = "memory"
    TEMPERATURE = "temperature"
    NETWORK = "network"  # a way to a provider
    MIRROR = "mirror"
    GATEWAY = "gateway"  # of mail, of SMS
    RECORDER = "recorder"  # of the station's own cameras
    SCREEN = "screen"  # an operator's
    HEADSET = "headset"
    ROOM = "room"  # the station's own alarm panel
    ACCESS = "access"
    CANARY = "canary"  # what tries a whole way, hourly
    DRILL = "drill"
    PEER = "peer"  # the backup station
    PROBE = "probe"  # anything else that an administrator has asked


class Reason(StrEnum):
    """Why an organ isn't *ok*."""

    NOT_WRITABLE = "not_writable"
    NOT_READ = "not_read"
    LITTLE_SPACE = "little_space"
    NO_SPACE = "no_space"
    NOT_MEASURED = "not_measured"
    NOT_RUNNING = "not_running"
    RESTLESS = "restless"  # it began again several times
    ERRORS = "errors"  # something of its work fails, the rest goes on
    NO_LINK = "no_link"
    SILENT = "silent"  # whoever could tell says nothing
    NO_CALLS = "no_calls"
    UNANSWERED = "unanswered"
    NOT_REGISTERED = "not_registered"
    NOT_CONNECTED = "not_connected"
    NO_HEARTBEAT = "no_heartbeat"
    LONG = "long"
    SET_BACK = "set_back"
    OFF = "off"  # the clock is
    JUMPED = "jumped"  # the clock did
    APART = "apart"  # the clock's, from the other machines'
    CARRIERS_APART = "carriers_apart"  # the clock's, from the carriers'
    NOT_SYNCHRONISED = "not_synchronised"
    NO_SOURCE = "no_source"  # nobody is known who sets the clock
    NOT_ASKED = "not_asked"  # as the settings will have it
    ENDS_SOON = "ends_soon"
    ENDED = "ended"
    UNREADABLE = "unreadable"
    NOT_SET_UP = "not_set_up"
    NONE_MADE = "none_made"
    TOO_OLD = "too_old"
    NOT_MADE = "not_made"  # the last one failed
    NOT_OURS = "not_ours"
    NOT_REMEMBERED = "not_remembered"
    SEVERAL = "several"
    SLOW = "slow"
    HELD = "held"  # restored, and not released yet
    SHADOW = "shadow"  # another station acts
    FROZEN = "frozen"  # a screen that draws nothing any more
    HIDDEN = "hidden"  # a console that nobody has in sight
    IN_ALARM = "in_alarm"  # the own premises, and somebody here has it in hand
    NOT_TAKEN = "not_taken"  # nobody here answers their alarm
    PERSON = "person"  # who works here is in danger
    BOTH_OPEN = "both_open"  # the doors of the airlock, at once
    LEFT_OPEN = "left_open"  # its outer door, for too long
    NOT_HEARD = "not_heard"  # by who wears the headset
    NO_MICROPHONE = "no_microphone"
    TOO_QUIET = "too_quiet"
    NOT_ARRIVED = "not_arrived"  # somebody else answered
    NO_AUDIO_OUT = "no_audio_out"
    NO_AUDIO_IN = "no_audio_in"
    NO_KEYS = "no_keys"
    WRONG_NUMBER = "wrong_number"  # it shows another one
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NO_STREAM = "no_stream"
    TOO_FEW = "too_few"  # nothing came lately: nothing is known, and nothing is wrong
    NOT_DONE = "not_done"  # in its time
    DRILL_FAILED = "drill_failed"
    NO_ANSWER = "no_answer"
    BAD_ANSWER = "bad_answer"
    GUESSED = "guessed"  # its code was, too often
    TOO_HIGH = "too_high"
    TOO_LOW = "too_low"
    SAID_SO = "said_so"  # a program says it, ``detail`` how
    SIGNALLED = "signalled"  # a panel did
    ON_BATTERY = "on_battery"  # the mains are away
    LOW_BATTERY = "low_battery"  # it ends soon
    REPLACE_BATTERY = "replace_battery"
    OVERLOADED = "overloaded"
    BYPASSED = "bypassed"  # fed by the mains, with no battery behind
    CALIBRATING = "calibrating"  # it tries its battery
    ALARMED = "alarmed"  # it says that something is wrong with it
    SWITCHED_OFF = "switched_off"
    ON_GENERATOR = "on_generator"
    LITTLE_FUEL = "little_fuel"
    NOT_IN_STEP = "not_in_step"  # the other site lacks what is acknowledged
    FILES_MISSING = "files_missing"
    NOT_ALLOWED = "not_allowed"  # the machine's administrator lets nobody ask so


@dataclass(frozen=True, kw_only=True, slots=True)
class Organ:
    """One part of the station. ``figure`` and ``limit`` are in ``unit``; ``since`` it is in this
    state (UTC), None where that was not noted; ``detail`` is text from outside.

    ``node``: whose it is among several machines. ``counts`` false: the verdict does without it.
    ``vital``: its failure endangers alarms, or people. ``elsewhere``: whoever found it out raises
    the alarm. ``read``: a probe's reading, not judged by the station's own facts.
    """

    part: Part
    name: str = ""
    node: str = ""
    state: State = State.OK
    reason: Reason | None = None
    detail: str = ""
    figure: float | None = None
    unit: str = ""
    limit: float | None = None
    since: datetime | None = None
    incident: str | None = None
    counts: bool = True
    vital: bool = False
    elsewhere: bool = False
    read: bool = False

    @property
    def key(self) -> str:
        """What it is known by, for as long as it is there."""
        return key_of(self.part, self.name, self.node)

    @property
    def ill(self) -> bool:
        """True where somebody should look."""
        return self.counts and self.state is not State.OK


def key_of(part: Part, name: str, node: str) -> str:
    """The key of such an organ."""
    return f"{part}:{name}@{node}"


def whose(organs: Sequence[Organ]) -> list[str]:
    """Of each the machine, where several have such an organ; "" elsewhere."""
    nodes: dict[tuple[Part, str], set[str]] = {}
    for organ in organs:
        nodes.setdefault((organ.part, organ.name), set()).add(organ.node)
    return [organ.node if len(nodes[organ.part, organ.name]) > 1 else "" for organ in organs]


def called(organs: Sequence[Organ]) -> list[str]:
    """What programs call each: ``clock``, ``trunk:alpha``, of several machines ``clock@beta``."""
    return [
        organ.part.value + (f":{organ.name}" if organ.name else "") + (f"@{node}" if node else "")
        for organ, node in zip(organs, whose(organs), strict=True)
    ]


# --- the verdict ----------------------------------------------------------------------------


class Needed(Enum):
    """When the failure of an organ puts alarms in danger."""

    EACH = "each"  # of each such
    GRAVE = "grave"  # of each such whose failure is a vital one
    ONE = "one"  # where no such organ is left
    NONE = "none"  # of none


_NEEDED: Mapping[Part, Needed] = {
    Part.DATABASE: Needed.EACH,
    Part.DISK: Needed.EACH,
    Part.ASTERISK: Needed.ONE,
    Part.TRUNK: Needed.ONE,
    Part.LINE: Needed.EACH,  # the panels behind it have no other
    Part.CLOCK: Needed.GRAVE,
    Part.POWER: Needed.GRAVE,
}
#: Processes without which nobody's alarm arrives, is decided, or is told to anybody.
_NEEDED_ROLES = frozenset({"receiver", "engine", "telephony"})


def verdict(organs: Iterable[Organ]) -> State:
    """How the station is: ok, degraded (somebody should look) or failed (alarms are in danger)."""
    counted = [organ for organ in organs if organ.counts]
    if any(endangers(organ, counted) for organ in counted):
        return State.FAILED
    return State.DEGRADED if any(organ.ill for organ in counted) else State.OK


def endangers(organ: Organ, among: Sequence[Organ]) -> bool:
    """True where it failed, and alarms are in danger; ``among`` all organs."""
    if organ.state is not State.FAILED:
        return False
    if organ.part is Part.PROCESS:
        return organ.name in _NEEDED_ROLES
    needed = _NEEDED.get(organ.part, Needed.NONE)
    if needed is Needed.GRAVE:
        return organ.vital
    if needed is not Needed.ONE:
        return needed is Needed.EACH
    return not any(
        other.part is organ.part and other.state in (State.OK, State.DEGRADED) for other in among
    )


# --- since when ------------------------------------------------------------------------------


def dated(organs: Iterable[Organ], noted: Mapping[str, tuple[State, datetime]]) -> list[Organ]:
    """Organs with since when they are so, as far as that was ``noted`` by their keys."""
    return [organ if organ.since else _dated(organ, noted.get(organ.key)) for organ in organs]


def _dated(organ: Organ, noted: tuple[State, datetime] | None) -> Organ:
    if noted is None or noted[0] is not organ.state:
        return organ
    return replace(organ, since=noted[1])
