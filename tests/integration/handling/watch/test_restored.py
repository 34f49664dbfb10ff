"""A station that was restored from a backup: nothing leaves, and its release surprises nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callflow.core.alarms.incident import Incident, Machine
from callflow.core.calls.call import Outcome
from callflow.core.messages.outbox import Channel, MessageState
from callflow.core.messages.withholding import REFUSALS, Withheld
from callflow.core.signals.signal import Kind
from callflow.handling.alarms import operating, rehearsing
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.calls import dialling, telephone
from callflow.handling.messages import delivery
from callflow.handling.messages import outbox as posting
from callflow.handling.plans import plans
from callflow.handling.station import restored
from callflow.storage.messages import outbox
from tests.integration.handling.station import FIRST, SHOP, Station
from tests.integration.handling.watched import Watch

HELD = REFUSALS[Withheld.HELD]


def hold(station: Station, *, ago: float = 3600.0) -> None:
    """Its rows are a backup's, made so many seconds ago."""
    made_at = station.now - timedelta(seconds=ago)
    station.write(lambda tx: restored.hold(tx, made_at, station.now))


def release(station: Station) -> restored.Released:
    return station.write(lambda tx: restored.release(tx, "odile", station.now))


def mail(station: Station, incident: Incident) -> str:
    """A message of an alarm, asked for now; its id."""
    now, to = station.now, "anne@example.org"
    posted = station.write(
        lambda tx: posting.post(tx, incident, Channel.MAIL, to, "Alarme", "Alarme", now)
    )
    assert posted is not None
    return posted


def state(station: Station, message: str) -> MessageState:
    found = station.read(lambda tx: outbox.get(tx, message))
    assert found is not None
    return found.state


def claimed(station: Station) -> list[str]:
    room, now = {Channel.MAIL: 8}, station.now
    return [m.id for m in station.write(lambda tx: delivery.claim_messages(tx, now, room))]


def test_no_call_leaves_and_a_person_has_the_alarm_at_once(station: Station) -> None:
    hold(station)
    incident = station.alarm()
    assert station.place() == []
    incident = station.incident(incident.id)
    assert (incident.human_reason, incident.machine) == (HELD, Machine.STOPPED)
    assert station.called(incident.id) == [(SHOP, Outcome.NO_NUMBER)]
    station.later(3600)
    assert station.place() == []
    assert len(station.calls(incident.id)) == 1, "one refusal, not one after the other"


def test_what_stood_open_at_the_backup_calls_nobody_either(station: Station) -> None:
    incident = station.alarm()
    hold(station)
    station.later(60)
    assert station.place() == []
    assert station.incident(incident.id).with_human


def test_an_operators_call_is_refused_and_says_why(station: Station) -> None:
    incident = station.alarm()
    hold(station)
    station.place()
    station.write(lambda tx: operating.claim(tx, incident.id, "lea", station.now))
    contact = "1002-anne"
    station.write(lambda tx: telephone.call_contact(tx, incident.id, "lea", contact, station.now))
    assert station.place() == []
    why, _ = station.read(
        lambda tx: dialling.tried(tx, FIRST, load_policy(tx), station.now, by_person=True)
    )
    assert why == HELD


def test_unclaimed_work_rings_no_desk(station: Station) -> None:
    hold(station)
    station.alarm()
    station.place()
    before = len(station.told())
    for _ in range(10):
        station.later(60)
        assert station.place() == []
    assert "queue_call" not in station.told()
    assert len(station.told()) - before < 3, "it is told once, not every minute"


def test_a_message_waits_and_goes_out_after_the_release(station: Station) -> None:
    hold(station)
    message = mail(station, station.alarm())
    now = station.now
    assert station.read(lambda tx: delivery.due_channels(tx, now)) == []
    assert claimed(station) == []
    station.now += timedelta(minutes=10)
    assert release(station).late == 0
    assert claimed(station) == [message]


def test_what_waited_too_long_is_not_sent_and_a_person_is_told(station: Station) -> None:
    incident = station.alarm()
    old = mail(station, incident)  # the station of the backup had this one to send
    station.now += timedelta(minutes=1)
    hold(station, ago=0)
    station.now += timedelta(minutes=1)
    waited = mail(station, incident)
    station.now += timedelta(hours=2)
    young = mail(station, incident)
    assert release(station).late == 2
    assert [state(station, each) for each in (old, waited)] == [MessageState.FAILED] * 2
    assert claimed(station) == [young]
    assert [entry.data["fault"] for entry in station.entries("message_failed")] == ["held"] * 2
    assert station.incident(incident.id).with_human


def test_after_the_release_no_old_alarm_calls_anybody_until_a_person_says_so(
    station: Station,
) -> None:
    incident = station.alarm()
    hold(station)
    assert release(station).alarms == 1
    for _ in range(3):
        station.later(60)
    assert set(station.place()) & {SHOP, FIRST} == set()
    old = station.incident(incident.id)
    assert (old.with_human, old.human_reason) == (True, restored.FROM_BACKUP)
    station.write(lambda tx: operating.claim(tx, incident.id, "lea", station.now))
    station.write(lambda tx: operating.resume_plan(tx, incident.id, "lea", station.now))
    assert SHOP in station.place()


def test_a_new_alarm_after_the_release_is_called_for(station: Station) -> None:
    hold(station)
    release(station)
    station.alarm()
    assert station.place() == [SHOP]


def test_it_is_released_once_and_told(station: Station) -> None:
    with pytest.raises(Refused, match="not held"):
        release(station)
    hold(station)
    release(station)
    assert [entry.who for entry in station.entries("station_released")] == ["odile"]
    with pytest.raises(Refused, match="not held"):
        release(station)


def test_no_rehearsal_begins_and_one_under_way_ends_with_the_release(station: Station) -> None:
    now = station.now
    plan = station.read(lambda tx: plans.get_version(tx, "intrusion"))
    assert plan is not None

    def rehearse() -> Incident:
        return station.write(
            lambda tx: rehearsing.rehearse(tx, plan, "1002", Kind.INTRUSION, "odile", now)
        )

    exercise = rehearse()
    hold(station)
    with pytest.raises(Refused, match="held"):
        rehearse()
    assert station.place() == []
    station.write(lambda tx: operating.known(tx, exercise.id))
    release(station)
    assert station.wanted() == []


def test_nobody_is_silent_while_it_is_held_nor_for_what_was_missed(station: Station) -> None:
    accounts = [{"account": "1002", "poll_every_s": 60, "test_every_h": 24}]
    station.put(accounts=accounts)
    watch = Watch(station)
    watch.hears()
    hold(station)
    assert watch.later(5 * 86_400) == []
    release(station)
    watch.receiver_since = station.now - timedelta(days=1)
    assert watch.later(60) == [], "its panels report to the other station until now"
    assert watch.later(120) == ["MISSING_POLL"]
    assert "LIFT_UNTESTED" not in watch.later(3600)
    assert watch.later(86_400) == ["LIFT_UNTESTED"]
