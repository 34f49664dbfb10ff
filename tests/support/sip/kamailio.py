"""A carrier of another make than Asterisk: Kamailio, as registrar and proxy before a gateway."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.support.suite.ports import free_port

_TEMPLATE = Path(__file__).with_name("kamailio.cfg")
#: Where it takes connections: whoever speaks from there, at any port, is the carrier.
STREAM_HOST = "127.0.0.3"
#: Where it is the proxy of a domain that DNS doesn't know, and where keys are no events.
PROXY_HOST, TONES_HOST = "127.0.0.4", "127.0.0.5"
#: Accounts of one carrier, as different trunks have them.
USERNAME, OTHER, THIRD = "33972000001", "33972000002", "33972000003"
REALM = "sip.carrier.example"
#: Every character that a file of Asterisk's would take apart.
PASSWORD = "a;b,c|d[e]f(g)h=>i#j&k'l%m~n!o^p{q}r é"


@dataclass(eq=False, kw_only=True)
class Kamailio:
    """An async context. ``granted``, ``shortest``: seconds that it registers for, at most and at
    least; ``refuses``: it takes no registration; ``natted``: it heeds where one came from."""

    folder: Path
    gateway: int
    host: str = "127.0.0.1"
    gateway_host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    granted: int = 3600
    shortest: int = 10
    refuses: bool = False
    natted: bool = False
    password: str = PASSWORD
    #: What its program is begun by.
    through: tuple[str, ...] = ()
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def log(self) -> str:
        return (self.folder / f"kamailio-{self.port}.log").read_text(errors="replace")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Returns once it answers."""
        config = self.folder / f"kamailio-{self.port}.cfg"
        config.write_text(self._config(), encoding="utf-8")
        program = shutil.which("kamailio", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "apt-get install kamailio (./run setup does)"
        run = self.folder / f"kamailio-{self.port}"
        run.mkdir(exist_ok=True)
        with (self.folder / f"kamailio-{self.port}.log").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(*self.through, program, "-DD", "-E", "-m", "16", "-M", "4", "-f", str(config)),
                *("-Y", str(run), "-P", str(run / "pid"), "-w", str(run)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        async with asyncio.timeout(20):
            while not self.is_listening and not await asyncio.to_thread(self._answers):
                assert self._process.returncode is None, self.log
                await asyncio.sleep(0.05)

    async def begins_again(self, **other: Any) -> None:
        """With other habits; of whom it had registered it knows nobody any more."""
        await self.stop()
        for name, value in other.items():
            setattr(self, name, value)
        await self.start()

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    @property
    def is_listening(self) -> bool:
        """Where this process can't ask it: its last child is there."""
        return bool(self.through) and "processes (at least)" in self.log

    def _answers(self) -> bool:
        ask = (
            f"OPTIONS sip:{self.host}:{self.port} SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKready\r\nMax-Forwards: 7\r\n"
            "From: <sip:t@t>;tag=t\r\nTo: <sip:t@t>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            with contextlib.suppress(OSError):
                probe.sendto(ask.encode(), (self.host, self.port))
                return probe.recv(2000).startswith(b"SIP/2.0 200")
        return False

    def _config(self) -> str:
        password = self.password.replace("\\", "\\\\").replace('"', '\\"')
        return _TEMPLATE.read_text(encoding="utf-8").format(
            host=self.host,
            port=self.port,
            gateway=self.gateway,
            gateway_host=self.gateway_host,
            granted=self.granted,
            shortest=self.shortest,
            refuses=int(self.refuses),
            natted="fix_nated_register();" if self.natted else "",
            stream_host=STREAM_HOST if self.host.startswith("127.") else self.host,
            proxy_host=PROXY_HOST,
            tones_host=TONES_HOST,
            accounts=f"^({USERNAME}|{OTHER}|{THIRD})$",
            realm=REALM,
            password=password,
        )
