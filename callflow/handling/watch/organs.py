"""The station's organs: their facts gathered from the rows, and since when each is as it is.

Each process tells with its sign of life what it knows: its lines, its trunks, its machine. Rows
that an older version wrote may lack any of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Category, Kind
from callflow.core.station.backups import What
from callflow.core.time.instants import from_iso, to_iso
from callflow.core.watch import facts as of
from callflow.core.watch.examination import ROLES, judge
from callflow.core.watch.facts import Facts
from callflow.core.watch.organs import Organ, called, dated
from callflow.core.watch.process import Process
from callflow.handling.base.nodes import Node, nodes
from callflow.handling.base.policy import load_policy
from callflow.handling.watch import failures
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.people import users
from callflow.storage.signals import signals
from callflow.storage.watch import backups, readings
from callflow.storage.watch import organs as rows

_WELL = of.Database()
#: A process that said nothing for so long is taken for dead.
BEAT_WITHIN = timedelta(seconds=10)
#: What may be told by the category of alarms is judged by the vital ones: plans of others may wait.
_JUDGED = (None, Category.VITAL.value)
#: Incidents about the station that are an organ's.
_KINDS = (Kind.ORGAN, Kind.TRUNK, Kind.RECEIVER, Kind.LOGBOOK)


def organs(tx: Tx, found: Facts, now: datetime) -> list[Organ]:
    """Every organ at ``now``, with since when it is so."""
    noted = {key: (one.state, one.since) for key, one in rows.noted(tx).items()}
    return dated(judge(found, now), noted)


def living(processes: Sequence[Process], at: datetime) -> list[Process]:
    """Those that said shortly before ``at`` that they live."""
    return [process for process in processes if at - process.beat_at <= BEAT_WITHIN]


def facts(
    tx: Tx,
    now: datetime,
    *,
    database: of.Database = _WELL,
    beats_at: datetime | None = None,
    asker: tuple[str, Mapping[str, Any]] | None = None,
) -> Facts:
    """What the rows tell of the station. ``database`` is what the asker found out about it;
    ``beats_at`` when each process must have been alive, where that isn't ``now``; ``asker`` its
    host, and what its probe says, where no process of the station lives there."""
    beats_at = beats_at or now
    processes = users.processes(tx)
    alive = living(processes, beats_at)
    known = nodes(tx, beats_at)
    alarms = incidents.open_ones(tx, kinds=_KINDS)
    machines = _machines(alive, asker)
    policy = load_policy(tx)
    return Facts(
        database=_database(database, alive),
        roles=[_role(role, processes, alive) for role in ROLES],
        exchanges=[_exchange(node) for node in known],
        trunks=[trunk for node in known for trunk in _trunks(node)],
        lines=list(_lines(processes, alive)),
        backlog=signals.backlog_size(tx),
        machines=machines,
        ahead=_ahead(processes, now),
        backup=_backup(tx, machines),
        logbook=_logbook(alarms, alive),
        versions=sorted({str(p.state["version"]) for p in alive if "version" in p.state}),
        delays=list(_delays(alive)),
        held=policy.held,
        shadow=policy.shadow,
        shadow_sites=policy.shadow_sites,
        alarms=[of.Alarm(id=a.id, kind=a.kind.value, about=tuple(a.zones)) for a in alarms],
        readings=readings.every(tx),
    )


def _database(asked: of.Database, alive: Sequence[Process]) -> of.Database:
    """What the asker found; else what receivers say that they can't store."""
    if not asked.writable or not asked.readable:
        return asked
    told = [p.state.get("not_stored_since") for p in alive if p.role == "receiver"]
    since = min(filter(None, map(_instant, told)), default=None)
    if since is None:
        return asked
    return of.Database(writable=False, since=since, reason="the receiver can't store")


def _role(role: str, processes: Sequence[Process], alive: Sequence[Process]) -> of.Role:
    mine = [process for process in alive if process.role == role]
    youngest = max(mine, key=lambda process: process.since, default=None)
    return of.Role(
        role=role,
        alive=len(mine),
        begun=youngest.since if youngest else None,
        relapses=youngest.relapses if youngest else 0,
        failing=tuple(sorted({str(work) for p in mine for work in p.state.get("failing", ())})),
        heard=max((p.beat_at for p in processes if p.role == role), default=None),
    )


def _exchange(node: Node) -> of.Exchange:
    up = None if node.silent else node.down_since is None
    return of.Exchange(node=node.name, up=up, since=node.down_since)


def _trunks(node: Node) -> Iterator[of.Trunk]:
    """Without its Asterisk no trunk can be blamed: of those nothing is known."""
    for told in node.state.get("trunks", ()):
        state = str(told.get("state", "up")) if node.ready else ""
        yield of.Trunk(
            name=str(told.get("name", "?")),
            node=node.name,
            state="disabled" if told.get("state") == "disabled" else state,
            registered=told.get("registered"),
            since=_instant(told.get("since")) if node.ready else node.down_since,
            answer_rate=told.get("answer_rate"),
        )


def _lines(processes: Sequence[Process], alive: Sequence[Process]) -> Iterator[of.Line]:
    receivers = [process for process in processes if process.role == "receiver"]
    for process in receivers:
        for told in process.state.get("lines", ()):
            name = str(told.get("line", "?"))
            yield of.Line(
                name=f"{name} {process.node}" if len(receivers) > 1 else name,
                state=str(told.get("state") or "listening") if process in alive else "down",
                heartbeat=str(told.get("heartbeat") or "none"),
            )


def _machines(
    alive: Sequence[Process], asker: tuple[str, Mapping[str, Any]] | None
) -> list[of.Machine]:
    """One a host: what the process on it told last."""
    told = dict([asker] if asker else [])
    for process in sorted(alive, key=lambda process: process.beat_at):
        if "machine" in process.state:
            told[process.host] = process.state["machine"]
    apart = {p.host: p.state["clock_apart"] for p in alive if "clock_apart" in p.state}
    carriers = {p.host: p.state["clock_carriers"] for p in alive if "clock_carriers" in p.state}
    return [
        _machine(host, told[host], apart.get(host), carriers.get(host, {})) for host in sorted(told)
    ]


def _machine(
    host: str, told: Mapping[str, Any], apart: float | None, carriers: Mapping[str, float]
) -> of.Machine:
    found = told.get("clock")
    return of.Machine(
        host=host,
        free=told.get("free"),
        clock=of.Clock(**found, apart=apart, carriers=carriers) if found else None,
        certificates=[_certificate(one) for one in told.get("certificates", ())],
        backs_up=bool(told.get("backs_up")),
    )


def _certificate(told: Mapping[str, Any]) -> of.Certificate:
    return of.Certificate(
        name=str(told.get("name", "")),
        ends_at=_instant(told.get("ends_at")),
        problem=str(told.get("problem", "")),
    )


def _ahead(processes: Sequence[Process], now: datetime) -> float:
    newest = max((process.beat_at for process in processes), default=now)
    return max(0.0, (newest - now).total_seconds())


def _backup(tx: Tx, machines: Sequence[of.Machine]) -> of.Backup:
    """The last good one, and what befell the last that ended."""
    ended = [run for run in backups.newest(tx, What.BACKUP) if run.ended_at is not None]
    return of.Backup(
        wanted=any(machine.backs_up for machine in machines),
        last_at=next((run.made_at for run in ended if run.ok), None),
        problem=ended[0].problem if ended else "",
    )


def _logbook(alarms: Sequence[Incident], alive: Sequence[Process]) -> of.Logbook:
    """Ours until an engine says otherwise, or an alarm says that the chain was broken."""
    told = [process.state["logbook"] for process in alive if "logbook" in process.state]
    since = [at for state in told if (at := _instant(state["since"])) is not None]
    since += [one.opened_at for one in alarms if one.kind is Kind.LOGBOOK]
    return of.Logbook(
        ours=not since,
        since=min(since, default=None),
        trouble=next((state["trouble"] for state in told if state["trouble"]), ""),
        seal=max((state["seal"] for state in told), default=None),
    )


def _delays(alive: Sequence[Process]) -> Iterator[of.Delay]:
    for process in alive:
        for told in process.state.get("latencies", ()):
            if told.get("category") not in _JUDGED:
                continue
            yield of.Delay(
                measure=str(told.get("measure")), process=process.name, usual=told.get("usual")
            )


def _instant(value: Any) -> datetime | None:
    try:
        return from_iso(value) if isinstance(value, str) else None
    except ValueError:
        return None


# --- what follows ----------------------------------------------------------------------------


def organs_changed(tx: Tx, now: datetime, watched_since: datetime | None = None) -> bool:
    """True where ``note_organs`` has anything to write."""
    found = organs(tx, facts(tx, now), now)
    if failures.changes(tx, found, now, watched_since=watched_since):
        return True
    return bool(_gone(tx, found))


def note_organs(tx: Tx, now: datetime, watched_since: datetime | None = None) -> None:
    """Note how each organ is, tell what changed, raise what failed (``failures.note``); those that
    are gone are forgotten. ``watched_since``: since when somebody looks again and again."""
    found = organs(tx, facts(tx, now), now)
    failures.note(tx, found, now, watched_since=watched_since)
    if gone := _gone(tx, found):
        failures.forget(tx, gone, now)


def _gone(tx: Tx, found: Sequence[Organ]) -> set[str]:
    """Keys of organs that were noted, and are no more."""
    return rows.noted(tx).keys() - {organ.key for organ in found}


def keep_figures(tx: Tx, now: datetime) -> None:
    """A point of the history of each organ that has a figure."""
    failures.keep_figures(tx, organs(tx, facts(tx, now), now), now)


# --- as programs read it -----------------------------------------------------------------------


def to_json(found: Sequence[Organ]) -> list[dict[str, Any]]:
    """Organs as ``GET station`` gives them, each with a name of its own."""
    return [_to_json(organ, name) for organ, name in zip(found, called(found), strict=True)]


def _to_json(organ: Organ, name: str) -> dict[str, Any]:
    return {
        "organ": name,
        "part": organ.part.value,
        "name": organ.name,
        "node": organ.node,
        "state": organ.state.value,
        "reason": organ.reason.value if organ.reason else None,
        "detail": organ.detail,
        "since": to_iso(organ.since) if organ.since else None,
        "figure": organ.figure,
        "unit": organ.unit,
        "limit": organ.limit,
        "incident": organ.incident,
        "counts": organ.counts,
    }
