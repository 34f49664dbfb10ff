"""D24 and the law: the still is on the page within seconds of the signal, the clip of before and
after plays, and only a verification that names what was looked at opens the police step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from callflow.clock import monotonic
from tests.support.outside.cameras import RtspCamera
from tests.support.pages.browser import FLAGS
from tests.support.sip.far_ends import HttpServer, Response
from tests.support.stations.station import Station
from tests.support.suite.hold_ups import HoldUps

#: Seconds from the panel's message to a still on the screen that somebody looks at.
SEEN_WITHIN = 8.0
POLICE = "+33130000017"
LINE = {"id": "police", "service": "police", "name": "CIC 35", "number": POLICE}


@asynccontextmanager
async def browsing(chromium: str, station: Station) -> AsyncIterator[Page]:
    """The demo's operator, logged in."""
    async with async_playwright() as engine:
        browser = await engine.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = await browser.new_page(locale="fr-FR")
        page.set_default_timeout(20_000)
        await page.goto(f"{station.url}/login")
        await page.fill("input[name=name]", "demo")
        await page.fill("input[name=password]", "callflow-demo")
        await page.click("form button")
        await page.wait_for_url(f"{station.url}/")
        yield page
        await browser.close()


@pytest.mark.deep
@pytest.mark.timeout(240)
async def test_a_break_in_is_seen(tmp_path: Path, chromium_path: str, hold_ups: HoldUps) -> None:
    environment = {
        "CALLFLOW_CAMERA_NETWORKS": '["127.0.0.0/8"]',
        "CALLFLOW_CLIP_BEFORE": "4",
        "CALLFLOW_CLIP_AFTER": "4",
    }
    async with (
        RtspCamera() as camera,
        HttpServer(lambda _: Response(status=404)) as yard,
        Station(tmp_path, environment) as station,
        browsing(chromium_path, station) as page,
    ):
        hall = {
            "id": "hall",
            "name": "Hall",
            "url": camera.url(),
            "zones": ["1"],
            "pre_alarm": True,
        }
        dead = {"id": "cour", "name": "Cour", "url": yard.url("/snap"), "zones": ["2"]}
        site = (await station.api.get("/sites/1005")).json()
        await station.put("/sites/1005", {**site, "cameras": [dead, hall]})
        await station.put("/services", {"lines": [LINE]})
        await station.until(lambda: len(list(tmp_path.glob("ring/*/hall/*.ts"))) >= 4, within=60)

        began = monotonic()
        await station.send("1005")
        incident = await station.incident("1005")
        await page.goto(f"{station.url}/incidents/{incident['id']}")
        picture = page.locator(".camera", has_text="Hall").locator("figure img")
        await expect(picture.first).to_be_visible(timeout=30_000)
        await page.wait_for_function(
            "() => document.querySelector('.camera figure img')?.naturalWidth === 320"
        )
        seen = monotonic()
        print(f"seen {seen - began:.1f} s after the signal")
        assert seen - began < SEEN_WITHIN + hold_ups.lost(began, seen)

        # the other camera gives nothing: said, and the alarm went on
        lost = page.locator(".camera", has_text="Cour").locator(".refused")
        await expect(lost).to_contain_text("HTTP 404")

        # the clip of before and after plays
        video = page.locator(".camera video")
        await expect(video).to_be_visible(timeout=60_000)
        assert await video.evaluate("video => video.play().then(() => video.duration)") >= 6
        await page.wait_for_function(
            "() => document.querySelector('.camera video').currentTime > 1"
        )
        await expect(page.locator(".series li")).to_have_count(3)

        # the police step: shut, shut still for an image that nobody names, open for one that is
        await page.get_by_role("button", name="Prendre", exact=True).click()
        gate = page.locator(".gates li").first
        await expect(gate).to_have_class("gate shut")
        await page.get_by_text("Enregistrer une levée de doute").click()
        verify = page.locator("form[data-act=verify]")
        await verify.locator("[name=means]").select_option("images")
        await verify.locator("[name=result]").select_option("confirmed")
        await verify.get_by_role("button", name="Enregistrer").click()
        await expect(page.locator("[role=alert].refused").first).to_contain_text(
            "choisissez l’image ou la séquence regardée"
        )
        if not await verify.is_visible():
            await page.get_by_text("Enregistrer une levée de doute").click()
        await verify.locator("[name=means]").select_option("images")
        await verify.locator("[name=result]").select_option("confirmed")
        await verify.locator("[name=image]").select_option(index=1)
        await verify.get_by_role("button", name="Enregistrer").click()
        await expect(gate).to_contain_text("Levée de doute enregistrée")
        await expect(gate.get_by_role("button", name="Appeler")).to_be_visible()
        await expect(page.locator(".evidence")).to_contain_text("Infraction constatée : Images")

        found = (await station.api.get(f"/incidents/{incident['id']}/services")).json()
        (verification,) = found["verifications"]
        shown = (await station.api.get(f"/incidents/{incident['id']}")).json()
        looked_at = [i for i in shown["images"] if i["id"] == verification["image_id"]]
        assert [image["camera"] for image in looked_at] == ["hall"]
        assert found["evidence"]["score"] >= 80
        (entry,) = [e for e in shown["logbook"] if e["kind"] == "verification"]
        assert "Hall" in entry["text"]

        assert await verified(station) == 0
        await asyncio.to_thread(change, next(iter(sorted((tmp_path / "images").rglob("*.mp4")))))
        assert await verified(station) == 1


def change(film: Path) -> None:
    """One byte more."""
    film.write_bytes(film.read_bytes() + b".")


async def verified(station: Station) -> int:
    """The exit status of ``callflow logbook verify``."""
    process = await station._spawn("logbook", "verify")
    return await process.wait()
