"""A person is erased: in no table, no file, no index, no log; the logbook is whole (GDPR, 17)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, String

from callflow import clock
from callflow.core.people.users import Role
from callflow.core.records.retention import Kept, Rule, before
from callflow.core.records.words import sought
from callflow.dispatch.identity import only
from callflow.handling.alarms import operating
from callflow.handling.base.refusals import Refused
from callflow.handling.calls import voices
from callflow.handling.calls.recordings import recording_finished
from callflow.handling.records import erasure as records_erasure
from callflow.handling.records.retention import place_hold
from callflow.handling.station import users as accounts
from callflow.processes import eraser
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.calls import calls
from callflow.storage.people import users
from callflow.storage.records import erasure as rows
from callflow.storage.records import logbook, retention, search, words
from callflow.storage.records.horizon import horizon
from callflow.storage.records.search import Asked
from callflow.storage.schema import metadata
from callflow.vault import Unreadable
from tests.integration.handling.station import FIRST, SECOND, SHOP, Station
from tests.support.rows.documents import site_document

NAME = "Zébulon Quercy"
#: As somebody may have written them, and as files keep them.
TRACES = ("Zébulon", "ZEBULON", "Z\\u00e9bulon", "n Quercy", FIRST[1:], "0639980101")
NEIGHBOUR = "Quercy Fleurs"
#: As an administrator may say it.
WHY = f"asked for by M. Zebulon, {FIRST}"


def people(account: str = "1002") -> list[dict[str, Any]]:
    codes = {"code": "2580", "duress_code": "2581", "authorities": {"*": ["cancel", "instruct"]}}
    return [
        {"id": f"{account}-q", "name": NAME, "role": "keyholder", "phone": FIRST, **codes},
        {"id": f"{account}-b", "name": "bruno", "role": "keyholder", "phone": SECOND, **codes},
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def known(station: Station, settings: Settings) -> str:
    """Somebody who was called, spoke, and was written of; their id."""
    station.put("1002", contacts=people(), name="Chez Zébulon Quercy")
    station.put("1009", contacts=[], name=NEIGHBOUR)
    row = station.alarm("BA")
    call = station.replies(FIRST, "verified_ok")
    station.write(lambda tx: operating.note(tx, row.id, "ines", "M. ZEBULON rappelle", station.now))
    recorded(station, call)
    said: dict[str, Any] = dict(
        name=f"{call}.1", path=f"spoken/{call}.1.wav", sha256="cd" * 32, duration=2.0
    )
    station.write(lambda tx: voices.said(tx, call, now=station.now, **said))
    for path in (f"2026-11-25/{call}.wav", f"spoken/{call}.1.wav", "2026-11-25/other.wav"):
        file = settings.recordings_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"RIFF")
    logs = settings.data_dir / "logs"
    logs.mkdir()
    (logs / "engine.log").write_text(f'{{"to": "{FIRST}"}}\n{{"to": "{SECOND}"}}\n')
    (logs / "web.log").write_text('{"name": "Z\\u00e9bulon Quercy"}\n')
    sentences = settings.data_dir / "prompts" / "sentences" / "ab"
    sentences.mkdir(parents=True)
    (sentences / "abcd.alaw").write_bytes(b"said")
    return "1002-q"


def recorded(station: Station, call: str) -> None:
    """The call's recording is wrapped and hashed."""
    kept: dict[str, Any] = dict(sha256="ab" * 32, duration=4.0, problem="", now=station.now)
    path = f"2026-11-25/{call}.wav"
    station.write(lambda tx: recording_finished(tx, call, path=path, **kept))


def erase(station: Station, settings: Settings, contact: str) -> str:
    now = clock.now()
    erasure = station.write(
        lambda tx: records_erasure.begin_erasure(tx, station.vault, contact, WHY, "admin", now)
    )
    goes_on(station, settings)
    return erasure


def goes_on(station: Station, settings: Settings) -> None:
    """As the engine has it go on, some times."""
    its = eraser.Eraser(settings, station.store, station.vault, only(settings, "engine"))

    async def until_done() -> None:
        for _ in range(10):
            await its.go_on(on_duty=True)

    asyncio.run(until_done())


def everything(station: Station) -> str:
    """Every value of every table."""
    return "\n".join(
        str(row)
        for table in metadata.sorted_tables
        for row in station.read(partial(rows.page, table=table, after=[], limit=10_000))
    )


def named(text: str, contact: str) -> list[str]:
    """The lines that still name them."""
    traces = (*TRACES, contact)
    return [line for line in text.splitlines() if any(trace in line for trace in traces)]


def in_files(folder: Path) -> list[str]:
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            found += [f"{trace} in {file}" for trace in TRACES if trace.encode() in data]
    return found


@pytest.mark.both_databases
def test_nothing_of_theirs_is_left_and_the_logbook_is_whole(
    station: Station, settings: Settings, known: str
) -> None:
    assert all(trace in everything(station) for trace in ("Zébulon", "ZEBULON", FIRST[1:]))
    erasure = erase(station, settings, known)
    left = everything(station)
    assert named(left.replace(NEIGHBOUR, ""), known) == []
    assert station.faults() == []
    row = station.read(lambda tx: rows.get(tx, erasure))
    assert row is not None
    assert row.done_at is not None
    assert row.person is None
    assert NEIGHBOUR in left
    assert in_files(settings.data_dir) == [] or not station.store.sqlite
    kept = {
        str(file.relative_to(settings.recordings_dir))
        for file in settings.recordings_dir.rglob("*.wav")
    }
    assert kept == {"2026-11-25/other.wav"}
    assert f'"{SECOND}"' in (settings.data_dir / "logs" / "engine.log").read_text()
    assert not list((settings.data_dir / "prompts" / "sentences").rglob("*.alaw"))
    assert not station.read(logbook.recorded_hashes)


@pytest.mark.both_databases
def test_their_words_leave_the_index_of_the_logbook_and_its_file(
    station: Station, settings: Settings, known: str
) -> None:
    for _ in range(2):  # the first begins it
        until = station.read(horizon).last
        batch = station.read(partial(words.gathered, until=until, limit=1000))
        if batch is not None:
            station.write(partial(words.put, batch=batch))

    def hits(said: str) -> int:
        asked = Asked(sought=sought(said))
        last = station.read(horizon).last
        look = partial(words.numbers, above=0, below=last + 1, limit=9)
        by_index = station.read(partial(look, sought=asked.sought)).found
        entries = station.read(partial(search.entries, asked=asked)).entries
        return len(by_index) + len(entries)

    assert hits("zebulon")
    assert hits(FIRST)
    erase(station, settings, known)
    assert hits("zebulon") == hits(FIRST) == 0
    assert hits("rappelle")  # what happened stays
    if station.store.sqlite:
        for file in filter(Path.is_file, settings.data_dir.rglob("*")):
            assert b"zebulon" not in file.read_bytes(), file


@pytest.mark.both_databases
def test_what_a_machine_heard_is_found_until_it_goes(
    station: Station, settings: Settings, known: str
) -> None:
    for _ in range(2):
        until = station.read(horizon).last
        batch = station.read(partial(words.gathered, until=until, limit=1000))
        if batch is not None:
            station.write(partial(words.put, batch=batch))
    (name,) = station.read(logbook.spoken_hashes)

    def hits() -> int:
        asked = Asked(sought=sought("brouillard"))
        last = station.read(horizon).last
        look = partial(words.numbers, sought=asked.sought, above=0, below=last + 1, limit=9)
        entries = station.read(partial(search.entries, asked=asked)).entries
        assert len(station.read(look).found) == len(entries)
        return len(entries)

    said = partial(voices.drafted, name=name, text="dans le brouillard", now=station.now)
    assert hits() == 0
    station.write(said)
    assert hits() == 1
    station.write(partial(retention.forget_voices, names=[name]))
    assert hits() == 0
    station.write(said)
    erase(station, settings, known)
    assert hits() == 0


def test_one_whose_subject_was_altered_holds_up_no_other(
    station: Station, settings: Settings, known: str
) -> None:
    """It is said each time, and so a process that does not end: part of its work fails."""

    (_, other) = people("1009")
    station.put("1009", contacts=[other, {**other, "id": "1009-c", "phone": SHOP}])

    def altered(tx: Tx) -> None:
        records_erasure.begin_erasure(tx, station.vault, "1009-b", "asked", "admin", station.now)
        tx.execute(t.erasure.update().values(person=b"altered"))
        records_erasure.begin_erasure(tx, station.vault, known, WHY, "admin", station.now)

    station.write(altered)
    for _ in range(10):
        with pytest.raises(Unreadable, match="erasures"):
            goes_on(station, settings)
    assert named(everything(station).replace(NEIGHBOUR, ""), known) == []


def test_what_is_not_swept_holds_nobodys_words() -> None:
    """Of a table that is left out: hashes, keys, and what an erasure knows of itself."""
    wordless = set("chain hash mac heads id begun_by sites calls paths position nodes".split())
    left_out = {name: metadata.tables[name] for name in metadata.tables.keys() - rows.TABLES.keys()}
    found = {
        f"{name}.{column.name}"
        for name, table in left_out.items()
        for column in table.columns
        if isinstance(column.type, String | JSON) and column.name not in wordless
    }
    assert found == {"erasure.reason"}  # who is erased is taken out of it before it is kept


def test_a_changed_entry_is_found_among_the_erased(
    station: Station, settings: Settings, known: str
) -> None:
    erase(station, settings, known)
    table = metadata.tables["logbook"]
    of_note = table.c.kind == "note"
    before = station.entries("note")[0].text
    assert before == "M. [effacé] rappelle"
    for text in ("M. le maire rappelle", before):
        changed = table.update().where(of_note).values(text=text)
        station.write(partial(Tx.execute, statement=changed))
        assert bool(station.faults()) is (text != before)


def test_what_is_recorded_a_moment_after_it_began_goes_too(
    station: Station, settings: Settings
) -> None:
    station.put("1002", contacts=people())
    station.alarm("BA")
    call = station.replies(FIRST, "verified_ok")
    file = settings.recordings_dir / "2026-11-25" / f"{call}.wav"
    station.write(
        lambda tx: records_erasure.begin_erasure(
            tx, station.vault, "1002-q", "asked", "a", clock.now()
        )
    )
    recorded(station, call)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"RIFF")
    goes_on(station, settings)
    assert not file.exists()
    assert not station.read(calls.all_recordings)


def test_whoever_shares_a_number_keeps_it(station: Station, settings: Settings, known: str) -> None:
    station.put("1010", contacts=[{"id": "z", "name": "Anne", "role": "keyholder", "phone": FIRST}])
    erase(station, settings, known)
    site = station.read(lambda tx: site_document(tx, "1010"))
    assert site is not None
    assert site["contacts"][0]["phone"] == FIRST


def called(station: Station) -> dict[str, str]:
    """{log-in: what pages call them} of everybody who has an account."""
    return {one.name: one.shown_name for one in station.read(users.users)}


def account(station: Station, name: str, shown: str, *, shut: bool) -> str:
    """An operator's; its id."""
    role, now = Role.OPERATOR, clock.now()

    def opens(tx: Tx) -> str:
        made = accounts.add_user(tx, name, role, "hash", now, by="admin", shown_name=shown)
        if shut:
            accounts.disable_user(tx, made, "admin", now)
        return made

    made: str = station.write(opens)
    return made


def test_an_operator_who_was_erased_keeps_no_name(
    station: Station, settings: Settings, known: str
) -> None:
    gone = [
        account(station, NAME, "Zeb", shut=True),
        account(station, "Quercy, Zebulon", "", shut=True),
    ]
    account(station, "zq", "QUERCY Zébulon", shut=True)
    erase(station, settings, known)
    assert called(station) == {"zq": "", **{f"erased-{one}": "" for one in gone}}
    assert station.read(users.shown_names) == {}
    assert named(everything(station), known) == []


def test_an_operator_of_the_same_name_who_works_here_stays(
    station: Station, settings: Settings, known: str
) -> None:
    account(station, "zq", NAME, shut=False)
    account(station, "Quercy Zébulon", "", shut=False)
    before = called(station)
    erase(station, settings, known)
    assert called(station) == before
    assert known not in everything(station)


@pytest.mark.parametrize(
    ("contacts", "state", "why"),
    [
        (people()[:1], "filed", "nobody else can be called there"),
        (people(), "open", "is not over"),
    ],
)
def test_it_is_refused_with_a_reason_and_nothing_is_done(
    station: Station, contacts: list[dict[str, Any]], state: str, why: str
) -> None:
    station.put("1002", contacts=contacts)
    if state == "open":
        station.alarm("BA")
    before = everything(station)
    with pytest.raises(Refused, match=why):
        station.write(
            lambda tx: records_erasure.begin_erasure(
                tx, station.vault, "1002-q", "asked", "a", station.now
            )
        )
    assert everything(station) == before


def test_what_is_kept_of_a_person_is_all_that_names_them(station: Station, known: str) -> None:
    found = station.read(lambda tx: list(records_erasure.what_is_kept(tx, known)))
    assert {"contact", "call", "logbook", "site"} <= {table for table, _ in found}
    texts = [str(row) for table, row in found if table == "logbook"]
    assert any("ZEBULON" in text for text in texts)
    assert [text for text in texts if SHOP in text] == []
    assert "code" not in next(row for table, row in found if table == "contact")


def test_who_is_of_an_alarm_that_is_held_by_law_is_not_erased(
    station: Station, settings: Settings, known: str
) -> None:
    """What a hold keeps is kept whole: their voice and their name are in it."""
    (incident,) = {row.id for row in station.incidents()}
    station.write(lambda tx: place_hold(tx, incident, "plainte", "odile", station.now))
    with pytest.raises(Refused, match="held by law"):
        erase(station, settings, known)


@pytest.mark.both_databases
def test_whom_no_site_has_any_more_is_erased_when_their_time_is_over(
    station: Station, settings: Settings, known: str
) -> None:
    now = clock.now()
    a_year_is_kept(station)
    goes_on(station, settings)
    assert named(everything(station), known)  # the site has them
    let_go(station, known, days=364)
    goes_on(station, settings)
    assert named(everything(station), known)
    let_go(station, known, days=366)
    assert station.read(lambda tx: retention.count_due(tx, Kept.PEOPLE, before(365, now))) == 1
    goes_on(station, settings)
    goes_on(station, settings)
    assert named(everything(station).replace(NEIGHBOUR, ""), known) == []
    assert station.faults() == []
    assert station.read(lambda tx: retention.count_due(tx, Kept.PEOPLE, before(365, now))) == 0


def test_by_day_a_large_database_is_not_written_anew_and_the_next_erasure_begins_all_the_same(
    station: Station, settings: Settings, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eraser, "AT_ONCE", -1)
    monkeypatch.setattr(eraser, "_NIGHT", range(0))
    a_year_is_kept(station)
    erase(station, settings, known)
    let_go(station, "1002-b", days=366)
    goes_on(station, settings)
    erasures = station.read(partial(rows.latest, limit=5))
    assert len(erasures) == 2
    assert all(row.swept_at and not row.done_at for row in erasures)
    monkeypatch.setattr(eraser, "_NIGHT", range(24))
    goes_on(station, settings)
    assert all(row.done_at for row in station.read(partial(rows.latest, limit=5)))


def a_year_is_kept(station: Station) -> None:
    """A rule says how long people are kept that no site has any more."""
    now = clock.now()
    rule = Rule("r", Kept.PEOPLE, 365, now - timedelta(days=1), "odile", now)
    station.write(lambda tx: retention.set_rule(tx, rule, now))


def let_go(station: Station, contact: str, days: int) -> None:
    """Their site let them go so many days ago."""
    link, former = t.site_contact, t.former_contact
    row: dict[str, Any] = {"id": "f", "site_id": "1002", "contact_id": contact}
    row |= {"role": "keyholder", "authorities": {}, "keys_held": False}
    row |= {"reason": "parti", "closed_by": "odile"}
    row |= {"closed_at": clock.now() - timedelta(days=days)}

    def write(tx: Tx) -> None:
        tx.execute(link.delete().where(link.c.contact_id == contact))
        tx.execute(former.delete())
        tx.execute(former.insert().values(**row))

    station.write(write)
