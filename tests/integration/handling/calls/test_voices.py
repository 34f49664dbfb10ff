"""What callers say after a tone: kept whatever becomes of the call, and nothing said is lost."""

from __future__ import annotations

import itertools
from typing import Any

from callflow.core.calls.call import Outcome
from callflow.handling.calls import voices
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls, spoken
from tests.integration.handling.station import FIRST, Station
from tests.support.phones.menu_caller import MenuCaller

_NUMBERS = itertools.count()


def caller(station: Station, code: str = "2580", number: str = FIRST) -> MenuCaller:
    call_id = f"1795100000.{next(_NUMBERS)}"
    return MenuCaller(station.store, station.vault, number, call_id).calls(station.now).types(code)


def says(station: Station, call_id: str, count: int = 1) -> str:
    name = f"{call_id}.{count}"
    kept: dict[str, Any] = dict(path=f"spoken/{name}.wav", sha256="ab" * 32, duration=4.25)
    for _ in range(2):  # told again after a crash
        station.write(lambda tx: voices.said(tx, call_id, name=name, now=station.now, **kept))
    return name


def backs(station: Station) -> list[str]:
    return [row.number for row in station.read(call_backs.open_ones)]


def test_it_is_told_once_with_its_hash_and_the_site_of_who_is_known(station: Station) -> None:
    station.put()
    name = says(station, caller(station).call_id)
    (entry,) = station.entries("spoken")
    assert (entry.site, entry.data["voice"]) == ("1002", name)
    assert entry.data["sha256"] == "ab" * 32
    assert not station.faults()


def test_who_hangs_up_before_confirming_is_called_back(station: Station) -> None:
    station.put()
    call = caller(station)
    says(station, call.call_id, 1)
    name = says(station, call.call_id, 2)
    call.hangs_up()
    assert backs(station) == [FIRST]
    (entry,) = station.entries("spoken_unfinished")
    assert entry.data["voice"] == name
    assert all(row.settled_at for row in station.read(spoken.everything))


def test_what_comes_to_be_known_after_the_call_is_called_back_too(station: Station) -> None:
    station.put()
    call = caller(station)
    call.hangs_up()
    assert backs(station) == []
    says(station, call.call_id)
    assert backs(station) == [FIRST]


def test_what_was_confirmed_is_nobody_s_call_back(station: Station) -> None:
    station.put()
    call = caller(station)
    says(station, call.call_id)
    station.write(lambda tx: voices.confirmed(tx, call.call_id, station.now))
    call.hangs_up()
    assert backs(station) == []
    assert not station.entries("spoken_unfinished")


def test_who_speaks_under_threat_is_not_called_back(station: Station) -> None:
    station.put()
    call = caller(station, "2581")
    says(station, call.call_id)
    station.write(lambda tx: calls.change(tx, call.call_id, result=Outcome.DURESS.value))
    call.hangs_up()
    assert backs(station) == []
    assert not station.entries("spoken_unfinished")


def test_who_waits_for_a_human_after_speaking_leaves_one_call_back(station: Station) -> None:
    station.put()
    call = caller(station)
    says(station, call.call_id)
    call.types("0")
    call.hangs_up()
    assert backs(station) == [FIRST]
    assert [row.called for row in station.read(call_backs.open_ones)] == [1]
