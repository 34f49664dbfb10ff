"""A real SIP phone (pjsua2) in a process of its own: it negotiates as phones do, and hears with a
jitter buffer, into a file. A loaded machine may tear what it hears: a test of it is marked ``ear``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from callflow import niceness
from tests.support.phones import hearing
from tests.support.phones.handset import Conversation, Phone
from tests.support.phones.hearing import Found, Samples
from tests.support.phones.packet_sender import FIRST
from tests.support.phones.phone_python import phone_python


class HeardCall(Conversation):
    """One call, whose sound is a file."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.ear: Path | None = None
        self.hears_since: float | None = None
        self._cursor = 0.0

    @property
    def hears(self) -> bool:
        return self.ear is not None

    def heard_from(self, sample: int) -> Samples:
        return hearing.wav(self.ear, sample) if self.ear else hearing.pcm(b"")

    def when(self, at: float) -> float:
        """A moment of the machine's clock on the sound's time line."""
        assert self.hears_since is not None
        return at - self.hears_since

    def search(self, words: bytes) -> Callable[[], Found | None]:
        begin = int(self._cursor * hearing.RATE)
        search = hearing.Search(hearing.alaw(words))

        def look() -> Found | None:
            search.feed(self.heard_from(begin), last=self.over)
            if not search.found:
                return None
            found, shift = search.found[0], begin / hearing.RATE
            found = Found(found.at + shift, found.end + shift, found.score)
            self._cursor = max(self._cursor, found.end - 0.1)
            return found

        return look

    def all_of(self, words: bytes) -> list[Found]:
        return hearing.find(self.heard, hearing.alaw(words))

    def what_else(self, known: Sequence[tuple[str, bytes]]) -> str:
        heard = self.heard_from(int(self._cursor * hearing.RATE))
        like = [(key, hearing.likeness(heard, hearing.alaw(words))) for key, words in known]
        best = sorted(like, key=lambda one: -one[1])[:3]
        spans = " ".join(f"{a:.2f}-{b:.2f}" for a, b in hearing.sounding(heard))
        return f"{', '.join(f'{key} {share:.2f}' for key, share in best)}; sounds at {spans} s"


@dataclass(eq=False)
class RealPhone(Phone):
    """A phone that pjsua2 plays."""

    calls: list[HeardCall] = field(default_factory=list, init=False)
    _events: list[dict[str, Any]] = field(default_factory=list, init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)
    _reader: asyncio.Task[None] | None = field(default=None, init=False)
    _failed: dict[str, Any] | None = field(default=None, init=False)

    # --- its life ---

    async def start(self) -> None:
        with (self.folder / "stderr").open("wb") as errors:
            self._process = await self._spawn(errors)
        niceness.place(self._process.pid, FIRST)  # before it has threads: they are as nice as it is
        self._reader = asyncio.create_task(self._read(), name=self.name)
        await self._event("registered", code=200)

    async def _spawn(self, errors: BinaryIO) -> asyncio.subprocess.Process:
        python = phone_python()
        return await asyncio.create_subprocess_exec(
            *python.command,
            "-P",
            str(Path(__file__).with_name("phone_process.py")),
            self.name,
            self.registrar,
            str(self.folder),
            *self.options,
            env=python.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )

    async def stop(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(OSError):
                assert process.stdin is not None
                process.stdin.close()
            try:
                async with asyncio.timeout(5):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reader is not None:
            await self._reader

    def crashes(self) -> None:
        """kill -9: it says nothing to anybody."""
        assert self._process is not None
        self._process.kill()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            event = json.loads(line)
            self._note(event)
            self._events.append(event)
            self._changed.set()
        self._events.append({"event": "gone"})
        self._changed.set()

    def _note(self, event: dict[str, Any]) -> None:
        number = event.get("call")
        if number is not None and all(call.number != number for call in self.calls):
            self.calls.append(HeardCall(number))
        call = next((call for call in self.calls if call.number == number), None)
        match event["event"]:
            case "rings" if call is not None:
                self.rung += 1
            case "state" if call is not None:
                call.states.append((event["state"], event["at"]))
            case "over" if call is not None:
                call.over = True
            case "hears" if call is not None:
                call.ear, call.hears_since = Path(event["ear"]), event["at"]
            case "key":
                self.call.typed.append((event["key"], self.call.when(event["at"])))
            case "failed":
                self._failed = event

    async def _event(self, name: str, within: float = 30.0, **wanted: Any) -> dict[str, Any]:
        """The next event of this name; those before it are passed over."""
        async with asyncio.timeout(within):
            while True:
                while self._events:
                    event = self._events.pop(0)
                    if event["event"] == name and wanted.items() <= event.items():
                        return event
                    if event["event"] == "gone":
                        raise RuntimeError((self.folder / "stderr").read_text()[-2000:])
                self._changed.clear()
                await self._changed.wait()

    async def _until(self, fact: Callable[[], bool], within: float) -> None:
        def true() -> bool:
            if self._failed is not None:
                raise RuntimeError(f"{self.name}: {self._failed}")
            return fact()

        await self.station.until(true, within)

    def _do(self, order: str, **fields: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": order, **fields}).encode() + b"\n")

    # --- what somebody does with it ---

    @property
    def call(self) -> HeardCall:
        assert self.calls, f"{self.name} never rang"
        return self.calls[-1]

    async def answers(self) -> None:
        self._do("answer")
        await self._until(lambda: self.call.hears, 30)

    async def calls_in(self, number: str, display: str = '"phone"') -> None:
        way = ";transport=tls" if "--certificates" in self.options else ""
        self._do("call", uri=f"sip:{number}@{self.registrar}{way}", display=display)
        count = len(self.calls)
        await self._until(lambda: len(self.calls) > count, 30)
        await self._until(lambda: self.call.hears or self.call.over, 30)

    def hangs_up(self) -> None:
        self._do("hang_up")

    def declines(self) -> None:
        self._do("hang_up", code=486)

    async def types(self, keys: str, *, sounding: bool = False) -> None:
        sounds = None
        if sounding:
            sounds = [str(self._sound(f"key-{ord(k)}", hearing.key_tone(k))) for k in keys]
        self._do("keys", keys=keys, sounds=sounds)
        await self._event("typed", within=30 + len(keys), keys=keys)

    def plays(self, sound: Samples, name: str = "sound") -> None:
        self._do("play", path=str(self._sound(name, sound)))

    def falls_silent(self) -> None:
        self._do("stop")

    def _sound(self, name: str, samples: Samples) -> Path:
        return hearing.write_wav(self.folder / f"{self.name}-{name}.wav", samples)
