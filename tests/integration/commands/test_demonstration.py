"""What the demo says of its page is true when it is said."""

from __future__ import annotations

import asyncio

from callflow.commands.demo.demonstration import listening
from tests.support.suite.ports import free_port


async def test_the_page_is_told_of_once_somebody_listens_there() -> None:
    port = free_port()
    told = asyncio.create_task(listening(f"http://127.0.0.1:{port}"))
    await asyncio.sleep(0.3)
    assert not told.done()
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port):
        await told
