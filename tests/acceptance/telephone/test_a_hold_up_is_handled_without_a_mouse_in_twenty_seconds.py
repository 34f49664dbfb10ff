"""D7: a hold-up is mute. By keys alone the police is called and the record begun in under 20 s, and
no telephone of the site or its staff rings."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from callflow.clock import monotonic
from tests.support.phones import hearing
from tests.support.phones.hands import Hands
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.stations.desk import Desks
from tests.support.stations.station import DESKS, DUTY, Station
from tests.support.suite.hold_ups import HoldUps

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear, pytest.mark.deep]

OPERATOR_HZ, POLICE_HZ = 1130.0, 620.0
#: Seconds: what is allowed; what a person takes for each key, reading included.
ALLOWED, A_KEY = 20.0, 0.5


async def test_a_hold_up_is_handled_without_a_mouse(
    station: Station, phones: Phones, desks: Desks, hold_ups: HoldUps
) -> None:
    account = sites.fresh("H")
    of_the_site = [sites.fresh_number() for _ in range(3)]
    shop, camille, chief = of_the_site
    police = await phones.at(sites.fresh_number())
    body = sites.site(
        account,
        sites.premises(account, shop),
        sites.contact(account, "Camille", camille),
        sites.contact(account, "Dominique", chief, role="manager"),
        name="Banque du Vallon",
        postcode="98100",
    )
    await sites.put(station, account, body)
    line = {"id": "h-police", "service": "police", "name": "CIC", "number": police.number}
    await station.put("/services", {"lines": [{**line, "place": "98"}]})
    desk = await desks.of("ludivine", OPERATOR_HZ)
    page, hands = desk.page, Hands(desk.page)
    await hands.leave_the_mouse()

    before = len(await station.seen())
    await station.send(account, "HA", "3")
    arrived = monotonic()
    row = page.locator("#list-queue .row", has_text="Banque du Vallon").first
    await hands.go_to_row(row)
    await hands.press("a", "Enter")
    gate = page.locator("#incident .gate.open form[data-act=call-service] button")
    await expect(gate).to_be_visible()
    await hands.press("s")
    await expect(gate).to_be_focused()
    await hands.press("Enter")
    await police.picks_up()
    rang = next(at for _, at in police.call.states)

    await hands.press("r", "Tab")
    await expect(page.locator("form[data-act=report-service] [name=person]")).to_be_focused()
    await hands.type("CORG")
    begun = monotonic()
    took = begun - arrived + A_KEY * hands.presses
    print(f"the police rang after {rang - arrived:.1f} s, the record was begun after", end=" ")
    print(f"{begun - arrived:.1f} s; {hands.presses} keys: {took:.1f} s of a person's time")
    assert took < ALLOWED + hold_ups.lost(arrived, begun)

    # what the page says, and what it doesn't offer
    await expect(page.locator(".headline")).to_contain_text("rien ne doit sonner sur place")
    await expect(page.locator("#incident form[data-act=call]")).to_have_count(0)
    say = page.locator("#incident .say")
    await expect(say).to_contain_text("ne rien dire de l’alarme")
    await expect(say.locator("blockquote")).to_have_count(0)

    police.plays(hearing.tone(POLICE_HZ, seconds=2), "tone")
    await asyncio.gather(police.hears_tone(OPERATOR_HZ), desk.hears_tone(POLICE_HZ))
    await hands.press("Tab")
    await hands.type("17-42")
    await hands.press("Enter")
    await expect(page.locator(".services .done")).to_contain_text("17-42")
    await hands.press("Escape", "F4")
    await police.is_hung_up()
    await desk.is_free()
    await hands.press("n")
    await hands.type("Patrouille en route, discrète.")
    await hands.press("Tab", "Enter")
    await expect(page.locator(".log .k-note").first).to_contain_text("Patrouille en route")
    await hands.used_no_mouse()

    seen = [call["to"] for call in (await station.seen())[before:]]
    assert [to for to in seen if to in (*of_the_site, *DESKS, DUTY)] == []
    assert seen.count(police.number) == 1
    incident = await station.incident(account)
    shown = (await station.api.get(f"/incidents/{incident['id']}")).json()
    assert (incident["kind"], incident["holder"]) == ("hold_up", "ludivine")
    kinds = [entry["kind"] for entry in shown["logbook"]]
    assert "service_override" not in kinds  # its triggering is the proof
    assert [call["outcome"] for call in shown["calls"] if call["step"] == "service"] == ["operator"]
