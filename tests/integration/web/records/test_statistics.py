"""Statistics on pages, in files and for programs: who sees what, and that all say the same."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import httpx
import openpyxl
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.handling.records.statistics import View
from tests.support.attacks.random_history import RandomHistory
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

VIEWS = [view.value for view in View]


@pytest.fixture
def past(station: WebStation) -> None:
    now = clock.now()
    history = RandomHistory(1, sites=4, days=tuple(now - timedelta(days=d) for d in (3, 5, 9)))
    station.do(history.world)
    station.do(lambda tx: history.alarms(tx, 80))


async def somebody(station: WebStation, app: FastAPI, name: str, role: Role) -> Person:
    station.user(name, role)
    person = Person(app, name)
    assert (await person.log_in()).status_code == 303
    return person


def cells(page: str) -> list[list[str]]:
    """The rows of the page's first table, without what marks them."""
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    plain = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", table)]
    width = table[: table.index("</tr>")].count("</t")
    return [plain[at : at + width] for at in range(0, len(plain), width)]


@pytest.mark.usefixtures("past")
async def test_page_file_and_program_say_the_same(
    station: WebStation, app: FastAPI, api: httpx.AsyncClient
) -> None:
    chief = await somebody(station, app, "odile", Role.SUPERVISOR)
    page = (await chief.see("/statistics?lang=en")).text
    assert page.count('<svg class="plot"') >= 4
    shown = cells(page)
    sheet = await chief.see("/statistics/delays/steps.csv?lang=en")
    assert sheet.headers["content-disposition"].startswith('attachment; filename="callflow-delays')
    rows = list(csv.reader(io.StringIO(sheet.text.removeprefix("\ufeff"))))[1:]
    assert [[c.replace(",", "") for c in row] for row in shown] == [
        [f"{float(c):g}" if c.replace(".", "").isdigit() else c for c in row] for row in rows
    ]
    book = openpyxl.load_workbook(
        io.BytesIO((await chief.see("/statistics/delays/steps.xlsx?lang=en")).content)
    )
    (head, *lines) = book.worksheets[0].iter_rows(values_only=True)
    assert [[str(c) for c in line] for line in lines] == rows
    assert head[0] == "Step"
    found = (await api.get("/statistics")).json()
    assert found["whole"]
    closed = sum(item["closed"] for item in found["items"])
    assert closed == int(next(row for row in rows if row[0] == "Handled")[1])
    by_hour = (await api.get("/statistics", params={"by": "hour"})).json()["items"]
    assert sum(item["alarms"] for item in by_hour) == sum(i["alarms"] for i in found["items"])
    assert [item["key"] for item in by_hour] == sorted(item["key"] for item in by_hour)


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("view", VIEWS)
async def test_no_text_of_anybody_is_more_than_text(
    station: WebStation, app: FastAPI, view: str
) -> None:
    chief = await somebody(station, app, "odile", Role.SUPERVISOR)
    hostile = {"site": '"><img src=x>', "from": "2026-01-01", "operator": "=1+1"}
    page = await chief.client.get(f"/statistics/{view}", params=hostile)
    assert page.status_code == 200
    assert "<img" not in page.text
    page = await chief.see(f"/statistics/{view}?from=2026-01-01")
    assert "<b>" not in page.text.partition("<main")[2].replace("<b></b>", "")
    for name in set(re.findall(rf"/statistics/{view}/(\w+)\.csv", page.text)):
        sheet = await chief.see(f"/statistics/{view}/{name}.csv")
        for row in csv.reader(io.StringIO(sheet.text.removeprefix("\ufeff")), delimiter=";"):
            assert not any(cell.startswith(("=", "@", "+")) for cell in row), row


@pytest.mark.usefixtures("past")
async def test_an_operator_sees_their_own_figures_and_a_supervisor_all(
    station: WebStation, app: FastAPI, api: httpx.AsyncClient
) -> None:
    ines = await somebody(station, app, "ines", Role.OPERATOR)
    page = (await ines.see("/statistics/operators")).text
    assert [row[0] for row in cells(page)] == ["ines"]
    assert "nora" not in page
    assert (await ines.see("/statistics?operator=nora")).status_code == 403
    assert (await ines.see("/statistics/operators/operators.csv?operator=nora")).status_code == 403
    assert "nora" not in (await ines.see("/statistics/operators/operators.csv")).text
    assert (await ines.see("/statistics?operator=ines")).status_code == 200
    reader = await somebody(station, app, "paul", Role.READER)
    page = (await reader.see("/statistics/operators")).text
    assert not re.search(r"\b(nora|ines)\b", page)
    chief = await somebody(station, app, "odile", Role.SUPERVISOR)
    page = (await chief.see("/statistics/operators")).text
    assert {row[0] for row in cells(page)} >= {"ines", "nora"}
    await chief.see("/statistics/operators")
    told = (await api.get("/logbook?limit=500")).json()["items"]
    (seen,) = [entry for entry in told if entry["kind"] == "operator_figures_seen"]
    assert seen["who"] == "odile"


@pytest.mark.usefixtures("past")
async def test_a_programs_token_needs_the_right_for_operators(
    station: WebStation, app: FastAPI, api: httpx.AsyncClient
) -> None:
    async def asked(role: Role, **params: Any) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {station.token(role)}"}
        return await api.get("/statistics", params=params, headers=bearer)

    for params in ({"by": "operator"}, {"by": "site", "operator": "ines"}):
        assert (await asked(Role.READER, **params)).status_code == 403
        assert (await asked(Role.SUPERVISOR, **params)).status_code == 200
    assert (await asked(Role.READER, by="site")).status_code == 200
    assert (await asked(Role.PANEL)).status_code == 403
    for by in ("operator", "site"):
        items = await _all(asked, by)
        assert "" in items  # an alarm that nobody took, one of no site
        whole = (await asked(Role.SUPERVISOR, by=by)).json()["items"]
        assert items == sorted(items)
        assert items == [item["key"] for item in whole]


async def _all(asked: Any, by: str) -> list[str]:
    items: list[str] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:  # page by page
        found = (await asked(Role.SUPERVISOR, by=by, limit=2, **cursor)).json()
        items += [item["key"] for item in found["items"]]
        cursor = {"after": found["next"]} if found["next"] else None
    return items


@pytest.mark.parametrize(
    "query",
    [
        *("from=2026-11-30&to=2026-11-29", "from=1990-01-01", "from=x", "to=2026-02-30"),
        *("step=nothing", "by=colour", "category=vitale", "from=2001-01-01&to=2026-01-01"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    station: WebStation, app: FastAPI, query: str
) -> None:
    chief = await somebody(station, app, "odile", Role.SUPERVISOR)
    assert (await chief.see(f"/statistics/false-alarms?{query}")).status_code == 422
    assert (await chief.see("/statistics/nothing")).status_code == 404
    assert (await chief.see("/statistics/delays/nothing.csv")).status_code == 404
    assert (await chief.see("/statistics/delays/steps.pdf")).status_code == 422


async def test_a_station_that_has_seen_nothing_has_pages_all_the_same(
    station: WebStation, app: FastAPI
) -> None:
    chief = await somebody(station, app, "odile", Role.SUPERVISOR)
    for view in VIEWS:
        page = await chief.see(f"/statistics/{view}?lang=en")
        assert page.status_code == 200
        assert "Nothing of this in these days." in page.text
