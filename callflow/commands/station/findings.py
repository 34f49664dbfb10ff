"""What the doctor finds beside the organs: what somebody should put right, sooner or later. Pure.

None of it changes the station's verdict (core/watch/organs.py), which is the same everywhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

from callflow.commands.station.checks import Check, Verdict, listed
from callflow.handling.watch.lines import Line, Lines, Panel, Trouble

#: Seconds that most panels' clocks differ from ours by before it is ours that is doubted.
OUR_SKEW = 5.0
#: Panels whose clocks were seen before they say anything about ours.
ENOUGH_PANELS = 5
#: An account that nobody declared is told of for so long after it was heard.
_STRANGE = timedelta(hours=24)


#: How a part is, before it is called by its name.
_Found = partial[Check]


def _told(verdict: Verdict) -> Callable[..., _Found]:
    def told(found: str, do: str = "", details: Iterable[str] = ()) -> _Found:
        return partial(Check, verdict=verdict, found=found, do=do, details=tuple(details))

    return told


_well, _look, _failed = map(_told, (Verdict.OK, Verdict.LOOK, Verdict.FAILED))


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the doctor saw at ``now``."""

    now: datetime
    lines: Lines
    skews: Sequence[float] = ()  # seconds that panels' clocks are ahead of ours
    ways: Sequence[str] = ()  # what messages may go out on: outbox.Channel
    mail_trouble: str = ""  # what is wrong with the way to the mail server
    printer_trouble: str = ""  # what is wrong with the first printer that has something
    open_folder: bool = False  # others of the host may look into the data folder
    open_tokens: Sequence[str] = ()  # panels' programs that speak for no account
    demos: Sequence[str] = ()  # people and programs of the demo that this station lets in
    absent: Sequence[str] = ()  # addresses to listen at that no interface has, and whose setting
    in_clear: bool = False  # pages are seen beyond this machine without TLS
    nameless: bool = False  # a proxy is trusted, and no public name is known
    undecoded: int = 0  # sites whose cameras nothing here can decode: ffmpeg is missing


def examine(facts: Facts) -> list[Check]:
    """Everything that is looked at."""
    return [look(facts)(part=part) for part, look in _PARTS.items()]


def _folder(facts: Facts) -> _Found:
    if not facts.open_folder:
        return _well("is the station's own account's")
    return _failed(
        "other users of this host may open the data folder",
        "chmod 0700 it: who holds its locks stops every acknowledgement",
    )


def _addresses(facts: Facts) -> _Found:
    if facts.absent:
        return _failed(
            "something listens nowhere",
            "correct the setting, or give the interface its address",
            facts.absent,
        )
    if facts.in_clear:
        return _look(
            "the pages are seen beyond this machine in clear, passwords with them",
            "set CALLFLOW_TLS_CERTIFICATE and CALLFLOW_TLS_KEY, or put a proxy that has a"
            " certificate before them and CALLFLOW_WEB_BIND back on 127.0.0.1",
        )
    if facts.nameless:
        return _look(
            "a proxy is trusted, and the pages have no public name",
            "set CALLFLOW_PUBLIC_URL: without it telephones behind the proxy are refused",
        )
    return _well("everything listens where it should")


def _demos(facts: Facts) -> _Found:
    if not facts.demos:
        return _well("nobody of it is let in by a station")
    return _failed(
        f"the demo's may log in: {listed(facts.demos)}",
        "everybody knows their password: `callflow serve` shuts them out at its start; add people"
        " with `callflow user add`",
    )


def _tokens(facts: Facts) -> _Found:
    if not facts.open_tokens:
        return _well("each panel's names the accounts that it speaks for")
    return _look(
        f"speak for no account, so they open alarms and end none: {listed(facts.open_tokens)}",
        "make others with `callflow token create --role panel --account …`, then revoke these",
    )


def _cameras(facts: Facts) -> _Found:
    if not facts.undecoded:
        return _well("what is declared can be decoded")
    return _look(
        f"ffmpeg is missing: {facts.undecoded} sites have rtsp cameras",
        "install it (apt-get install ffmpeg): until then these give no image and no clip",
    )


def _undeclared_lines(facts: Facts) -> _Found:
    if not facts.lines.closed:
        return _well("each that accounts are declared with is there")
    names = [f"{name} ({n} accounts)" for name, n in facts.lines.closed.items()]
    return _look(
        f"{listed(names)}: accounts are declared with a line that is not there",
        "declare the line in CALLFLOW_LINES (Sur-Gard and SIA DC-07 are heard nowhere else), or"
        " correct the accounts: what does not come by their line ends no alarm",
    )


def of_line(line: Line, now: datetime) -> str:
    """A line with what came by it."""
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


def of_trunk(told: Mapping[str, Any]) -> str:
    """A trunk, as ``GET health`` tells of it, and whether its carrier has it registered; "" where
    it needs none, or nobody knows."""
    if told.get("registered") is None:
        return ""
    is_it = "registered" if told["registered"] else "not registered"
    return f"{told['name']}@{told['node']}: {is_it} with its carrier"


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
    words = [panel.account, listed(t.value.replace("_", " ") for t in panel.troubles)]
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
    ways = f"{listed(facts.ways)} set up"
    return _well(ways if facts.ways else "no way out is set up but the phone")


def _panel_clocks(facts: Facts) -> _Found:
    """Ours, as far as others can tell."""
    usual = median(facts.skews) if len(facts.skews) >= ENOUGH_PANELS else 0.0
    if abs(usual) <= OUR_SKEW:
        return _well("panels' agree with ours, as far as they were seen")
    return _look(
        f"most panels' clocks are {usual:+.0f} s from ours: is it ours that is wrong?",
        "compare with an NTP server; encrypted panels outside the window are refused",
    )


#: What is looked at, by what it is called.
_PARTS: Mapping[str, Callable[[Facts], _Found]] = {
    "folder": _folder,
    "addresses": _addresses,
    "demo": _demos,
    "tokens": _tokens,
    "declared": _undeclared_lines,
    "panels": _panels,
    "strangers": _strangers,
    "messages": _messages,
    "cameras": _cameras,
    "skews": _panel_clocks,
}


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = max(0, round((now - at).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
