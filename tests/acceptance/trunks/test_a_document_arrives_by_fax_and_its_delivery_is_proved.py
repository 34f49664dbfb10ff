"""A document leaves by fax: it arrives as it was sent, pixel by pixel, and what the other machine
said is its proof; a busy line and one that nobody answers are tried again, and told. (Twenty pages
over a trunk that loses packets: tests/acceptance/test_a_fax_of_twenty_pages_....py; the rules:
tests/integration/handling/calls/test_faxes.py.)"""

from __future__ import annotations

import pytest

from callflow.core.messages.outbox import MessageState
from callflow.core.messages.proof import Stage
from callflow.storage.records import logbook
from tests.support.outside import faxes
from tests.support.rows import sites
from tests.support.sip.trunks import TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def _site(station: TrunkStation, fax: str) -> str:
    account, phone = sites.fresh("F"), sites.number(int(fax[-3:]))
    premises = {**sites.premises(account, phone), "fax": fax}
    body = sites.site(account, premises)
    await sites.put(station, account, body)
    return account


@pytest.mark.parametrize(
    ("place", "machine", "mode"), [(160, "fax", "T.38"), (161, "fax_audio", "audio")]
)
async def test_it_arrives_as_it_was_sent(
    station: TrunkStation, place: int, machine: str, mode: str
) -> None:
    number = f"+33139980{place}"
    account = await _site(station, number)
    await station.phone(number, machine, after_s=0.2)
    store = faxes.store_of(station.data_dir)
    pdf = await faxes.report(1)
    message = await faxes.post_fax(store, station.data_dir, account, number, pdf)
    tiff: list[bytes] = []

    async def over() -> bool:
        if (there := faxes.drawn(station.data_dir, message)) is not None:
            tiff[:] = [there]
        return faxes.message(store, message).state is MessageState.SENT

    await station.until(over, 120)
    (file,) = faxes.received(station.data_dir, number)
    assert faxes.differences(faxes.sheets(tiff[0]), faxes.sheets(file.read_bytes())) == []
    (proof,) = faxes.proofs_of(store, message)
    assert proof.stage is Stage.DELIVERED
    assert proof.text.startswith("2/2 p., 14400 bit/s"), proof.text
    assert mode in proof.text
    assert f"+{number[1:]}" in proof.text
    (seen,) = await station.seen(number)
    assert seen["answered_at"]
    store.close()


async def test_busy_and_unanswered_are_tried_again_and_told(station: TrunkStation) -> None:
    number = "+33139980162"
    account = await _site(station, number)
    await station.phone(number, "busy", after_s=0)
    store = faxes.store_of(station.data_dir)
    message = await faxes.post_fax(store, station.data_dir, account, number, None)

    async def becomes(state: MessageState, error: str = "") -> None:
        async def it_is() -> bool:
            found = faxes.message(store, message)
            return found.state is state and found.last_error.startswith(error)

        await station.until(it_is, 90)

    await becomes(MessageState.WAITING, "busy")
    await station.phone(number, "ring")
    await becomes(MessageState.WAITING, "timeout")
    await station.phone(number, "fax", after_s=0.2)
    await becomes(MessageState.SENT)
    tries = await station.seen(number)
    assert [call["answered_at"] is not None for call in tries][-1:] == [True]
    assert faxes.message(store, message).attempts == len(tries) >= 3
    entries = store.read_now(lambda tx: logbook.page(tx, site=account, limit=1000))
    told = [entry for entry in entries if entry.kind == "fax_tried"]
    assert [entry.data["fault"] for entry in told][:1] == ["busy"]
    assert [entry.data["fault"] for entry in told][-1:] == ["timeout"]
    assert len(told) == len(tries) - 1
    store.close()


@pytest.mark.deep
async def test_a_fax_under_way_outlives_its_telephony(station: TrunkStation) -> None:
    number = "+33139980163"
    account = await _site(station, number)
    await station.phone(number, "fax", after_s=0.2)
    store = faxes.store_of(station.data_dir)
    pdf = await faxes.report(1)
    message = await faxes.post_fax(store, station.data_dir, account, number, pdf)

    async def answered() -> bool:
        return any(call["answered_at"] for call in await station.seen(number))

    await station.until(answered, 60)
    station.kill("telephony")

    async def sent() -> bool:
        return faxes.message(store, message).state is MessageState.SENT

    await station.until(sent, 120)
    assert len(await station.seen(number)) == 1, "it was adopted, not sent again"
    assert faxes.message(store, message).attempts == 1
    assert len(faxes.proofs_of(store, message)) == 1
    store.close()
