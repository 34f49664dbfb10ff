"""A shift handed over with three open incidents, as two people do it at two screens.

Each open alarm is ticked by the one who takes over, each held one goes to somebody, the vital one
never to the queue; the note is read, both signatures stand in the logbook, nothing is lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.browser import FLAGS
from tests.support.shifts import PASSWORD
from tests.support.station import Station

#: A hold-up, which is mute, and two mains failures, which wake nobody: no phone rings in this test.
ALARMS = {"1001": "HA", "1002": "AT", "1003": "AT"}
NOTE = "Le gardien du 1003 a la clé du local technique"


async def test_a_shift_is_handed_over(tmp_path: Path, chromium_path: str) -> None:
    async with Station(tmp_path) as station, async_playwright() as engine:
        browser = await engine.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        for account, code in ALARMS.items():
            await station.send(account, code)
            await station.incident(account)
        claire = await at_screen(station, browser, "claire")
        david = await at_screen(station, browser, "david")
        await take_up(station, claire)
        for account in reversed(ALARMS):  # the vital one last: left alone, it comes back (D21)
            await hold(station, claire, account)

        # Alone she can't leave: the vital alarm goes to nobody, and nobody would be there.
        await claire.goto(f"{station.url}/shift/end")
        await expect(claire.get_by_text("vitale : acquittez-la, ou attendez")).to_be_visible()
        await expect(claire.get_by_text("Personne d’autre n’est en poste")).to_be_visible()
        vital = await goes_to(station, claire, "1001")
        assert await vital.locator("option").all_inner_texts() == ["choisir"]

        await david.goto(f"{station.url}/shift")
        for account in ALARMS:
            row = david.locator(f"#open-{await incident_id(station, account)}")
            await expect(row).to_contain_text("claire")
        await david.get_by_label("Votre mot de passe").fill(PASSWORD)
        await david.keyboard.press("Enter")  # three ticks are missing: the browser says so
        assert await david.locator(".tick:invalid").count() == 3
        assert await on_shift(station) == ["claire"]
        await take_up(station, david)
        assert await on_shift(station) == ["claire", "david"]

        await claire.reload()
        for account, where in (("1001", "david"), ("1002", "retour à la file"), ("1003", "david")):
            await (await goes_to(station, claire, account)).select_option(label=where)
        await claire.get_by_label("Ce qu’elle doit savoir").fill(NOTE)
        await claire.get_by_label("Votre mot de passe").fill(PASSWORD)
        await claire.get_by_role("button", name="Passer la relève").click()
        await expect(claire.get_by_role("heading", name="Prise de poste")).to_be_visible()

        assert await on_shift(station) == ["david"]
        holders = {account: (await whole(station, account))["holder"] for account in ALARMS}
        assert holders == {"1001": "david", "1002": None, "1003": "david"}
        for account in ALARMS:
            told = [(e["kind"], e["who"]) for e in (await whole(station, account))["logbook"]]
            assert ("shift_took", "claire") in told
            assert ("shift_took", "david") in told
        await david.goto(f"{station.url}/shift")
        await expect(david.get_by_text(NOTE).first).to_be_visible()
        signed = (await station.api.get("/logbook", params={"limit": "200"})).json()["items"]
        shifts = [
            (e["kind"], e["who"]) for e in signed if e["kind"] in ("shift_begun", "shift_ended")
        ]
        assert shifts == [
            ("shift_begun", "claire"),
            ("shift_begun", "david"),
            ("shift_ended", "claire"),
        ]
        await browser.close()


async def at_screen(station: Station, browser: Browser, name: str) -> Page:
    """A browser of their own, logged in."""
    await station.user(name, PASSWORD)
    page = await (await browser.new_context(locale="fr-FR")).new_page()
    await page.goto(f"{station.url}/login")
    await page.get_by_label("Nom").fill(name)
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("prendre le poste")).to_be_visible()
    return page


async def take_up(station: Station, page: Page) -> None:
    """By keyboard: each tick, the password, the signature."""
    await page.goto(f"{station.url}/shift")
    ticks = page.locator(".tick")
    await expect(ticks).to_have_count(3)
    for n in range(3):
        await ticks.nth(n).press("Space")
    await page.get_by_label("Votre mot de passe").press_sequentially(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("En poste depuis")).to_be_visible()


async def hold(station: Station, page: Page, account: str) -> None:
    """She takes it on its page."""
    incident = await incident_id(station, account)
    await page.goto(f"{station.url}/incidents/{incident}")
    await page.get_by_role("button", name="Prendre", exact=True).click()
    await station.until(lambda: is_held(station, account))


async def is_held(station: Station, account: str) -> bool:
    return bool((await whole(station, account))["holder"] == "claire")


async def goes_to(station: Station, page: Page, account: str) -> Any:
    return page.locator(f"select[name='to-{await incident_id(station, account)}']")


async def incident_id(station: Station, account: str) -> str:
    return str((await station.incident(account))["id"])


async def whole(station: Station, account: str) -> dict[str, Any]:
    path = f"/incidents/{await incident_id(station, account)}"
    found: dict[str, Any] = (await station.api.get(path)).json()
    return found


async def on_shift(station: Station) -> list[str]:
    items = (await station.api.get("/shifts")).json()["items"]
    return [one["name"] for one in items]
