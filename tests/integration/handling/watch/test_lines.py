"""The lines page's read: lines as their processes tell them, panels that need a look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from callflow.clock import to_iso
from callflow.handling.watch import lines
from callflow.handling.watch.lines import Trouble
from callflow.storage import schema as t
from callflow.storage.people import users
from callflow.storage.watch.lines import skews
from tests.integration.handling.station import Station


def beat(station: Station, role: str, **state: Any) -> None:
    station.write(
        lambda tx: users.process_beat(
            tx, role, pid=1, since=station.now, now=station.now, state=state
        )
    )


def read(station: Station, **wanted: Any) -> lines.Lines:
    return station.read(lambda tx: lines.lines(tx, station.now, **wanted))


def change(station: Station, account: str, **values: Any) -> None:
    station.write(
        lambda tx: tx.execute(
            t.account.update().where(t.account.c.account == account).values(**values)
        )
    )


def troubles(station: Station, **wanted: Any) -> dict[str, tuple[Trouble, ...]]:
    return {panel.account: panel.troubles for panel in read(station, **wanted).panels}


def test_lines_are_as_their_process_told_them(station: Station) -> None:
    surgard = {
        "line": "surgard",
        "protocol": "surgard",
        "mode": "client",
        "state": "reconnecting",
        "peer": "192.0.2.7",
        "received": 12,
        "bad_crc": 0,
        "malformed": 2,
        "cut": 1,
        "last_at": to_iso(station.now),
        "per_minute": 3.5,
        "heartbeat": "lost",
    }
    silent_since = to_iso(station.now)
    beat(station, "receiver", lines=[surgard], connections=7, not_stored_since=silent_since)
    beat(station, "telephony", asterisk="up")
    found = read(station)
    line = found.lines[0]
    assert (line.name, line.protocol, line.mode, line.peer) == (
        "surgard",
        "surgard",
        "client",
        "192.0.2.7",
    )
    assert (line.received, line.bad, line.per_minute) == (12, {"malformed": 2, "cut": 1}, 3.5)
    assert (line.last_at, line.heartbeat, line.well) == (station.now, "lost", False)
    assert (found.connections, found.not_stored_since) == (7, station.now)
    assert [(other.name, other.state) for other in found.lines[1:]] == [
        ("phone", "listening"),
        ("webhook", "down"),  # no web said that it lives
    ]


def test_a_receiver_that_tells_little_is_shown_all_the_same(station: Station) -> None:
    beat(station, "receiver", lines=[{"line": "dc09-udp", "received": 1, "bad_crc": 2}])
    line = read(station).lines[0]
    assert (line.protocol, line.mode, line.state) == ("dc09", "udp", "listening")
    assert (line.received, line.bad, line.last_at, line.well) == (1, {"bad_crc": 2}, None, True)
    beat(station, "receiver", lines=[{"line": 3, "last_at": "x", "per_minute": None}])
    assert read(station).lines[0].name == "3"


def test_a_receiver_that_says_nothing_has_no_line(station: Station) -> None:
    beat(station, "receiver", lines=[{"line": "dc09-tcp", "per_minute": 5}])
    station.now += timedelta(seconds=11)
    line = read(station).lines[0]
    assert (line.state, line.well, line.per_minute) == ("down", False, 0.0)


def test_phone_and_webhook_are_read_from_the_signals(station: Station) -> None:
    beat(station, "web")
    station.receives(station.signal(line="webhook"), station.signal(line="dc09-tcp"))
    first = station.now
    station.now += timedelta(seconds=50)
    station.receives(station.signal(line="webhook"))
    station.now += timedelta(seconds=20)
    found = {line.name: line for line in read(station).lines}
    assert set(found) == {"phone", "webhook"}
    assert found["webhook"].last_at == first + timedelta(seconds=50)
    assert found["webhook"].per_minute == 1
    assert (found["phone"].last_at, found["phone"].per_minute) == (None, 0)


def test_the_phone_counts_what_it_refused(station: Station) -> None:
    counts = {"calls": 3, "received": 2, "bad_checksum": 4, "bad_length": 1}
    beat(station, "telephony", asterisk="up", panels=counts)
    phone = read(station).lines[0]
    assert (phone.name, phone.well, phone.received) == ("phone", True, 2)
    assert phone.bad == {"bad_length": 1, "bad_checksum": 4}


def test_only_panels_with_a_trouble_are_shown_and_all_of_them_can_be_found(
    station: Station,
) -> None:
    for account in ("1001", "1002", "1003", "1004", "1005", "1006", "2001"):
        station.put(account)
    change(station, "1001", silent=True, untested=True)
    change(station, "1002", skew=-20.5)
    change(station, "1003", skew=19.5, line="surgard", last_line="surgard/01-03")
    change(station, "1004", line="surgard", last_line="dc09-tcp")
    change(station, "1005", line="surgard", last_line="")
    change(station, "1006", dc09_key=b"x")
    beat(
        station,
        "receiver",
        lines=[
            {"line": "dc09-tcp", "missing_key_accounts": ["2001"]},
            {"line": "dc09-udp", "wrong_key_accounts": ["1006"]},
        ],
    )
    assert troubles(station) == {
        "1001": (Trouble.SILENT, Trouble.UNTESTED),
        "1002": (Trouble.WRONG_CLOCK,),
        "1004": (Trouble.WRONG_LINE,),
        "1006": (Trouble.KEY_WRONG,),
        "2001": (Trouble.KEY_MISSING,),
    }
    assert troubles(station, begins="1003") == {"1003": ()}
    assert list(troubles(station, begins="100")) == ["1001", "1002", "1003", "1004", "1005", "1006"]
    assert troubles(station, begins="%") == {}
    counted = read(station).troubles
    assert counted == {
        "accounts": 7,
        "silent": 1,
        "untested": 1,
        "wrong_clock": 1,
        "wrong_line": 1,
        "key": 2,
    }


def test_a_key_that_was_declared_meanwhile_is_no_trouble(station: Station) -> None:
    station.put("1001")
    change(station, "1001", dc09_key=b"x")
    beat(station, "receiver", lines=[{"line": "dc09-tcp", "missing_key_accounts": ["1001"]}])
    assert troubles(station) == {}


def test_panels_are_paged(station: Station) -> None:
    for number in range(5):
        station.put(f"100{number}")
        change(station, f"100{number}", silent=True)
    seen, after = [], ""
    while True:
        page = read(station, after=after, limit=2)
        seen += [panel.account for panel in page.panels]
        if page.next is None:
            break
        after = page.next
    assert seen == ["1000", "1001", "1002", "1003", "1004"]


def test_accounts_that_nobody_declared_are_shown(station: Station) -> None:
    station.put("1001")
    station.receives(
        station.signal(account="1001", line="dc09-tcp"),
        station.signal(account="9001", line="dc09-tcp"),
        station.signal(account="9001", line="dc09-tcp"),
        station.signal(account="9002", format="station", code="MISSING_POLL"),
    )
    missing = ["9001", "9003", "1001"]
    beat(station, "receiver", lines=[{"line": "dc09-tcp", "missing_key_accounts": missing}])
    found = {s.account: s for s in read(station).strangers}
    assert set(found) == {"9001", "9003"}
    assert (found["9001"].signals, found["9001"].line) == (2, "dc09-tcp")
    assert found["9001"].last_heard == station.now
    assert found["9001"].key_missing
    assert (found["9003"].signals, found["9003"].last_heard) == (0, None)
    assert [s.account for s in read(station, begins="9003").strangers] == ["9003"]


def test_the_panels_clocks_are_sampled(station: Station) -> None:
    station.put("1001")
    station.put("1002")
    change(station, "1001", skew=61.5, last_heard=station.now)
    change(station, "1002", skew=1.0, last_heard=station.now - timedelta(hours=2))
    assert station.read(lambda tx: skews(tx, station.now - timedelta(hours=1))) == [61.5]


def test_the_worst_of_the_panels_clocks_stand_beside_the_stations(station: Station) -> None:
    for account, skew in (("1001", 61.5), ("1002", 1.0), ("1003", -75.0), ("1004", None)):
        station.put(account)
        change(station, account, skew=skew)
    found = station.read(lines.clocks)
    assert (found.wrong, found.limit) == (2, 20.0)
    assert [(one.account, one.skew) for one in found.worst] == [
        ("1003", -75.0),
        ("1001", 61.5),
        ("1002", 1.0),
    ]
