"""What the tests of the telephone have in common: people who need an operator."""

from __future__ import annotations

import asyncio
from typing import Protocol

from callflow.core.plans import call_plan
from tests.support.phones import hearing
from tests.support.phones.phone import Phone, Phones
from tests.support.rows import sites
from tests.support.rows.sheets import sheet
from tests.support.stations.station import Station

#: Tones that neither speech nor another side makes.
CLIENT_HZ, OPERATOR_HZ, OTHER_HZ = 620.0, 1130.0, 1480.0


async def a_person_asks_for_an_operator(station: Station, phones: Phones) -> tuple[str, Phone]:
    """The plan calls a keyholder, who presses 0; (account, that person)."""
    account = sites.fresh("T")
    person = await phones.at(sites.fresh_number())
    camille = sites.contact(account, "Camille", person.number)
    await sites.put(station, account, sites.site(account, camille))
    await station.send(account, "BA", "3")
    await person.picks_up()
    await person.expect_prompt("ask_code", first_s=1)
    await person.types("0")
    person.plays(hearing.tone(CLIENT_HZ, seconds=2), "tone")
    return account, person


async def a_lift(station: Station, phones: Phones, name: str) -> tuple[str, Phone]:
    """A site with a lift, whose zone 9 tells that somebody is stuck; (account, the cabin)."""
    body = call_plan.to_json(sheet("lift"))
    del body["version"]
    await station.put("/plans/lift", body)
    account = sites.fresh("T")
    cabin = await phones.at(sites.fresh_number())
    device = sites.contact(account, "Cabine", cabin.number, role="device")
    zones = [{"account": account, "zone": "9", "name": "Cabine A", "kind": "lift"}]
    lift = sites.site(account, device, name=name, zones=zones, plans={"lift": "lift"})
    await sites.put(station, account, lift)
    return account, cabin


async def answers_by_itself(cabin: Phone, hertz: float) -> None:
    """A lift's telephone picks up; whoever is in it sounds like ``hertz``."""
    await cabin.picks_up()
    cabin.plays(hearing.tone(hertz, seconds=2), "tone")
    # Heard, and no code is asked; a loaded machine may lose a frame of the rest.
    await cabin.expect_prompt("hold_the_line", first_s=1.5)


class Somebody(Protocol):
    """Whoever sits at a desk, with a browser or without."""

    hertz: float

    async def hears_tone(self, hertz: float) -> None: ...


async def hear_each_other(person: Phone, desk: Somebody) -> None:
    await asyncio.gather(person.hears_tone(desk.hertz), desk.hears_tone(CLIENT_HZ))


async def somebody_elses_alarm(station: Station) -> str:
    """An alarm that a person has to look at; its incident's id."""
    account = sites.fresh("T")
    await sites.put(station, account, sites.site(account, sites.contact(account, "Camille", None)))
    await station.send(account, "BA", "3")
    return str((await station.incident(account))["id"])
