"""Text from outside is shown as sent and means nothing (issue 2)."""

from __future__ import annotations

import html.parser
import json

import httpx
import pytest

from callflow import clock
from callflow.dispatch.identity import only
from tests.integration.web.payloads import PAYLOADS
from tests.support.web_station import WebStation
from web.rendering import outside, render
from web.station import Station
from web.store_watch import StoreWatch
from web.stream import Hub


class Read(html.parser.HTMLParser):
    """The tags of a page, without what their values say, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(payload: str) -> str:
    """What a person reads: controls as pictures, invisible marks by their names."""
    return Read(str(outside(payload))).text


def test_there_are_enough() -> None:
    assert len(set(PAYLOADS)) >= 40


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_what_is_read_is_what_was_sent(payload: str) -> None:
    """Every character is there, itself or named: nothing is dropped, nothing else is added."""
    text = shown(payload)
    plain = [c for c in payload if c.isprintable() or c in "\n\t"]
    assert [c for c in text if c in plain or c in "\n\t"][: len(plain)] == plain[: len(text)]
    assert not any(ord(c) < 32 and c not in "\n\t" for c in text)
    assert Read(str(outside(payload))).tags == [("bdi", ())]


async def every_place(
    station: WebStation, operator: httpx.AsyncClient, payload: str
) -> dict[str, str]:
    """The console, the incident and the stream with ``payload`` in each field from outside."""
    name = f"x{payload}"[:200]  # a name isn't only blanks
    contacts = [{"id": "c1", "name": name, "role": "keyholder", "rank": 1, "phone": "0639981001"}]
    zones = [{"account": "1001", "zone": "3", "name": name}]
    station.site(name=name, address=payload, client=name, contacts=contacts, zones=zones)
    row = station.alarm(zone="3", text=payload)
    page = await operator.get(f"/incidents/{row['id']}")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    await operator.post(f"/incidents/{row['id']}/note", data={"csrf": csrf, "text": f"x{payload}"})
    console = await operator.get("/")
    incident = await operator.get(f"/incidents/{row['id']}")
    assert (console.status_code, incident.status_code) == (200, 200)
    return {"console": console.text, "incident": incident.text}


@pytest.mark.timeout(180)
async def test_it_means_nothing_in_any_page(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    """The pages' tags and attributes are those of a harmless text; the text is there as sent."""
    seen: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for payload in ("Vitrine", *PAYLOADS):
        for where, page in (await every_place(station, operator, payload)).items():
            read = Read(page)
            extra = "li", "tr", "td", "b", "span", "time", "bdi", "a"  # lists that grow
            tags = [tag for tag in read.tags if tag[0] not in extra]
            assert seen.setdefault(where, tags) == tags, (where, payload)
            assert {name for _, names in read.tags for name in names} <= _KNOWN, (where, payload)
            expected = shown(payload[:199]).split("\n")
            assert all(line in read.text for line in expected), (where, payload)


#: Every attribute that our templates use: none that runs anything.
_KNOWN = set(
    "lang charset name content rel href type class data-now data-csrf data-zone data-may"
    " hx-sse:connect aria-hidden aria-label data-clock hreflang aria-current title method action"
    " id role hidden tabindex aria-live aria-labelledby data-count data-more data-text data-id"
    " data-group data-key data-since datetime data-target data-left data-late data-take value"
    " src defer data-incident data-act required maxlength placeholder data-until scope rows"
    " controls preload loading width height alt".split()
)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_it_never_becomes_a_message_of_the_stream(station: WebStation, payload: str) -> None:
    """One event stays one event: every line of it is data, and the data is whole."""
    hub = Hub(
        Station(
            settings=station.settings,
            store=station.store,
            vault=station.vault,
            clock=clock.now,
            started_at=clock.now(),
            me=only(station.settings, "web"),
            watch=StoreWatch(clock.now),
        )
    )
    entry = {
        "id": "e1",
        "kind": "note",
        "incident": "i1",
        "site_name": payload,
        "at": clock.now(),
        "data": {"note": payload},
        "text": payload,
    }
    page = render("fr", "_feed.html", {"entries": [entry], "all": False})
    message = hub._message("feed", page)
    head, *rest = message.removesuffix("\n\n").split("\n")
    assert head.startswith("id: ")
    assert rest[0] == "event: feed"
    assert all(line.startswith("data: ") for line in rest[1:])
    assert "\r" not in message
    data = "\n".join(line.removeprefix("data: ") for line in rest[1:])
    assert Read(data).text == Read(page).text


async def test_the_api_says_it_as_sent(api: httpx.AsyncClient) -> None:
    for payload in PAYLOADS:
        body = json.dumps({"account": "77", "code": "BA", "text": payload}).encode()
        headers = {"Content-Type": "application/json"}
        assert (await api.post("/signals", content=body, headers=headers)).status_code == 201
    items = (await api.get("/signals", params={"account": "77", "limit": 500})).json()["items"]
    assert [item["text"] for item in items] == list(PAYLOADS)
