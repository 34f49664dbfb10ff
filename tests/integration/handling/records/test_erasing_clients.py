"""A client whose contracts are over is erased, and all that is theirs is given out before."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.handling.alarms import operating
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.records import erasure as records_erasure
from callflow.handling.records.retention import place_hold
from callflow.handling.sites import drawings
from callflow.handling.sites.clients import client_key
from callflow.handling.sites.drawings import Picture
from callflow.settings.config import Settings
from callflow.storage.calls import calls
from callflow.storage.engine import compacting
from callflow.storage.records import erasure as rows
from callflow.storage.records import logbook
from callflow.storage.sites import drawings as drawing_rows
from callflow.storage.sites import sites
from tests.integration.handling.records.test_erasing import everything, goes_on, recorded
from tests.integration.handling.station import FIRST, SECOND, Station
from tests.support.rows.documents import site_document

CLIENT, NEIGHBOUR = "Époux Vandamme-Roy", "Maison du bourg"
ID = client_key(CLIENT)
LATER = clock.now() + timedelta(days=60)
TRACES = ("Vandamme", "VANDAMME", "Étang", "Paula", FIRST[1:], ID)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def body(**changed: Any) -> dict[str, Any]:
    people = [
        {"id": "paula", "name": "Paula Roy", "role": "keyholder", "phone": FIRST},
        {"id": "shared", "name": "Bruno Petit", "role": "keyholder", "phone": SECOND},
    ]
    address = "3 chemin de l'Étang, 29000 Quimper"
    return {"name": "Maison du bourg", "address": address, "client": CLIENT, "contacts": people} | {
        **changed
    }


@pytest.fixture
def over(station: Station) -> str:
    """A client with two sites whose contracts are over, one with an alarm; who was called."""
    station.put("1002", **body())
    station.put("1003", **body(name="Garage Vandamme"))
    other = [{"id": "shared", "name": "Bruno Petit", "role": "keyholder", "phone": SECOND}]
    station.put("1009", name=NEIGHBOUR, contacts=other)
    row = station.alarm("BA")
    recorded(station, call := station.replies(FIRST, "verified_ok"))
    plan = ("1002", "Entrée, 3 chemin de l'Étang", Picture(b"-", 4, 2), "ines", station.now)
    station.write(lambda tx: drawings.add(tx, station.vault, *plan))
    noted = partial(operating.note, incident_id=row.id, who="ines", now=station.now)
    for text in ("M. VANDAMME rappelle", "vu chemin de l'Étang"):
        station.write(partial(noted, text=text))
    for account, name in (("1002", "Maison du bourg"), ("1003", "Garage Vandamme")):
        station.put(account, **body(name=name, state="terminated"))
    return call


def begin(station: Station, client: str = ID, reason: str = "a letter", now: Any = LATER) -> str:
    return station.write(
        lambda tx: records_erasure.begin_client_erasure(
            tx, station.vault, client, reason, "admin", now
        )
    )


@pytest.mark.both_databases
def test_nothing_of_theirs_is_left_and_others_keep_what_is_theirs(
    station: Station, settings: Settings, over: str
) -> None:
    before = everything(station)
    assert all(trace in before for trace in ("Vandamme", "VANDAMME", "Étang", "Paula"))
    erasure = begin(station)
    for _ in range(3):
        goes_on(station, settings)
    left = everything(station)
    assert [line for line in left.splitlines() if any(trace in line for trace in TRACES)] == []
    assert station.faults() == []
    assert station.read(lambda tx: drawing_rows.of_site(tx, "1002")) == []
    row = station.read(lambda tx: rows.get(tx, erasure))
    assert row is not None
    assert (row.done_at is not None, row.person) == (True, None)
    assert not station.read(logbook.recorded_hashes)
    names = station.read(lambda tx: sites.names_of(tx, ["1002", "1003", "1009"]))
    assert names == {"1002": "[effacé]", "1003": "[effacé]", "1009": NEIGHBOUR}
    elsewhere = station.read(lambda tx: site_document(tx, "1009"))
    assert elsewhere is not None
    assert [c["name"] for c in elsewhere["contacts"]] == ["Bruno Petit"]
    notes = [entry.text for entry in station.entries("note")]
    assert notes == ["M. [effacé] rappelle", "vu [effacé]"]


@pytest.mark.both_databases
def test_all_of_them_are_swept_together_and_the_database_is_written_anew_once(
    station: Station, settings: Settings, over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = [f"{first} Vandamme" for first in ("Aël", "Budoc", "Clervie", "Divi", "Enora")]
    people = [
        {"id": f"v{n}", "name": name, "role": "keyholder", "phone": f"+3363998077{n}"}
        for n, name in enumerate(family)
    ]
    station.put("1002", **body(contacts=people, state="terminated"))
    both = partial(operating.note, who="ines", now=station.now, text="Budoc et Enora sont prévenus")
    incident = station.incidents()[0].id
    station.write(lambda tx: both(tx, incident_id=incident))
    counted: Counter[str] = Counter()
    page, compact = rows.page, compacting.compact

    def counted_page(tx: Any, table: Any, *rest: Any) -> Any:
        counted[table.name] += 1
        return page(tx, table, *rest)

    def counted_compact(*about: Any) -> None:
        counted["compacted"] += 1
        compact(*about)

    begin(station)
    with monkeypatch.context() as patched:
        patched.setattr(rows, "page", counted_page)
        patched.setattr(compacting, "compact", counted_compact)
        for _ in range(2):
            goes_on(station, settings)
    assert counted["compacted"] == 1
    assert counted["contact"] == counted["logbook"] == 2  # the second time nothing is found
    erasures = station.read(partial(rows.latest, limit=20))
    assert len(erasures) > len(family)  # the client's, and of who was called there before
    assert all(row.done_at is not None for row in erasures)
    left = everything(station)
    traces = (*TRACES, "Budoc", "Enora", "3998077")
    assert [line for line in left.splitlines() if any(trace in line for trace in traces)] == []
    notes = [entry.text for entry in station.entries("note")]
    assert notes[-1] == "[effacé] et [effacé] sont prévenus"
    assert station.faults() == []


def test_what_is_given_out_is_all_of_theirs_and_of_nobody_else(station: Station, over: str) -> None:
    found: dict[str, list[Any]] = {}
    for table, row in station.read(lambda tx: list(records_erasure.what_is_kept_of_client(tx, ID))):
        found.setdefault(table, []).append(row)
    assert [row["name"] for row in found["client"]] == [CLIENT]
    assert [row["id"] for row in found["site"]] == ["1002", "1003"]
    assert {row["name"] for row in found["contact"]} >= {"Paula Roy", "Bruno Petit"}
    assert over in [row["id"] for row in found["call"]]
    assert [row["call_id"] for row in found["recording"]] == [over]
    assert {row["site"] for row in found["logbook"]} == {"1002", "1003"}
    assert "recognition_word" not in found["site"][0]


@pytest.mark.parametrize(
    ("change", "reason", "days", "why"),
    [
        ("none", " ", 60, "say why"),
        ("active", "a letter", 60, "a contract of theirs is not over"),
        ("none", "a letter", 0, "must still be proven"),
        ("held", "a letter", 60, "held by law"),
    ],
)
def test_it_is_refused_with_a_reason_and_nothing_is_done(
    station: Station, over: str, change: str, reason: str, days: int, why: str
) -> None:
    if change == "active":
        station.put("1004", **body())
    if change == "held":
        call = station.read(lambda tx: calls.get(tx, over))
        of = (call and call.incident_id) or ""
        station.write(lambda tx: place_hold(tx, of, "plainte", "admin", station.now))
    before = everything(station)
    with pytest.raises(Refused, match=why):
        begin(station, reason=reason, now=station.now + timedelta(days=days))
    assert everything(station) == before


def test_nobody_is_no_client(station: Station) -> None:
    with pytest.raises(NotFound):
        begin(station, client="client:none")
