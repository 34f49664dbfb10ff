"""The audit: who changed what, from what to what, and who saw what is confidential."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.base.telling import tell
from callflow.storage.records import logbook
from tests.support.pages.visitors import Person, somebody
from tests.support.stations.web_station import WebStation
from web.access.users import Role

CHIEF = "odile"


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> AsyncIterator[Person]:
    async with somebody(station, app, CHIEF, Role.ADMINISTRATOR) as person:
        yield person


async def shown(chief: Person, **asked: str) -> list[str]:
    """The entries of the page, each as its words, the newest first."""
    answer = await chief.client.get("/audit", params={"lang": "en", **asked})
    assert answer.status_code == 200
    rows = re.findall(r'<tr id="e-.*?(?=<tr id="e-|$)', answer.text, re.DOTALL)
    return [re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", row))) for row in rows]


async def test_a_change_is_shown_before_and_after_and_a_secret_is_not(
    station: WebStation, chief: Person
) -> None:
    station.site()
    station.site(name="Bijouterie Neuve")
    changed, created = await shown(chief, what="sites")
    assert " name Bijouterie du Parlement Bijouterie Neuve " in changed
    assert "recognition word a secret" in changed
    assert "tilleul" not in changed
    assert "Site created by essai" in created
    assert len(await shown(chief, what="changed", who="essai")) == 2
    assert len(await shown(chief, q="neuve")) == 2  # a site's name stands for all of its entries
    assert await shown(chief, q="1002") == []
    assert await shown(chief, what="plans", who="essai") == []


async def test_who_saw_what_is_confidential_is_found(station: WebStation, chief: Person) -> None:
    now = clock.now()
    for kind in ("password_revealed", "line_revealed", "recording_heard", "listened_in"):
        station.do(lambda tx, kind=kind: tell(tx, kind, now, who_did="bea", by="bea"))
    station.do(lambda tx: tell(tx, "note", now, who_did="bea", note="not for the audit"))
    assert len(await shown(chief, what="looked", who="bea")) == 4
    assert len(await shown(chief, what="numbers", who="bea")) == 1
    assert len(await shown(chief, who="bea")) == 4
    yesterday = f"{now - timedelta(days=2):%Y-%m-%d}"
    assert await shown(chief, who="bea", until=yesterday) == []


async def test_it_goes_back_page_by_page(station: WebStation, chief: Person) -> None:
    at = clock.now() - timedelta(hours=1)

    def write(tx: object) -> None:
        for n in range(120):  # of one moment and of two kinds: nothing is left out, or shown twice
            tell(tx, ("user_added", "user_enabled")[n % 2], at, name=f"volet-{n}.", role="reader")  # type: ignore[arg-type]

    station.do(write)
    found, address = [], "/audit?lang=en&q=volet"
    while True:
        answer = await chief.client.get(address)
        found += re.findall(r"volet-[0-9]+", answer.text)
        older = re.search(r'id="older" href="([^"]+)"', answer.text)
        if older is None:
            break
        address = html.unescape(older[1])
    assert found == [f"volet-{n}" for n in reversed(range(120))]


async def test_reading_it_is_told_once_a_visit(station: WebStation, chief: Person) -> None:
    for _ in range(3):
        await shown(chief)
    (told,) = await shown(chief, what="audit")
    assert "odile reads the audit" in told
    now = clock.now() + timedelta(hours=1)
    later = {"since": now - timedelta(days=1), "until": now}
    read = station.store.read_now(
        lambda tx: logbook.of_kinds(tx, ["audit_read"], **later, limit=9)  # type: ignore[arg-type]
    )
    assert [(row.who, row.data["by"]) for row in read.entries] == [(CHIEF, CHIEF)]


async def test_what_is_no_question_is_said(chief: Person) -> None:
    for asked in (
        *({"since": "hier"}, {"until": "9999-12-31"}, {"since": "0001-01-01"}),
        *({"what": "all"}, {"before": "x"}),
    ):
        assert (await chief.client.get("/audit", params=asked)).status_code == 422
    assert (await chief.client.get("/audit", params={"before": "999999"})).status_code == 200
