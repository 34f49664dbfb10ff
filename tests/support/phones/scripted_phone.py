"""Somebody who picks up a call of the scripted Asterisk: the dialplan's AGI() and the keys."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.asterisk.instance import Instance, Kind
from tests.support.sip.scripted_ami import ScriptedAmi, ScriptedCall


@dataclass
class Person:
    """Types ``keys``, one entry for each time something is asked; then nothing more.

    ``said`` are the commands heard, in order. With ``hang_up_after`` the person hangs up after so
    many answers.
    """

    keys: Sequence[str] = ()
    hang_up_after: int | None = None
    said: list[str] = field(default_factory=list)


class Dialplan:
    """What the dialplan of the station in ``data_dir`` does with an answered call: AGI until
    CALLFLOW_DONE, then hang up."""

    def __init__(self, ami: ScriptedAmi, agi_port: int, data_dir: Path) -> None:
        self._ami, self._port = ami, agi_port
        self._secret = Instance(kind=Kind.STATION, data_dir=data_dir).agi_secret()
        self.people: dict[str, Person] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        ami.on_answer = self.answered

    def answered(self, call: ScriptedCall) -> None:
        """The far end picked up."""
        task = asyncio.create_task(self._talk(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, call: ScriptedCall) -> None:
        person = self.people.get(call.number, Person())
        keys = list(person.keys)
        while call.id in self._ami.live:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                if await self._agi(call, person, keys):
                    break
            await asyncio.sleep(0.1)
        self._ami.end(call.id)

    async def _agi(self, call: ScriptedCall, person: Person, keys: list[str]) -> bool:
        """One AGI session; whether the call is over after it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(_header(call, self._secret))
            variables: dict[str, str] = {}
            answers = 0
            while call.id in self._ami.live:
                line = await reader.readline()
                if not line:
                    break
                command = line.decode().rstrip("\n")
                person.said.append(command)
                if command.startswith("GET DATA"):
                    answers += 1
                    if person.hang_up_after is not None and answers > person.hang_up_after:
                        return True
                writer.write(_answer(command, keys, variables))
            return variables.get("CALLFLOW_DONE") == "1"
        finally:
            writer.close()


def _header(call: ScriptedCall, secret: str) -> bytes:
    lines = {
        "agi_network": "yes",
        "agi_network_script": "outgoing",
        "agi_channel": f"PJSIP/trunk-{call.id[-8:]}",
        "agi_uniqueid": call.id,
        "agi_callerid": "33639989999",
        "agi_arg_1": secret,
    }
    return "".join(f"{key}: {value}\n" for key, value in lines.items()).encode() + b"\n"


def _answer(command: str, keys: list[str], variables: dict[str, str]) -> bytes:
    if command.startswith("GET DATA"):
        return f"200 result={keys.pop(0)}\n".encode() if keys else b"200 result= (timeout)\n"
    if command.startswith("SET VARIABLE"):
        _, _, name, value = command.split(" ", 3)
        variables[name] = value.strip('"')
        return b"200 result=1\n"
    if command.startswith("CHANNEL STATUS"):
        return b"200 result=6\n"
    return b"200 result=0 endpos=8000\n"
