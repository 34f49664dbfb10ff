"""Words are found in the whole logbook at once, in its index or not yet; what is erased is not."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text

from callflow.core.records.logbook import Entry
from callflow.core.records.words import Sought, sought
from callflow.handling.base.telling import tell
from callflow.handling.records import corrected_entries
from callflow.handling.records.lookup import Question, found_by_days, look_up
from callflow.processes import indexer
from callflow.processes.indexer import Indexer
from callflow.storage import Store, Tx
from callflow.storage import schema as t
from callflow.storage.records import past, search, words
from callflow.storage.records.horizon import horizon
from tests.integration.handling.station import NIGHT, Station

pytestmark = pytest.mark.both_databases


def notes(station: Station, *texts: str, who: str = "bea", **more: Any) -> None:
    for each in texts:
        station.write(partial(_note, text=each, who=who, now=station.now, **more))
        station.later(1)


def _note(tx: Tx, *, text: str, who: str, now: datetime, **more: Any) -> None:
    tell(tx, "note", now, who_did=who, note=text, **more)


def indexed(station: Station, *, all_of_them: bool = True) -> None:
    """As the engine does it, to the end."""
    until = station.read(horizon).last
    while batch := station.read(partial(words.gathered, until=until, limit=7)):
        done = station.write(partial(words.put, batch=batch))
        if done and not all_of_them:
            return


def found(station: Station, **asked: Any) -> list[str]:
    question = Question(**asked)
    return [entry.text for entry in station.read(partial(look_up, question=question)).entries]


def by_index(store: Store, said: Sought) -> list[int]:
    last = store.read_now(horizon).last
    look = partial(words.numbers, sought=said, above=0, below=last + 1, limit=100)
    return store.read_now(look).found


def in_index(station: Station, said: Sought) -> list[int]:
    return by_index(station.store, said)


def covered(station: Station, entry: Entry) -> None:
    """As when its time is over."""

    def cover(tx: Tx) -> None:
        tell(tx, "erased", station.now, count=1, entries=past.cover(tx, [entry]))

    station.write(cover)


@pytest.mark.parametrize("how_far", ["nothing", "a part", "all"])
def test_words_are_found_wherever_the_index_is(station: Station, how_far: str) -> None:
    notes(station, "Volets ouverts au quai", "Le volet est fermé", "Rien à signaler")
    notes(station, "volet du bureau, 06 39 98 77 01", site="1002", who="Marc Aubry")
    if how_far != "nothing":
        indexed(station, all_of_them=how_far == "all")
    assert found(station, text="VOLET") == [
        "volet du bureau, 06 39 98 77 01",
        "Le volet est fermé",
        "Volets ouverts au quai",
    ]
    assert found(station, text='"volets ouverts"') == ["Volets ouverts au quai"]
    assert found(station, text="volet", site_id="1002") == ["volet du bureau, 06 39 98 77 01"]
    assert found(station, person="aubry") == found(station, text="+33639987701")
    assert found(station, text="volet", kinds=["reminder"]) == []
    assert found(station, text="volet", oldest_first=True, limit=1) == ["Volets ouverts au quai"]
    early: dict[str, Any] = {"since": NIGHT, "until": NIGHT + timedelta(seconds=1)}
    assert found(station, text="volet", **early) == ["Volets ouverts au quai"]


def test_page_after_page_nothing_is_missed_and_nothing_comes_twice(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_DIRECT", 5)  # of those that are not indexed, at once
    for name, value in (("_SMALL", 1), ("_LARGE", 3), ("_MOST_PIECES", 2), ("ENOUGH", 0.0)):
        monkeypatch.setattr(words, name, value)  # PostgreSQL stops after each piece
    notes(station, *(f"volet {n}" for n in range(25)))
    indexed(station, all_of_them=False)
    until = station.read(horizon).last - 9
    while batch := station.read(partial(words.gathered, until=until, limit=7)):
        station.write(partial(words.put, batch=batch))
    for oldest_first in (False, True):
        seen: list[str] = []
        at: dict[str, Any] = {}
        while True:
            asked = Question(text="volet", limit=4, oldest_first=oldest_first, **at)
            answer = station.read(partial(look_up, question=asked))
            seen += [entry.text for entry in answer.entries]
            last: Any = answer.beyond
            if len(answer.entries) == 4:
                last = answer.entries[-1]
            if last is None:
                break
            at = {"after" if oldest_first else "before": last.number}
        expected = [f"volet {n}" for n in range(25)]
        assert seen == (expected if oldest_first else expected[::-1])


def test_words_that_are_taken_away_leave_the_index_in_the_same_commit(station: Station) -> None:
    notes(station, "Madame Zéphirine rappelle", "volet ouvert")
    indexed(station)
    entry = station.entries("note")[0]
    known = sought("zephirine")
    assert in_index(station, known) == [entry.number]
    covered(station, entry)
    assert in_index(station, known) == []
    assert found(station, text="zephirine") == []
    assert found(station, text="volet") == ["volet ouvert"]
    if station.store.sqlite:  # nor are they in what it keeps of the text
        kept = station.read(lambda tx: tx.execute(text("SELECT words FROM logbook_words")).all())
        assert "zephirin" not in str(kept)


def test_what_was_read_before_an_erasure_never_comes_in_after_it(station: Station) -> None:
    notes(station, "volet", "volet", "Madame Zéphirine rappelle")
    indexed(station, all_of_them=False)  # it has begun
    until = station.read(horizon).last
    batch = station.read(partial(words.gathered, until=until, limit=100))
    assert batch is not None
    covered(station, station.entries("note")[-1])
    assert not station.write(partial(words.put, batch=batch))
    indexed(station)
    assert in_index(station, sought("zephirine")) == []


def test_an_entry_numbered_by_a_writer_that_goes_on_is_waited_for(store: Store) -> None:
    """PostgreSQL numbers entries in the order of their transactions' beginnings, and commits them
    in any: an index that follows the highest number would leave some out for ever."""
    follower = Indexer(store)
    if store.sqlite:
        return
    with store._writer_engine.connect() as other, other.begin() as late:
        other.info.update(mac=store.mac, at_end={})
        number = other.execute(
            text("SELECT nextval(pg_get_serial_sequence('logbook', 'number'))")
        ).scalar_one()
        other.execute(t.logbook.insert().values(**_raw(number, "Écluse", NIGHT)))
        early = Store(store.url, mac=store.mac)
        early.write_now(partial(_note, text="Barrage", who="bea", now=NIGHT))
        asyncio.run(_followed(follower))
        assert store.read_now(words.state) is None or _position(store) < number
        late.commit()
    early.close()
    asyncio.run(_followed(follower))
    for word in ("ecluse", "barrage"):
        assert len(by_index(store, sought(word))) == 1


def _raw(number: int, said: str, at: datetime) -> dict[str, Any]:
    columns = dict.fromkeys(("chain", "previous", "hash", "salt", "mac"), "x")
    return {
        **columns,
        **dict(number=number, id=f"raw{number}", seq=1, at=at, who="bea", kind="note"),
        **dict(text=said, data={}),
    }


def _position(store: Store) -> int:
    state = store.read_now(words.state)
    return state.position if state else 0


async def _followed(follower: Indexer) -> None:
    for _ in range(3):
        await follower.go_on(is_busy=lambda: False)


async def _followed_to(follower: Indexer, store: Store, last: int) -> None:
    """PostgreSQL's own work (an analysis of another database's tables) is a writer too, for some
    milliseconds: it is waited for as long as a test may take."""
    while _position(store) != last:
        await follower.go_on(is_busy=lambda: False)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "_PATIENCE", 0.0)
    monkeypatch.setattr(indexer, "_PAUSE", 0.0)


def test_the_engine_brings_it_to_the_end_and_no_further_than_a_batch_while_it_works(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "_BATCH", 2)
    notes(station, *(f"volet {n}" for n in range(10)))
    follower = Indexer(station.store)
    for _ in range(3):
        asyncio.run(follower.go_on(is_busy=lambda: True))
    assert len(in_index(station, sought("volet"))) < 10
    last = station.read(lambda tx: tx.execute(select(func.max(t.logbook.c.number))).scalar_one())
    asyncio.run(_followed_to(follower, station.store, last))
    assert len(in_index(station, sought("volet"))) == 10
    assert _position(station.store) == last


def test_a_correction_follows_and_both_are_found(station: Station) -> None:
    notes(station, "La porte nord est fermée")
    before = station.entries("note")[0]
    station.write(
        partial(
            corrected_entries.correct,
            entry_id=before.id,
            text="porte sud",
            by="carl",
            now=station.now,
        )
    )
    (after,) = station.entries("corrected")
    assert station.entries("note") == [before]
    assert (after.who, after.data["corrects"]) == ("carl", before.id)
    for _ in range(2):
        assert len(found(station, text="porte")) == 2
        assert found(station, text="nord") == [before.text]
        indexed(station)
    days = Question(text="%", since=NIGHT, until=NIGHT + timedelta(days=1))
    assert station.read(partial(found_by_days, question=days)).entries == []


def test_of_kinds_and_days_alone_the_order_is_that_of_time(station: Station) -> None:
    notes(station, "un", "deux")
    days: dict[str, Any] = {"since": NIGHT, "until": NIGHT + timedelta(days=1)}
    asked: list[Question] = [
        Question(kinds=["note"], **days),
        Question(person="bea", **days),
        Question(people=True, **days),
    ]
    for question in asked:
        entries: list[Entry] = station.read(partial(found_by_days, question=question)).entries
        assert [entry.text for entry in entries][:2] == ["deux", "un"]
