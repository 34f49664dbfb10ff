"""The lines page in Chromium, and the same through the API: what is ill, and what needs a look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.clock import to_iso
from callflow.storage import schema as t
from callflow.storage.people import users
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


def fill(station: WebStation) -> None:
    """A receiver with four lines, six panels of which five need a look, and a stranger."""
    now = clock.now()
    for account in ("1001", "1002", "1003", "1004", "1005", "2001"):
        station.site(account, name=f"Site {account}")
    changes: dict[str, dict[str, Any]] = {
        "1001": {"silent": True, "poll_every": 90.0, "last_line": "dc09-tcp", "dc09_key": b"x"},
        "1002": {"untested": True, "test_every": 24.0, "test_due": now - timedelta(hours=2)},
        "1003": {"skew": -75.0, "last_heard": now - timedelta(minutes=3)},
        "1004": {"line": "surgard", "last_line": "dc09-udp"},
    }

    def change(tx: Any) -> None:
        for account, values in changes.items():
            tx.execute(t.account.update().where(t.account.c.account == account).values(**values))

    station.do(change)
    station.alarm("9999", text="qui ?")
    beat(station)


#: From the time of a beat to its being too old, on the slowest machine.
_LIVES = timedelta(minutes=5)


def beat(station: WebStation, **more: Any) -> None:
    """What the receiver says of itself. The lines page takes it as it is."""
    now = clock.now()
    beat_at = now + _LIVES
    lines = [
        {
            "line": "dc09-tcp",
            "protocol": "dc09",
            "mode": "server",
            "state": "listening",
            "received": 1204,
            "bad_crc": 3,
            "undecryptable": 2,
            "last_at": to_iso(now - timedelta(hours=10)),
            "per_minute": 41,
            "heartbeat": "none",
            "missing_key_accounts": ["1005"],
        },
        {"line": "dc09-udp", "received": 7, "bad_crc": 0},
        {
            "line": "surgard",
            "protocol": "surgard",
            "mode": "client",
            "state": "reconnecting",
            "peer": "192.0.2.7:1025",
            "heartbeat": "lost",
        },
    ]
    state = {"lines": lines, "connections": 3, "not_stored_since": None, **more}
    station.do(
        lambda tx: users.process_beat(tx, "receiver", pid=1, since=now, now=beat_at, state=state)
    )


def telephony(station: WebStation) -> None:
    """What a node says of its two trunks."""
    now = clock.now()
    common = {"channels": 30, "reserved": 5}
    trunks = [
        {"name": "alpha", "state": "up", "calls": 4, "answer_rate": 0.625, **common},
        {"name": "beta", "state": "unanswered", "calls": 0, "answer_rate": None, **common},
    ]
    state = {"asterisk": "up", "trunks": trunks}
    station.do(
        lambda tx: users.process_beat(
            tx, "telephony", pid=2, since=now, now=now + _LIVES, state=state, node="node0"
        )
    )


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.READER)
    fill(station)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def open_lines(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    log_in(page, web[1])
    beat(web[0])
    page.locator("#more-pages summary").click()
    page.get_by_role("link", name="Lignes").click()
    expect(page.get_by_role("heading", name="Lignes", level=1)).to_be_visible()


def test_what_is_ill_and_what_needs_a_look_is_shown(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    said = watched(page)
    open_lines(page, web)
    tcp = page.locator("#line-dc09-tcp")
    for text in ("SIA DC-09", "à l'écoute", "il y a 10 heures", "41", "1204", "CRC faux 3"):
        expect(tcp).to_contain_text(text)
    expect(page.locator("#line-surgard .ill").first).to_contain_text("reconnexion")
    expect(page.locator("#line-surgard")).to_contain_text("192.0.2.7:1025")
    expect(page.locator("#line-webhook")).to_contain_text("à l'écoute")
    expect(page.locator("#line-phone")).to_contain_text("arrêtée")
    panels = page.locator("[id^=panel-]")
    expect(panels).to_have_count(5)
    for account, word in (
        ("1001", "muet"),
        ("1002", "test en retard"),
        ("1003", "horloge fausse"),
        ("1004", "autre ligne que déclarée"),
        ("1005", "clé absente"),
    ):
        expect(page.locator(f"#panel-{account}")).to_contain_text(word)
    expect(page.locator("#panel-1003")).to_contain_text("retard 1:15")
    expect(page.locator("#stranger-9999")).to_contain_text("non déclaré")
    assert violations(page) == []
    assert said == []


def test_each_trunk_shows_what_is_up_on_it_and_how_often_people_answer(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    telephony(web[0])
    open_lines(page, web)
    for text in ("en service", "4", "30", "5", "62 %"):
        expect(page.locator("#trunk-node0-alpha")).to_contain_text(text)
    expect(page.locator("#trunk-node0-beta .ill")).to_contain_text("presque sans réponse")
    expect(page.locator("#strip")).to_contain_text("Trunk SIP beta")
    assert violations(page) == []


def test_it_lives_and_keeps_what_is_being_typed(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    open_lines(page, web)
    search = page.get_by_label("Abonné commençant par")
    search.fill("10")
    search.focus()
    beat(web[0], connections=5, not_stored_since=to_iso(clock.now()))
    expect(page.locator("#h-lines")).to_contain_text("5 connexions")
    expect(page.get_by_role("alert").filter(has_text="Rien n'est acquitté")).to_be_visible()
    expect(search).to_be_focused()
    expect(search).to_have_value("10")
    region = page.locator("#scroll-panels")
    region.focus()
    beat(web[0], connections=6)
    expect(page.locator("#h-lines")).to_contain_text("6 connexions")
    expect(region).to_be_focused()
    assert violations(page) == []


@pytest.mark.deep
def test_a_web_that_is_away_leaves_the_page_and_says_so(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    open_lines(page, web)
    web[1].kill()
    expect(page.locator("#cut")).to_be_visible(timeout=15_000)
    expect(page.locator("#line-dc09-tcp")).to_be_visible()
    web[1].start()
    beat(web[0], connections=8)
    expect(page.locator("#h-lines")).to_contain_text("8 connexions", timeout=15_000)
    expect(page.locator("#cut")).to_be_hidden(timeout=15_000)


def test_any_account_is_found_from_the_keyboard(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    open_lines(page, web)
    page.get_by_label("Abonné commençant par").press_sequentially("2")
    page.keyboard.press("Enter")
    expect(page.locator("[id^=panel-]")).to_have_count(1)
    expect(page.locator("#panel-2001")).to_contain_text("rien")
    beat(web[0], connections=9)
    expect(page.locator("#h-lines")).to_contain_text("9 connexions")
    expect(page.locator("[id^=panel-]")).to_have_count(1)  # it asks again for the same
    page.get_by_role("link", name="Seulement ceux à regarder").press("Enter")
    expect(page.locator("[id^=panel-]")).to_have_count(5)
    assert violations(page) == []


# --- without a browser ----------------------------------------------------------------------------


async def test_a_stranger_sees_no_line(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/lines")).headers["location"] == "/login?next=/lines"
    assert (await stranger.get("/api/v1/lines")).status_code == 401


async def test_the_api_says_the_same(station: WebStation, api: httpx.AsyncClient) -> None:
    fill(station)
    answer = (await api.get("/lines")).json()
    lines = {line["line"]: line for line in answer["items"]}
    assert set(lines) == {"dc09-tcp", "dc09-udp", "surgard", "phone", "webhook"}
    assert lines["dc09-tcp"]["bad"] == {"bad_crc": 3, "undecryptable": 2}
    assert [name for name, line in lines.items() if not line["ok"]] == [
        "surgard",
        "phone",
        "webhook",
    ]
    assert {p["account"]: p["troubles"] for p in answer["panels"]["items"]} == {
        "1001": ["silent"],
        "1002": ["untested"],
        "1003": ["wrong_clock"],
        "1004": ["wrong_line"],
        "1005": ["key_missing"],
    }
    assert [s["account"] for s in answer["unknown_accounts"]] == ["9999"]
    seen, after = [], None
    while True:
        params = {"limit": "2", "account": "1"} | ({"after": after} if after else {})
        page = (await api.get("/lines", params=params)).json()["panels"]
        seen += [panel["account"] for panel in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == ["1001", "1002", "1003", "1004", "1005"]
    bad = await api.get("/lines", params={"after": "x!"})
    assert (bad.status_code, bad.json()["field"]) == (422, "query.after")


async def test_pages_follow_each_other_in_both_languages(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    for number in range(60):
        station.site(f"1{number:03}")
    station.do(lambda tx: tx.execute(t.account.update().values(silent=True)))
    first = (await operator.get("/lines")).text
    assert "Page suivante" in first
    assert first.count('id="panel-') == 50
    second = (await operator.get("/lines?after=1049")).text
    assert second.count('id="panel-') == 10
    assert "Première page" in second
    english = await operator.get("/lines?lang=en")
    assert "Panels that need a look" in english.text
    assert "lang=en" not in (await operator.get("/lines")).text.split('hx-get="')[1][:40]


async def test_hostile_lines_and_searches_are_text(
    station: WebStation, operator: httpx.AsyncClient
) -> None:
    evil = '"><script>'
    beat(station, lines=[{"line": evil, "protocol": evil, "state": evil, "peer": evil}])
    for path in ("/lines", f"/lines?account={evil}&after={evil}"):
        answer = await operator.get(path)
        assert answer.status_code == 200
        assert evil not in answer.text
    assert (await operator.get("/lines?account=" + "1" * 17)).status_code == 422
