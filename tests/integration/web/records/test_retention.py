"""The page of retention: what is set, what would be deleted, what is held, and what is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.base.policy import STATION_ZONE
from callflow.storage import schema as t
from callflow.storage.records import logbook
from callflow.storage.records import retention as rows
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role

pytestmark = pytest.mark.both_databases

HERE = "/settings/retention"


@pytest.fixture
def station_url(database_url: str) -> str:
    """On each database."""
    return database_url


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, "odile", Role.ADMINISTRATOR) as person:
        yield person


def said(answer: httpx.Response) -> str:
    found = re.search(r'<p class="refused" role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


async def test_days_are_set_from_a_day_on_shown_and_audited(
    station: WebStation, chief: Person
) -> None:
    assert "No end is set" in (await chief.see(f"{HERE}?lang=en")).text
    answer = await chief.fill(HERE, HERE, what="recordings", days="90")
    assert answer.status_code == 303
    page = (await chief.see(HERE)).text
    assert "90 days from" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    (rule,) = station.store.read_now(rows.rules)
    assert rule.since.astimezone(STATION_ZONE).hour == 0
    assert rule.since > clock.now()
    audit = (await chief.see("/audit?what=settings")).text
    assert "recordings, in days" in audit
    assert "<bdi>90</bdi>" in audit


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"days": "0"}, 409, "nothing would be kept"),
        ({"days": "29"}, 409, "too few days"),
        ({"days": "184"}, 409, "too many days"),
        ({"days": "ninety"}, 422, "a number of days"),
        ({"days": "-1"}, 422, "a number of days"),
        ({"days": "90", "what": "keys"}, 422, "choose one of"),
        ({"days": "90", "since": "2020-01-01"}, 409, "tomorrow at the earliest"),
    ],
)
async def test_what_may_not_be_set_is_refused_with_a_reason(
    station: WebStation, chief: Person, fields: dict[str, str], status: int, why: str
) -> None:
    await chief.see(f"{HERE}?lang=en")
    answer = await chief.fill(HERE, HERE, **{"what": "images", **fields})
    assert answer.status_code == status
    assert why in said(answer)
    assert station.store.read_now(rows.rules) == []


async def test_what_would_be_deleted_is_counted_and_nothing_is(
    station: WebStation, chief: Person
) -> None:
    station.site()
    station.alarm()
    old = clock.now() - timedelta(days=400)
    station.do(lambda tx: tx.execute(t.signal.update().values(received_at=old)))
    asked = f"{HERE}?lang=en&what=signals&days=365"
    assert "<strong>0</strong>. Nothing was deleted" in (await chief.see(asked)).text  # it is open
    station.do(lambda tx: tx.execute(t.incident.update().values(state="filed")))
    assert "<strong>1</strong>. Nothing was deleted" in (await chief.see(asked)).text
    assert len(station.store.read_now(lambda tx: tx.execute(t.signal.select()).all())) == 1
    assert (await chief.see(f"{HERE}?what=signals&days=x")).status_code == 422
    for days, why in ((0, "nothing would be kept"), (364, "too few days"), (9999, "too many days")):
        page = (await chief.see(f"{HERE}?lang=en&what=signals&days={days}")).text
        assert f"It can&#39;t be set: {why}" in page or f"It can't be set: {why}" in page
    assert "be set:" not in (await chief.see(asked)).text


async def test_an_alarm_is_held_by_its_address_and_let_go(
    station: WebStation, chief: Person
) -> None:
    station.site()
    incident = station.alarm().id
    await chief.see(f"{HERE}?lang=en")
    where = f"http://localhost/incidents/{incident}?lang=fr"
    assert (await chief.send(f"{HERE}/holds", incident=where, text="")).status_code == 409
    assert (await chief.send(f"{HERE}/holds", incident="nothing", text="x")).status_code == 404
    assert (await chief.send(f"{HERE}/holds", incident=where, text="Plainte")).status_code == 303
    (hold,) = station.store.read_now(rows.holds)
    assert "Plainte" in (await chief.see(HERE)).text
    assert (await chief.send(f"{HERE}/holds/{hold.id}/lift")).status_code == 303
    assert station.store.read_now(rows.holds) == []
    told = station.store.read_now(lambda tx: logbook.page(tx, incident=incident))
    assert [e.kind for e in told][-2:] == ["hold_placed", "hold_lifted"]
