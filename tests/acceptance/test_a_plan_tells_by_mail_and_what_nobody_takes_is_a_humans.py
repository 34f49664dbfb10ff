"""A plan sends a letter and asks the cameras; a letter that is refused comes to the operators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import sites
from tests.support.far_ends import HOST, HttpServer, MailServer, Response
from tests.support.station import Station

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


async def test_a_plan_tells_by_mail_and_what_nobody_takes_is_a_humans(tmp_path: Path) -> None:
    async def refuse_some(_: int) -> str:
        return "550 no such user" if refusing else "250 OK"

    refusing = False
    async with MailServer() as mails, HttpServer(lambda _: Response(body=JPEG)) as camera:
        mails.answer = refuse_some
        environment = {
            "CALLFLOW_SMTP_HOST": HOST,
            "CALLFLOW_SMTP_PORT": str(mails.port),
            "CALLFLOW_SMTP_SECURITY": "none",
            "CALLFLOW_MAIL_FROM": "station@example.org",
            "CALLFLOW_CAMERA_NETWORKS": '["127.0.0.0/8"]',
            "CALLFLOW_CAMERA_SERIES": "[]",  # the plan alone asks
        }
        async with Station(tmp_path, environment) as station:
            await station.put("/plans/tell", PLAN)
            hall = {"id": "hall", "name": "Hall", "url": camera.url("/snap.jpg")}

            incident = await handed_over(station, hall)
            assert [letter["To"] for letter in mails.letters] == [ANNE]
            (image,) = incident["images"]
            assert (image["camera"], image["problem"]) == ("hall", "")
            picture = await station.api.get(f"/images/{image['id']}")
            assert picture.content == JPEG
            assert len(camera.requests) == 1

            refusing = True
            incident = await handed_over(station, hall)
            assert incident["images"] == []
            assert "message_failed" in [entry["kind"] for entry in incident["logbook"]]
        assert (len(mails.letters), mails.attempts) == (1, 2)


async def handed_over(station: Station, camera: dict[str, Any]) -> dict[str, Any]:
    """A water alarm of a new site with this camera; its incident once an operator has it."""
    account = sites.fresh("M")
    body = sites.site(account, plans={"flood": "tell"}, cameras=[camera])
    await sites.put(station, account, body)
    await station.send(account, "WA")

    async def waits() -> bool:
        return bool((await station.incident(account))["with_human"])

    await station.until(waits)
    return await station.incident(account)
