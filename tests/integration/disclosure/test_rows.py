"""What of the rows goes into a file, on each database: seals, other sites, erased people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callflow import clock
from callflow.core.records.logbook import Seal
from callflow.core.records.masking import Masking, Requester, Third
from callflow.handling.base.telling import tell
from callflow.handling.records import disclosures
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.alarms import incidents
from callflow.storage.records import disclosures as rows
from callflow.storage.records import sealing
from tests.support.rows import evidence
from tests.support.stations.web_station import WebStation

pytestmark = pytest.mark.both_databases


@pytest.fixture
def station(tmp_path: Path, database_url: str) -> Iterator[WebStation]:
    url = "" if database_url.startswith("sqlite") else database_url
    made = WebStation(tmp_path / "station", database_url=url)
    made.user("odile")
    made.site()
    yield made
    made.close()


def collected(station: WebStation, incident: str, **asked: object) -> disclosures.Collected:
    of = evidence.ask(station, incident, evidence.asked(**asked))
    return station.store.read_now(lambda tx: disclosures.collect(tx, of.id))


def test_every_seal_that_holds_the_chain_is_found_among_many(station: WebStation) -> None:
    """A note every half an hour, and a seal a minute, which holds other chains alone."""
    begun = clock.now()
    incident = evidence.a_break_in(station).id
    for minute in range(1, 65):

        def write(tx: Tx, minute: int = minute) -> None:
            at = begun + timedelta(minutes=minute, seconds=-1)
            about = incidents.get(tx, incident) if minute % 30 == 0 else None
            tell(tx, "note", at, about, note=f"minute {minute}", who_did="odile")
            sealing.seal(tx, begun + timedelta(minutes=minute))

        station.do(write)
    found = collected(station, incident)
    held = {seal.number for seal in station.store.read_now(lambda tx: _holding(tx, incident))}
    assert {one.number for one in found.seals} == held
    assert len(held) == 3
    assert found.faults == ()


def _holding(tx: Tx, incident: str) -> list[Seal]:
    chain = f"incident:{incident}"
    return [one for one in sealing.seals(tx) if any(head[0] == chain for head in one.heads)]


def test_a_seal_that_is_not_ours_is_told(station: WebStation) -> None:
    incident = evidence.a_break_in(station).id
    station.do(lambda tx: tx.execute(t.seal.update().values(mac="ab" * 32)))
    assert collected(station, incident).faults == ("seal 1",)


def test_another_site_that_is_told_of_is_masked_even_for_the_police(station: WebStation) -> None:
    station.site("1002", name="Banque du Port")
    incident = evidence.a_break_in(station).id

    def write(tx: Tx) -> None:
        about = incidents.get(tx, incident)
        tell(tx, "note", clock.now(), about, note="comme à la Banque du Port", sites=["1002"])

    station.do(write)
    found = collected(station, incident, requester=Requester.POLICE)
    assert found.scope.elsewhere == ("Banque du Port",)
    assert Masking(found.scope).text("comme à la banque du port") == "comme à la [autre site]"


def test_whoever_had_a_part_is_known_by_it(station: WebStation) -> None:
    incident = evidence.a_break_in(station).id
    found = collected(station, incident)
    known = {(one.whose, one.person.name) for one in found.scope.known if one.person.name}
    assert known == {
        (Third.CONTACTS, "Anne Le Goff"),
        (Third.CONTACTS, "Yves Morvan"),
        (Third.STAFF, "odile"),
    }
    assert "+33639981000" in found.scope.ours  # the premises' telephone is no person


def test_the_row_outlives_the_alarm_and_nothing_can_be_made_of_it(station: WebStation) -> None:
    incident = evidence.a_break_in(station).id
    of = evidence.ask(station, incident)
    (kept,) = station.store.read_now(rows.latest)
    assert kept == of
    assert station.store.read_now(lambda tx: rows.latest(tx, incident_id="other")) == []
