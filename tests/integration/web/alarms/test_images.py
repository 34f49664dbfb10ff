"""The cameras of a site in the API, and the stills of an incident in API and page."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from callflow import clock
from callflow.core.calls.call import Dialogue
from callflow.core.calls.purpose import Purpose
from callflow.core.messages.outbox import Channel, Fault, Still, Undelivered
from callflow.handling.alarms.acting import request_call
from callflow.handling.base import policy as base_policy
from callflow.handling.messages import delivery, images
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.messages import outbox
from tests.support.outside.cameras import a_still
from tests.support.stations.web_station import WebStation, site_body
from web.access.users import Role
from web.kit.rendering import render
from web.pages.calls import pop_views

JPEG = b"\xff\xd8\xff\xe0" + bytes(300)
SECRET = {"user": "cam", "password": "sésame"}
HALL = {"id": "hall", "name": "Hall <b>", "url": "http://10.0.0.1/snap"}
YARD = {"id": "cour", "name": "Cour", "url": "http://10.0.0.2/snap", "credentials": SECRET}


def body(**changed: Any) -> dict[str, Any]:
    return site_body(cameras=[HALL, YARD], **changed)


async def cameras(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get("/sites/1001")).json()["cameras"]
    return found


@pytest.fixture
def incident(station: WebStation) -> str:
    """An alarm whose hall gave a still, and whose yard gave none."""
    station.site(cameras=[HALL, YARD])
    row = station.alarm()
    now = clock.now()
    station.do(lambda tx: images.fetch_images(tx, row, now))
    room = {Channel.IMAGES: 10}
    by_camera = {m.to: m for m in station.do(lambda tx: delivery.claim_messages(tx, now, room))}
    hall, yard = by_camera["hall"], by_camera["cour"]
    kept(station, hall.id, f"{hall.incident_id}/{hall.id}.jpg")
    failure = Undelivered(Fault.REFUSED, "HTTP 404")
    station.do(lambda tx: delivery.message_failed(tx, yard.id, 1, failure, now, jitter=0.0))
    return str(row.id)


def kept(station: WebStation, image_id: str, path: str) -> None:
    """A still is on the disk, and told."""
    file = station.settings.images_dir / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(JPEG)
    sha256 = hashlib.sha256(JPEG).hexdigest()
    station.do(
        lambda tx: delivery.image_fetched(
            tx, image_id, Still(path=path, sha256=sha256), clock.now()
        )
    )


async def test_a_site_is_put_as_it_was_got_and_credentials_stay(api: httpx.AsyncClient) -> None:
    assert (await api.put("/sites/1001", json=body())).status_code == 201
    got = (await api.get("/sites/1001")).json()
    assert "sésame" not in str(got)
    assert [c["credentials_set"] for c in got["cameras"]] == [False, True]
    assert (await api.put("/sites/1001", json=got)).status_code == 200
    assert await cameras(api) == got["cameras"]


async def test_credentials_are_removed_by_null(api: httpx.AsyncClient) -> None:
    await api.put("/sites/1001", json=body())
    bare = [HALL, {**YARD, "credentials": None}]
    assert (await api.put("/sites/1001", json={**body(), "cameras": bare})).status_code == 200
    assert [c["credentials_set"] for c in await cameras(api)] == [False, False]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": "file:///etc/passwd"}, "cameras.1.url"),
        ({"url": "http://cam:pass@10.0.0.2/"}, "cameras.1.url"),
        ({"id": "a b"}, "cameras.1.id"),
        ({"credentials": {"user": "cam"}}, "cameras.1.credentials.password"),
        ({"speed": 3}, "cameras.1.speed"),
    ],
)
async def test_what_is_wrong_with_a_camera_is_said_by_its_field(
    api: httpx.AsyncClient, changed: dict[str, Any], field: str
) -> None:
    sent = {**body(), "cameras": [HALL, {**YARD, **changed}]}
    answer = await api.put("/sites/1001", json=sent)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_another_host_does_not_inherit_credentials(api: httpx.AsyncClient) -> None:
    await api.put("/sites/1001", json=body())
    elsewhere = {"id": "cour", "name": "Cour", "url": "http://10.9.9.9/snap"}
    answer = await api.put("/sites/1001", json={**body(), "cameras": [HALL, elsewhere]})
    assert (answer.status_code, answer.json()["field"]) == (422, "cameras.1.credentials")


async def test_an_incident_lists_its_stills_and_they_are_fetched(
    station: WebStation, api: httpx.AsyncClient, incident: str
) -> None:
    shown = (await api.get(f"/incidents/{incident}")).json()["images"]
    by_camera = {image["camera"]: image for image in shown}
    hall, yard = by_camera["hall"], by_camera["cour"]
    assert (hall["problem"], hall["sha256"]) == ("", hashlib.sha256(JPEG).hexdigest())
    assert (yard["problem"], yard["sha256"]) == ("refused", None)
    picture = await api.get(f"/images/{hall['id']}")
    assert (picture.status_code, picture.content) == (200, JPEG)
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert (await api.get(f"/images/{yard['id']}")).status_code == 404


async def test_who_may_not_read_gets_no_still(
    station: WebStation, stranger: httpx.AsyncClient, incident: str
) -> None:
    found = station.store.read_now(lambda tx: outbox.images_of(tx, [incident]))
    url = f"/images/{found[incident][0].id}"
    panel = {"Authorization": f"Bearer {station.token(Role.PANEL)}"}
    assert (await stranger.get(f"/api/v1{url}")).status_code == 401
    assert (await stranger.get(f"/api/v1{url}", headers=panel)).status_code == 403
    assert (await stranger.get(url)).status_code == 303


async def test_a_stills_path_never_leaves_its_folder(
    station: WebStation, api: httpx.AsyncClient
) -> None:
    station.site(cameras=[HALL])
    row = station.alarm()
    station.do(lambda tx: images.fetch_images(tx, row, clock.now()))
    (message,) = station.do(
        lambda tx: delivery.claim_messages(tx, clock.now(), {Channel.IMAGES: 1})
    )
    station.do(
        lambda tx: delivery.image_fetched(
            tx, message.id, Still(path="../keys/seal.key", sha256="0" * 64), clock.now()
        )
    )
    assert (await api.get(f"/images/{message.id}")).status_code == 404


async def test_the_page_shows_the_stills(
    station: WebStation, operator: httpx.AsyncClient, incident: str
) -> None:
    page = (await operator.get(f"/incidents/{incident}")).text
    found = station.store.read_now(lambda tx: outbox.images_of(tx, [incident]))[incident]
    (there,) = [image for image in found if not image.problem]
    alt = r"Image de Hall &lt;b&gt;, \+[0-9]+ s de l’alarme"
    assert re.search(rf'<img src="/incidents/{incident}/images/{there.id}" alt="{alt}"', page)
    assert "<h3><bdi>Cour</bdi></h3>" in page
    assert 'refusé par le destinataire <span class="muted"><bdi>HTTP 404</bdi></span>' in page
    assert there.sha256
    assert there.sha256 in page
    picture = await operator.get(f"/images/{there.id}")
    assert (picture.status_code, picture.content) == (200, JPEG)


async def test_the_newest_still_of_each_camera_is_on_the_pop(
    station: WebStation, incident: str
) -> None:
    now = clock.now()

    def ring(tx: Tx) -> str:
        about, policy = incidents.get(tx, incident), base_policy.load_policy(tx)
        asked: dict[str, Any] = {"attempt": 1, "ring_time": 30, "priority": 0, "room": "room"}
        asked |= {"dialogue": Dialogue.DESK, "now": now, "incident": about}
        shop, desk = "+33639981000", "+33639989901"
        request_call(tx, policy, step="incoming", to=shop, contact="1001-0", **asked)
        newer = now + timedelta(seconds=9)
        image = a_still(tx, incident, newer)
        a_still(tx, incident, newer, id="lost", problem="timeout")
        request_call(tx, policy, step=Purpose.BRIDGE, to=desk, call_id="leg", **asked)
        return image

    image = station.do(ring)
    leg = station.store.read_now(lambda tx: calls.get(tx, "leg"))
    assert leg is not None
    shown = station.store.read_now(lambda tx: pop_views.pop(tx, leg, now))
    assert shown is not None
    said = render("fr", "calls/_pop.html", {"pop": shown, "now": now})
    among = rf'<img src="/incidents/{incident}/images/([^"]*)" alt="Image de Hall, \+[0-9]+ s'
    assert re.findall(among, said) == [image]
