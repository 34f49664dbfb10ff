"""Each organ of the station, judged by facts and ``now``: the limits are here, and nowhere else.

Pure; ``organs.verdict`` makes one of them all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median_low

from callflow.core.signals.signal import Kind
from callflow.core.watch import facts as of
from callflow.core.watch.facts import Facts
from callflow.core.watch.failures import place
from callflow.core.watch.latency import LIMITS
from callflow.core.watch.organs import Organ, Part, Reason, State, endangers
from callflow.core.watch.process import RECOVERED
from callflow.core.watch.readings import organ as organ_read

#: The roles of processes, as they are told of.
ROLES = ("engine", "receiver", "telephony", "web")
#: Bytes left for the data folder below which somebody should look, and below which it is too late.
LITTLE_SPACE, NO_SPACE = 2_000_000_000, 200_000_000
#: Signals that may wait for the engine before somebody should look.
LONG_BACKLOG = 1000
#: A process that began again so often, and is not well again yet, does not live well; so much
#: oftener, it does not do its work.
OFTEN, TOO_OFTEN = 3, 10
#: Seconds in the future at which a sign of life says that a clock was set back.
SET_BACK = 2.0
#: A certificate that ends within so long is to be renewed.
RENEWED_BEFORE = timedelta(days=14)
#: A night's backup, and the time that it may take.
BACKUP_AGE = timedelta(hours=36)


def judge(facts: Facts, now: datetime) -> list[Organ]:
    """Every organ, in the order of ``Part``."""
    found = [organ for look in _LOOKS for organ in look(facts, now)]
    return [
        replace(
            organ,
            incident=_incident(organ, facts.alarms),
            vital=organ.vital or (organ.counts and endangers(organ, found)),
        )
        for organ in found
    ]


def unread(organs: Iterable[Organ], database: of.Database) -> list[Organ]:
    """Organs as they were when rows could last be read, and the database as it is."""
    others = [organ for organ in organs if organ.part is not Part.DATABASE]
    return [_database(database), *others]


def _incident(organ: Organ, alarms: Sequence[of.Alarm]) -> str | None:
    kind = _ALARMS.get(organ.part)
    about = f"{organ.name}@{organ.node}" if organ.part is Part.TRUNK else organ.name
    own = next((a.id for a in alarms if a.kind == kind and _is_about(a, organ, about)), None)
    if own is not None:
        return own
    known_by = place(organ.key)
    return next((a.id for a in alarms if a.kind == Kind.ORGAN and known_by in a.about), None)


def _is_about(alarm: of.Alarm, organ: Organ, about: str) -> bool:
    """A line's alarm names its receivers, too: ``surgard/01``."""
    return organ.part is Part.LOGBOOK or any(
        name == about or name.startswith(f"{about}/") for name in alarm.about
    )


_ALARMS = {Part.TRUNK: Kind.TRUNK, Part.LINE: Kind.RECEIVER, Part.LOGBOOK: Kind.LOGBOOK}


def _database(found: of.Database) -> Organ:
    """Not read in time is *unknown* until a write fails too: it may only be slow."""
    state, reason = State.OK, None
    if not found.writable:
        state, reason = State.FAILED, Reason.NOT_WRITABLE
    elif not found.readable:
        state, reason = State.UNKNOWN, Reason.NOT_READ
    return Organ(
        part=Part.DATABASE, state=state, reason=reason, detail=found.reason, since=found.since
    )


def _disks(facts: Facts, _: datetime) -> list[Organ]:
    return [_disk(machine) for machine in facts.machines]


def _disk(machine: of.Machine) -> Organ:
    free = machine.free
    if free is None:
        state, reason = State.UNKNOWN, Reason.NOT_MEASURED
    elif free < NO_SPACE:
        state, reason = State.FAILED, Reason.NO_SPACE
    elif free < LITTLE_SPACE:
        state, reason = State.DEGRADED, Reason.LITTLE_SPACE
    else:
        state, reason = State.OK, None
    return Organ(
        part=Part.DISK,
        node=machine.host,
        state=state,
        reason=reason,
        figure=free,
        unit="bytes",
        limit=LITTLE_SPACE,
    )


def _processes(facts: Facts, now: datetime) -> list[Organ]:
    told = {role.role: role for role in facts.roles}
    return [_process(told.get(role, of.Role(role=role, alive=0)), now) for role in ROLES]


def _process(role: of.Role, now: datetime) -> Organ:
    state, reason, since = State.OK, None, role.begun
    if not role.alive:
        state, reason, since = State.FAILED, Reason.NOT_RUNNING, role.heard
    elif role.relapses >= OFTEN and role.begun is not None and now - role.begun < RECOVERED:
        state = State.FAILED if role.relapses >= TOO_OFTEN else State.DEGRADED
        reason, since = Reason.RESTLESS, None
    elif role.failing:
        state, reason, since = State.DEGRADED, Reason.ERRORS, None
    return Organ(
        part=Part.PROCESS,
        name=role.role,
        state=state,
        reason=reason,
        figure=role.relapses if reason is Reason.RESTLESS else None,
        unit="restarts" if reason is Reason.RESTLESS else "",
        limit=OFTEN if reason is Reason.RESTLESS else None,
        since=since,
    )


def _exchanges(facts: Facts, _: datetime) -> list[Organ]:
    found = [_exchange(one) for one in facts.exchanges]
    return found or [Organ(part=Part.ASTERISK, state=State.UNKNOWN, reason=Reason.SILENT)]


def _exchange(one: of.Exchange) -> Organ:
    organ = Organ(part=Part.ASTERISK, node=one.node, since=one.since)
    if one.up is None:
        return replace(organ, state=State.UNKNOWN, reason=Reason.SILENT)
    return organ if one.up else replace(organ, state=State.FAILED, reason=Reason.NO_LINK)


#: What a trunk's own states are as an organ's.
_TRUNKS: Mapping[str, tuple[State, Reason | None]] = {
    "up": (State.OK, None),
    "down": (State.FAILED, Reason.NO_CALLS),
    "unregistered": (State.DEGRADED, Reason.NOT_REGISTERED),  # calls out may still go
    "unanswered": (State.DEGRADED, Reason.UNANSWERED),
}


def _trunks(facts: Facts, _: datetime) -> list[Organ]:
    return [_trunk(trunk) for trunk in facts.trunks if trunk.state != "disabled"]


def _trunk(trunk: of.Trunk) -> Organ:
    state, reason = _TRUNKS.get(trunk.state, (State.UNKNOWN, Reason.SILENT))
    if trunk.registered is False and state is State.OK:  # it is not judged yet
        state, reason = _TRUNKS["unregistered"]
    rate = trunk.answer_rate
    return Organ(
        part=Part.TRUNK,
        name=trunk.name,
        node=trunk.node,
        state=state,
        reason=reason,
        figure=None if rate is None else round(100 * rate, 1),
        unit="" if rate is None else "percent",
        since=trunk.since,
        elsewhere=True,
    )


def _way_out(facts: Facts, _: datetime) -> list[Organ]:
    """Whether anything may leave the station (core/messages/withholding.py)."""
    organ = Organ(part=Part.WAY_OUT)
    if facts.held:
        return [replace(organ, state=State.FAILED, reason=Reason.HELD)]
    if facts.shadow:
        return [replace(organ, state=State.DEGRADED, reason=Reason.SHADOW, counts=False)]
    return [organ]


def _lines(facts: Facts, _: datetime) -> list[Organ]:
    return [_line(line) for line in facts.lines]


def _line(line: of.Line) -> Organ:
    organ = Organ(part=Part.LINE, name=line.name, elsewhere=line.heartbeat != "none")
    if line.state == "down":
        return replace(organ, state=State.UNKNOWN, reason=Reason.SILENT)
    if line.state not in ("listening", "connected"):
        return replace(organ, state=State.FAILED, reason=Reason.NOT_CONNECTED)
    lost = line.heartbeat == "lost"
    return replace(organ, state=State.FAILED, reason=Reason.NO_HEARTBEAT) if lost else organ


def _backlog(facts: Facts, _: datetime) -> list[Organ]:
    long = facts.backlog > LONG_BACKLOG
    return [
        Organ(
            part=Part.BACKLOG,
            state=State.DEGRADED if long else State.OK,
            reason=Reason.LONG if long else None,
            figure=facts.backlog,
            unit="signals",
            limit=LONG_BACKLOG,
        )
    ]


#: Nobody lives who could tell: that counts already.
_UNTOLD = Organ(part=Part.CLOCK, state=State.UNKNOWN, reason=Reason.SILENT, counts=False)


def _clocks(facts: Facts, _: datetime) -> list[Organ]:
    """A clock that was set back fails on every machine: which one it was is not known."""
    found = [_clock(m.clock or of.Clock(source=""), m.host) for m in facts.machines]
    found = found or [_UNTOLD]
    if facts.ahead <= SET_BACK:
        return found
    return [_set_back(organ, facts.ahead) for organ in found]


def _set_back(organ: Organ, seconds: float) -> Organ:
    return replace(
        organ,
        state=State.FAILED,
        reason=Reason.SET_BACK,
        figure=-seconds,
        unit="seconds",
        limit=SET_BACK,
        counts=True,
        vital=True,
    )


def _clock(clock: of.Clock, host: str) -> Organ:
    organ = Organ(
        part=Part.CLOCK,
        node=host,
        detail=_told(clock),
        figure=_ahead(clock),
        unit="seconds",
        limit=clock.off,
    )
    if (wrong := _wrong(clock, organ) or _apart(clock, organ)) is not None:
        return wrong
    if clock.source == "none":
        return replace(organ, state=State.UNKNOWN, reason=Reason.NOT_ASKED, counts=False)
    if not clock.source or clock.synchronised is None:
        return replace(organ, state=State.UNKNOWN, reason=Reason.NO_SOURCE)
    if not clock.synchronised:
        return replace(organ, state=State.DEGRADED, reason=Reason.NOT_SYNCHRONISED)
    return organ


def _wrong(clock: of.Clock, organ: Organ) -> Organ | None:
    """The clock that is off, jumped, or goes apart from the other machines'; None: it does not."""
    measured = (
        (Reason.OFF, clock.offset),
        (Reason.JUMPED, clock.jumped),
        (Reason.APART, clock.apart),
    )
    for reason, seconds in measured:
        if seconds is not None and abs(seconds) > clock.off:
            grave = abs(seconds) > clock.wrong
            return replace(organ, state=State.FAILED, reason=reason, figure=seconds, vital=grave)
    return None


def _told(clock: of.Clock) -> str:
    """Who sets it, and how far it is from each carrier's."""
    told = (f"{name} {seconds:+.1f} s" for name, seconds in sorted(clock.carriers.items()))
    return ", ".join(filter(None, (clock.source, *told)))


def _ahead(clock: of.Clock) -> float | None:
    """Seconds that it is ahead, as whoever sets it says; else as most carriers do."""
    if clock.offset is not None or not clock.carriers:
        return clock.offset
    return median_low(clock.carriers.values())


def _apart(clock: of.Clock, organ: Organ) -> Organ | None:
    """The clock that does not agree with carriers': theirs may be wrong, and what they say could be
    anybody's. Only where several say the same, and nobody else says anything, it is believed."""
    far = [seconds for seconds in clock.carriers.values() if abs(seconds) > clock.off]
    if not far:
        return None
    nearest = min(far, key=abs)
    alike = len({seconds > 0 for seconds in far}) == 1
    believed = clock.offset is None and alike and len(far) == len(clock.carriers) > 1
    return replace(
        organ,
        state=State.FAILED if believed else State.DEGRADED,
        reason=Reason.CARRIERS_APART,
        figure=nearest,
        vital=believed and abs(nearest) > clock.wrong,
    )


def _certificates(facts: Facts, now: datetime) -> list[Organ]:
    return [
        _certificate(certificate, machine.host, now)
        for machine in facts.machines
        for certificate in machine.certificates
    ]


def _certificate(certificate: of.Certificate, host: str, now: datetime) -> Organ:
    organ = Organ(part=Part.CERTIFICATE, name=certificate.name, node=host)
    if certificate.ends_at is None:
        return replace(
            organ, state=State.FAILED, reason=Reason.UNREADABLE, detail=certificate.problem
        )
    left = certificate.ends_at - now
    organ = replace(
        organ,
        figure=round(left / timedelta(days=1), 1),
        unit="days",
        limit=RENEWED_BEFORE / timedelta(days=1),
    )
    if left <= timedelta(0):
        return replace(organ, state=State.FAILED, reason=Reason.ENDED, since=certificate.ends_at)
    if left < RENEWED_BEFORE:
        return replace(organ, state=State.DEGRADED, reason=Reason.ENDS_SOON)
    return organ


def _backup(facts: Facts, now: datetime) -> list[Organ]:
    found = facts.backup
    organ = Organ(
        part=Part.BACKUP, unit="hours", limit=BACKUP_AGE / timedelta(hours=1), detail=found.problem
    )
    if not found.wanted:
        return [replace(organ, state=State.UNKNOWN, reason=Reason.NOT_SET_UP, counts=False)]
    if found.last_at is None:
        return [replace(organ, state=State.DEGRADED, reason=Reason.NONE_MADE)]
    age = now - found.last_at
    organ = replace(organ, figure=round(age / timedelta(hours=1), 1))
    if age > BACKUP_AGE:
        return [replace(organ, state=State.DEGRADED, reason=Reason.TOO_OLD)]
    if found.problem:
        return [replace(organ, state=State.DEGRADED, reason=Reason.NOT_MADE)]
    return [organ]


def _logbook(facts: Facts, _: datetime) -> list[Organ]:
    found = facts.logbook
    organ = Organ(part=Part.LOGBOOK, detail=found.trouble)
    if not found.ours:
        return [
            replace(
                organ,
                state=State.DEGRADED,
                reason=Reason.NOT_OURS,
                since=found.since,
                elsewhere=True,
            )
        ]
    if found.trouble:
        return [replace(organ, state=State.DEGRADED, reason=Reason.NOT_REMEMBERED)]
    return [organ]


def _versions(facts: Facts, _: datetime) -> list[Organ]:
    """Two versions at once: an upgrade was begun and not ended."""
    several = len(facts.versions) > 1
    return [
        Organ(
            part=Part.VERSION,
            state=State.DEGRADED if several else State.OK,
            reason=Reason.SEVERAL if several else None,
            detail=", ".join(facts.versions),
            figure=len(facts.versions),
            unit="versions",
            limit=1,
        )
    ]


def _latencies(facts: Facts, _: datetime) -> list[Organ]:
    return [_latency(delay) for delay in facts.delays if delay.measure in LIMITS]


def _latency(delay: of.Delay) -> Organ:
    limit = LIMITS[delay.measure]
    organ = Organ(
        part=Part.LATENCY,
        name=delay.measure,
        node=delay.process,
        figure=delay.usual,
        unit="seconds",
        limit=limit,
    )
    if delay.usual is None:
        return replace(organ, state=State.UNKNOWN, reason=Reason.TOO_FEW, counts=False)
    slow = delay.usual > limit
    return replace(organ, state=State.DEGRADED, reason=Reason.SLOW) if slow else organ


def _readings(facts: Facts, now: datetime) -> list[Organ]:
    return [organ_read(reading, now) for reading in facts.readings]


_LOOKS: Sequence[Callable[[Facts, datetime], list[Organ]]] = (
    lambda facts, _: [_database(facts.database)],
    _disks,
    _processes,
    _exchanges,
    _trunks,
    _way_out,
    _lines,
    _backlog,
    _clocks,
    _certificates,
    _backup,
    _logbook,
    _versions,
    _latencies,
    _readings,
)
