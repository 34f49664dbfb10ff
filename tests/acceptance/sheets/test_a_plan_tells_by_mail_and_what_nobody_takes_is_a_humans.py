"""A plan sends a letter and asks the cameras; a letter that is refused comes to the operators."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rows import sites
from tests.support.sip.far_ends import HttpServer, Response
from tests.support.stations.sheet_station import SheetStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

JPEG = b"\xff\xd8\xff\xe0" + bytes(2000)
ANNE = "anne@example.org"
PLAN: dict[str, Any] = {
    "id": "tell",
    "name": "Prévenir et regarder",
    "steps": [
        {
            "id": "tell",
            "kind": "notify",
            "channel": "mail",
            "to": ANNE,
            "subject": "Alarme à la fromagerie",
            "text": "Une alarme est en cours.",
            "confirm": True,
            "outcomes": {"done": "look", "failed": "operator"},
        },
        {
            "id": "look",
            "kind": "fetch_images",
            "outcomes": {"done": "operator", "failed": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator", "text": "Regarder les images."},
    ],
}


async def test_a_plan_tells_by_mail_and_what_nobody_takes_is_a_humans(
    station: SheetStation,
) -> None:
    async def refuse(_: int) -> str:
        return "550 no such user"

    def letters() -> list[str]:
        return [str(letter["To"]) for letter in station.mails.letters if letter["To"] == ANNE]

    async with HttpServer(lambda _: Response(body=JPEG)) as camera:
        await station.put("/plans/tell", PLAN)
        hall = {"id": "hall", "name": "Hall", "url": camera.url("/snap.jpg")}

        incident = await handed_over(station, hall)
        assert letters() == [ANNE]
        (image,) = incident["images"]
        assert (image["camera"], image["problem"]) == ("hall", "")
        picture = await station.api.get(f"/images/{image['id']}")
        assert picture.content == JPEG
        assert len(camera.requests) == 1

        before, answered = station.mails.attempts, station.mails.answer
        station.mails.answer = refuse
        try:
            incident = await handed_over(station, hall)
        finally:
            station.mails.answer = answered
        assert incident["images"] == []
        assert "message_failed" in [entry["kind"] for entry in incident["logbook"]]
        assert letters() == [ANNE]
        assert station.mails.attempts == before + 1


async def handed_over(station: SheetStation, camera: dict[str, Any]) -> dict[str, Any]:
    """A water alarm of a new site with this camera; its incident once an operator has it."""
    account = sites.fresh("M")
    body = sites.site(account, plans={"flood": "tell"}, cameras=[camera])
    await sites.put(station, account, body)
    await station.send(account, "WA")

    async def waits() -> bool:
        return bool((await station.incident(account))["with_human"])

    await station.until(waits)
    return await station.incident(account)
