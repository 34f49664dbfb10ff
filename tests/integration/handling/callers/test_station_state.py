"""Who is on duty for the station hears how it is, by phone, once their code is right; and in the
call that an organ's alarm makes, what failed and since when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callflow.core.calls import dialogue, prompts
from callflow.core.desks.roster import Duty, Part
from callflow.core.signals.signal import Kind
from callflow.core.watch import organs, supervision
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.readings import Reading
from callflow.handling.base.spoken_organs import lasting, of_alarm
from callflow.handling.calls import dialogues
from callflow.handling.watch import readings
from callflow.storage.alarms import incidents
from callflow.storage.desks import rosters
from tests.integration.handling.callers.test_member_menu import TECH, call, firm, last, member
from tests.integration.handling.station import Station

__all__ = ["firm"]
pytestmark = pytest.mark.usefixtures("firm")


def on_battery(station: Station, name: str = "salle") -> None:
    reading = Reading(
        part=organs.Part.POWER,
        name=name,
        state=State.FAILED,
        reason=Reason.ON_BATTERY,
        at=station.now,
        valid=timedelta(hours=9),
    )
    station.write(lambda tx: readings.take(tx, [reading], station.now))


def on_duty(station: Station, phone: str = TECH) -> None:
    begins, ends = station.now - timedelta(hours=1), station.now + timedelta(hours=9)
    one = Duty("duty", Part.TECHNICIAN, None, "Tom", phone, begins, ends, "admin", station.now)
    station.write(lambda tx: rosters.insert(tx, [one]))


def test_who_is_on_duty_hears_what_is_not_well_and_since_when(station: Station) -> None:
    on_duty(station)
    on_battery(station)
    station.now += timedelta(minutes=8)
    caller = call(station)
    assert "Onduleur" not in last(caller)  # a number proves nothing
    said = last(caller.types("258000"))
    assert "Onduleur salle : sur batterie, secteur absent, depuis 8 minutes." in said
    assert "Pour réécouter l'état de la station, tapez 1." in said
    station.now += timedelta(hours=3)
    caller.now = station.now
    assert "depuis 3 heures" in last(caller.types("1"))
    assert "De quel site" in last(caller.types("9"))


def test_a_wrong_code_says_nothing_and_one_under_duress_the_same(station: Station) -> None:
    on_duty(station)
    on_battery(station)
    assert "Onduleur" not in last(call(station).types("111111"))
    right, threatened = (last(call(station).types(code)) for code in ("258000", "258001"))
    assert right == threatened


def test_who_is_not_on_duty_is_asked_for_a_site(station: Station) -> None:
    on_battery(station)
    assert "De quel site" in last(call(station).types("258000"))


def test_a_technician_at_a_site_hears_it_there(station: Station) -> None:
    on_duty(station)
    on_battery(station)
    caller = call(station).types("258000", "9", "1002")
    assert "État de la station, tapez 8." in last(caller)
    assert "Onduleur salle" in last(caller.types("8"))


def test_many_are_counted_and_a_device_s_name_is_only_words(station: Station) -> None:
    member(station, "electro", "Ann", phone="+33639980499", language="en")
    on_duty(station, "+33639980499")
    for number in range(7):
        on_battery(station, f"<break/>{number}")
    said = last(call(station, "+33639980499").types("258000"))
    assert "others" in said
    assert "UPS" in said
    assert not set("<>") & set(said)


def test_the_call_of_a_trunk_s_alarm_names_it_since_its_alarm(station: Station) -> None:
    now = station.now
    text = supervision.station_signal("TRUNK_DOWN", "", "x", now)._replace(line="alpha@node0")
    station.receives(text)
    station.correlate()
    (alarm,) = station.read(lambda tx: incidents.open_ones(tx, kinds=[Kind.TRUNK]))
    then = now + timedelta(minutes=20)
    (said,) = station.read(lambda tx: list(of_alarm(tx, alarm, then, "en")))
    assert (said.values["organ"], said.values["lasting"]) == ("Trunk alpha", "20 minutes")
    other = station.alarm()
    assert not station.read(lambda tx: list(of_alarm(tx, other, then, "en")))


def test_the_plan_of_an_organ_calls_who_is_on_duty_and_says_it(station: Station) -> None:
    on_duty(station)
    on_battery(station)
    station.correlate()
    station.later(1)
    call_id = station.picks_up(TECH)
    begun = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, call_id))
    assert begun is not None
    turn = dialogue.turn(*begun)
    assert turn is not None
    said = [prompts.spoken(phrase.key, phrase.values, "fr") for phrase in turn.say]
    assert "Onduleur salle : sur batterie, secteur absent, depuis moins d'une minute." in said


@pytest.mark.parametrize(
    ("minutes", "french", "english"),
    [
        (0, "moins d'une minute", "less than a minute"),
        (-3, "moins d'une minute", "less than a minute"),  # a clock that was set back
        (1, "1 minute", "1 minute"),
        (8, "8 minutes", "8 minutes"),
        (119, "119 minutes", "119 minutes"),
        (120, "2 heures", "2 hours"),
        (2880, "2 jours", "2 days"),
    ],
)
def test_how_long_is_said_as_people_do(minutes: int, french: str, english: str) -> None:
    time = timedelta(minutes=minutes)
    assert (lasting(time, "fr"), lasting(time, "en")) == (french, english)
