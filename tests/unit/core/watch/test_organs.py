"""Each organ's state from facts, and the one verdict: a table of plugs, each pulled alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.watch import facts as of
from callflow.core.watch.examination import judge, unread
from callflow.core.watch.facts import Facts
from callflow.core.watch.latency import LIMITS
from callflow.core.watch.organs import Organ, Part, Reason, State, called, dated, verdict
from callflow.texts.station.costs import COSTS, cost

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3)
ROLES = ("engine", "receiver", "telephony", "web")
MACHINE = of.Machine(
    host="alpha",
    free=80_000_000_000,
    clock=of.Clock(source="chrony", synchronised=True, offset=0.0004, stratum=3),
    certificates=[of.Certificate(name="web", ends_at=NOW + timedelta(days=60))],
)
WELL = Facts(
    roles=[of.Role(role=role, alive=1, begun=LONG_AGO, heard=NOW) for role in ROLES],
    exchanges=[of.Exchange(node="node0", up=True)],
    trunks=[of.Trunk(name="alpha", node="node0", state="up", since=LONG_AGO)],
    lines=[of.Line(name="dc09-tcp", state="listening")],
    machines=[MACHINE],
    backup=of.Backup(wanted=True, last_at=NOW - timedelta(hours=5)),
    versions=["0.1.0"],
    delays=[of.Delay(measure="acknowledgement", process="receiver", usual=0.01)],
)


def role(name: str, **changes: Any) -> Facts:
    roles = [replace(one, **changes) if one.role == name else one for one in WELL.roles]
    return replace(WELL, roles=roles)


def machine(**changes: Any) -> Facts:
    return replace(WELL, machines=[replace(MACHINE, **changes)])


def trunk(name: str = "alpha", **changes: Any) -> of.Trunk:
    fields: dict[str, Any] = dict(name=name, node="node0", state="up")
    return of.Trunk(**fields | changes)


def certificate(ends_at: datetime | None, problem: str = "") -> Facts:
    return machine(certificates=[of.Certificate(name="web", ends_at=ends_at, problem=problem)])


def clock(**told: Any) -> Facts:
    return machine(clock=of.Clock(**told))


def ill(facts: Facts) -> list[tuple[str, State, Reason | None]]:
    organs = judge(facts, NOW)
    names = called(organs)
    return [
        (name, organ.state, organ.reason)
        for name, organ in zip(names, organs, strict=True)
        if organ.state is not State.OK
    ]


def test_all_is_well() -> None:
    organs = judge(WELL, NOW)
    assert verdict(organs) is State.OK
    assert called(organs) == [
        "database",
        "disk",
        "process:engine",
        "process:receiver",
        "process:telephony",
        "process:web",
        "asterisk",
        "trunk:alpha",
        "way_out",
        "line:dc09-tcp",
        "backlog",
        "clock",
        "certificate:web",
        "backup",
        "logbook",
        "version",
        "latency:acknowledgement",
    ]
    assert all(organ.reason is None for organ in organs)


#: {a plug: (facts once it is pulled, the one organ that is ill, its state, why, the verdict)}
PLUGS: dict[str, tuple[Facts, str, State, Reason, State]] = {
    "the database can't be written": (
        replace(WELL, database=of.Database(writable=False, since=NOW, reason="disk is full")),
        *("database", State.FAILED, Reason.NOT_WRITABLE, State.FAILED),
    ),
    "the database does not answer": (
        replace(WELL, database=of.Database(readable=False, since=NOW)),
        *("database", State.UNKNOWN, Reason.NOT_READ, State.DEGRADED),
    ),
    "little space": (
        machine(free=1_999_999_999),
        *("disk", State.DEGRADED, Reason.LITTLE_SPACE, State.DEGRADED),
    ),
    "no space": (
        machine(free=199_999_999),
        *("disk", State.FAILED, Reason.NO_SPACE, State.FAILED),
    ),
    "a disk that can't be looked at": (
        machine(free=None),
        *("disk", State.UNKNOWN, Reason.NOT_MEASURED, State.DEGRADED),
    ),
    **{
        f"no {name}": (
            role(name, alive=0),
            *(f"process:{name}", State.FAILED, Reason.NOT_RUNNING),
            State.DEGRADED if name == "web" else State.FAILED,
        )
        for name in ROLES
    },
    "a process that begins again and again": (
        role("engine", relapses=7, begun=NOW - timedelta(minutes=1)),
        *("process:engine", State.DEGRADED, Reason.RESTLESS, State.DEGRADED),
    ),
    "a process that does nothing else": (
        role("engine", relapses=10, begun=NOW - timedelta(minutes=1)),
        *("process:engine", State.FAILED, Reason.RESTLESS, State.FAILED),
    ),
    "a process whose work fails beside the rest": (
        role("engine", failing=("Engine._erase",)),
        *("process:engine", State.DEGRADED, Reason.ERRORS, State.DEGRADED),
    ),
    "Asterisk": (
        replace(WELL, exchanges=[of.Exchange(node="node0", up=False, since=NOW)]),
        *("asterisk", State.FAILED, Reason.NO_LINK, State.FAILED),
    ),
    "a node that says nothing": (
        replace(WELL, exchanges=[*WELL.exchanges, of.Exchange(node="node1", up=None)]),
        *("asterisk@node1", State.UNKNOWN, Reason.SILENT, State.DEGRADED),
    ),
    "one of two nodes' Asterisks": (
        replace(WELL, exchanges=[*WELL.exchanges, of.Exchange(node="node1", up=False)]),
        *("asterisk@node1", State.FAILED, Reason.NO_LINK, State.DEGRADED),
    ),
    "the only trunk": (
        replace(WELL, trunks=[trunk(state="down")]),
        *("trunk:alpha", State.FAILED, Reason.NO_CALLS, State.FAILED),
    ),
    "the only trunk that is used": (
        replace(WELL, trunks=[trunk(state="down"), trunk("beta", state="disabled")]),
        *("trunk:alpha", State.FAILED, Reason.NO_CALLS, State.FAILED),
    ),
    "one of two trunks": (
        replace(WELL, trunks=[trunk(state="down"), trunk("beta")]),
        *("trunk:alpha", State.FAILED, Reason.NO_CALLS, State.DEGRADED),
    ),
    "a registration": (
        replace(WELL, trunks=[trunk(state="unregistered", registered=False)]),
        *("trunk:alpha", State.DEGRADED, Reason.NOT_REGISTERED, State.DEGRADED),
    ),
    "a registration, just now": (
        replace(WELL, trunks=[trunk(registered=False)]),
        *("trunk:alpha", State.DEGRADED, Reason.NOT_REGISTERED, State.DEGRADED),
    ),
    "a trunk that nobody answers": (
        replace(WELL, trunks=[trunk(state="unanswered", answer_rate=0.02)]),
        *("trunk:alpha", State.DEGRADED, Reason.UNANSWERED, State.DEGRADED),
    ),
    "a station that was restored": (
        replace(WELL, held=True),
        *("way_out", State.FAILED, Reason.HELD, State.DEGRADED),
    ),
    "a receiver's cable": (
        replace(WELL, lines=[*WELL.lines, of.Line(name="surgard", state="reconnecting")]),
        *("line:surgard", State.FAILED, Reason.NOT_CONNECTED, State.FAILED),
    ),
    "a heartbeat": (
        replace(WELL, lines=[of.Line(name="surgard", state="connected", heartbeat="lost")]),
        *("line:surgard", State.FAILED, Reason.NO_HEARTBEAT, State.FAILED),
    ),
    "a line whose process is dead": (
        replace(WELL, lines=[of.Line(name="surgard", state="down")]),
        *("line:surgard", State.UNKNOWN, Reason.SILENT, State.DEGRADED),
    ),
    "an engine that does not keep up": (
        replace(WELL, backlog=1001),
        *("backlog", State.DEGRADED, Reason.LONG, State.DEGRADED),
    ),
    "a clock that nobody sets": (
        clock(source=""),
        *("clock", State.UNKNOWN, Reason.NO_SOURCE, State.DEGRADED),
    ),
    "a clock without its servers": (
        clock(source="chrony", synchronised=False),
        *("clock", State.DEGRADED, Reason.NOT_SYNCHRONISED, State.DEGRADED),
    ),
    "a clock that is wrong": (
        clock(source="chrony", synchronised=True, offset=-1.5),
        *("clock", State.FAILED, Reason.OFF, State.DEGRADED),
    ),
    "a clock that jumped": (
        clock(source="chrony", synchronised=True, offset=0.0, jumped=1.5),
        *("clock", State.FAILED, Reason.JUMPED, State.DEGRADED),
    ),
    "a clock that jumped an hour back, though nobody is to ask it": (
        clock(source="none", jumped=-3600.0),
        *("clock", State.FAILED, Reason.JUMPED, State.FAILED),
    ),
    "a clock that goes apart from the others": (
        clock(source="kernel", synchronised=True, apart=-2.0),
        *("clock", State.FAILED, Reason.APART, State.DEGRADED),
    ),
    "a clock whose limits are others": (
        clock(source="chrony", synchronised=True, offset=1.5, off=0.5, wrong=1.2),
        *("clock", State.FAILED, Reason.OFF, State.FAILED),
    ),
    "a clock that is far off": (
        clock(source="timesyncd", synchronised=True, offset=7.0),
        *("clock", State.FAILED, Reason.OFF, State.FAILED),
    ),
    "a clock that one carrier says is wrong": (
        clock(source="chrony", synchronised=True, offset=0.0, carriers={"a": 9.0, "b": 0.0}),
        *("clock", State.DEGRADED, Reason.CARRIERS_APART, State.DEGRADED),
    ),
    "a clock that nobody sets, and one carrier": (
        clock(source="kernel", synchronised=True, carriers={"a": 9.0}),
        *("clock", State.DEGRADED, Reason.CARRIERS_APART, State.DEGRADED),
    ),
    "a clock that nobody sets, and all carriers": (
        clock(source="kernel", synchronised=True, carriers={"a": 3.0, "b": 2.0}),
        *("clock", State.FAILED, Reason.CARRIERS_APART, State.DEGRADED),
    ),
    "a clock that is far off by all carriers": (
        clock(source="none", carriers={"a": -9.0, "b": -8.0}),
        *("clock", State.FAILED, Reason.CARRIERS_APART, State.FAILED),
    ),
    "a clock that was set back": (
        replace(WELL, ahead=60.0),
        *("clock", State.FAILED, Reason.SET_BACK, State.FAILED),
    ),
    "a certificate that ends soon": (
        certificate(NOW + timedelta(days=13)),
        *("certificate:web", State.DEGRADED, Reason.ENDS_SOON, State.DEGRADED),
    ),
    "a certificate that has ended": (
        certificate(NOW),
        *("certificate:web", State.FAILED, Reason.ENDED, State.DEGRADED),
    ),
    "a certificate that is none": (
        certificate(None, "no PEM"),
        *("certificate:web", State.FAILED, Reason.UNREADABLE, State.DEGRADED),
    ),
    "no backup ever": (
        replace(WELL, backup=of.Backup(wanted=True)),
        *("backup", State.DEGRADED, Reason.NONE_MADE, State.DEGRADED),
    ),
    "an old backup": (
        replace(WELL, backup=of.Backup(wanted=True, last_at=NOW - timedelta(hours=37))),
        *("backup", State.DEGRADED, Reason.TOO_OLD, State.DEGRADED),
    ),
    "a backup that failed": (
        replace(WELL, backup=replace(WELL.backup, problem="no space left")),
        *("backup", State.DEGRADED, Reason.NOT_MADE, State.DEGRADED),
    ),
    "somebody else's hand in the logbook": (
        replace(WELL, logbook=of.Logbook(ours=False, since=NOW)),
        *("logbook", State.DEGRADED, Reason.NOT_OURS, State.DEGRADED),
    ),
    "seals that are not kept elsewhere": (
        replace(WELL, logbook=of.Logbook(trouble="can't write")),
        *("logbook", State.DEGRADED, Reason.NOT_REMEMBERED, State.DEGRADED),
    ),
    "an upgrade that was not ended": (
        replace(WELL, versions=["0.1.0", "0.2.0"]),
        *("version", State.DEGRADED, Reason.SEVERAL, State.DEGRADED),
    ),
    "slow acknowledgements": (
        replace(WELL, delays=[of.Delay(measure="acknowledgement", process="r", usual=4.0)]),
        *("latency:acknowledgement", State.DEGRADED, Reason.SLOW, State.DEGRADED),
    ),
}


@pytest.mark.parametrize("plug", PLUGS)
def test_a_pulled_plug_is_one_organ_and_changes_the_verdict(plug: str) -> None:
    facts, name, state, reason, station = PLUGS[plug]
    assert ill(facts) == [(name, state, reason)]
    assert verdict(judge(facts, NOW)) is station


UNASKED: dict[str, tuple[Facts, str]] = {
    "nobody is to ask the clock": (clock(source="none"), "clock"),
    "no backup is set up": (replace(WELL, backup=of.Backup()), "backup"),
    "nothing came lately": (
        replace(WELL, delays=[of.Delay(measure="acknowledgement", process="r", usual=None)]),
        "latency:acknowledgement",
    ),
}


def test_a_station_in_shadow_is_said_to_be_and_is_well() -> None:
    facts = replace(WELL, shadow=True)
    assert ill(facts) == [("way_out", State.DEGRADED, Reason.SHADOW)]
    assert verdict(judge(facts, NOW)) is State.OK


@pytest.mark.parametrize("name", UNASKED)
def test_what_nobody_was_asked_is_unknown_and_held_against_nobody(name: str) -> None:
    facts, organ = UNASKED[name]
    ((found, state, _),) = ill(facts)
    assert (found, state, verdict(judge(facts, NOW))) == (organ, State.UNKNOWN, State.OK)


def test_both_trunks_down_is_a_station_that_calls_nobody() -> None:
    both = replace(WELL, trunks=[trunk(state="down"), trunk("beta", state="down")])
    assert verdict(judge(both, NOW)) is State.FAILED
    hardly = replace(WELL, trunks=[trunk(state="down"), trunk("beta", state="unanswered")])
    assert verdict(judge(hardly, NOW)) is State.DEGRADED


def test_a_set_back_clock_counts_though_nobody_is_to_ask_it() -> None:
    facts = replace(clock(source="none"), ahead=3.0)
    assert verdict(judge(facts, NOW)) is State.FAILED


def test_nothing_told_of_any_machine_is_said() -> None:
    assert ill(replace(WELL, machines=[])) == [("clock", State.UNKNOWN, Reason.SILENT)]


def test_an_organ_names_its_alarm() -> None:
    alarms = [
        of.Alarm(id="t", kind="trunk", about=["alpha@node0"]),
        of.Alarm(id="r", kind="receiver", about=["surgard/01"]),
        of.Alarm(id="l", kind="logbook"),
    ]
    lines = [of.Line(name="surgard", state="reconnecting"), of.Line(name="sur", state="listening")]
    found = judge(replace(WELL, alarms=alarms, lines=lines), NOW)
    assert {organ.key: organ.incident for organ in found if organ.incident} == {
        "trunk:alpha@node0": "t",
        "line:surgard@": "r",
        "logbook:@": "l",
    }


def test_since_when_is_noted_by_state() -> None:
    organs = [Organ(part=Part.BACKLOG, state=State.DEGRADED), Organ(part=Part.DISK, node="a")]
    noted = {"backlog:@": (State.DEGRADED, LONG_AGO), "disk:@a": (State.FAILED, LONG_AGO)}
    assert [organ.since for organ in dated(organs, noted)] == [LONG_AGO, None]


def test_rows_that_can_not_be_read_leave_what_was_known_and_the_database() -> None:
    before = judge(WELL, NOW - timedelta(minutes=1))
    away = of.Database(writable=False, since=NOW, reason="connection refused")
    after = unread(before, away)
    assert called(after) == called(before)
    assert (after[0].state, after[0].detail) == (State.FAILED, "connection refused")
    assert after[1:] == before[1:]
    assert verdict(after) is State.FAILED


def test_each_measure_has_its_own_process_and_its_own_name() -> None:
    delays = [of.Delay(measure=m, process=f"{m}@a", usual=None) for m in LIMITS]
    names = called(judge(replace(WELL, delays=delays), NOW))
    assert [name for name in names if "latency" in name] == [f"latency:{m}" for m in LIMITS]


def test_several_machines_are_told_apart() -> None:
    two = replace(WELL, machines=[MACHINE, replace(MACHINE, host="beta", free=0)])
    assert ("disk@beta", State.FAILED, Reason.NO_SPACE) in ill(two)


def test_each_failure_costs_something_in_both_languages() -> None:
    whole = {*Part, *ROLES} - {Part.PROCESS, Part.PROBE}
    assert COSTS.keys() == whole
    assert all(len({*pair}) == 2 and all(pair) for pair in COSTS.values())
    assert cost(Part.PROCESS, "web", 1).startswith("The desks")
    assert cost(Part.TRUNK, "web", 0).startswith("Les appels")
    assert cost(Part.PROBE, "web", 0) == ""
