"""A crowd of people behind a carrier: hundreds of calls at once, for a tenth of a processor.

SIPp answers, says what everybody says (silence, and keys) and hangs up; Kamailio brings the calls,
and the station's own number back to the station. What is heard, nobody listens to.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from callflow import niceness
from tests.support.phones.mouth import FRAME_S, Mouth
from tests.support.sip.kamailio import Kamailio
from tests.support.suite.ports import free_port

_HERE = Path(__file__).parent
#: RFC 4733's payload type in SIPp's answer (crowd.xml).
_EVENTS = 101
#: Milliseconds that everybody lets it ring.
_RINGS_MS = 200
#: Seconds: of listening before the first key, of each key, from one to the next, and of a ``w``.
_LISTENS_S, _KEY_S, _NEXT_S, _WAITS_S = 1.2, 0.1, 0.32, 1.0
#: libpcap's header: 2.4, whole packets, Ethernet; and what an Ethernet frame of IPv4 begins with.
_PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
_ETHERNET = bytes(12) + b"\x08\x00"


@dataclass(eq=False, kw_only=True)
class _Carrier(Kamailio):
    """What it is set up by is a template of its own."""

    station_port: int
    station_number: str
    crowd: str

    def _config(self) -> str:
        return (_HERE / "crowd.cfg").read_text(encoding="utf-8").format_map(vars(self))


@dataclass(eq=False, kw_only=True)
class Crowd:
    """An async context. ``numbers`` is a regular expression of who is in it, ``keys`` what each of
    them types (as the simulated network's phones do: ``w`` waits a second, ``h`` hangs up)."""

    folder: Path
    station_port: int
    station_number: str
    numbers: str
    keys: str
    _port: int = field(default_factory=free_port, init=False)
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._carrier = _Carrier(
            folder=self.folder,
            gateway=self._port,
            station_port=self.station_port,
            station_number=self.station_number.lstrip("+"),
            crowd=self.numbers,
        )

    @property
    def address(self) -> str:
        """Where the carrier is, for a trunk's ``address``."""
        return f"{self._carrier.host}:{self._carrier.port}"

    def called(self) -> Counter[str]:
        """How often each number was called."""
        log = self.folder / "crowd.log"
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        return Counter(re.findall(r"^sip:(\S+)$", text, re.MULTILINE))

    async def __aenter__(self) -> Self:
        talks_s = self._records(self.folder / "crowd.pcap")
        scenario = (_HERE / "crowd.xml").read_text(encoding="utf-8")
        scenario = scenario.replace("RINGS", str(_RINGS_MS)).replace("SAYS", "crowd.pcap")
        scenario = scenario.replace("TALKS", str(round(talks_s * 1000)))
        (self.folder / "crowd.xml").write_text(scenario, encoding="utf-8")
        program = shutil.which("sipp", path=f"{os.environ['PATH']}:/usr/bin")
        assert program, "apt-get install sip-tester (./run soak station does)"
        await self._carrier.start()
        host, media = self._carrier.host, free_port()
        with (self.folder / "sipp.out").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(program, "-sf", "crowd.xml", "-nostdin", "-i", host, "-p", str(self._port)),
                *("-mi", host, "-mp", str(media), "-trace_logs", "-log_file", "crowd.log"),
                *("-trace_err", "-error_file", "crowd.errors"),
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        niceness.place(self._process.pid, niceness.ASTERISK)  # somebody else's machine
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._carrier.stop()
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()  # told to end, it waits for its calls
            await process.wait()

    def _records(self, file: Path) -> float:
        """Writes what everybody says; how long that is, in seconds."""
        keys = self.keys.partition("h")[0]
        packets: list[tuple[int, bytes]] = []
        frame = 0
        mouth = Mouth(_EVENTS, lambda packet: packets.append((frame, packet)), lambda _: None)
        pauses = [_LISTENS_S, *(_WAITS_S if key == "w" else _NEXT_S for key in keys)]
        at = {round(sum(pauses[: place + 1]) / FRAME_S): key for place, key in enumerate(keys)}
        frames = round(sum(pauses) / FRAME_S)
        for frame in range(frames):
            if at.get(frame, "w") != "w":
                mouth.types(at[frame], key_s=_KEY_S, pause_s=FRAME_S, leaks={})
            mouth.tick()
        file.write_bytes(_PCAP + b"".join(_captured(since, packet) for since, packet in packets))
        return frames * FRAME_S


def _captured(frame: int, packet: bytes) -> bytes:
    """A packet as libpcap keeps it, so many frames after the first. SIPp puts in its own ports."""
    udp = struct.pack("!HHHH", 1, 1, 8 + len(packet), 0) + packet
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), bytes(4))
    whole = _ETHERNET + ip + udp
    seconds, microseconds = divmod(round(frame * FRAME_S * 1_000_000), 1_000_000)
    return struct.pack("<IIII", seconds, microseconds, len(whole), len(whole)) + whole
