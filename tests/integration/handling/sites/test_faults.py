"""A fault is followed until its panel, or a person, says that it is over (mission 5.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.messages.outbox import Channel
from callflow.core.sites.fault import BY_SIGNAL, Fault
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.sites import faults
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.people import users
from callflow.storage.sites import faults as rows
from tests.integration.handling.station import FIRST, Station, a_site

FIRM = {"id": "1002-fixit", "name": "Dépannage", "role": "maintenance", "phone": "+33639980401"}


def begun(station: Station, zone: str = "003", **more: str) -> Fault:
    return station.write(
        lambda tx: faults.begin(tx, "1002", zone, "détecteur", "alice", station.now, **more)
    )


def agreed(
    station: Station, fault: Fault, appointment: datetime | None = None, mail: str = ""
) -> Fault:
    def run(tx: Tx) -> Fault:
        about = {"cause": "pile", "firm": "1002-fixit", "quote": "D-12, 180 €", "mail": mail}
        return faults.change(tx, fault.id, "alice", station.now, appointment=appointment, **about)

    return station.write(run)


def follows(station: Station) -> None:
    station.write(lambda tx: faults.follow(tx, station.now))


def now_is(station: Station, fault: Fault) -> Fault:
    found = station.read(lambda tx: rows.get(tx, fault.id))
    assert found is not None
    return found


def sent(station: Station) -> list[tuple[str, str]]:
    found = station.read(lambda tx: tx.execute(t.outbox.select().order_by(t.outbox.c.to)).all())
    return [(row.channel, row.to) for row in found]


def test_a_zone_that_is_restored_and_quiet_for_an_hour_works_again(station: Station) -> None:
    station.alarm("BA")
    fault = begun(station)
    station.now += timedelta(minutes=5)
    for code in ("BR", "BA", "BR"):
        station.receives(station.signal(code, "3"))
        station.correlate()
    station.now += timedelta(minutes=59)
    follows(station)
    assert now_is(station, fault).open, "a detector that comes and goes is no good one"
    station.now += timedelta(minutes=2)
    follows(station)
    over = now_is(station, fault)
    assert (over.open, over.ended_by) == (False, BY_SIGNAL)
    assert station.entries("fault_ended")


def test_a_zone_that_alarms_again_does_not(station: Station) -> None:
    fault = begun(station)
    for code in ("BR", "BA"):
        station.receives(station.signal(code, "3"))
        station.correlate()
        station.now += timedelta(minutes=5)
    station.now += timedelta(days=2)
    follows(station)
    assert now_is(station, fault).open


def test_its_client_is_reminded_by_mail_and_sms_until_it_is_over(station: Station) -> None:
    station.put(contacts=[*a_site()["contacts"], FIRM])
    fault = begun(station)
    tomorrow = station.now + timedelta(days=1)
    agreed(station, fault, tomorrow, "client@example.org")
    station.now += timedelta(days=1, hours=23)
    follows(station)
    assert sent(station) == [], "the technician may be there"
    station.now += timedelta(hours=2)
    follows(station)
    follows(station)
    assert sent(station) == [(Channel.SMS, FIRST), (Channel.MAIL, "client@example.org")]
    assert now_is(station, fault).reminders == 1
    station.write(lambda tx: faults.end(tx, fault.id, "alice", "replaced", station.now))
    station.now += timedelta(days=30)
    follows(station)
    assert len(sent(station)) == 2


def test_nothing_reaches_the_client_of_a_mute_site(station: Station) -> None:
    begun(station)
    station.alarm("HA", "2")
    station.now += timedelta(days=8)
    follows(station)
    assert sent(station) == []


def test_supervisors_get_the_list_once_a_week_from_monday_at_seven_on(station: Station) -> None:
    to = ["chief@example.org", "second@example.org"]
    station.write(lambda tx: users.write_settings(tx, {"faults_to": to}))
    begun(station)
    station.now = datetime(2026, 11, 30, 5, 59, tzinfo=UTC)  # Monday, 06:59 there
    station.write(lambda tx: users.write_settings(tx, {"faults_listed": "2026-W48"}))
    follows(station)
    assert sent(station) == []
    station.now += timedelta(minutes=1)
    follows(station)
    follows(station)
    assert sent(station) == [(Channel.MAIL, address) for address in to]
    (body,) = {row.body for row in station.read(lambda tx: tx.execute(t.outbox.select()).all())}
    assert "Shop (1002) : zone 3, détecteur" in body
    station.now += timedelta(days=7)
    follows(station)
    assert len(sent(station)) > 2


def test_what_is_wrong_is_refused(station: Station) -> None:
    with pytest.raises(NotFound):
        station.write(lambda tx: faults.begin(tx, "nowhere", "3", "x", "alice", station.now))
    with pytest.raises(NotFound):
        begun(station, account="9999")
    fault = begun(station)
    with pytest.raises(Refused, match="known already"):
        begun(station, "3")
    with pytest.raises(NotFound):  # of no maintenance firm of this site
        agreed(station, fault)
    station.put(contacts=[*a_site()["contacts"], FIRM])
    with pytest.raises(Refused, match="mail address"):
        agreed(station, fault, mail="nobody")
    with pytest.raises(Refused, match="say why"):
        station.write(lambda tx: faults.end(tx, fault.id, "alice", " ", station.now))
    station.write(lambda tx: faults.end(tx, fault.id, "alice", "replaced", station.now))
    with pytest.raises(Refused, match="over already"):
        station.write(lambda tx: faults.end(tx, fault.id, "alice", "again", station.now))
