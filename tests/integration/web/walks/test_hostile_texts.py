"""Text from outside is shown as sent and means nothing."""

from __future__ import annotations

import html.parser
import json

import httpx
import pytest

from callflow import clock
from callflow.core.records.logbook import Entry
from callflow.dispatch.identity import only
from callflow.handling.interventions import firms
from callflow.handling.plans import plans
from tests.integration.web.payloads import PAYLOADS
from tests.support.rows.values import example
from tests.support.stations.web_station import WebStation
from web.kit.rendering import outside, render
from web.pages.records.entries import EntryShown
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
    station.site(name=name, address=payload[:500], client=name, contacts=contacts, zones=zones)
    row = station.alarm(zone="3", text=payload)
    page = await operator.get(f"/incidents/{row.id}")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    await operator.post(f"/incidents/{row.id}/note", data={"csrf": csrf, "text": f"x{payload}"})
    console = await operator.get("/")
    incident = await operator.get(f"/incidents/{row.id}")
    assert (console.status_code, incident.status_code) == (200, 200)
    return {"console": console.text, "incident": incident.text}


@pytest.mark.timeout(180)
async def test_it_means_nothing_in_any_page(
    station: WebStation, operator: httpx.AsyncClient, deep_run: bool
) -> None:
    """The pages' tags and attributes are those of a harmless text; the text is there as sent. In a
    fast run of every third text."""
    seen: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for payload in ("Vitrine", *PAYLOADS[:: 1 if deep_run else 3]):
        for where, page in (await every_place(station, operator, payload)).items():
            read = Read(page)
            extra = "li", "tr", "td", "b", "span", "time", "bdi", "a"  # lists that grow
            tags = [tag for tag in read.tags if tag[0] not in extra]
            assert seen.setdefault(where, tags) == tags, (where, payload)
            assert not [n for _, names in read.tags for n in names if _may_run(n)], (where, payload)
            expected = shown(payload[:199]).split("\n")
            assert all(line in read.text for line in expected), (where, payload)


LOOK = {"id": "look", "kind": "hand_to_operator"}
GUARD = {"id": "guard", "kind": "send_guard"}


async def asked(
    station: WebStation, operator: httpx.AsyncClient, payload: str, account: str
) -> dict[str, str]:
    """A task and a guard's, with ``payload`` in each field that somebody writes."""
    name, now = f"x{payload}"[:200], clock.now()
    firm = {"name": name, "licence": name[:64], "tariff": payload, "phone": "+33639980301"}
    guard = {"id": "firm", "name": name, "role": "guard", "phone": "+33639980301"}
    chief = {"id": "c", "name": name, "role": "manager", "authorities": {"*": ["send_guard"]}}
    pages = {}
    for plan, step in (("look", {**LOOK, "checklist": [name]}), ("guard", GUARD)):
        outcomes = {"done": "end"} if plan == "look" else {}
        end = {"id": "end", "kind": "close", "code": "other"}
        steps = [{**step, "text": payload, "outcomes": outcomes}, *([end] if outcomes else [])]
        body = {"id": plan, "name": name, "steps": steps}
        station.do(lambda tx, body=body: plans.publish_plan(tx, body, "admin", now))
        station.do(lambda tx: firms.put_firm(tx, station.vault, "firm", firm, "admin", now))
        site = f"{account}{plan}"
        station.site(site, name=name, plans={"intrusion": plan}, contacts=[guard, chief])
        where = f"/incidents/{station.alarm(site).id}"
        page = (await operator.get(where)).text
        form = {
            "csrf": page.split('name="csrf" value="')[1].split('"')[0],
            "task": page.split('name="task" value="')[1].split('"')[0],
        }
        if plan == "guard":
            stay = {"event": "stay", "contact": "c", "minutes": "9"}
            assert (await operator.post(f"{where}/guard", data=form | stay)).status_code == 303
            said = {"event": "report", "inside": "1", "traces": "yes", "text": f"x{payload}"}
            pages["way"] = (await operator.get(where)).text
            assert (await operator.post(f"{where}/guard", data=form | said)).status_code == 303
        else:
            refused = await operator.post(f"{where}/task", data=form | {"outcome": "done"})
            assert refused.status_code == 409
            pages["refused"] = refused.text
            done = {"outcome": "done", "tick-0": "1", "text": f"x{payload}"}
            assert (await operator.post(f"{where}/task", data=form | done)).status_code == 303
        pages[plan] = (await operator.get(where)).text
    return pages


@pytest.mark.timeout(180)
async def test_what_a_plan_asks_means_nothing_either(
    station: WebStation, operator: httpx.AsyncClient, deep_run: bool
) -> None:
    """A fast run has every fifth text: each place is one that was shown to isolate all of them."""
    seen: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for place, payload in enumerate(("Vitrine", *PAYLOADS[:: 1 if deep_run else 5])):
        for where, page in (await asked(station, operator, payload, f"7{place:03d}")).items():
            read = Read(page)
            tags = [tag for tag in read.tags if tag[0] != "bdi"]  # an empty text has none
            assert seen.setdefault(where, tags) == tags, (where, payload)
            assert not [n for _, names in read.tags for n in names if _may_run(n)], (where, payload)
            expected = shown(payload[:190]).split("\n")
            assert all(line in read.text for line in expected), (where, payload)


#: Every attribute that our templates use beside data of their own: none that runs anything.
_KNOWN = set(
    "lang charset name content rel href as crossorigin type class hx-sse:connect hreflang title"
    " method action id role hidden open tabindex datetime target value autocomplete spellcheck"
    " checked autoplay low inputmode list src defer required maxlength placeholder scope rows"
    " controls preload loading width height alt disabled min max decoding muted playsinline media"
    " hx-get hx-trigger hx-select hx-swap hx-status:4xx hx-status:5xx blocking".split()
)


def _may_run(name: str) -> bool:
    """Whether an attribute might make a browser, or htmx, do something."""
    inert = name.startswith(("data-", "aria-")) and not name.startswith("data-hx")
    return not inert and name not in _KNOWN


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
    entry = example(
        Entry, kind="note", incident="i1", at=clock.now(), text=payload, data={"note": payload}
    )
    shown_so = EntryShown(entry, site_name=payload, person="")
    page = render("fr", "kit/_feed.html", {"entries": [shown_so], "all": False})
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
