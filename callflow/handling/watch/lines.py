"""The lines that alarms arrive on, and the panels behind them that need a look."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from callflow.core.signals.signal import UNBOUND, WEBHOOK
from callflow.core.time.instants import from_iso
from callflow.core.watch.process import Process
from callflow.handling.watch.organs import BEAT_WITHIN
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.watch import lines as rows
from callflow.storage.watch.lines import DeclaredPanel, PanelClock

#: Seconds that a panel's clock may be wrong before it needs a look: the end of the window
#: (docs/explanation/signals.md#dc-09).
SKEW = 20.0
#: Why a frame was bad, as the receiver counts it, the sender's faults first.
BAD = (
    "bad_crc",
    "bad_length",
    "bad_checksum",
    "bad_key",
    "bad_message_type",
    "malformed",
    "unsupported",
    "undecryptable",
    "outside_window",
    "not_stored",
    "dropped",
    "cut",
    "refused",
    "failed",
)
_MINUTE = timedelta(minutes=1)
#: Panels' clocks that are shown beside the station's.
_WORST = 10
#: Undeclared accounts told of at once.
_STRANGERS = 50


class Trouble(StrEnum):
    """Why a panel needs a look."""

    SILENT = "silent"  # its polls are missing
    UNTESTED = "untested"  # the test that was due did not come
    WRONG_CLOCK = "wrong_clock"
    KEY_MISSING = "key_missing"  # it encrypts, and no key was declared
    KEY_WRONG = "key_wrong"  # what it sends can't be decrypted with its key
    WRONG_LINE = "wrong_line"  # heard elsewhere than declared


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One of the doors signals come through. Counters are since its process began."""

    name: str
    protocol: str
    mode: str = "server"  # server, client, udp
    state: str  # listening, connected, reconnecting, down (its process says nothing)
    peer: str = ""
    last_at: datetime | None = None  # the last good message
    per_minute: float = 0.0
    received: int | None = None  # None: not counted on this line
    bad: dict[str, int] = field(default_factory=dict)  # of BAD, those that are not 0
    heartbeat: str = "none"  # none (nothing sends one), ok, lost

    @property
    def well(self) -> bool:
        """True where an alarm could arrive on it now, as far as anybody can tell."""
        return self.state in ("listening", "connected") and self.heartbeat != "lost"


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """An account as declared and as heard. ``skew``: seconds its clock is ahead of ours."""

    account: str
    site: str | None
    site_name: str
    line: str | None  # where it is declared to be heard
    last_line: str
    last_heard: datetime | None
    skew: float | None
    poll_every: float | None  # seconds
    test_every: float | None  # hours
    test_due: datetime | None
    keyed: bool
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelClocks:
    """How many panels' clocks are wrong by more than ``limit`` seconds, and the worst of all."""

    limit: float
    wrong: int
    worst: Sequence[PanelClock]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stranger:
    """An account that is heard and belongs to no site."""

    account: str
    line: str = ""
    last_heard: datetime | None = None
    signals: int = 0  # among the station's newest
    key_missing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Everything that the lines page shows."""

    lines: list[Line]
    connections: int
    not_stored_since: datetime | None
    panels: list[Panel]
    next: str | None  # the account after which the next page of panels begins
    troubles: dict[str, int]  # how many accounts are silent, untested, ...; ``accounts``: all
    strangers: list[Stranger]
    #: {a line that accounts are declared with and that is not there: how many do}
    closed: dict[str, int] = field(default_factory=dict)


def clocks(tx: Tx) -> PanelClocks:
    """The panels' clocks, beside the station's own."""
    wrong = rows.count_troubles(tx, skew=SKEW)[Trouble.WRONG_CLOCK]
    return PanelClocks(limit=SKEW, wrong=wrong, worst=rows.worst_clocks(tx, limit=_WORST))


def lines(
    tx: Tx, now: datetime, *, begins: str | None = None, after: str = "", limit: int = 50
) -> Lines:
    """Lines, and one page of the panels that need a look, or whose account ``begins`` so."""
    processes = users.processes(tx)
    told = _told(processes, now)
    missing, wrong = (_accounts(told, f"{which}_key_accounts") for which in ("missing", "wrong"))
    found = rows.panels(
        tx, skew=SKEW, keyless=missing | wrong, begins=begins, after=after, limit=limit + 1
    )
    shown = found[:limit]
    judged = [_panel(row, missing, wrong) for row in shown]
    receivers = [process.state for process in processes if process.role == "receiver"]
    not_stored = [_instant(state.get("not_stored_since")) for state in receivers]
    every = [_line(row, alive) for row, alive in told] + _others(tx, processes, told, now)
    return Lines(
        lines=every,
        connections=sum(int(_number(state.get("connections"))) for state in receivers),
        not_stored_since=min((at for at in not_stored if at), default=None),
        panels=[panel for panel in judged if panel.troubles or begins is not None],
        next=shown[-1].account if len(found) > limit else None,
        troubles=rows.count_troubles(tx, skew=SKEW) | {"key": len(missing | wrong)},
        strangers=_strangers(tx, missing, begins),
        closed=_closed(every, rows.declared_lines(tx)),
    )


def _closed(there: Sequence[Line], declared: Mapping[str, int]) -> dict[str, int]:
    """Lines that accounts are declared with, or receivers of lines, and that are not there."""
    names = {line.name.partition(" ")[0] for line in there}
    return {line: n for line, n in declared.items() if line.partition("/")[0] not in names}


# --- what the processes said of their lines -----------------------------------------------------


def _told(processes: Sequence[Process], now: datetime) -> list[tuple[Mapping[str, Any], bool]]:
    """(a line as its process told it last, whether that process lives); with several receivers
    each line's name says whose it is."""
    receivers = [process for process in processes if process.role == "receiver"]
    others = [process for process in processes if process.role != "receiver"]
    return [
        (_named(line, process, several=len(receivers) > 1), _lives(process, now))
        for process in [*receivers, *others]
        for line in process.state.get("lines", ())
    ]


def _named(line: Mapping[str, Any], process: Process, *, several: bool) -> Mapping[str, Any]:
    return {**line, "line": f"{line.get('line', '?')} {process.node}"} if several else line


def _lives(process: Process, now: datetime) -> bool:
    return bool(now - process.beat_at <= BEAT_WITHIN)


def _accounts(told: Sequence[tuple[Mapping[str, Any], bool]], name: str) -> set[str]:
    return {str(account) for line, _ in told for account in line.get(name, ())}


def _line(row: Mapping[str, Any], alive: bool) -> Line:
    name = str(row.get("line", "?"))
    return Line(
        name=name,
        protocol=str(row.get("protocol") or name.partition("-")[0]),
        mode=str(row.get("mode") or ("udp" if name.endswith("udp") else "server")),
        state=str(row.get("state") or "listening") if alive else "down",
        peer=str(row.get("peer") or ""),
        last_at=_instant(row.get("last_at")),
        per_minute=float(_number(row.get("per_minute"))) if alive else 0.0,
        received=int(_number(row.get("received"))),
        bad=_bad(row),
        heartbeat=str(row.get("heartbeat") or "none"),
    )


def _others(
    tx: Tx,
    processes: Sequence[Process],
    told: Sequence[tuple[Mapping[str, Any], bool]],
    now: datetime,
) -> list[Line]:
    """The phone and the webhook: what came by them is read from the signals themselves."""
    living = [process for process in processes if _lives(process, now)]
    web = any(process.role == "web" for process in living)
    phone = any(
        process.state.get("asterisk") == "up" for process in living if process.role == "telephony"
    )
    wanted = {"phone": ("contact-id", phone), "webhook": ("https", web)}
    panels: Counter[str] = Counter()
    for process in processes:
        panels.update(process.state.get("panels", {}))
    counts: dict[str, Counter[str]] = {"phone": panels}
    for line, _ in told:
        wanted.pop(str(line.get("line")), None)
    heard = rows.heard_by_line(tx, [*wanted, UNBOUND], now - _MINUTE)
    if UNBOUND in heard:  # a program's too, whatever its token names
        (last, count), (other, more) = heard.pop(UNBOUND), heard.get(WEBHOOK, (None, 0))
        heard[WEBHOOK] = max(filter(None, (last, other))), count + more
    return [
        Line(
            name=name,
            protocol=protocol,
            state="listening" if up else "down",
            last_at=heard.get(name, (None, 0))[0],
            per_minute=float(heard.get(name, (None, 0))[1]),
            received=counts.get(name, Counter()).get("received"),
            bad=_bad(counts.get(name, Counter())),
        )
        for name, (protocol, up) in wanted.items()
    ]


def _bad(counts: Mapping[str, Any]) -> dict[str, int]:
    return {why: int(counts[why]) for why in BAD if _number(counts.get(why))}


def _number(value: Any) -> float:
    return value if isinstance(value, (int, float)) else 0


def _instant(value: Any) -> datetime | None:
    try:
        return from_iso(value) if isinstance(value, str) else None
    except ValueError:
        return None


# --- panels -------------------------------------------------------------------------------------


def _panel(one: DeclaredPanel, missing: set[str], wrong: set[str]) -> Panel:
    account = one.account
    # A key that was declared since then is tried with the panel's next frame.
    judged = {
        Trouble.SILENT: one.silent,
        Trouble.UNTESTED: one.untested,
        Trouble.WRONG_CLOCK: one.wrong_clock,
        Trouble.KEY_MISSING: account in missing and not one.keyed,
        Trouble.KEY_WRONG: account in wrong and one.keyed,
        Trouble.WRONG_LINE: one.wrong_line,
    }
    kept = ("line", "last_line", "last_heard", "skew", "poll_every", "test_every", "test_due")
    return Panel(
        **{name: getattr(one, name) for name in kept},
        account=account,
        site=one.site_id,
        site_name=one.site_name or "",
        keyed=bool(one.keyed),
        troubles=tuple(trouble for trouble, has in judged.items() if has),
    )


def _strangers(tx: Tx, missing: set[str], begins: str | None) -> list[Stranger]:
    """Accounts of no site: those that sent something, and those that nobody could decrypt."""
    found = rows.unknown_accounts(tx, limit=_STRANGERS)
    undeclared = missing - rows.declared(tx, missing)
    strangers = [Stranger(**asdict(one), key_missing=one.account in undeclared) for one in found]
    unheard = sorted(undeclared - {one.account for one in found})
    strangers += [Stranger(account=account, key_missing=True) for account in unheard]
    return [s for s in strangers if s.account.startswith(begins or "")]
