"""The disk fills up, then turns read-only, then is well again: all in the life of each process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.outside.outages import Outage, Panels, environment, said
from tests.support.outside.small_disk import ProductOnSmallDisk, SmallDisk
from tests.support.pages.verdicts import of_json
from tests.support.stations.product import Product

SECONDS = float(os.environ.get("OUTAGE_SECONDS", "12"))


@pytest.mark.timeout(240)
async def test_a_full_disk_and_a_read_only_one_lose_no_signal(tmp_path: Path) -> None:
    async with (
        SmallDisk(tmp_path / "disk") as disk,
        ProductOnSmallDisk(disk, environment()) as product,
        Panels(product) as panels,
    ):
        # It never has the room that a station needs: that is said before anything is lost.
        await product.until(lambda: _disk_is_said(product))
        first = Outage(product, panels)
        await first.lasts(SECONDS, disk.fill_up, disk.empty)

        async def full_then_read_only() -> None:
            await disk.fill_up()
            await product.until(lambda: _reason_holds(product, "full"))
            await disk.forbid()
            # Whoever had opened the file before may write it still: not when there is room again.
            await product.until(lambda: _reason_holds(product, "readonly"))
            await disk.empty()

        second = Outage(product, panels)
        await second.lasts(SECONDS, full_then_read_only, disk.allow)
        await panels.stored_once()
        assert (len(await first.told()), len(await second.told())) == (2, 1)
        assert len(said(disk.seen, "receiver", "store.back")) == 2


async def _reason_holds(product: Product, word: str) -> bool:
    health = (await product.api.get("/health")).json()
    return word in health["database"]["reason"]


async def _disk_is_said(product: Product) -> bool:
    return of_json((await product.api.get("/health")).json()).ill.get("disk") == "failed"
