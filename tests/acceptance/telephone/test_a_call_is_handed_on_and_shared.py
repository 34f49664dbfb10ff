"""Transfer, blind and attended, and a conference: proved by each one's own tone."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.telephone.conversations import (
    CLIENT_HZ,
    OPERATOR_HZ,
    OTHER_HZ,
    a_person_asks_for_an_operator,
    hear_each_other,
)
from tests.support.phones.phone import Phones
from tests.support.stations.operators import Operators
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_call_is_handed_on_after_a_word_with_the_colleague(
    station: Station, phones: Phones, operators: Operators
) -> None:
    ines = await operators.of("lea", OPERATOR_HZ)
    _, person = await a_person_asks_for_an_operator(station, phones)
    await ines.answers()
    await hear_each_other(person, ines)
    marc = await operators.of("marc", OTHER_HZ)
    await ines.hands_on("marc", attended=True)
    await marc.answers()
    await asyncio.gather(ines.hears_tone(OTHER_HZ), marc.hears_tone(OPERATOR_HZ))
    silent_from = len(person.call.heard)
    await ines.clicks("together")
    await asyncio.gather(
        marc.hears_tone(CLIENT_HZ),
        person.hears_tone(OTHER_HZ, share=0.3),
        person.hears_tone(OPERATOR_HZ, share=0.3),
    )
    assert silent_from < len(person.call.heard)
    await ines.clicks("complete")
    await ines.is_free()
    await hear_each_other(person, marc)
    await marc.hangs_up()
    await person.is_hung_up()
    await marc.is_free()


async def test_a_call_is_handed_on_at_once(
    station: Station, phones: Phones, operators: Operators
) -> None:
    ines = await operators.of("nora", OPERATOR_HZ)
    _, person = await a_person_asks_for_an_operator(station, phones)
    await ines.answers()
    marc = await operators.of("omar", OTHER_HZ)
    await ines.hands_on("omar", attended=False)
    await ines.is_free()
    await marc.answers()
    await hear_each_other(person, marc)
    person.hangs_up()
    await marc.is_free()
