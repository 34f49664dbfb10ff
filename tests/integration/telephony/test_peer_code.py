"""The backup station's code typed at a telephone, call after call, until none is looked at."""

from __future__ import annotations

from pathlib import Path

from callflow import clock
from callflow.core.callers import guessing
from callflow.core.calls.call import Call
from callflow.core.records.logbook import Entry
from callflow.core.watch.organs import Part, Reason
from callflow.handling.base.policy import load_policy
from callflow.handling.desks import queueing
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.watch import readings
from tests.support.phones.scripted_phone import Dialplan, Person
from tests.support.sip.scripted_ami import ANSWERS, ScriptedAmi
from tests.support.stations.telephony_station import TelephonyStation

NUMBER, CODE = "+33639980990", "40961"
PEER = {"peer_name": "Nord", "peer_numbers": (NUMBER,), "peer_code": CODE}


async def rings_it(station: TelephonyStation) -> Call:
    """The call to it for the site's alarm, once it is over."""
    incident = await station.incident()
    assert incident is not None

    def ring(tx: Tx) -> str:
        queueing.ring(tx, load_policy(tx), incident, NUMBER, clock.now())
        call = calls.live_of(tx, NUMBER)
        assert call is not None
        return call.id

    call = await station.store.write(ring)
    return await station.until_row(call, lambda row: row.ended_at is not None)


def everything_told(tx: Tx) -> list[Entry]:
    return logbook.page(tx, limit=10_000)


async def test_whoever_guesses_over_several_calls_is_let_in_by_no_code(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami:
        station = TelephonyStation(ami, tmp_path)
        station.settings = station.settings.model_copy(update=PEER)
        ami.default_fate = ANSWERS
        people = Dialplan(ami, station.settings.ports.agi, tmp_path).people
        try:
            await station.prepare()
            station.start()
            await station.alarm("FA")
            for _ in range(guessing.OF_CALLER // 2):
                people[NUMBER.lstrip("+")] = Person(keys=["00000", "11111"])
                assert (await rings_it(station)).outcome == "wrong_code"
            people[NUMBER.lstrip("+")] = Person(keys=[CODE, "1"])
            assert (await rings_it(station)).outcome == "wrong_code"
            told = [one.kind for one in await station.store.read(everything_told)]
            found = await station.store.read(readings.every)
        finally:
            await station.close()
    assert told.count("code_wrong") == guessing.OF_CALLER
    assert told.count("codes_locked") == 1
    assert [(one.part, one.reason) for one in found] == [(Part.PEER, Reason.GUESSED)]
