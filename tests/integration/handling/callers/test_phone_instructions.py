"""Provisional instructions left on the phone (D19): said back, confirmed, listened to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, InstructionState, Lowers
from callflow.core.sites.site import Site
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.callers import call_backs as handled
from callflow.handling.records import playbacks
from callflow.handling.sites import instructions as sites_instructions
from callflow.handling.sites.in_force import site_now
from callflow.storage.callers import call_backs
from callflow.storage.records import logbook
from callflow.storage.sites import instructions
from tests.integration.handling.callers.test_phone_menu import EVERYTHING, call
from tests.integration.handling.station import FIRST, SECOND, SHOP, Station
from tests.support.phones.menu_caller import MenuCaller

OTHER = "+33639980177"
#: From now, 25 November 4 h in Paris, until 1 December 8 h.
UNTIL = ("1", "0112", "0800")
ENDS = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


def put(station: Station, *others: dict[str, Any], **changed: Any) -> None:
    """Anne may instruct; the shop's own phone may, too; whoever else there is."""
    anne: dict[str, Any] = {
        "id": "anne",
        "name": "Anne",
        "role": "keyholder",
        "phone": FIRST,
        "language": "fr",
    }
    anne |= {"code": "2580", "duress_code": "2581", "authorities": EVERYTHING}
    shop: dict[str, Any] = {"id": "shop", "name": "Shop", "role": "premises", "phone": SHOP}
    shop |= {"code": "3691", "authorities": EVERYTHING}
    station.put(contacts=[anne, shop, *others], **changed)


def bruno(**changed: Any) -> dict[str, Any]:
    there = {"id": "bruno", "name": "Bruno", "role": "keyholder", "phone": SECOND}
    return {**there, "authorities": EVERYTHING, "code": "4710", **changed}


def made(station: Station) -> list[Instruction]:
    return station.read(lambda tx: instructions.of_site(tx, "1002", limit=20))


def state(station: Station, row: Instruction) -> InstructionState:
    return row.state(station.now)


def site_in_alarm(station: Station) -> Site:
    """As an alarm finds it now."""
    found = station.read(lambda tx: site_now(tx, "1002", Kind.INTRUSION, station.now))
    assert found is not None
    return found


def says(caller: MenuCaller, count: int = 1) -> str:
    name = f"{caller.call_id}.{count}"
    caller.says(name)
    return name


def spoken(station: Station) -> tuple[MenuCaller, Instruction]:
    """Anne dictates something and confirms it."""
    caller = call(station).types("2580", "6", "3", *UNTIL)
    says(caller)
    caller.types("1")
    return caller, made(station)[0]


# --- the fixed kinds ----------------------------------------------------------------------


def test_an_absence_with_nobody_instead_waits_for_a_countersignature_as_on_every_way(
    station: Station,
) -> None:
    put(station, bruno())
    caller = call(station).types("2580", "6", "1", *UNTIL)
    assert (
        "du mercredi 25 novembre à 4 heures, jusqu'au mardi premier décembre à 8 heures"
        in (caller.heard[-1])
    )
    assert made(station) == []  # nothing is written before the 1
    caller.types("1")
    assert "contresignée" in caller.heard[-1]
    (row,) = made(station)
    assert (row.kind, row.contact_id, row.ends_at) == ("absent", "anne", ENDS)
    assert (row.author, row.asked_by) == ("Anne", "anne")
    assert row.lowers == (Lowers.NOBODY_INSTEAD,)
    assert state(station, row) is InstructionState.AWAITING_SIGNATURE
    assert station.entries("instruction_to_sign")
    assert not site_in_alarm(station).person("anne").availability.leaves  # type: ignore[union-attr]
    _sign(station, row, "denis")
    assert site_in_alarm(station).person("anne").availability.leaves  # type: ignore[union-attr]


def test_another_number_is_read_back_digit_by_digit_and_called_meanwhile(station: Station) -> None:
    put(station)
    caller = call(station).types("2580", "6", "2", "0639980177")
    assert "0 6, 3 9, 9 8, 0 1, 7 7" in caller.heard[-1]
    caller.types("1", *UNTIL, "1")
    (row,) = made(station)
    assert (row.kind, row.phone, row.lowers) == ("number", OTHER, ())
    person = site_in_alarm(station).person("anne")
    assert person is not None
    assert person.phone == OTHER


@pytest.mark.parametrize("typed", ["17", "112", "12345", "0", "#"])
def test_a_number_that_can_t_be_called_is_asked_again(station: Station, typed: str) -> None:
    put(station)
    caller = call(station).types("2580", "6", "2", typed)
    if typed == "0":
        assert caller.progress.bridge
    else:
        assert caller.progress.place is not None
        assert caller.progress.place.page == "instruct_number"
    assert made(station) == []


def test_the_premises_are_never_absent_nor_elsewhere(station: Station) -> None:
    put(station)
    for key in "12":
        caller = call(station, SHOP).types("3691", "6", key)
        assert "pas possible par téléphone" in caller.heard[-1]
    assert made(station) == []


def test_who_may_not_instruct_is_not_offered_it(station: Station) -> None:
    put(station, bruno(authorities={}))
    caller = call(station, SECOND).types("4710", "9")
    assert "provisoire" not in "".join(caller.heard)
    assert "provisoire" in call(station).types("2580", "9").heard[-1]


# --- when ---------------------------------------------------------------------------------


def test_it_begins_when_it_is_said_to(station: Station) -> None:
    put(station)
    caller = call(station).types("2580", "6", "2", "0639980177", "1")
    caller.types("2", "2611", "0730", "0112", "0800", "1")
    (row,) = made(station)
    assert row.begins_at == datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
    assert state(station, row) is InstructionState.PLANNED


def test_a_year_s_end_is_crossed(station: Station) -> None:
    put(station)
    caller = call(station).types("2580", "6", "2", "0639980177", "1")
    caller.types("2", "2012", "0730", "0301", "0800", "1")
    (row,) = made(station)
    assert row.ends_at == datetime(2027, 1, 3, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "told"),
    [
        ("3102", "0800", "Il n'existe pas"),
        ("0112", "2460", "Il n'existe pas"),
        ("0112", "9", "Il n'existe pas"),
        ("2411", "0800", "passé"),
        ("2511", "0359", "passé"),
        ("2712", "0800", "trente et un jours"),
    ],
)
def test_a_wrong_end_is_told_and_asked_again(
    station: Station, day: str, hour: str, told: str
) -> None:
    put(station)
    caller = call(station).types("2580", "6", "1", "1", day, hour)
    assert told in caller.heard[-1]
    assert "Jusqu'à quelle date" in caller.heard[-1]
    caller.types("0112", "0800", "1")
    assert [row.ends_at for row in made(station)] == [ENDS]


def test_an_end_before_the_beginning_and_a_beginning_that_is_over_are_told(
    station: Station,
) -> None:
    put(station)
    caller = call(station).types("2580", "6", "1", "2", "2411", "0800")
    assert "passé" in caller.heard[-1]
    caller.types("2711", "0800", "2611", "0800")
    assert "après le début" in caller.heard[-1]


# --- spoken -------------------------------------------------------------------------------


def test_what_is_dictated_is_played_back_and_waits_to_be_listened_to(station: Station) -> None:
    put(station)
    caller = call(station).types("2580", "6", "3", *UNTIL)
    says(caller)
    assert "Vos mots" in caller.heard[-1]
    caller.types("2")
    second = says(caller, 2)
    assert "Vos mots" in caller.heard[-1]
    assert made(station) == []
    caller.types("1")
    assert "contresignée" in caller.heard[-1]
    (row,) = made(station)
    assert (row.voice, row.text, row.lowers) == (second, "", (Lowers.SPOKEN,))
    assert state(station, row) is InstructionState.AWAITING_SIGNATURE
    (entry,) = station.entries("instruction_spoken")
    assert entry.data["voice"] == second
    caller.hangs_up()
    assert [task.instruction_id for task in station.read(call_backs.open_ones)] == [row.id]
    assert not station.faults()


def test_who_hangs_up_before_the_1_is_called_back_and_nothing_counts(station: Station) -> None:
    put(station)
    caller = call(station).types("2580", "6", "3", *UNTIL)
    says(caller)
    caller.hangs_up()
    assert made(station) == []
    assert [row.number for row in station.read(call_backs.open_ones)] == [FIRST]
    assert station.entries("spoken_unfinished")[0].site == "1002"


def test_nobody_writes_down_unheard_what_was_said_nor_into_force_alone(station: Station) -> None:
    put(station)
    _, row = spoken(station)
    kept = dict(text="Le peintre entre à sept heures.", who="claire", now=station.now)
    _plays(station, row, "denis")
    with pytest.raises(Refused, match="unheard"):
        _transcribe(station, row, **kept, lowers=False)
    _plays(station, row, "claire")
    with pytest.raises(BadField, match="operators must know"):
        _transcribe(station, row, **{**kept, "text": " "}, lowers=False)
    _transcribe(station, row, **kept, lowers=False)
    (heard,) = made(station)
    assert (heard.text, heard.transcriber) == (kept["text"], "claire")
    assert heard.lowers == (Lowers.TRANSCRIBED,)
    assert state(station, heard) is InstructionState.AWAITING_SIGNATURE
    assert station.entries("instruction_heard")
    with pytest.raises(Refused, match="nobody is to write"):
        _transcribe(station, row, **kept, lowers=False)
    with pytest.raises(Refused, match="somebody other"):
        _sign(station, row, "claire")
    _sign(station, row, "denis")
    assert state(station, made(station)[0]) is InstructionState.ACTIVE


def test_where_it_lowers_protection_somebody_else_than_who_listened_countersigns(
    station: Station,
) -> None:
    put(station)
    _, row = spoken(station)
    with pytest.raises(Refused, match="listen to it"):
        _sign(station, row, "denis")
    _hear(station, row, text="N'envoyez personne.", who="claire", now=station.now, lowers=True)
    for who in ("Claire ", "Anne"):
        with pytest.raises(Refused, match="somebody other"):
            _sign(station, row, who)
    assert state(station, made(station)[0]) is InstructionState.AWAITING_SIGNATURE
    _sign(station, row, "denis")
    assert state(station, made(station)[0]) is InstructionState.ACTIVE


def test_what_is_left_is_a_task_until_it_counts_and_rings_the_desk_meanwhile(
    station: Station,
) -> None:
    put(station)
    caller, row = spoken(station)
    caller.hangs_up()
    (task,) = station.read(call_backs.open_ones)
    assert (task.number, task.instruction_id, task.level) == (FIRST, row.id, 0)
    with pytest.raises(Refused, match="listen to it"):
        station.write(
            lambda tx: handled.finish(
                tx, task.id, "claire", handled.Result.NOT_NEEDED, "", station.now
            )
        )
    assert task.due_at is not None
    station.now = task.due_at
    station.write(lambda tx: handled.come_back(tx, station.now))
    assert station.read(call_backs.open_ones)[0].level == 1
    assert station.entries("call_back_overdue") or station.entries("call_back_silent")
    station.write(lambda tx: handled.take(tx, task.id, "claire", station.now))
    assert "consigne laissée par Anne" in station.entries("instruction_taken")[0].text
    _hear(station, row, text="N'envoyez personne.", who="claire", now=station.now, lowers=True)
    (task,) = station.read(call_backs.open_ones)
    assert (task.holder, task.level) == (None, 0)  # it is for whoever countersigns it
    _sign(station, row, "denis")
    assert station.read(call_backs.open_ones) == []


def test_two_instructions_of_one_number_are_two_tasks_and_a_withdrawn_one_is_none(
    station: Station,
) -> None:
    put(station)
    _, first = spoken(station)
    spoken(station)
    assert len(station.read(call_backs.open_ones)) == 2
    station.write(
        lambda tx: sites_instructions.withdraw(tx, "1002", first.id, who="claire", now=station.now)
    )
    (left,) = station.read(call_backs.open_ones)
    assert left.instruction_id != first.id


def test_what_nobody_saw_to_in_its_time_rings_nobody_any_more(station: Station) -> None:
    put(station)
    spoken(station)
    station.now = ENDS
    station.write(lambda tx: handled.come_back(tx, station.now))
    assert station.read(call_backs.open_ones) == []
    assert not station.entries("call_back_overdue")
    assert not station.entries("call_back_silent")


def test_what_nobody_listened_to_is_found_before_its_time_comes(station: Station) -> None:
    put(station)
    caller = call(station).types("2580", "6", "3", "2", "3011", "0800", "0112", "0800")
    says(caller)
    caller.types("1")
    waiting = station.read(lambda tx: instructions.awaiting(tx, "1002", station.now))
    assert [each.author for each in waiting] == ["Anne"]
    station.now += timedelta(days=10)
    assert station.read(lambda tx: instructions.awaiting(tx, "1002", station.now)) == []


def _plays(station: Station, row: Instruction, who: str) -> None:
    name = row.voice or ""
    call_id = name.rpartition(".")[0]
    station.write(
        lambda tx: playbacks.played(tx, playbacks.SPOKEN, name, call_id, who, station.now)
    )


def _hear(station: Station, row: Instruction, **more: Any) -> None:
    _plays(station, row, more["who"])
    _transcribe(station, row, **more)


def _transcribe(station: Station, row: Instruction, **more: Any) -> None:
    station.write(lambda tx: sites_instructions.transcribe(tx, "1002", row.id, **more))


def _sign(station: Station, row: Instruction, who: str) -> None:
    station.write(
        lambda tx: sites_instructions.countersign(tx, "1002", row.id, who=who, now=station.now)
    )


# --- under duress -------------------------------------------------------------------------


def test_under_duress_it_sounds_the_same_and_nothing_is_agreed(station: Station) -> None:
    put(station, bruno())
    typed = ("6", "2", "0639980177", "1", *UNTIL, "1")
    free, forced = call(station).types("2580", *typed), call(station).types("2581", *typed)
    assert free.heard == forced.heard
    assert len(made(station)) == 1
    caller = call(station).types("2581", "6", "3", *UNTIL)
    says(caller)
    assert "contresignée" in caller.types("1").heard[-1]
    caller.hangs_up()
    assert len(made(station)) == 1
    assert station.read(call_backs.open_ones) == []
    assert station.read(logbook.spoken_hashes)  # what was said is kept all the same
