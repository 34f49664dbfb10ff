"""Alarms whose time is over go with all that belongs to them; the logbook is whole (each database's
station is verified after each test)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Table, func, select, update

from callflow.core.records.logbook import COVERED, ERASED, Entry
from callflow.core.records.retention import Kept, Rule
from callflow.handling.alarms import operating
from callflow.handling.base.telling import tell
from callflow.handling.calls import voices
from callflow.handling.calls.recordings import recording_finished
from callflow.handling.records import retention as records_retention
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.records import erasure, logbook, past, retention
from callflow.storage.schema import metadata
from tests.integration.handling.station import SHOP, Station

pytestmark = pytest.mark.both_databases

NOTE = "Mme Aubépine rappelle demain"
#: Beyond the year that alarms are kept here.
LATER = timedelta(days=400)


def rule(station: Station, days: int = 365) -> None:
    now = station.now
    made = Rule("r", Kept.INCIDENTS, days, now, "odile", now)
    station.write(lambda tx: retention.set_rule(tx, made, now))


def purge(station: Station) -> int:
    return station.write(lambda tx: records_retention.purge(tx, station.now))


def purge_all(station: Station) -> int:
    """Batches until nothing is due, as the engine does them."""
    for batches in range(100):
        if not station.read(lambda tx: records_retention.any_due(tx, station.now)):
            return batches
        purge(station)
        assert station.faults() == []  # after each batch, wherever a crash would leave it
    pytest.fail("something is due for ever")


def rows(station: Station, table: Table) -> list[Mapping[str, Any]]:
    found = station.read(partial(erasure.page, table=table, after=[], limit=10_000))
    return [row.columns for row in found]


def everything(station: Station) -> str:
    return "\n".join(str(row) for table in metadata.sorted_tables for row in rows(station, table))


def recorded(station: Station, call: str) -> None:
    kept: dict[str, Any] = dict(sha256="ab" * 32, duration=4.0, problem="", now=station.now)
    station.write(lambda tx: recording_finished(tx, call, path=f"day/{call}.wav", **kept))


def filed(station: Station) -> str:
    """An alarm with a call that was recorded, a note, a message, an image; filed."""
    incident = station.alarm("BA").id
    call = station.replies(SHOP, "verified_ok")
    recorded(station, call)
    said: dict[str, Any] = dict(path=f"spoken/{call}.wav", sha256="cd" * 32, duration=2.0)
    station.write(lambda tx: voices.said(tx, call, name=f"{call}.1", now=station.now, **said))
    station.write(lambda tx: operating.note(tx, incident, "ines", NOTE, station.now))
    station.write(partial(with_parts, incident=incident, call=call, now=station.now))
    close(station, incident)
    return str(incident)


def with_parts(tx: Tx, incident: str, call: str, now: Any) -> None:
    """A row of what else belongs to an alarm."""
    of: dict[str, Any] = {"incident_id": incident}
    image = {"id": "still", "camera": "hall", "name": "Hall", "taken_at": now, **of}
    tx.execute(t.image.insert().values(path="x/still.jpg", sha256=None, problem="", **image))
    paper: dict[str, Any] = {
        "id": "d",
        "kind": "report_full",
        "language": "fr",
        "name": NOTE,
        "path": "x/d.pdf",
    }
    paper |= {"sha256": "ef" * 32, "size": 9, "made_by": "ines", "made_at": now}
    tx.execute(t.document.insert().values(**paper, **of))
    verified: dict[str, Any] = {
        "id": "v",
        "means": "image",
        "result": "real",
        "weight": "strong",
        "by": "ines",
    }
    verified |= {"note": NOTE, "at": now, "image_id": "still", "call_id": call, **of}
    tx.execute(t.verification.insert().values(**verified))
    task: dict[str, Any] = {
        "id": "t",
        "step": "s",
        "kind": "notify",
        "state": "done",
        "text": NOTE,
        **of,
    }
    tx.execute(t.task.insert().values(requested_at=now, ended_at=now, **task))
    message: dict[str, Any] = {
        "id": "m",
        "task_id": "t",
        "channel": "mail",
        "to": "x",
        "subject": "",
        "body": NOTE,
    }
    message |= {"data": {}, "state": "sent", "attempts": 1, "last_error": "", "exercise": False}
    tx.execute(t.outbox.insert().values(due_at=now, created_at=now, ended_at=now, **message, **of))
    hold = {"id": "h", "reason": NOTE, "placed_by": "odile", "placed_at": now, **of}
    tx.execute(t.legal_hold.insert().values(lifted_by="odile", lifted_at=now, **hold))
    for id, lifted in (("m1", now), ("m2", None)):
        measure: dict[str, Any] = {
            "id": id,
            "site_id": "1002",
            "kind": "guard",
            "text": "",
            "opened_by": "ines",
        }
        measure |= {"began_at": now, "ends_at": now + 2 * LATER, "lifted_at": lifted, **of}
        tx.execute(t.measure.insert().values(**measure))


def close(station: Station, incident: str) -> None:
    values = {"state": "filed", "closed_at": station.now, "with_human": False, "due_at": None}
    query = update(t.incident).where(t.incident.c.id == incident)
    station.write(lambda tx: tx.execute(query.values(**values)))


def hangs_up_all(station: Station) -> None:
    ended = {"state": "ended", "ended_at": station.now}
    station.write(lambda tx: tx.execute(update(t.call).values(**ended)))


def test_a_filed_alarm_goes_with_all_that_belongs_to_it(station: Station) -> None:
    incident = filed(station)
    hangs_up_all(station)
    rule(station)
    entries = len(rows(station, t.logbook))
    assert purge_all(station) == 0  # it is young
    station.now += LATER
    assert purge_all(station) > 0
    left = everything(station)
    assert NOTE not in left
    assert incident not in left.replace(f"incident:{incident}", "")  # its chain is called so
    gone = [t.incident, t.call, t.recording, t.spoken, t.image, t.document, t.verification, t.task]
    for table in (*gone, t.outbox, t.legal_hold):
        assert rows(station, table) == [], table.name
    assert [row["id"] for row in rows(station, t.measure)] == ["m2"]  # it goes on
    assert [row["incident_id"] for row in rows(station, t.signal)] == [None]  # an end of their own
    files = {row["path"].rpartition(".")[2] for row in rows(station, t.doomed_file)}
    assert files == {"wav", "jpg", "pdf"}
    kept = rows(station, t.logbook)
    assert len(kept) > entries  # not one is missing, and what was done is told
    chain = [row for row in kept if row["chain"] == f"incident:{incident}"]
    assert chain
    assert {(row["kind"], row["text"], str(row["data"])) for row in chain} == {
        (COVERED, "[effacé]", "{}")
    }
    told = [row["text"] for row in kept if row["kind"] == ERASED]
    assert all("alarmes et appels" in text for text in told)


def test_what_is_covered_may_not_be_written_over(station: Station) -> None:
    filed(station)
    hangs_up_all(station)
    rule(station)
    station.now += LATER
    purge_all(station)
    other = {"text": "nothing happened"}
    query = update(t.logbook).where(t.logbook.c.kind == COVERED)
    station.write(lambda tx: tx.execute(query.values(**other)))
    assert "changed" in str(station.faults())
    station.write(lambda tx: tx.execute(query.values(text="[effacé]")))


@pytest.mark.parametrize("state", ["open", "handled", "awaiting_normal"])
def test_an_alarm_that_is_not_filed_is_kept(station: Station, state: str) -> None:
    incident = filed(station)
    hangs_up_all(station)
    rule(station)
    query = update(t.incident).values(state=state)
    station.write(lambda tx: tx.execute(query))
    station.now += LATER
    purge_all(station)
    assert [row["id"] for row in rows(station, t.incident)] == [incident]
    assert NOTE in everything(station)


def test_a_held_alarm_is_kept_until_the_hold_is_lifted(station: Station) -> None:
    incident = filed(station)
    hangs_up_all(station)
    rule(station)
    station.now += LATER
    hold = partial(records_retention.place_hold, incident_id=incident, reason="plainte", by="odile")
    station.write(lambda tx: hold(tx, now=station.now))
    purge_all(station)
    assert len(rows(station, t.call)) == 1
    assert NOTE in str(rows(station, t.logbook))
    (held,) = station.read(retention.holds)
    station.write(lambda tx: records_retention.lift_hold(tx, held.id, "odile", station.now))
    purge_all(station)
    assert rows(station, t.incident) == []


def test_an_alarm_whose_call_spoke_for_one_that_is_kept_is_kept_too(station: Station) -> None:
    first = filed(station)
    other = station.alarm("FA").id
    hangs_up_all(station)
    leader = next(row for row in rows(station, t.call) if row["incident_id"] == first)
    led = {**leader, "id": "led", "incident_id": other, "leader": leader["id"]}
    station.write(lambda tx: tx.execute(t.call.insert().values(**led)))
    rule(station)
    station.now += LATER
    purge_all(station)
    assert {row["id"] for row in rows(station, t.incident)} == {first, other}
    close(station, other)
    station.now += LATER
    purge_all(station)
    assert rows(station, t.incident) == []


def test_batches_are_small_and_an_alarm_of_many_entries_takes_several(station: Station) -> None:
    incident = station.alarm("BA").id

    def many(tx: Tx) -> None:
        for _ in range(450):
            operating.note(tx, incident, "ines", NOTE, station.now)

    station.write(many)
    hangs_up_all(station)
    close(station, incident)
    rule(station)
    station.now += LATER
    before = uncovered(station)
    purge(station)
    assert before - uncovered(station) <= 2 * 100
    assert len(rows(station, t.incident)) == 1  # it goes last
    assert station.faults() == []
    purge_all(station)
    assert rows(station, t.incident) == []
    assert NOTE not in everything(station)


def uncovered(station: Station) -> int:
    query = select(func.count()).where(t.logbook.c.kind.not_in([COVERED, ERASED, "purged"]))
    return int(station.read(lambda tx: tx.execute(query).scalar_one()))


def test_calls_notes_and_words_of_no_alarm_go_too(station: Station) -> None:
    station.put("1002", name="Chez Aubépine")
    filed(station)
    hangs_up_all(station)
    alone = update(t.call).values(incident_id=None)
    station.write(lambda tx: tx.execute(update(t.verification).values(call_id=None)))
    station.write(lambda tx: tx.execute(alone))
    shift: dict[str, Any] = dict(id="s", user_id="ines", began_at=station.now, note=NOTE)
    user = {"id": "ines", "name": "ines", "role": "operator", "password": "", "language": "fr"}
    people = {c.name for c in t.user.columns}
    kept = {k: v for k, v in user.items() if k in people} | {"created_at": station.now}
    station.write(lambda tx: tx.execute(t.user.insert().values(**kept)))
    station.write(lambda tx: tx.execute(t.shift.insert().values(ended_at=station.now, **shift)))
    rule(station)
    station.now += LATER
    purge_all(station)
    assert rows(station, t.call) == []
    assert [row["note"] for row in rows(station, t.shift)] == [""]
    assert "Aubépine" not in str(rows(station, t.logbook))
    assert "Chez Aubépine" in str(rows(station, t.site))  # a site is no past


def test_what_was_erased_of_a_person_before_is_covered_too(station: Station) -> None:
    filed(station)
    hangs_up_all(station)
    (entry,) = [row for row in rows(station, t.logbook) if NOTE in row["text"]]

    def erase(tx: Tx) -> None:
        entries = dict(
            [erasure.take_out_of_entry(tx, Entry(**entry), {"text": "[effacé]", "data": {}})]
        )
        tell(tx, ERASED, station.now, person="erased-1", count=1, entries=entries)

    station.write(erase)
    assert station.faults() == []
    rule(station)
    station.now += LATER
    purge_all(station)
    assert rows(station, t.incident) == []


def test_every_table_that_refers_to_an_alarm_or_a_call_is_thought_of() -> None:
    to = {"incident": {"call", "signal", "legal_hold", *(part.name for part in past.PARTS)}}
    to["call"] = {"verification", *(part.name for part in past.CALL_PARTS)}
    for target, known in to.items():
        refer = {
            table.name
            for table in metadata.sorted_tables
            for key in table.foreign_keys
            if key.column.table.name == target
        }
        assert refer == known, target


def test_the_newest_of_the_logbook_is_read_as_before(station: Station) -> None:
    """What a page shows of covered entries: their place and time, and that they are gone."""
    filed(station)
    hangs_up_all(station)
    rule(station)
    station.now += LATER
    purge_all(station)
    found = station.read(lambda tx: logbook.page(tx, limit=100))
    assert {row.text for row in found if row.kind == COVERED} == {"[effacé]"}
