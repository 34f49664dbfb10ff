"""An Asterisk with one call, as a FastAGI server sees it: scripted, over a real socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

#: What the server of a test wants to hear first.
SECRET = "a-secret-of-the-dialplan"


@dataclass
class AgiPhone:
    """Answers the server's commands. ``keys`` are typed in order, one entry a reading command.

    An entry: digits (``2580#``, ``1``), ``""`` for silence, or ``hang up``, ``redirect``,
    ``glued``, ``eof``, ``511``, ``-1``: the ways in which a session ends.
    """

    port: int
    keys: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    async def call(self, route: str, channel_id: str, **more: str) -> Self:
        """One AGI session from beginning to end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(header(route, channel_id, more.items()))
            while line := await reader.readline():
                command = line.decode().rstrip("\n")
                self.commands.append(command)
                answer = self._answer(command)
                if answer is None:
                    break
                writer.write(answer.encode())
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
        return self

    def _answer(self, command: str) -> str | None:
        if match := re.fullmatch(r'SET VARIABLE (\w+) "(.*)"', command):
            self.variables[match[1]] = match[2]
            return "200 result=1\n"
        if match := re.fullmatch(r'GET DATA "(.*)" (\d+) (\d+)', command):
            self.heard.append(match[1])
            return self._typed(int(match[3]))
        if match := re.fullmatch(r'STREAM FILE "(.*)" "(.*)"', command):
            self.heard.append(match[1])
            key = self.keys.pop(0) if match[2] and self.keys else ""
            return self._over(key) or f"200 result={ord(key) if key else 0} endpos=800\n"
        if match := re.fullmatch(r'RECORD FILE "(.*)" sln "(.*)" (\d+) s=(\d+)', command):
            return self._spoke(Path(match[1]))
        if command == "CHANNEL STATUS":
            return "200 result=6\n"
        return "200 result=0\n"

    def _typed(self, digits: int) -> str | None:
        entry = self.keys.pop(0) if self.keys else ""
        if entry == "eof":
            return None
        if over := self._over(entry):
            return over
        if not entry:
            return "200 result= (timeout)\n"
        typed, hash_key, _ = entry.partition("#")
        if len(typed) >= digits and (left := entry[digits:]):  # read by the next command
            self.keys.insert(0, left)
        complete = hash_key or len(typed) >= digits
        return f"200 result={typed[:digits]}{'' if complete else ' (timeout)'}\n"

    def _spoke(self, target: Path) -> str:
        """A tone stands for speech: ``says`` until a pause, ``says#`` until the key, ``says hang
        up``; any other entry is silence that this key ends."""
        entry = self.keys.pop(0) if self.keys else ""
        said, _, rest = entry.partition("says")
        sound = b"\x00\x20\x00\xe0" * 4000 if entry.startswith("says") else bytes(8000)
        target.with_name(f"{target.name}.sln").write_bytes(sound)
        key = rest.strip() if entry.startswith("says") else said
        return self._over(key) or f"200 result={ord(key) if key else 0} (dtmf) endpos=8000\n"

    def _over(self, entry: str) -> str | None:
        return {
            "hang up": "HANGUP\n",
            "redirect": "200 result=-1\nHANGUP\n511 result=-1 Command Not Permitted\n",
            "glued": "HANGUP511 result=-1 Command Not Permitted on a dead channel\n",
            "511": "511 result=-1 Command Not Permitted on a dead channel or intercept routine\n",
            "-1": "200 result=-1\n",
        }.get(entry)


def header(
    route: str, channel_id: str, more: Iterable[tuple[str, str]] = (), secret: str = SECRET
) -> bytes:
    """As Asterisk 22 sends it, in its order."""
    fields = {
        "agi_network": "yes",
        "agi_network_script": route,
        "agi_request": f"agi://127.0.0.1/{route}",
        "agi_channel": "PJSIP/trunk-00000001",
        "agi_language": "en",
        "agi_type": "PJSIP",
        "agi_uniqueid": channel_id,
        "agi_version": "22.10.1",
        "agi_callerid": "33639981234",
        "agi_calleridname": "unknown",
        "agi_dnid": "33639989999",
        **dict(more),
        "agi_arg_1": secret,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode() + b"\n"
