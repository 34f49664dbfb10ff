"""The list of sites: searched, sorted and paged where the rows are."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import httpx
import pytest

from tests.support.stations.web_station import WebStation


async def names(client: httpx.AsyncClient, address: str) -> list[str]:
    answer = await client.get(address)
    assert answer.status_code == 200
    return [
        html.unescape(re.sub("<[^>]+>", "", cell))
        for cell in re.findall(r'<th scope="row">(.*?)</th>', answer.text)
    ]


@pytest.fixture
def three(station: WebStation) -> WebStation:
    station.site("1001", name="Boulangerie", client="Zef")
    station.site("1002", name="alimentation 100%", client="Anton")
    station.site("1003", name="Crèmerie", state="suspended", address="1 rue Haute, 29000 Quimper")
    station.site("2004", name="Élodie, œuvres", client="Élan")
    return station


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["alimentation 100%", "Boulangerie", "Crèmerie", "Élodie, œuvres"]),
        ("q=ELODIE", ["Élodie, œuvres"]),
        ("q=elan", ["Élodie, œuvres"]),
        ("q=%C3%89LAN", ["Élodie, œuvres"]),
        ("q=crem%C3%A8", ["Crèmerie"]),
        ("q=06+39+98+20+02", ["Élodie, œuvres"]),  # a number of its people
        ("q=399810", ["alimentation 100%", "Boulangerie", "Crèmerie"]),
        ("q=9981", []),  # too short to be meant as a number
        ("q=boul", ["Boulangerie"]),
        ("q=%25", ["alimentation 100%"]),  # a sign like any other
        ("q=1002", ["alimentation 100%"]),
        ("q=zef", ["Boulangerie"]),
        ("q=quimper", ["Crèmerie"]),
        ("state=suspended", ["Crèmerie"]),
        ("sort=-name", ["Élodie, œuvres", "Crèmerie", "Boulangerie", "alimentation 100%"]),
        ("sort=-account", ["Élodie, œuvres", "Crèmerie", "alimentation 100%", "Boulangerie"]),
        ("q=nowhere", []),
        ("n=2", []),
    ],
)
async def test_what_is_looked_for_is_found(
    three: WebStation, operator: httpx.AsyncClient, asked: str, found: list[str]
) -> None:
    assert await names(operator, f"/sites?{asked}") == found


async def test_every_site_stands_once_on_the_pages(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    for number in range(120):
        station.site(f"{2000 + number}", name=f"Site {number % 7}")
    found, address = [], "/sites?sort=-changed"
    while address:
        shown = (await operator.get(address)).text
        found += re.findall(r'<th scope="row"><a href="/sites/([0-9]+)"', shown)
        after = re.search(r'id="after" href="([^"]+)"', shown)
        address = urljoin(address, html.unescape(after[1])) if after else ""
    assert sorted(found) == [f"{2000 + number}" for number in range(120)]


@pytest.mark.parametrize("asked", ["sort=phone", "state=gone", "n=0", "n=x"])
async def test_what_is_no_question_is_refused(operator: httpx.AsyncClient, asked: str) -> None:
    assert (await operator.get(f"/sites?{asked}")).status_code == 422
