"""The doctor's words for the station's organs: what was judged elsewhere, and what to do. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from callflow.core.watch.organs import Organ, Part, Reason, State
from callflow.texts.station.organs import REASONS


class Verdict(StrEnum):
    """How one part is, from well to worst."""

    OK = "ok"
    UNKNOWN = "unknown"  # nobody could find out, or was asked to
    LOOK = "look"  # somebody should look: alarms still arrive
    FAILED = "failed"  # alarms are in danger


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One part of the station. ``details`` are lines for a person, ``do`` what to do, or ""."""

    part: str
    verdict: Verdict
    found: str
    details: tuple[str, ...] = ()
    do: str = ""

    @property
    def mark(self) -> str:
        """What stands before it."""
        return self.verdict.upper() if self.verdict is not Verdict.OK else "ok"


#: What the doctor calls an organ's state.
_VERDICTS: Mapping[State, Verdict] = {
    State.OK: Verdict.OK,
    State.DEGRADED: Verdict.LOOK,
    State.FAILED: Verdict.FAILED,
    State.UNKNOWN: Verdict.UNKNOWN,
}

#: What the doctor calls a part, of which there may be several.
NAMES: Mapping[Part, str] = {
    Part.PROCESS: "processes",
    Part.TRUNK: "trunks",
    Part.WAY_OUT: "way out",
    Part.LINE: "lines",
    Part.CERTIFICATE: "certificates",
    Part.VERSION: "versions",
    Part.LATENCY: "delays",
}

#: What to do, by the part and why it is so; None: whatever the part.
_REMEDIES: Mapping[tuple[Part, Reason | None], str] = {
    (Part.DATABASE, None): "free the disk, make it writable or bring the database server back;"
    " panels send again by themselves",
    (Part.DISK, None): "make room: a full disk stores nothing, and what is not stored is not"
    " acknowledged",
    (Part.PROCESS, Reason.NOT_RUNNING): "the supervisor should begin it again: see its file in"
    " logs/; where nothing runs, start it with `callflow serve`",
    (Part.PROCESS, Reason.RESTLESS): "see its file in logs/",
    (Part.PROCESS, Reason.ERRORS): "see its file in logs/; the rest goes on, and what failed is"
    " tried again",
    (Part.ASTERISK, Reason.NO_LINK): "see logs/ and asterisk/ in the data folder; with an Asterisk"
    " of your own, whether it runs and CALLFLOW_AMI_PORT, _USER and _SECRET are its",
    (Part.ASTERISK, Reason.SILENT): "see `processes` above; of several machines, power and network"
    " of that one, then `callflow doctor` and logs/ there",
    (Part.TRUNK, Reason.NO_CALLS): "see the router and the network, then ask the carrier; the page"
    " of the trunks makes a call to try it",
    (Part.TRUNK, Reason.UNANSWERED): "ask the carrier whether its number is blocked, and try it on"
    " the page of the trunks",
    (Part.TRUNK, Reason.NOT_REGISTERED): "see its user name and password, then ask the carrier",
    (Part.TRUNK, Reason.SILENT): "see `asterisk` above",
    (Part.WAY_OUT, Reason.HELD): "once the station that it was made from is off: `callflow"
    " release`, or the page /settings/backup",
    (Part.WAY_OUT, Reason.SHADOW): "unset CALLFLOW_SHADOW, then restart",
    (Part.LINE, Reason.NOT_CONNECTED): "is the receiver on, and is its address right?",
    (Part.LINE, Reason.NO_HEARTBEAT): "look at the receiver and its cable",
    (Part.LINE, Reason.SILENT): "see the process that has the line, above",
    (Part.BACKLOG, None): "see whether the engine runs, and which panel floods (page /lines)",
    (Part.CLOCK, Reason.NO_SOURCE): "run chrony or systemd-timesyncd; where another program sets"
    " the clock, say so by CALLFLOW_CLOCK=none",
    (Part.CLOCK, None): "compare with an NTP server (`chronyc sources`, `timedatectl`); do not jump"
    " the clock while the station runs",
    (Part.POWER, Reason.SILENT): "ask it with NUT's `upsc`: is its server there, and its driver?",
    (Part.POWER, Reason.REPLACE_BATTERY): "have its battery replaced",
    (Part.POWER, None): "see the mains and the UPS; where it ends soon, hand over to the backup"
    " station (docs/how-to/power-and-clock.md)",
    (Part.GENERATOR, Reason.LITTLE_FUEL): "have fuel brought",
    (Part.GENERATOR, None): "see the mains, and the fuel",
    (Part.CERTIFICATE, None): "renew it, and put it where CALLFLOW_TLS_CERTIFICATE says",
    (Part.BACKUP, Reason.NOT_SET_UP): "set up backups: see `callflow backup --help`",
    (Part.BACKUP, None): "make one now with `callflow backup`, and see why none was made by itself",
    (
        Part.LOGBOOK,
        Reason.NOT_OURS,
    ): "see `callflow logbook verify`, and who can write its rows",
    (Part.LOGBOOK, None): "see CALLFLOW_LOGBOOK_ANCHOR and CALLFLOW_LOGBOOK_ANCHOR_COPIES",
    (Part.VERSION, None): "end the upgrade: restart what still runs the older one",
    (
        Part.CANARY,
        None,
    ): "a trunk's: try it on the page of the trunks, then ask the carrier; a line's or"
    " the pages': see logs/ of the receiver, or of the web",
    (Part.LATENCY, Reason.SLOW): "see what else the machine does, and the disk (page /statistics)",
}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """How the whole is."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.OK)


def listed(names: Iterable[str]) -> str:
    """One after the other."""
    return ", ".join(names)


def of_organs(organs: Sequence[Organ]) -> list[Check]:
    """A check for each part that is there."""
    groups: dict[Part, list[Organ]] = {}
    for organ in organs:
        groups.setdefault(organ.part, []).append(organ)
    return [_check(part, found) for part, found in groups.items()]


_NOTHING_RUNS = Check(
    part=NAMES[Part.PROCESS],
    verdict=Verdict.FAILED,
    found="the station does not run",
    do="start it with `callflow serve`",
)


def _check(part: Part, organs: Sequence[Organ]) -> Check:
    if {organ.reason for organ in organs} == {Reason.NOT_RUNNING}:
        return _NOTHING_RUNS
    not_well = [organ for organ in organs if organ.state is not State.OK]
    verdicts = (_VERDICTS[organ.state] for organ in organs)
    return Check(
        part=NAMES.get(part, part.value),
        verdict=worst(verdicts),
        found="; ".join(map(_ill, not_well)) or _WELL.get(part, _all_well)(organs),
        details=tuple(
            f"since {organ.since:%Y-%m-%d %H:%M:%S} UTC: {_name(organ)}"
            for organ in not_well
            if organ.since and organ.counts
        ),
        do="; ".join(dict.fromkeys(filter(None, map(_remedy, not_well)))),
    )


def _name(organ: Organ) -> str:
    """What it is called among those of its part."""
    return "@".join(filter(None, (organ.name, organ.node))) or organ.part.value


def _ill(organ: Organ) -> str:
    said = REASONS[organ.reason][1] if organ.reason else ""
    name = f"{_name(organ)}: " if organ.name or organ.node else ""
    measured = f" ({_figure(organ)})" if organ.figure is not None else ""
    detail = f": {organ.detail}" if organ.detail and organ.part not in _SAID else ""
    return f"{name}{said}{measured}{detail}"


#: Parts whose detail is the figure's source, and not why they are ill.
_SAID = frozenset({Part.CLOCK})


def _remedy(organ: Organ) -> str:
    exact = _REMEDIES.get((organ.part, organ.reason))
    return exact if exact is not None else _REMEDIES.get((organ.part, None), "")


def _figure(organ: Organ) -> str:
    figure = organ.figure or 0.0
    if organ.unit == "bytes":
        return f"{figure / 1e9:.1f} GB left"
    if organ.unit == "percent":
        return f"{figure:.0f} % answered"
    if organ.unit == "seconds":
        return f"{figure:+.3f} s" if organ.part is Part.CLOCK else f"{figure:.3g} s"
    return f"{figure:g} {organ.unit}"


def _all_well(organs: Sequence[Organ]) -> str:
    told = [f"{_name(organ)} {_figure(organ)}" for organ in organs if organ.figure is not None]
    return listed(told) or f"{listed(map(_name, organs))}: well"


_WELL: Mapping[Part, Callable[[Sequence[Organ]], str]] = {
    Part.DATABASE: lambda organs: "can be read and written",
    Part.PROCESS: lambda organs: f"{listed(organ.name for organ in organs)} run",
    Part.ASTERISK: lambda organs: "up",
    Part.WAY_OUT: lambda organs: "what is decided leaves",
    Part.LINE: lambda organs: f"{len(organs)} lines are open",
    Part.BACKLOG: lambda organs: f"{organs[0].figure:g} signals wait",
    Part.LOGBOOK: lambda organs: "nobody else was found to write in it",
    Part.VERSION: lambda organs: organs[0].detail or "none was told",
    Part.TRUNK: lambda organs: f"{listed(organ.name for organ in organs)} carry calls",
}
