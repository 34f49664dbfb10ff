"""Two callers, two operators: each reaches whoever speaks their language, heard at both ends."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.phones.phone import phones_of
from tests.support.rows import sites
from tests.support.stations.desk import desks_of
from tests.support.stations.station import DESKS, DUTY, Station, patient_station

FRENCH, ENGLISH = "+33639987011", "+33639987012"


def speaks(station: Station, name: str, languages: str) -> None:
    """They speak these languages (JSON)."""
    with sqlite3.connect(station.data_dir / "callflow.db", timeout=10) as rows:
        rows.execute("UPDATE user_account SET languages = ? WHERE name = ?", (languages, name))
    rows.close()


@pytest.mark.deep
async def test_two_callers_reach_the_operators_who_speak_their_language(tmp_path: Path) -> None:
    (tmp_path / "phones").mkdir()
    (tmp_path / "desks").mkdir()
    async with patient_station(tmp_path / "station") as station:
        contact = sites.contact("L1", "Kim", ENGLISH) | {"language": "en"}
        await sites.put(station, "L1", sites.site("L1", contact))
        async with (
            phones_of(station, tmp_path / "phones") as phones,
            desks_of(station, tmp_path / "desks") as desks,
        ):
            anne, bob = await desks.of("anne", 620.0), await desks.of("bob", 1130.0)
            speaks(station, "anne", '["fr"]')
            speaks(station, "bob", '["en"]')
            kim = await phones.at("+33639980081", "en")
            claude = await phones.at("+33639980082")
            await kim.asks_for_an_operator(ENGLISH)
            await bob.answers(60)
            await claude.asks_for_an_operator(FRENCH)
            await anne.answers(60)
            await kim.hears_tone(1130.0, within=30)
            await claude.hears_tone(620.0, within=30)
            assert [await station.seen(number) for number in (*DESKS, DUTY)] == [[], [], []]
            kim.hangs_up()
            claude.hangs_up()
            await bob.is_free(30)
            await anne.is_free(30)
