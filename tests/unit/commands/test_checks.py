"""What the doctor finds, and says to do, from what it saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.clock import to_iso
from callflow.commands.checks import Check, Facts, Verdict, examine, worst
from callflow.handling.watch.lines import Line, Lines, Panel, Stranger, Trouble

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ROLES = ("engine", "receiver", "telephony", "web")


def health(**changed: Any) -> dict[str, Any]:
    running = [
        {"role": role, "pid": 1, "since": to_iso(NOW - timedelta(hours=1)), "restarts": 0}
        for role in ROLES
    ]
    return {
        "status": "ok",
        "processes": running,
        "missing": [],
        "database": {"writable": True, "since": None, "reason": ""},
        "asterisk": "up",
        "backlog": 3,
        "live_calls": 2,
        **changed,
    }


def line(name: str = "dc09-tcp", **changed: Any) -> Line:
    fields: dict[str, Any] = dict(
        name=name,
        protocol="dc09",
        state="listening",
        last_at=NOW - timedelta(seconds=12),
        per_minute=41,
        received=7,
        bad={"bad_crc": 3},
    )
    return Line(**fields | changed)


def panel(account: str, *troubles: Trouble, **changed: Any) -> Panel:
    fields: dict[str, Any] = dict(
        account=account,
        site=account,
        site_name="",
        line=None,
        last_line="dc09-tcp",
        last_heard=NOW - timedelta(minutes=5),
        skew=None,
        poll_every=None,
        test_every=None,
        test_due=None,
        keyed=False,
        troubles=troubles,
    )
    return Panel(**fields | changed)


def lines(**changed: Any) -> Lines:
    fields: dict[str, Any] = dict(
        lines=[line()],
        connections=1,
        not_stored_since=None,
        panels=[],
        next=None,
        troubles={"accounts": 4, "silent": 0, "wrong_clock": 0, "key": 0},
        strangers=[],
    )
    return Lines(**fields | changed)


WELL = Facts(
    now=NOW, health=health(), lines=lines(), skews=[0.1], latest_beat=NOW, free=80_000_000_000
)


def check(facts: Facts, part: str) -> Check:
    return next(found for found in examine(facts) if found.part == part)


def test_all_is_well() -> None:
    found = examine(WELL)
    assert worst(found) is Verdict.OK
    assert [c.part for c in found] == [
        "folder",
        "way out",
        "demo",
        "tokens",
        "database",
        "processes",
        "asterisk",
        "lines",
        "panels",
        "strangers",
        "backlog",
        "messages",
        "cameras",
        "logbook",
        "clock",
    ]
    assert all(not c.do for c in found)
    told = check(WELL, "lines").details
    assert told == (
        "dc09-tcp (dc09, server) · listening · last heard 12 s ago · 41 a minute · bad_crc 3",
    )


ILL: dict[str, tuple[Facts, str, Verdict, str]] = {
    "a panel's token names no account": (
        replace(WELL, open_tokens=["camera", "gate"]),
        "tokens",
        Verdict.LOOK,
        "open alarms and end none: camera, gate",
    ),
    "somebody else wrote in the logbook": (
        replace(WELL, health=health(logbook={"ours": False, "since": "x", "trouble": ""})),
        "logbook",
        Verdict.LOOK,
        "without the station's key",
    ),
    "its seals are not written down": (
        replace(WELL, health=health(logbook={"ours": True, "trouble": "can't write /a"})),
        "logbook",
        Verdict.LOOK,
        "can't write /a",
    ),
    "the database can't be written": (
        replace(
            WELL,
            health=health(database={"writable": False, "since": "x", "reason": "disk is full"}),
        ),
        "database",
        Verdict.FAILED,
        "disk is full",
    ),
    "no ffmpeg": (replace(WELL, undecoded=3), "cameras", Verdict.LOOK, "ffmpeg is missing: 3"),
    "no mail": (
        replace(WELL, ways=["mail"], mail_trouble="refused: 535 no"),
        "messages",
        Verdict.LOOK,
        "535 no",
    ),
    "no printer": (
        replace(WELL, ways=["print"], printer_trouble="bureau: it takes no jobs"),
        *("messages", Verdict.LOOK, "bureau: it takes no jobs"),
    ),
    "little space": (replace(WELL, free=1_000_000_000), "database", Verdict.LOOK, "1.0 GB"),
    "no space": (replace(WELL, free=1_000_000), "database", Verdict.FAILED, "0.0 GB"),
    "nothing runs": (
        replace(WELL, health=health(processes=[], missing=list(ROLES))),
        "processes",
        Verdict.FAILED,
        "does not run",
    ),
    "the receiver is missing": (
        replace(WELL, health=health(missing=["receiver"])),
        "processes",
        Verdict.FAILED,
        "missing: receiver",
    ),
    "the web is missing": (
        replace(WELL, health=health(missing=["web"])),
        "processes",
        Verdict.LOOK,
        "missing: web",
    ),
    "a process that begins again and again": (
        replace(
            WELL,
            health=health(
                processes=[{"role": "engine", "pid": 9, "since": to_iso(NOW), "restarts": 7}]
            ),
        ),
        "processes",
        Verdict.LOOK,
        "engine began again 7 times",
    ),
    "a node is lost": (
        replace(
            WELL,
            health=health(
                nodes=[
                    {"node": "node0", "host": "alpha", "state": "ready"},
                    {"node": "node1", "host": "beta", "state": "lost"},
                ]
            ),
        ),
        "asterisk",
        Verdict.LOOK,
        "node1 on beta is lost",
    ),
    "no Asterisk": (
        replace(WELL, health=health(asterisk="down")),
        "asterisk",
        Verdict.FAILED,
        "no link",
    ),
    "a receiver that is called and does not answer": (
        replace(WELL, lines=lines(lines=[line(), line("surgard", state="reconnecting")])),
        "lines",
        Verdict.FAILED,
        "surgard: no alarm can arrive",
    ),
    "a lost heartbeat": (
        replace(WELL, lines=lines(lines=[line("surgard", heartbeat="lost")])),
        "lines",
        Verdict.FAILED,
        "surgard",
    ),
    "no receiver ever": (
        replace(WELL, lines=lines(lines=[line("phone", received=3), line("webhook")])),
        "lines",
        Verdict.FAILED,
        "never said",
    ),
    "a backlog": (
        replace(WELL, health=health(backlog=1001)),
        "backlog",
        Verdict.LOOK,
        "1001 signals wait",
    ),
    "a clock that was set back": (
        replace(WELL, latest_beat=NOW + timedelta(minutes=1)),
        "clock",
        Verdict.FAILED,
        "60 s in the future",
    ),
    "every panel's clock is as wrong": (
        replace(WELL, skews=[31.0, 29.0, 30.0, 30.5, 0.0]),
        "clock",
        Verdict.LOOK,
        "+30 s",
    ),
    "an undeclared account": (
        replace(WELL, lines=lines(strangers=[Stranger(account="9999", last_heard=NOW)])),
        "strangers",
        Verdict.LOOK,
        "1 accounts",
    ),
}


@pytest.mark.parametrize("name", ILL)
def test_what_is_ill_is_found_with_what_to_do(name: str) -> None:
    facts, part, verdict, words = ILL[name]
    found = check(facts, part)
    assert (found.verdict, worst(examine(facts))) == (verdict, verdict)
    assert words in found.found
    assert found.do


def test_panels_are_named_with_their_troubles() -> None:
    shown = [
        panel("1001", Trouble.SILENT, Trouble.WRONG_CLOCK, skew=-75.2),
        panel("1002", Trouble.WRONG_LINE, line="surgard", last_heard=None),
        panel("1003", Trouble.KEY_MISSING),
    ]
    counts = {"accounts": 100_000, "silent": 1, "wrong_clock": 1, "wrong_line": 1, "key": 1}
    found = check(replace(WELL, lines=lines(panels=shown, troubles=counts, next="1003")), "panels")
    assert found.verdict is Verdict.LOOK
    assert found.found == "1 silent, 1 wrong clock, 1 wrong line, 1 key"
    assert found.details[:3] == (
        "1001 · silent, wrong clock · last heard 5 min ago · on dc09-tcp · clock -75 s",
        "1002 · wrong line · last heard never · on dc09-tcp · declared on surgard",
        "1003 · key missing · last heard 5 min ago · on dc09-tcp",
    )
    assert "/lines" in found.details[3]
    assert "dc09_key" in found.do


def test_a_few_wrong_clocks_are_the_panels_own() -> None:
    assert check(replace(WELL, skews=[300.0, 0.1, -0.2, 0.0, 0.3]), "clock").verdict is Verdict.OK
    assert check(replace(WELL, skews=[300.0] * 4), "clock").verdict is Verdict.OK


def test_a_clock_that_nobody_sets_is_said_and_not_held_against_the_station() -> None:
    found = check(replace(WELL, synchronised=False), "clock")
    assert (found.verdict, "NTP" in found.found) == (Verdict.OK, True)


def test_an_account_that_was_heard_long_ago_is_no_news() -> None:
    old = Stranger(account="9999", last_heard=NOW - timedelta(days=2))
    assert check(replace(WELL, lines=lines(strangers=[old])), "strangers").verdict is Verdict.OK
    keyless = Stranger(account="9998", key_missing=True)
    assert (
        "key missing"
        in check(replace(WELL, lines=lines(strangers=[old, keyless])), "strangers").details[0]
    )


def test_a_declared_line_that_is_not_there_is_said() -> None:
    found = check(replace(WELL, lines=lines(closed={"surgard": 12})), "lines")
    assert found.verdict is Verdict.LOOK
    assert "surgard (12 accounts)" in found.found
    assert "CALLFLOW_LINES" in found.do
