"""What the doctor finds beside the organs, and says to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.commands.station.checks import Check, Verdict, worst
from callflow.commands.station.findings import Facts, examine, of_line
from callflow.handling.watch.lines import Line, Lines, Panel, Stranger, Trouble

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


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


WELL = Facts(now=NOW, lines=lines(), skews=[0.1])


def check(facts: Facts, part: str) -> Check:
    return next(found for found in examine(facts) if found.part == part)


def test_all_is_well() -> None:
    found = examine(WELL)
    assert worst(check.verdict for check in found) is Verdict.OK
    assert all(not check.do for check in found)


def test_a_line_is_told_with_what_came_by_it() -> None:
    told = of_line(line(), NOW)
    assert told == (
        "dc09-tcp (dc09, server) · listening · last heard 12 s ago · 41 a minute · bad_crc 3"
    )


ILL: dict[str, tuple[Facts, str, Verdict, str]] = {
    "a panel's token names no account": (
        replace(WELL, open_tokens=["camera", "gate"]),
        "tokens",
        Verdict.LOOK,
        "open alarms and end none: camera, gate",
    ),
    "an address that is not there": (
        replace(WELL, absent=["CALLFLOW_WEB_BIND: no interface has 192.0.2.77"]),
        *("addresses", Verdict.FAILED, "something listens nowhere"),
    ),
    "pages in clear": (replace(WELL, in_clear=True), "addresses", Verdict.LOOK, "in clear"),
    "no name behind a proxy": (
        replace(WELL, nameless=True),
        *("addresses", Verdict.LOOK, "no public name"),
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
    "every panel's clock is as wrong": (
        replace(WELL, skews=[31.0, 29.0, 30.0, 30.5, 0.0]),
        "skews",
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
    told = worst(check.verdict for check in examine(facts))
    assert (found.verdict, told) == (verdict, verdict)
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
    assert check(replace(WELL, skews=[300.0, 0.1, -0.2, 0.0, 0.3]), "skews").verdict is Verdict.OK
    assert check(replace(WELL, skews=[300.0] * 4), "skews").verdict is Verdict.OK


def test_an_account_that_was_heard_long_ago_is_no_news() -> None:
    old = Stranger(account="9999", last_heard=NOW - timedelta(days=2))
    assert check(replace(WELL, lines=lines(strangers=[old])), "strangers").verdict is Verdict.OK
    keyless = Stranger(account="9998", key_missing=True)
    assert (
        "key missing"
        in check(replace(WELL, lines=lines(strangers=[old, keyless])), "strangers").details[0]
    )


def test_a_declared_line_that_is_not_there_is_said() -> None:
    found = check(replace(WELL, lines=lines(closed={"surgard": 12})), "declared")
    assert found.verdict is Verdict.LOOK
    assert "surgard (12 accounts)" in found.found
    assert "CALLFLOW_LINES" in found.do
