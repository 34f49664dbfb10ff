"""A backup is taken under load, and is a station on a second data folder while the first runs on.

Every signal that was acknowledged before the backup's instant is there, the logbook is whole, no
call leaves; and the first one goes on acknowledging.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from callflow.clock import monotonic, now, to_iso
from tests.support.outside.outages import Panels, environment
from tests.support.sip.scripted_ami import RINGS_ON, ScriptedAmi
from tests.support.stations.product import Product
from tests.support.stations.web_station import site_body

#: Each has six panels, which wait for their answer and then for a twentieth of a second: where an
#: answer takes 16 ms two of them send 182 signals a second, and four the 200 that are asked for.
CROWDS, LIMIT_S = 4, 400


@pytest.mark.deep
@pytest.mark.timeout(LIMIT_S)
async def test_a_backup_under_load_is_a_station_that_is_held(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.touch(0o600)
    secret.write_text("sous les pavés la plage\n")
    own = {"CALLFLOW_BACKUP_PASSPHRASE_FILE": str(secret)}
    folder = str(tmp_path / "backups")
    async with ScriptedAmi() as pbx, Product(tmp_path / "first", environment(own)) as first:
        pbx.default_fate = RINGS_ON
        await first.put("/sites/1001", site_body())
        await first.alarm("1001")
        async with contextlib.AsyncExitStack() as sending:
            crowds = [await sending.enter_async_context(Panels(first)) for _ in range(CROWDS)]
            await first.until(lambda: all(len(one.acknowledged) > 200 for one in crowds), LIMIT_S)
            began, ticked = now(), monotonic()
            told = json.loads((await first.cli("backup", folder, "--json")).splitlines()[-1])
            assert told["made_at"] > to_iso(began)
            far = monotonic()
            await first.until(lambda: all(one.since(far) for one in crowds), LIMIT_S)
            for one in crowds:
                await one.stored_once()
        before = [text for one in crowds for at, text in one.acknowledged if at <= ticked]
        seconds = ticked - min(one.acknowledged[0][0] for one in crowds)
        print(f"{len(before)} acknowledged before, {len(before) / seconds:.0f} a second")
        second = Product(tmp_path / "second", environment(own | _ami(pbx)))
        await second.cli("restore", folder)
        async with second:
            health = (await second.api.get("/health")).json()
            assert (health["held"], health["asterisk"]) == (True, "up")
            stored = await second.texts_stored()
            assert [text for text in before if stored[text] != 1] == []
            assert "whole" in await second.cli("logbook", "verify")
            await second.alarm("1001", "FA")
            await second.until(lambda: _refused(second))
            assert pbx.originated() == []
            async with Panels(first) as later:  # the first goes on beside it
                await first.until(lambda: len(later.acknowledged) > 12, LIMIT_S)


def _ami(pbx: ScriptedAmi) -> dict[str, str]:
    return {
        "CALLFLOW_AMI_PORT": str(pbx.port),
        "CALLFLOW_AMI_USER": "callflow",
        "CALLFLOW_AMI_SECRET": pbx.secret,
    }


async def _refused(product: Product) -> bool:
    return any(entry["kind"] == "dial_refused" for entry in await product.logbook())
