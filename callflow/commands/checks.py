"""What the doctor looks at, part by part: what was found, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from statistics import median
from typing import Any

from callflow.handling.watch.lines import Line, Lines, Panel, Trouble

#: Signals that may wait for the engine before somebody should look.
LONG_BACKLOG = 1000
#: Seconds that most panels' clocks differ from ours by before it is ours that is doubted.
OUR_SKEW = 5.0
#: Panels whose clocks were seen before they say anything about ours.
ENOUGH_PANELS = 5
#: Bytes left for the data folder below which somebody should look, and below which it is too late.
LITTLE_SPACE, NO_SPACE = 2_000_000_000, 200_000_000
#: A process that began again so recently, and so often, does not live well.
_RESTARTED, _OFTEN = timedelta(minutes=10), 3
_NOT_THE_RECEIVERS = ("phone", "webhook")
#: An account that nobody declared is told of for so long after it was heard.
_STRANGE = timedelta(hours=24)


class Verdict(StrEnum):
    """How one part is, from well to worst."""

    OK = "ok"
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


#: How a part is, before it is called by its name.
_Found = partial[Check]


def _told(verdict: Verdict) -> Callable[..., _Found]:
    def told(found: str, do: str = "", details: Iterable[str] = ()) -> _Found:
        return partial(Check, verdict=verdict, found=found, do=do, details=tuple(details))

    return told


_well, _look, _failed = map(_told, Verdict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the doctor saw at ``now``. ``synchronised``: what the kernel says of its clock."""

    now: datetime
    health: Mapping[str, Any]  # health.health
    lines: Lines
    skews: Sequence[float]  # seconds that panels' clocks are ahead of ours
    latest_beat: datetime | None
    free: int | None  # bytes for the data folder
    synchronised: bool | None = None
    ways: Sequence[str] = ()  # what messages may go out on: outbox.Channel
    mail_trouble: str = ""  # what is wrong with the way to the mail server
    printer_trouble: str = ""  # what is wrong with the first printer that has something
    open_folder: bool = False  # others of the host may look into the data folder
    open_tokens: Sequence[str] = ()  # panels' programs that speak for no account
    demos: Sequence[str] = ()  # people and programs of the demo that this station lets in
    undecoded: int = 0  # sites whose cameras nothing here can decode: ffmpeg is missing


def examine(facts: Facts) -> list[Check]:
    """Every part, in the order in which faults explain each other."""
    return [look(facts)(part=part) for part, look in _PARTS.items()]


def worst(checks: Iterable[Check]) -> Verdict:
    """How the whole is."""
    order = list(Verdict)
    return max((check.verdict for check in checks), key=order.index, default=Verdict.OK)


def _folder(facts: Facts) -> _Found:
    if not facts.open_folder:
        return _well("is the station's own account's")
    return _failed(
        "other users of this host may open the data folder",
        "chmod 0700 it: who holds its locks stops every acknowledgement",
    )


def _way_out(facts: Facts) -> _Found:
    if facts.health.get("held"):
        return _failed(
            "restored from a backup and held: no call, no message leaves",
            "once the station that it was made from is off: `callflow release`, or the page"
            " /settings/backup",
        )
    if facts.health.get("shadow"):
        return _look("in shadow: another station acts", "unset CALLFLOW_SHADOW, then restart")
    return _well("what is decided leaves")


def _demos(facts: Facts) -> _Found:
    if not facts.demos:
        return _well("nobody of it is let in by a station")
    return _failed(
        f"the demo's may log in: {_list(facts.demos)}",
        "everybody knows their password: `callflow serve` shuts them out at its start; add people"
        " with `callflow user add`",
    )


def _tokens(facts: Facts) -> _Found:
    if not facts.open_tokens:
        return _well("each panel's names the accounts that it speaks for")
    return _look(
        f"speak for no account, so they open alarms and end none: {_list(facts.open_tokens)}",
        "make others with `callflow token create --role panel --account …`, then revoke these",
    )


def _cameras(facts: Facts) -> _Found:
    if not facts.undecoded:
        return _well("what is declared can be decoded")
    return _look(
        f"ffmpeg is missing: {facts.undecoded} sites have rtsp cameras",
        "install it (apt-get install ffmpeg): until then these give no image and no clip",
    )


def _database(facts: Facts) -> _Found:
    database = facts.health.get("database", {})
    if not database.get("writable", True):
        return _failed(
            f"can't be written: {database.get('reason') or 'unknown reason'}",
            "free the disk, make it writable or bring the database server back; panels send again"
            " by themselves",
            [f"since {database.get('since')}: nothing is stored, hence nothing acknowledged"],
        )
    free = facts.free
    if free is not None and free < LITTLE_SPACE:
        return (_look if free >= NO_SPACE else _failed)(
            f"only {free / 1e9:.1f} GB are left for the data folder",
            "make room: a full disk stores nothing, and what is not stored is not acknowledged",
        )
    room = "" if free is None else f", {free / 1e9:.0f} GB left for the data folder"
    return _well(f"can be read and written{room}")


def _processes(facts: Facts) -> _Found:
    missing, running = facts.health["missing"], facts.health["processes"]
    if not running:
        return _failed("the station does not run", "start it with `callflow serve`")
    if missing:
        return (_failed if {"receiver", "engine"} & set(missing) else _look)(
            f"missing: {_list(missing)}",
            f"the supervisor should begin them again: see logs/{missing[0]}.log",
        )
    if restless := [row for row in running if _is_restless(row, facts.now)]:
        return _look(
            "; ".join(f"{r['role']} began again {r['restarts']} times" for r in restless),
            f"see logs/{restless[0]['role']}.log",
        )
    return _well(f"{_list(row['role'] for row in running)} run")


def _is_restless(row: Mapping[str, Any], now: datetime) -> bool:
    since = datetime.fromisoformat(row["since"])
    return row["restarts"] >= _OFTEN and now - since < _RESTARTED


def _asterisk(facts: Facts) -> _Found:
    if "telephony" in facts.health["missing"]:
        return _failed("nobody knows: the telephony process does not run", "see `processes` above")
    if facts.health["asterisk"] != "up":
        return _failed(
            "no link to it: nobody can be called",
            "see logs/ and asterisk/ in the data folder; with an Asterisk of your own, whether it"
            " runs and CALLFLOW_AMI_PORT, _USER and _SECRET are its",
        )
    if away := [node for node in facts.health.get("nodes", ()) if node["state"] != "ready"]:
        return _look(
            _list(f"{n['node']} on {n['host']} is {n['state']}" for n in away),
            "the other nodes place its calls: see power and network of that machine, then"
            " `callflow doctor` and logs/ there",
        )
    return _well(f"up, {facts.health.get('live_calls', 0)} calls live")


def _lines(facts: Facts) -> _Found:
    all_lines = facts.lines.lines
    ill = [line for line in all_lines if not line.well]
    told = [_of_line(line, facts.now) for line in all_lines]
    if all(line.name in _NOT_THE_RECEIVERS for line in all_lines):
        return _failed(
            "the receiver never said which it has", "start the station with `callflow serve`", told
        )
    if ill:
        return _failed(
            f"{_list(line.name for line in ill)}: no alarm can arrive",
            "; ".join(dict.fromkeys(_remedy(line) for line in ill)),
            told,
        )
    if facts.lines.closed:
        names = [f"{name} ({n} accounts)" for name, n in facts.lines.closed.items()]
        return _look(
            f"{_list(names)}: accounts are declared with a line that is not there",
            "declare the line in CALLFLOW_LINES (Sur-Gard and SIA DC-07 are heard nowhere else),"
            " or correct the accounts: what does not come by its line ends no alarm",
            told,
        )
    return _well(f"{len(told)} lines are open", details=told)


def _of_line(line: Line, now: datetime) -> str:
    words = [
        f"{line.name} ({line.protocol}, {line.mode}{f', {line.peer}' if line.peer else ''})",
        line.state,
        f"last heard {_ago(line.last_at, now)}",
        f"{line.per_minute:.0f} a minute",
    ]
    if line.heartbeat != "none":
        words.append(f"heartbeat {line.heartbeat}")
    words += [f"{why} {count}" for why, count in line.bad.items()]
    return " · ".join(words)


def _remedy(line: Line) -> str:
    if line.state == "down":
        return "see the process that has the line, above"
    if line.state == "reconnecting":
        return f"{line.name}: is the receiver on, and is its address right?"
    return f"{line.name}: look at the receiver and its cable"


_REMEDIES = {
    Trouble.SILENT: "silent: call the site or its technician, its polls are missing",
    Trouble.UNTESTED: "untested: ask for a test of the panel",
    Trouble.WRONG_CLOCK: "wrong clock: have the panel's clock set",
    Trouble.WRONG_LINE: "wrong line: correct the site, or ask why it sends elsewhere",
    Trouble.KEY_MISSING: "key missing: declare the account's dc09_key",
    Trouble.KEY_WRONG: "wrong key: compare the account's dc09_key with the panel's",
}


def _panels(facts: Facts) -> _Found:
    shown, counts = facts.lines.panels, dict(facts.lines.troubles)
    accounts = counts.pop("accounts", 0)
    if not shown:
        return _well(f"nothing is wrong with {accounts} accounts")
    more = ("further ones: on the page /lines, or by GET /api/v1/lines",)
    troubles = [t for t in Trouble if any(t in panel.troubles for panel in shown)]
    return _look(
        ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n),
        "; ".join(_REMEDIES[trouble] for trouble in troubles),
        [_of_panel(panel, facts.now) for panel in shown]
        + list(more if facts.lines.next is not None else ()),
    )


def _of_panel(panel: Panel, now: datetime) -> str:
    words = [panel.account, _list(t.value.replace("_", " ") for t in panel.troubles)]
    words.append(f"last heard {_ago(panel.last_heard, now)}")
    if panel.last_line:
        words.append(f"on {panel.last_line}")
    if panel.line and Trouble.WRONG_LINE in panel.troubles:
        words.append(f"declared on {panel.line}")
    if panel.skew is not None:
        words.append(f"clock {panel.skew:+.0f} s")
    return " · ".join(words)


def _strangers(facts: Facts) -> _Found:
    recent = [
        s
        for s in facts.lines.strangers
        if s.key_missing or (s.last_heard and facts.now - s.last_heard < _STRANGE)
    ]
    if not recent:
        return _well("every account is declared")
    return _look(
        f"{len(recent)} accounts of no site were heard",
        "declare them in their site (PUT /api/v1/sites/…), or have them stopped",
        [
            f"{s.account} · last heard {_ago(s.last_heard, facts.now)}"
            + (f" on {s.line}" if s.line else "")
            + (" · encrypted, key missing" if s.key_missing else "")
            for s in recent
        ],
    )


def _backlog(facts: Facts) -> _Found:
    waiting = facts.health["backlog"]
    if waiting <= LONG_BACKLOG:
        return _well(f"{waiting} signals wait")
    return _look(
        f"{waiting} signals wait to be correlated, vital ones first",
        "see whether the engine runs, and which panel floods (page /lines)",
    )


def _messages(facts: Facts) -> _Found:
    if facts.mail_trouble:
        return _look(
            f"no mail can leave: {facts.mail_trouble}",
            "see whether the mail server runs, and CALLFLOW_SMTP_HOST, _PORT, _SECURITY, _USER and"
            " _PASSWORD; what can't be delivered comes to the operators' queue",
        )
    if facts.printer_trouble:
        return _look(
            f"nothing is printed: {facts.printer_trouble}",
            "see whether the printer, or the CUPS before it, runs, and CALLFLOW_PRINTERS",
        )
    ways = f"{_list(facts.ways)} set up"
    return _well(ways if facts.ways else "no way out is set up but the phone")


def _logbook(facts: Facts) -> _Found:
    found = facts.health.get("logbook", {})
    if not found.get("ours", True):
        return _look(
            f"somebody without the station's key wrote in it (found {found['since']})",
            "see `callflow logbook verify`, and who can write the database",
        )
    if found.get("trouble"):
        return _look(
            f"its seals are not remembered outside the database: {found['trouble']}",
            "see CALLFLOW_LOGBOOK_ANCHOR and CALLFLOW_LOGBOOK_ANCHOR_COPIES",
        )
    return _well("nobody else was found to write in it")


_SYNCHRONISED = {
    True: "synchronised",
    False: "the kernel knows of nobody who sets it: run chrony or another NTP client",
    None: "nothing speaks against it",
}


def _clock(facts: Facts) -> _Found:
    """Ours, as far as others can tell: what processes wrote, and what panels show."""
    beat = facts.latest_beat
    if beat is not None and beat - facts.now > timedelta(seconds=2):
        ahead = (beat - facts.now).total_seconds()
        return _failed(
            f"a process lives {ahead:.0f} s in the future: this clock was set back",
            "set the clock by NTP (chrony); do not jump it while the station runs",
        )
    usual = median(facts.skews) if len(facts.skews) >= ENOUGH_PANELS else 0.0
    if abs(usual) > OUR_SKEW:
        return _look(
            f"most panels' clocks are {usual:+.0f} s from ours: is it ours that is wrong?",
            "compare with an NTP server; encrypted panels outside the window are refused",
        )
    return _well(_SYNCHRONISED[facts.synchronised])


#: What is looked at for each part: faults of the first explain those of the others.
_PARTS: Mapping[str, Callable[[Facts], _Found]] = {
    "folder": _folder,
    "way out": _way_out,
    "demo": _demos,
    "tokens": _tokens,
    "database": _database,
    "processes": _processes,
    "asterisk": _asterisk,
    "lines": _lines,
    "panels": _panels,
    "strangers": _strangers,
    "backlog": _backlog,
    "messages": _messages,
    "cameras": _cameras,
    "logbook": _logbook,
    "clock": _clock,
}


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = max(0, round((now - at).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
