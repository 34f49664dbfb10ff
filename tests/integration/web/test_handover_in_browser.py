"""A shift handed over with three open incidents, as two people do it at two screens.

The one who takes over ticks the vital alarm, and the others kind by kind; each held one
goes to somebody, the vital one never to the queue; the note is read, both signatures stand in the
logbook, nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from callflow.storage.alarms import incidents
from callflow.storage.desks import shifts
from callflow.storage.records import logbook
from tests.support.stations.web_station import PASSWORD, WebProcess, WebStation
from web.access.users import Role

#: A hold-up and two mains failures.
ALARMS = {"1001": "HA", "1002": "AT", "1003": "AT"}
NOTE = "Le gardien du 1003 a la clé du local technique"


class Desks:
    """A station with its alarms, and who works there."""

    def __init__(self, station: WebStation, web: WebProcess, browser: Browser) -> None:
        self.station, self.web, self._browser = station, web, browser
        self.ids: dict[str, str] = {}
        for account, code in ALARMS.items():
            station.site(account)
            self.ids[account] = str(station.alarm(account, code).id)

    def at_screen(self, name: str) -> Page:
        """A browser of their own, logged in."""
        page = self._browser.new_context(locale="fr-FR").new_page()
        page.goto(f"{self.web.url}/login")
        page.get_by_label("Nom").fill(name)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_text("prendre le poste")).to_be_visible()
        return page

    def take_up(self, page: Page) -> None:
        """By keyboard: each tick, the password, the signature."""
        page.goto(f"{self.web.url}/shift")
        ticks = page.locator(".tick")
        expect(ticks).to_have_count(2)  # the hold-up's, and that of both mains failures
        for n in range(2):
            ticks.nth(n).press("Space")
        page.get_by_label("Votre mot de passe").press_sequentially(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".on-shift:not(.off)")).to_be_visible()

    def hold(self, page: Page, account: str) -> None:
        """Whoever sits there takes it on its page."""
        page.goto(f"{self.web.url}/incidents/{self.ids[account]}")
        with page.expect_response(lambda answer: answer.url.endswith("/claim")):
            page.get_by_role("button", name="Prendre", exact=True).click()
        assert self.holder(account) == "claire"

    def goes_to(self, page: Page, account: str) -> Locator:
        return page.locator(f"select[name='to-{self.ids[account]}']")

    def holder(self, account: str) -> str | None:
        row = self.station.store.read_now(lambda tx: incidents.get(tx, self.ids[account]))
        assert row is not None
        holder: str | None = row.holder
        return holder

    def told(self, **wanted: Any) -> list[tuple[str, str]]:
        """The kinds of the logbook's entries, each with whose it is."""
        entries = self.station.store.read_now(lambda tx: logbook.page(tx, **wanted))
        return [(entry.kind, entry.who) for entry in entries]

    def on_shift(self) -> list[str]:
        return [row.name for row in self.station.store.read_now(shifts.on_shift)]


@pytest.fixture
def desks(tmp_path: Path, browser: Browser) -> Iterator[Desks]:
    station = WebStation(tmp_path)
    for name in ("claire", "david"):
        station.user(name, Role.OPERATOR)
    process = WebProcess(station)
    process.start()
    yield Desks(station, process, browser)
    process.kill()
    station.close()


@pytest.mark.deep
def test_a_shift_is_handed_over_with_three_open_incidents(desks: Desks) -> None:
    claire, david = desks.at_screen("claire"), desks.at_screen("david")
    desks.take_up(claire)
    for account in reversed(ALARMS):  # the vital one last: left alone, it comes back (D21)
        desks.hold(claire, account)

    # Alone she can't leave: the vital alarm goes to nobody, and nobody would be there.
    claire.goto(f"{desks.web.url}/shift/end")
    expect(claire.get_by_text("vitale : acquittez-la, ou attendez")).to_be_visible()
    expect(claire.get_by_text("Personne d’autre n’est en poste")).to_be_visible()
    vital = desks.goes_to(claire, "1001")
    assert vital.locator("option").all_inner_texts() == ["choisir"]

    david.goto(f"{desks.web.url}/shift")
    for incident in desks.ids.values():
        expect(david.locator(f"#open-{incident}")).to_contain_text("claire")
    david.get_by_label("Votre mot de passe").fill(PASSWORD)
    david.keyboard.press("Enter")  # two ticks are missing: the browser says so
    expect(david.locator(".tick:invalid")).to_have_count(2)
    assert desks.on_shift() == ["claire"]
    desks.take_up(david)
    assert desks.on_shift() == ["claire", "david"]

    claire.reload()
    for account, where in (("1001", "david"), ("1002", "retour à la file"), ("1003", "david")):
        desks.goes_to(claire, account).select_option(label=where)
    claire.get_by_label("Ce qu’elle doit savoir").fill(NOTE)
    claire.get_by_label("Votre mot de passe").fill(PASSWORD)
    claire.get_by_role("button", name="Passer la relève").click()
    expect(claire.get_by_role("heading", name="Prise de poste")).to_be_visible()

    assert desks.on_shift() == ["david"]
    holders = {account: desks.holder(account) for account in ALARMS}
    assert holders == {"1001": "david", "1002": None, "1003": "david"}
    for incident in desks.ids.values():
        told = desks.told(incident=incident)
        assert ("shift_took", "claire") in told
        assert ("shift_took", "david") in told
    david.goto(f"{desks.web.url}/shift")
    expect(david.get_by_text(NOTE).first).to_be_visible()
    signed = [one for one in desks.told() if one[0] in ("shift_begun", "shift_ended")]
    assert signed == [
        ("shift_begun", "claire"),
        ("shift_begun", "david"),
        ("shift_ended", "claire"),
    ]
