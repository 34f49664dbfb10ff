"""Documents go when the images in them go, when their own time is over, and when somebody is taken
out of what is kept."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from callflow.core.records.documents import Document, DocumentKind
from callflow.core.records.retention import Kept, Rule
from callflow.handling.records import documents as handling
from callflow.handling.records import erasure
from callflow.handling.records import retention as records_retention
from callflow.storage import schema as t
from callflow.storage.records import documents, retention
from tests.integration.handling.station import Station

LATER = timedelta(days=400)


def kept(station: Station, name: str, **more: Any) -> None:
    of = (name, DocumentKind.REPORT_CLIENT, f"{name}.pdf", f"x/{name}.pdf", "ab" * 32, 9, "ines")
    made = Document(*of, station.now, **more)
    station.write(lambda tx: handling.keep(tx, made, station.now))


def left(station: Station) -> set[str]:
    found = {one.id for one in station.read(documents.kept)}
    doomed = station.read(lambda tx: retention.doomed(tx, "documents", "node0", limit=99))
    assert found.isdisjoint(file.path[2:-4] for file in doomed)
    return found


@pytest.mark.parametrize(
    ("what", "stays"),
    [(Kept.IMAGES, {"plain", "monthly"}), (Kept.INCIDENTS, {"plain", "pictured"})],
)
def test_they_go_with_their_time(station: Station, what: Kept, stays: set[str]) -> None:
    incident = station.alarm("BA").id  # it is open: what belongs to it stays
    kept(station, "plain", incident_id=incident)
    kept(station, "pictured", site_id="1002", stills=2)
    kept(station, "monthly")
    if what is Kept.INCIDENTS:
        station.write(
            lambda tx: tx.execute(
                t.document.update()
                .where(t.document.c.id == "pictured")
                .values(incident_id=incident)
            )
        )
    rule = Rule("r", what, 180 if what is Kept.IMAGES else 365, station.now, "odile", station.now)
    station.write(lambda tx: retention.set_rule(tx, rule, station.now))
    station.now += LATER
    for _ in range(20):
        station.write(lambda tx: records_retention.purge(tx, station.now))
    assert left(station) == stays


def test_who_is_erased_is_in_none(station: Station) -> None:
    kept(station, "theirs", site_id="1002")
    kept(station, "others", site_id=None)
    contact = station.read(partial(_contact, site="1002"))
    station.write(
        lambda tx: erasure.begin_erasure(
            tx, station.vault, contact, "demande", "odile", station.now
        )
    )
    assert left(station) == {"others"}


def _contact(tx: Any, site: str) -> str:
    link = t.site_contact.c
    found = tx.execute(t.site_contact.select().where(link.site_id == site)).first()
    assert found is not None
    return str(found._mapping["contact_id"])
