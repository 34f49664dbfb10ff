"""Print: by a real CUPS, once, and seen to be done."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from callflow.core.messages.outbox import Channel, Claimed, Enclosed, Fault, Undelivered
from callflow.core.messages.proof import Receipt, Stage
from callflow.notify import printing
from callflow.notify.http import new_client
from callflow.settings.config import Settings
from tests.integration.notify.conftest import message
from tests.support.outside.cups import QUEUE, Cups
from tests.support.sip.far_ends import HttpServer

Make = Callable[..., Settings]
PDF = b"%PDF-1.7\nrapport\n%%EOF\n"


@pytest.fixture(scope="module")
def cups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cups]:
    made = Cups(tmp_path_factory.mktemp("cups"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


def to_print(settings: Settings, content: bytes = PDF, to: str = QUEUE) -> Claimed:
    settings.documents_dir.mkdir(parents=True, exist_ok=True)
    (settings.documents_dir / "d1.pdf").write_bytes(content)
    digest = hashlib.sha256(PDF).hexdigest()
    enclosed = Enclosed(name="Rapport é.pdf", path="d1.pdf", sha256=digest)
    return replace(message(Channel.PRINT, to), document_id="d1", enclosed=enclosed)


async def printed(settings: Settings, client: httpx.AsyncClient, one: Claimed) -> Receipt:
    """Asked until it is out, as late as a busy machine lets CUPS be."""
    while True:
        receipt = await printing.send(settings, client, one)
        if receipt.final:
            return receipt
        one = replace(one, reference=receipt.reference, attempts=one.attempts + 1)
        await asyncio.sleep(0.05)


async def test_a_document_is_printed_and_its_sheets_are_the_proof(
    settings: Make, client: httpx.AsyncClient, cups: Cups
) -> None:
    made = settings(printers={QUEUE: cups.printer})
    before = len(cups.spooled())
    taken = await printing.send(made, client, to_print(made))
    assert (taken.stage, taken.final) == (Stage.TAKEN, False)
    assert taken.reference.isdigit()
    again = replace(to_print(made), reference=taken.reference, attempts=2)
    done = await printed(made, client, again)
    assert done.stage is Stage.DELIVERED
    assert f"job {taken.reference}, completed" in done.text
    assert cups.spooled()[before:] == [PDF]


async def test_a_job_whose_sender_died_is_found_again_and_not_printed_twice(
    settings: Make, client: httpx.AsyncClient, cups: Cups
) -> None:
    made = settings(printers={QUEUE: cups.printer})
    lost = replace(to_print(made, to=""), id="5f0c1c0e-0000-4000-8000-000000000077")
    before = len(cups.spooled())
    first = await printing.send(made, client, lost)
    await printed(made, client, replace(lost, attempts=2, reference=first.reference))
    found = await printed(made, client, replace(lost, attempts=2))  # nobody wrote its number down
    assert found.reference == first.reference
    assert len(cups.spooled()) == before + 1


async def test_a_queue_that_takes_no_jobs_is_tried_again(
    settings: Make, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    closed = Cups(tmp_path / "cups", accepting=False)
    closed.start()
    made = settings(printers={QUEUE: closed.printer})
    assert await printing.probe(client, closed.printer) == "it takes no jobs"
    with pytest.raises(Undelivered) as failed:
        await printing.send(made, client, to_print(made))
    closed.stop()
    assert not failed.value.fault.permanent
    with pytest.raises(Undelivered) as failed:
        await printing.send(made, client, to_print(made))
    assert failed.value.fault is Fault.UNREACHABLE


async def test_only_a_printer_of_the_settings_is_written_to_and_only_what_was_kept(
    settings: Make, client: httpx.AsyncClient, cups: Cups
) -> None:
    made = settings(printers={QUEUE: cups.printer})
    before = len(cups.spooled())
    for one, fault in (
        (to_print(made, to="ipp://192.0.2.1/x"), Fault.WRONG_ADDRESS),
        (replace(to_print(made), enclosed=None), Fault.GONE),
        (to_print(made, content=PDF + b"!"), Fault.GONE),
    ):
        with pytest.raises(Undelivered) as failed:
            await printing.send(made, client, one)
        assert failed.value.fault is fault
    with pytest.raises(Undelivered) as failed:
        await printing.send(settings(), client, to_print(made))
    assert failed.value.fault is Fault.NOT_SET_UP
    assert len(cups.spooled()) == before


async def test_what_is_no_printer_is_no_success(settings: Make, client: httpx.AsyncClient) -> None:
    async with HttpServer() as web:
        made = settings(printers={QUEUE: f"ipp://127.0.0.1:{web.port}/x"})
        with pytest.raises(Undelivered) as failed:
            await printing.send(made, client, to_print(made))
    assert failed.value.fault is Fault.REFUSED


def test_an_address_of_a_printer_is_one(settings: Make) -> None:
    for wrong in ("http://host/x", "ipp://user:pass@host/x", "ipp:/x", "ipp://host:99999/"):
        with pytest.raises(ValueError, match="ipp://"):
            settings(printers={"a": wrong})
