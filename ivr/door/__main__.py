"""``python -m ivr.door``: what it needs is a line of JSON on its standard input.

What it refused are lines of JSON on its standard output.

When that ends, telephony has: nobody new is taken, and who speaks is let go by nobody. So a
telephony that begins again cuts no telephone from Asterisk.
"""

import asyncio
import contextlib
import json
import os
import ssl
import sys
from collections.abc import Mapping
from typing import Any

from callflow.core.station.addresses import network_of
from callflow.listening import listener
from callflow.open_files import room_for
from ivr.door.handshake import Pages, Visitors
from ivr.door.relay import ALL, Door


def _say(refused: Mapping[str, int]) -> None:
    """To telephony; where that doesn't read, it is said again with what comes."""
    line = json.dumps({"refused": refused}) + "\n"
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), line.encode())


def _hang_up() -> None:
    """Telephony hears that nobody listens here any more: another door may open."""
    with open(os.devnull, "wb") as nobody:  # noqa: PTH123 -- the descriptor is wanted
        os.dup2(nobody.fileno(), sys.stdout.fileno())


async def _run(told: dict[str, Any]) -> None:
    door = Door(
        upstream=told["upstream"],
        prefix=told["prefix"],
        pages=Pages(port=told["web_port"], public=tuple(told["public"])),
        visitors=Visitors(
            allowed=tuple(map(network_of, told["allowed"])),
            proxies=tuple(map(network_of, told["proxies"])),
            header=told["proxy_header"],
        ),
    )
    room_for(2 * ALL)  # each connection has two ends
    listening = [asyncio.create_task(door.tell(_say))]
    for host, port, secure in told["listen"]:
        tls = None
        if secure:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(told["certificate"], told["key"])
        sock = listener(host, port)
        sock.listen(1024)
        listening.append(asyncio.create_task(door.listen(sock, tls)))
    await asyncio.to_thread(sys.stdin.buffer.read)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    _hang_up()
    await door.end()


if __name__ == "__main__":
    os.set_blocking(sys.stdout.fileno(), False)  # nobody's telephone waits for a reader
    try:
        asyncio.run(_run(json.loads(sys.stdin.readline())))
    except OSError as error:
        sys.exit(f"callflow: the telephones' door does not open: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
