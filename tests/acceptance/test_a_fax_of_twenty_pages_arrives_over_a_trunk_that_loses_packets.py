"""Twenty pages over a trunk that loses two packets in a hundred, of SIP and of T.38: each arrives
as it was sent, pixel by pixel. As sound they seldom do (a modem hears every gap): then it is said
that they did not, and what is said to have arrived is what was sent."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callflow.core.messages.outbox import Fault, MessageState
from tests.support.outside import faxes
from tests.support.rows import sites
from tests.support.sip.lossy_trunk import LossyTrunk
from tests.support.sip.trunks import TRUNKS, TrunkStation

pytestmark = pytest.mark.deep

LOSS = 0.02
NUMBER = "+33139980170"
#: Seconds: a page of these takes 7 at 14,400 bit/s.
PATIENCE = 540


@contextlib.asynccontextmanager
async def _over_a_bad_trunk(
    tmp_path: Path, machine: str
) -> AsyncIterator[tuple[TrunkStation, LossyTrunk, str]]:
    station = TrunkStation(tmp_path)
    async with LossyTrunk(station.base + 60, station.base + 80, LOSS) as wire:
        far_end = {"address": f"127.0.0.1:{wire.near}", "domain": "alpha.invalid"}
        station.use([{**TRUNKS[0], **far_end}])
        async with station:
            account = sites.fresh("F")
            premises = sites.premises(account, sites.number(170), fax=NUMBER)
            await sites.put(station, account, sites.site(account, premises))
            await station.phone(NUMBER, machine, after_s=0.2)
            yield station, wire, account


async def _posted(station: TrunkStation, account: str, pages: int) -> tuple[str, list[bytes]]:
    store = faxes.store_of(station.data_dir)
    pdf = await faxes.report(pages)
    message = await faxes.post_fax(store, station.data_dir, account, NUMBER, pdf)
    store.close()
    drawn: list[bytes] = []

    async def there() -> bool:
        if (tiff := faxes.drawn(station.data_dir, message)) is not None:
            drawn.append(tiff)
        return bool(drawn)

    await station.until(there, 60)
    return message, drawn


@pytest.mark.timeout(700)
async def test_twenty_pages_by_t38(tmp_path: Path) -> None:
    async with _over_a_bad_trunk(tmp_path, "fax") as (station, wire, account):
        message, drawn = await _posted(station, account, 19)  # and its cover
        store = faxes.store_of(tmp_path)

        async def over() -> bool:
            return faxes.message(store, message).state is MessageState.SENT

        await station.until(over, PATIENCE)
        (proof,) = faxes.proofs_of(store, message)
        assert proof.text.startswith("20/20 p., "), proof.text
        arrived = faxes.received(tmp_path, NUMBER)[-1].read_bytes()
        assert faxes.differences(faxes.sheets(drawn[0]), faxes.sheets(arrived)) == []
        assert wire.lost > 20, "nothing was lost"
        store.close()


@pytest.mark.timeout(300)
async def test_as_sound_it_is_never_said_to_have_arrived_where_it_did_not(tmp_path: Path) -> None:
    async with _over_a_bad_trunk(tmp_path, "fax_audio") as (station, _wire, account):
        message, drawn = await _posted(station, account, 1)
        store = faxes.store_of(tmp_path)

        async def tried() -> bool:
            found = faxes.message(store, message)
            return found.state is MessageState.SENT or bool(found.last_error)

        await station.until(tried, 200)
        if faxes.message(store, message).state is MessageState.SENT:
            arrived = faxes.received(tmp_path, NUMBER)[-1].read_bytes()
            assert faxes.differences(faxes.sheets(drawn[0]), faxes.sheets(arrived)) == []
        else:
            assert faxes.message(store, message).last_error.startswith(Fault.BAD_LINE.value)
            assert faxes.proofs_of(store, message) == []
        store.close()
