"""A break-in from its arrival to its closing, by keys alone: the keyholder is spoken to and their
password judged, the image opens the police step, the police is called, the guard is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.outside.cameras import jpeg
from tests.support.phones import hearing
from tests.support.phones.hands import Hands
from tests.support.phones.phone import Phone, Phones
from tests.support.rows import sites
from tests.support.sip.far_ends import HttpServer, Response
from tests.support.stations.desk import Desk, Desks
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear, pytest.mark.deep]

OPERATOR_HZ, KEYHOLDER_HZ, POLICE_HZ = 1130.0, 620.0, 1480.0
STEPS: list[dict[str, Any]] = [
    {
        "id": "look",
        "kind": "hand_to_operator",
        "text": "Regarder le hall, appeler la dépositaire",
        "checklist": ["image du hall regardée"],
        "outcomes": {"confirmed": "guard"},
    },
    {"id": "guard", "kind": "send_guard", "outcomes": {"traces": "operator"}},
    {"id": "operator", "kind": "hand_to_operator"},
]


async def a_shop(
    station: Station, account: str, keyholder: str, guard: str, police: str, camera: str
) -> None:
    """A site with a keyholder who has a password, a guard who accepts, a camera, a police line."""
    await station.put(f"/plans/p-{account}", {"id": f"p-{account}", "name": "Bris", "steps": STEPS})
    hall = {"id": "hall", "name": "Hall", "url": camera, "zones": ["3", "4"]}
    body = sites.site(
        account,
        sites.contact(account, "Camille", keyholder, password="Été indien"),
        sites.contact(account, "Ouest Garde", guard, role="guard"),
        name="Orfèvrerie du Vallon",
        postcode="97100",
        plans={"intrusion": f"p-{account}"},
        cameras=[hall],
    )
    await sites.put(station, account, body)
    line = {"id": "k-police", "service": "police", "name": "CIC", "number": police}
    await station.put("/services", {"lines": [{**line, "place": "97"}]})
    await station.phone(guard, "answer", after_s=1, keys="2580#www1")


async def talk(phone: Phone, hertz: float, desk: Desk) -> None:
    """Whoever is called picks up, and both hear each other."""
    await phone.picks_up()
    phone.plays(hearing.tone(hertz, seconds=2), "tone")
    await asyncio.gather(phone.hears_tone(desk.hertz), desk.hears_tone(hertz))


async def hang_up(phone: Phone, hands: Hands, desk: Desk) -> None:
    await hands.press("Escape", "F4")
    await phone.is_hung_up()
    await desk.is_free()


async def the_keyholder_is_asked(phone: Phone, hands: Hands, desk: Desk) -> None:
    """Called by two keys; the password is judged as it is heard (D14)."""
    await hands.press("e")
    await expect(hands.page.get_by_role("button", name="Appeler Camille")).to_be_focused()
    await hands.press("Enter")
    await talk(phone, KEYHOLDER_HZ, desk)
    await hands.press("v")
    await hands.type("ete indien")
    await hands.press("Enter")
    await expect(hands.page.locator(".verdicts")).to_contain_text("mot de passe juste")
    await hang_up(phone, hands, desk)


async def the_doubt_is_lifted(hands: Hands) -> None:
    """The levée de doute names the image that was looked at."""
    form = hands.page.locator("form[data-act=verify]")
    await hands.press("d")
    await hands.chooses(form.locator("[name=means]"), "im", "images")
    await hands.press("Tab", "ArrowDown")
    await hands.tab_to(form.locator("[name=result]"))
    await hands.press("ArrowDown")
    await hands.tab_to(form.locator("[name=text]"))
    await hands.type("vitrine brisée")
    await hands.press("Enter")
    await expect(hands.page.locator(".gate.open").first).to_contain_text("Levée de doute")


async def the_police_is_called(phone: Phone, hands: Hands, desk: Desk) -> None:
    """Called by two keys, and what it says is recorded while it is on the line (D23)."""
    await hands.press("s")
    await expect(
        hands.page.locator(".gate.open form[data-act=call-service] button")
    ).to_be_focused()
    await hands.press("Enter")
    await talk(phone, POLICE_HZ, desk)
    await hands.press("r", "Tab")
    await hands.type("Brigadier Morel")
    await hands.press("Tab")
    await hands.type("17-204")
    await hands.press("Enter")
    await expect(hands.page.locator(".services .done").last).to_contain_text("17-204")
    await hang_up(phone, hands, desk)


async def the_guard_is_sent(station: Station, guard: str, hands: Hands) -> None:
    """The step is ticked off, the plan goes on by the machine, and the guard accepts."""
    page = hands.page
    await hands.press("g")
    await expect(page.get_by_label("image du hall regardée")).to_be_focused()
    await hands.press("Space")
    await hands.tab_to(page.locator(".task.open button[value=confirmed]"))
    await hands.press("Enter")
    await expect(page.locator(".task.ended").first).to_be_visible()
    await hands.press("Control+k")
    await hands.type("rendre la consigne")
    await hands.press("Enter")
    await station.until(lambda: station.seen(guard), within=60)
    await expect(page.locator(".way")).to_contain_text("accepté à", timeout=30_000)


async def it_is_closed(hands: Hands) -> None:
    """The guard's arrival and report, a line of the log, the resolution code."""
    page = hands.page
    await hands.press("a")
    await expect(page.locator(".facts")).to_contain_text("(vous)")
    await hands.press("g")
    await hands.tab_to(page.locator(".task.open button[value=on_site]"))
    await hands.press("Enter")
    await expect(page.locator(".way")).to_contain_text("sur place depuis")
    await hands.press("n")
    await hands.type("Police et agent sur place.")
    await hands.press("Tab", "Enter")
    await expect(page.locator(".log .k-note").first).to_contain_text("Police et agent")
    await hands.press("c")
    await hands.chooses(page.locator("form[data-act=close] [name=code]"), "int", "intervention")
    await hands.press("Tab")
    await hands.type("remis à la police")
    await hands.press("Enter")


async def test_a_break_in_is_handled_by_keyboard_alone(
    station: Station, phones: Phones, desks: Desks
) -> None:
    account, guard = sites.fresh("K"), sites.fresh_number()
    camille, police = await phones.all_at([sites.fresh_number(), sites.fresh_number()])
    picture = Response(headers={"Content-Type": "image/jpeg"}, body=await jpeg())
    async with HttpServer(lambda _: picture) as camera:
        numbers = (camille.number, guard, police.number)
        await a_shop(station, account, *numbers, camera.url("/hall.jpg"))
        desk = await desks.of("norbert", OPERATOR_HZ)
        page, hands = desk.page, Hands(desk.page)
        await hands.leave_the_mouse()
        await station.send(account, "BA", "3")
        await station.send(account, "BA", "4")  # another zone: it is confirmed
        await hands.go_to_row(page.locator("#list-queue .row", has_text="Orfèvrerie").first)
        await hands.press("a", "Enter")
        await expect(page.locator(".facts")).to_contain_text("(vous)")
        await expect(page.locator(".camera figure img").first).to_be_visible(timeout=30_000)
        await the_keyholder_is_asked(camille, hands, desk)
        await the_doubt_is_lifted(hands)
        await the_police_is_called(police, hands, desk)
        await the_guard_is_sent(station, guard, hands)
        await it_is_closed(hands)
        await expect(page.locator(".facts")).to_contain_text("Intervention sur place")
        await hands.used_no_mouse()
    print(f"{hands.presses} keys")

    incident = await station.incident(account)
    shown = (await station.api.get(f"/incidents/{incident['id']}")).json()
    assert (shown["state"], len(shown["signals"])) == ("awaiting_normal", 2)
    kinds = {entry["kind"] for entry in shown["logbook"]}
    assert {"password_right", "verification", "service_report", "note"} <= kinds
    assert "service_override" not in kinds
    for phone in (camille, police):
        assert len(await station.seen(phone.number)) == 1
    assert len(await station.seen(guard)) == 1
