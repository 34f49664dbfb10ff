"""What proves nothing may open, and ends nothing (D31): an account with a key, or on a line."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Executable

from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import UNBOUND, Kind, StoredSignal
from callflow.core.sites.declared import Account
from callflow.handling.sites import on_test
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.signals import signals
from callflow.storage.sites import sites
from callflow.storage.watch import supervision
from tests.integration.handling.station import Row, Station
from tests.integration.handling.watched import Watch

KEY = "00112233445566778899AABBCCDDEEFF"
#: Every way in that is not the key's: what a stranger, or a colleague's panel, may come by.
STRANGE: dict[str, Row] = {
    "clear": {"line": "dc09-tcp"},
    "surgard": {"line": "surgard/01-03"},
    "dc07": {"line": "dc07"},
    "program": {"line": "webhook", "format": "webhook"},
    "phone": {"line": "phone", "format": "contact-id", "caller": "+33639980666"},
}


@pytest.fixture(params=[*STRANGE])
def strange(request: pytest.FixtureRequest) -> Row:
    return STRANGE[request.param]


@pytest.fixture
def keyed(station: Station) -> Station:
    """Its account has a key, and was armed in it."""
    station.put(accounts=[{"account": "1002", "dc09_key": KEY}])
    says(station, "CL", "1", encrypted=True)
    station.later(60)
    return station


def says(station: Station, code: str, zone: str = "", **more: Any) -> StoredSignal:
    """A signal stored and correlated, with what the station finds out by it; its row."""
    sent = station.signal(code, zone, **{"line": "dc09-tcp", **more})
    station.receives(sent)
    while station.correlate():
        pass
    return station.signal_row(sent)


def execute(station: Station, statement: Executable) -> None:
    station.write(lambda tx: tx.execute(statement))


def armed(station: Station) -> list[bool]:
    arming = station.read(lambda tx: supervision.arming(tx, ["1002"]))["1002"]
    return [one.armed for one in arming.partitions]


def kinds(station: Station) -> list[str]:
    return sorted(row.kind for row in station.incidents())


def account(station: Station, name: str) -> Account:
    return station.read(lambda tx: sites.accounts(tx, name))[0]


def test_it_cancels_disarms_and_restores_nothing(keyed: Station, strange: Row) -> None:
    alarm = says(keyed, "BA", "3", encrypted=True).incident_id
    by_phone = strange.get("format") == "contact-id"
    codes = ("1406", "1401", "3130", "3401") if by_phone else ("BC", "OP", "BR", "CL")
    sent = [says(keyed, code, "3", **strange) for code in codes]

    assert keyed.incident(alarm).state == "open"
    assert keyed.incident(alarm).zones == {"3": "alarm"}
    assert armed(keyed) == [True]
    assert {row.treatment for row in sent} == {"unproved"}
    (own,) = {row.incident_id for row in sent}
    row = keyed.incident(own)
    assert (row.kind, row.category, row.priority) == ("unproved", "security", 1)
    assert row.with_human
    assert row.signal_count == 4
    assert keyed.called(own) == [], "nobody's keyholder is woken for a forgery"


def test_what_comes_in_its_key_still_ends(keyed: Station) -> None:
    alarm = says(keyed, "BA", "3", encrypted=True).incident_id
    says(keyed, "BR", "3", encrypted=True)
    assert keyed.incident(alarm).zones == {"3": "restored"}
    says(keyed, "BC", "3", encrypted=True)
    assert keyed.incident(alarm).state == "filed"
    says(keyed, "OP", "1", encrypted=True)
    assert armed(keyed) == [False]
    assert kinds(keyed) == ["intrusion"]


def test_an_alarm_is_an_alarm_whoever_says_it(keyed: Station, strange: Row) -> None:
    row = says(keyed, "1130" if "format" in strange else "BA", "3", **strange)
    assert row.treatment == "opened"
    assert keyed.incident(row.incident_id).kind == "intrusion"
    assert kinds(keyed) == ["intrusion", "unencrypted"], "an incident in itself, beside the alarm"


def test_a_flood_in_a_panels_name_makes_it_no_runaway(keyed: Station) -> None:
    for _ in range(150):
        keyed.receives(keyed.signal("BA", "4", line="dc09-tcp"))
    while keyed.correlate():
        pass
    row = says(keyed, "GA", "3", encrypted=True)
    assert row.treatment == "opened"


def test_no_zone_is_taken_out_by_it(keyed: Station) -> None:
    rules = {"swinger_after": 2, "swinger_shunt": True}
    execute(keyed, t.site.update().values(rules=rules))
    for _ in range(3):
        row = says(keyed, "BA", "3")
        filed = t.incident.update().values(state="filed")
        execute(keyed, filed)
        assert row.treatment == "opened"
    assert says(keyed, "BA", "3", encrypted=True).treatment == "opened"


# --- a declared line, a declared number, a token -------------------------------------------


def declare(station: Station, name: str = "1002", **values: Any) -> None:
    changed = t.account.update().where(t.account.c.account == name).values(values)
    execute(station, changed)


NUMBER = "+33639980777"
DECLARED: list[tuple[Row, Row, bool]] = [
    ({"line": "surgard"}, {"line": "surgard/01-03"}, True),
    ({"line": "surgard"}, {"line": "dc09-tcp"}, False),
    ({"line": "dc09-tcp"}, {"line": "webhook", "format": "webhook"}, False),
    ({"line": "webhook"}, {"line": "webhook", "format": "webhook"}, True),
    ({"line": "webhook"}, {"line": UNBOUND, "format": "webhook"}, False),
    ({"line": None}, {"line": UNBOUND, "format": "webhook"}, False),
    ({"line": None}, {"line": "dc09-udp"}, True),
    ({"phone": NUMBER}, {"line": "phone", "caller": NUMBER}, True),
    ({"phone": NUMBER}, {"line": "phone", "caller": "+33639980666"}, False),
    ({"phone": NUMBER}, {"line": "phone", "caller": ""}, False),
    ({"phone": NUMBER}, {"line": "dc09-tcp"}, True),
]


def test_only_what_comes_as_it_is_declared_ends(station: Station) -> None:
    for place, (declared, by, ends) in enumerate(DECLARED):
        name = str(2000 + place)
        station.put(name)
        declare(station, name, **declared)
        alarm = says(station, "BA", "3", account=name, line="surgard/01-03").incident_id
        row = says(station, "BR", "3", account=name, **by)
        became = station.incident(alarm).zones["3"], row.treatment
        assert became == (("restored", "restored") if ends else ("alarm", "unproved")), declared


# --- what is watched -----------------------------------------------------------------------


def test_it_does_not_make_a_silent_panel_look_alive(keyed: Station) -> None:
    watch = Watch(keyed)
    declare(keyed, poll_every=60.0, poll_since=keyed.now, last_heard=keyed.now)
    assert watch.later(50) == []
    for heard in (
        Heard(keyed.now, "dc09-tcp"),
        Heard(keyed.now, "surgard"),
        Heard(keyed.now, "webhook"),
        Heard(keyed.now, "phone", caller="+33639980666"),
    ):
        keyed.write(partial(sites.note_heard, heard={"1002": heard}))
    assert watch.later(60) == ["MISSING_POLL"]
    keyed.write(lambda tx: sites.note_heard(tx, {"1002": Heard(keyed.now, "dc09-tcp", keyed=True)}))
    assert watch.later(1) == ["POLL_BACK"]


ALIVE: list[tuple[Row, Heard, bool]] = [
    ({"line": "surgard"}, Heard(None, "dc09-tcp"), False),
    ({"line": "surgard"}, Heard(None, "surgard"), True),
    ({"line": "surgard/01-03"}, Heard(None, "surgard"), True),
    ({"line": "dc09-tcp", "phone": NUMBER}, Heard(None, "phone"), False),
    ({"line": "dc09-tcp", "phone": NUMBER}, Heard(None, "phone", caller=NUMBER), True),
    ({"line": None}, Heard(None, UNBOUND), False),
    ({"line": None}, Heard(None, "webhook"), True),
]


def test_alive_is_who_speaks_as_declared(station: Station) -> None:
    for place, (declared, heard, alive) in enumerate(ALIVE):
        name = str(2000 + place)
        station.put(name)
        declare(station, name, **declared)
        said = {name: heard._replace(at=station.now)}
        station.write(partial(sites.note_heard, heard=said))
        assert (account(station, name).last_heard is not None) is alive, (declared, heard)


def test_a_test_in_clear_is_no_test(keyed: Station) -> None:
    watch = Watch(keyed)
    declare(keyed, test_every=24.0, test_due=keyed.now + timedelta(hours=1))
    row = says(keyed, "RP", "")
    assert row.treatment == "unproved"
    assert watch.later(3700) == ["LIFT_UNTESTED"]


def test_a_test_on_site_ends_with_what_it_did_not_restore(keyed: Station) -> None:
    now = keyed.now
    test = keyed.write(
        lambda tx: on_test.set_on_test(
            tx,
            "1002",
            zones=None,
            lasts=timedelta(hours=1),
            reason="maintenance",
            who="olga",
            role="operator",
            contact=None,
            now=now,
        )
    )
    assert says(keyed, "BA", "3", encrypted=True).treatment == "tested"
    says(keyed, "BR", "3")
    keyed.write(lambda tx: on_test.end(tx, "1002", test.id, who="olga", now=keyed.now))
    while keyed.correlate():
        pass
    assert "intrusion" in kinds(keyed)


def test_a_duress_users_number_is_never_lost(keyed: Station) -> None:
    def write(tx: Tx) -> None:
        tx.execute(
            t.panel_user.insert().values(account="1002", number="9", part="duress", revoked=False)
        )

    keyed.write(write)
    says(keyed, "OP", "1", user="9")
    assert "duress" in kinds(keyed)


def test_the_panels_word_is_not_taken_from_elsewhere(keyed: Station) -> None:
    since = keyed.now
    says(keyed, "CL", "1")
    assert not keyed.read(lambda tx: signals.came_since(tx, "1002", Kind.CLOSING, since))
    says(keyed, "CL", "1", encrypted=True)
    assert keyed.read(lambda tx: signals.came_since(tx, "1002", Kind.CLOSING, since))
