"""The palette's search finds sites, people, accounts and incidents, and nothing by tricks."""

from __future__ import annotations

import httpx
import pytest

from tests.support.stations.web_station import WebStation


@pytest.fixture
def filled(station: WebStation) -> WebStation:
    station.site("1001", name="Boulangerie du Marché")
    station.site("1002", name="50 % moins cher")
    station.alarm("1001")
    return station


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("boulang", "Boulangerie du Marché"),
        ("MARCHÉ", "Boulangerie du Marché"),
        ("1001", "Alarme intrusion"),
        ("Saint-Georges", "Boulangerie du Marché"),
        ("morvan", "Yves Morvan"),
        ("06 39 98 10 02", "Yves Morvan"),
        ("50 %", "50 % moins cher"),
    ],
)
async def test_it_finds(
    filled: WebStation, operator: httpx.AsyncClient, typed: str, found: str
) -> None:
    answer = await operator.get("/search", params={"q": typed})
    assert answer.status_code == 200
    assert found in answer.text


@pytest.mark.parametrize("typed", ["", "x", "%%", "__", "\\\\", "zzz", "' OR 1=1 --", "\0\0\0"])
async def test_what_is_nowhere_is_not_found(
    filled: WebStation, operator: httpx.AsyncClient, typed: str
) -> None:
    answer = await operator.get("/search", params={"q": typed})
    assert answer.status_code == 200
    assert "<li" not in answer.text


async def test_it_answers_with_a_few(filled: WebStation, operator: httpx.AsyncClient) -> None:
    for number in range(12):
        filled.site(f"3{number:03d}", name=f"Agence {number}")
    answer = await operator.get("/search", params={"q": "agence"})
    assert answer.text.count("<li") == 6
    assert answer.text.count("data-site") == 6


async def test_who_may_not_read_is_asked_to_log_in(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/search", params={"q": "boulang"})).status_code == 303
