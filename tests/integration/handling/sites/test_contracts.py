"""A contract changes with a reason and from a day on (D2); who is closed is kept and comes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from callflow.core.sites.contract import QUARANTINE
from callflow.core.sites.site import Role, SiteState
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.sites import contracts as acts
from callflow.handling.sites import sites as sites_sites
from callflow.handling.station import duties
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.sites import contracts, sites
from tests.integration.handling.station import Row, Station, a_site
from tests.support.rows.documents import site_document

DAY = 86_400


def becomes(
    station: Station, state: str, *, days: float | None = None, reason: str = "écrit du client"
) -> None:
    at = None if days is None else station.now + timedelta(days=days)
    more: Row = dict(reason=reason, effective_at=at, who="alix", now=station.now)
    station.write(lambda tx: acts.change_contract(tx, "1002", SiteState(state), **more))


def state(station: Station) -> str:
    row = station.read(lambda tx: sites.get(tx, "1002"))
    assert row is not None
    return str(row.state)


def _does(work: duties.Work, now: datetime, tx: Tx) -> None:
    work(tx, now)


def passes(station: Station, days: float) -> None:
    """The engine looks, as it does each second."""
    station.now += timedelta(days=days)
    for work in station.read(lambda tx: duties.due(tx, station.now)):
        station.write(partial(_does, work, station.now))


def told(station: Station, kind: str) -> list[Row]:
    entries = station.read(lambda tx: logbook.page(tx, site="1002", limit=200))
    return [row.data for row in entries if row.kind == kind]


def test_a_terminated_site_calls_nobody_and_keeps_its_account_for_a_year(station: Station) -> None:
    with pytest.raises(BadField, match="write down why"):
        becomes(station, "terminated", reason=" ")
    becomes(station, "terminated")
    (entry,) = told(station, "contract_changed")
    assert entry["fields"] == {"state": ["active", "terminated"]}
    assert (entry["by"], entry["because"]) == ("alix", "écrit du client")
    incident = station.alarm()  # stored, and a human's: no client's alarm, but one of its own kind
    assert (incident.kind, incident.category) == ("terminated", "technical")
    assert incident.with_human
    for code in ("PA", "FA", "AT"):
        assert station.alarm(code, "7").id == incident.id
    assert station.calls(incident.id) == []
    assert [row.kind for row in station.incidents()] == ["terminated"]
    other: Row = dict(accounts=[{"account": "1002"}], zones=[], contacts=[])
    with pytest.raises(BadField, match="less than a year ago"):
        station.put("2000", **other)
    with pytest.raises(BadField, match="keeps its accounts"):
        station.put("1002", accounts=[], zones=[], state="terminated")
    with pytest.raises(BadField, match="no contract becomes this"):
        becomes(station, "active")
    station.now += QUARANTINE
    station.put("2000", **other)
    taken = station.read(lambda tx: sites.site_of_accounts(tx, ["1002"]))
    assert taken == {"1002": "2000"}
    assert station.read(lambda tx: sites.zones(tx, "2000")) == []  # none of the old site's


def test_what_is_planned_is_done_when_it_is_due_and_only_then(station: Station) -> None:
    becomes(station, "suspended", days=2, reason="saison finie")
    becomes(station, "active", days=9, reason="saison")
    with pytest.raises(BadField, match="no contract becomes this"):
        becomes(station, "suspended", days=3)  # it is suspended then
    with pytest.raises(BadField, match="lies in the past"):
        becomes(station, "suspended", days=-1)
    with pytest.raises(BadField, match="two years"):
        becomes(station, "suspended", days=5000)
    passes(station, 1)
    assert state(station) == "active"
    passes(station, 1)
    assert state(station) == "suspended"
    assert station.read(lambda tx: duties.due(tx, station.now)) == []
    becomes(station, "active", reason="plus tôt que prévu")
    passes(station, 8)  # to be active, which it is: dropped, and said
    assert [entry["by"] for entry in told(station, "contract_dropped")] == ["callflow"]
    assert [entry["because"] for entry in told(station, "contract_changed")] == [
        "saison finie",
        "plus tôt que prévu",
    ]
    becomes(station, "terminated", days=1)
    (planned,) = [
        row
        for row in station.read(lambda tx: contracts.changes(tx, "1002"))
        if not row.done_at and not row.dropped_by
    ]
    station.write(lambda tx: acts.drop_change(tx, "1002", planned.id, "alix", station.now))
    with pytest.raises(NotFound):
        station.write(lambda tx: acts.drop_change(tx, "1002", planned.id, "alix", station.now))
    passes(station, 2)
    assert state(station) == "active"


def test_a_site_in_alarm_is_not_terminated(station: Station) -> None:
    station.alarm()
    with pytest.raises(Refused, match="in alarm"):
        becomes(station, "terminated")
    becomes(station, "suspended")


def test_who_is_closed_is_called_no_more_and_comes_back_as_they_were(station: Station) -> None:
    user: Row = dict(account="1002", number="5", contact="1002-anne", part="person")
    away = [
        {"contact": "1002-anne", "from": "2026-12-01T00:00:00Z", "until": "2026-12-09T00:00:00Z"}
    ]
    body = a_site(panel_users=[user])
    body["contacts"][2]["availability"] = {"replacements": away}
    station.put(**body)

    def close(tx: Any) -> None:
        site = sites_sites.get_site(tx, "1002")
        assert site is not None
        changed = acts.without(site, "1002-anne", Role.KEYHOLDER)
        sites_sites.put_site(
            tx, station.vault, "1002", changed, "alix", station.now, because="déménage"
        )

    def back(tx: Any, former: str) -> None:
        site = sites_sites.get_site(tx, "1002")
        assert site is not None
        body = acts.back(tx, site, former, "alix", station.now)
        sites_sites.put_site(tx, station.vault, "1002", body, "alix", station.now)

    before = station.read(lambda tx: site_document(tx, "1002"))
    assert before is not None
    station.write(close)
    site = station.read(lambda tx: site_document(tx, "1002"))
    assert site is not None
    assert [c["name"] for c in site["contacts"]] == ["shop", "bruno"]
    assert not (site["contacts"][1]["availability"] or {}).get("replacements")
    (kept,) = site["panel_users"]
    assert (kept["contact"], kept["revoked"]) == (None, True)  # an opening by them is an incident
    (row,) = station.read(lambda tx: contracts.former(tx, "1002"))
    assert (row.name, row.reason, row.closed_by) == ("anne", "déménage", "alix")
    assert told(station, "contact_closed")[0]["because"] == "déménage"
    station.write(lambda tx: back(tx, row.id))
    site = station.read(lambda tx: site_document(tx, "1002"))
    assert site is not None
    assert [c["name"] for c in site["contacts"]] == ["shop", "bruno", "anne"]
    restored, was = site["contacts"][2], before["contacts"][1]
    assert {**restored, "rank": 0} == {**was, "rank": 0}  # her code, her number, what she may
    assert restored["code_set"]
    assert station.read(lambda tx: contracts.former(tx, "1002")) == []
    with pytest.raises(NotFound):
        station.write(lambda tx: back(tx, row.id))
