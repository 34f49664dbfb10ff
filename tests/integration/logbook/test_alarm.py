"""A head or a seal that is not the station's: somebody is told, nothing that is told is lost, and
the forged is never signed (invariant 6)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from callflow.core.records.logbook import BROKEN, Anchor
from callflow.processes.anchoring import missing_files, remembered
from callflow.settings.config import Settings
from callflow.storage import Tx
from tests.integration.logbook.book import Book, State, hashed

pytestmark = pytest.mark.both_databases

CHAIN = "incident:a"


def forge(book: Book) -> State:
    """The last entry of an alarm never happened; the head fits, as far as anybody can."""
    state = book.state()
    last = state.chain(CHAIN)[-1]
    last["text"] = "never happened"
    last["hash"] = hashed(last)
    state.head(CHAIN)["hash"] = last["hash"]
    assert book.put(state)
    return state


@pytest.fixture
def history(book: Book) -> Book:
    for _ in range(2):
        book.goes_on()
    assert (book.faults(), book.alarms()) == ([], [])
    return book


def test_what_is_told_after_a_forged_head_is_kept_told_and_never_signs_it(history: Book) -> None:
    forged = forge(history)
    assert history.goes_on() == history.notes()
    assert history.alarms() == ["la dernière écriture d’une alarme n’est pas de la station"]
    state = history.state()
    begin = len(forged.chain(CHAIN))
    assert [row["previous"] == BROKEN for row in state.chain(CHAIN)[begin:]] == [True, False]
    assert f"{CHAIN} {begin}: not what was sealed" in history.faults()
    broken = f"{CHAIN} {begin + 1}: the chain was broken here: the head before it was not ours"
    for _ in range(3):
        history.goes_on()
        assert broken in history.faults()
    assert len(history.alarms()) == 1


def test_a_forged_head_is_not_sealed_and_keeps_no_other_from_being(history: Book) -> None:
    history.round += 1
    history.tells()
    forged = forge(history).head(CHAIN)
    history.seal()
    assert history.alarms() == ["la dernière écriture d’une alarme n’est pas de la station"]
    state = history.state()
    sealed = {chain: hash for chain, _, hash in state.seal[-1]["heads"]}
    assert CHAIN not in sealed
    assert {"incident:b", "incident:c", "incident:d"} <= sealed.keys()
    assert state.head(CHAIN) == forged


def test_a_head_that_no_seal_would_find_is_not_ours(history: Book) -> None:
    history.round += 1
    history.tells()

    def hide(tx: Tx) -> None:
        hidden = "''" if tx.dialect.name == "sqlite" else "true"
        tx.execute(text(f"UPDATE chain_head SET sealed = {hidden} WHERE chain = '{CHAIN}'"))

    history.write_now(hide)
    assert history.goes_on() == history.notes()
    assert history.alarms() == ["la dernière écriture d’une alarme n’est pas de la station"]


def test_after_a_forged_seal_the_next_follows_nothing(history: Book) -> None:
    state = history.state()
    state.seal[-1]["heads"] = []
    state.seal[-1]["mac"] = "0" * 64
    history.put(state)
    history.goes_on()
    assert history.alarms() == [
        "le dernier scellé de la main courante n’est pas de la station",
        "un scellé noté hors de la base de données n’y est plus, ou d’autres l’y suivent",
    ]
    assert {"seals 2: a seal was altered", "seals 3: a seal was altered"} <= set(history.faults())
    before = history.alarms()
    history.goes_on()  # that one follows ours
    assert history.alarms() == before
    assert history.state().seal[-1]["number"] == 4


# --- what is remembered outside the database ------------------------------------------------------


def test_each_seal_is_written_down_where_only_the_station_reads_it(history: Book) -> None:
    file = history.settings.logbook_anchor_file
    assert remembered(history.settings) == [
        Anchor(seal["number"], seal["mac"]) for seal in history.state().seal
    ]
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_missing_once_is_missing_for_ever(history: Book) -> None:
    older = history.state()
    history.goes_on()
    history.put(older)
    history.look()
    gone = "seals 3: the seal that is remembered outside the database is not there"
    assert gone in history.faults()
    assert history.watch.state["ours"] is False
    for _ in range(3):  # the third seal is there again: it is another one
        history.goes_on()
        assert gone in history.faults()
    assert len(history.alarms()) == 1
    history.begins_again()
    history.look()
    assert history.watch.state["ours"] is False


def test_a_line_that_a_crash_cut_is_none(history: Book) -> None:
    file = history.settings.logbook_anchor_file
    with file.open("a") as opened:
        opened.write("3 abc")
    history.goes_on()
    assert history.faults() == []
    assert [anchor.number for anchor in remembered(history.settings) or []] == [1, 2, 3]


def test_a_station_that_remembers_nothing_takes_what_is_there(history: Book) -> None:
    history.settings.logbook_anchor_file.unlink()
    history.begins_again()
    history.look()
    last = history.state().seal[-1]
    assert remembered(history.settings) == [Anchor(2, last["mac"])]
    assert history.alarms() == []


def test_a_long_file_of_our_own_is_written_anew(
    history: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callflow.processes.anchoring._LONG", 10)
    for _ in range(3):
        history.goes_on()
    history.begins_again()
    history.look()
    assert [anchor.number for anchor in remembered(history.settings) or []] == [5]
    assert (history.faults(), history.alarms()) == ([], [])


def test_what_can_not_be_written_down_is_said(history: Book) -> None:
    file = history.settings.logbook_anchor_file
    file.unlink()
    file.mkdir()
    history.goes_on()
    assert "can't write" in history.watch.state["trouble"]
    assert history.watch.state["ours"] is True
    file.rmdir()
    history.begins_again()
    history.look()
    assert history.watch.state["trouble"] == ""


def test_a_copy_elsewhere_has_every_seal_and_is_demanded(book: Book, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    book.settings = Settings(data_dir=tmp_path, logbook_anchor_copies=(mount / "anchor",))
    book.begins_again()
    book.goes_on()
    assert missing_files(book.settings) == [mount / "anchor"]
    book.watch.copied(5)
    assert "not copied" in book.watch.state["trouble"]
    mount.mkdir()
    book.goes_on()
    book.watch.copied(5)
    assert book.watch.state["trouble"] == ""
    assert (missing_files(book.settings), book.faults()) == ([], [])
    older = book.state()
    book.goes_on()
    book.watch.copied(5)
    assert len((mount / "anchor").read_text().split()) == 6
    book.settings.logbook_anchor_file.write_text("")  # as who owns this machine would
    book.put(older)
    assert "the seal that is remembered" in " ".join(book.faults())


def test_looking_again_writes_nothing(history: Book) -> None:
    before = history.settings.logbook_anchor_file.read_bytes()
    asyncio.run(history.watch.look())
    assert history.settings.logbook_anchor_file.read_bytes() == before
