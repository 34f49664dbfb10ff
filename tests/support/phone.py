"""Real SIP phones in a test: they ring, hear, type, talk and crash, each in a process of its own.

A phone registers at the simulated network as ``phone1``…``phone20``; a number of the network is
pointed at it (``sip:phone3``), so that the station reaches it as it reaches anybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ivr import prompts
from ivr.agi.runner import sentence
from ivr.asterisk.tree import cache_folder
from ivr.dialogue import Phrase
from ivr.speech import Speech
from ivr.speech.announcements import Announcements
from tests.support import hearing
from tests.support.hearing import Found, Samples
from tests.support.phone_python import phone_python
from tests.support.station import Station

_MOST = 20


class Voice:
    """The sounds that an instance says: the files of its own speech cache."""

    def __init__(self, station: Station) -> None:
        self._speech = Speech(
            station.data_dir / "prompts",
            cache_folder() / "prompts",
            Announcements(station.data_dir / "announcements"),
        )

    def file(self, key: str, language: str, **values: object) -> Path:
        """Where the sound of a prompt is kept, once it was made."""
        stem = self._speech._stem(sentence(Phrase(key, values), language))
        return stem.with_name(f"{stem.name}.alaw")

    async def prompt(self, key: str, language: str, **values: object) -> Samples:
        """The sound of a prompt; waits until it is made."""
        file = self.file(key, language, **values)
        while not file.exists():
            await Station.moment()
        return hearing.alaw(file.read_bytes())


class Conversation:
    """One call as the phone lived it. Times are seconds of the sound heard, from its start."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.states: list[tuple[str, float]] = []
        self.caller = ""
        self.ear: Path | None = None
        self.hears_since: float | None = None
        self.typed: list[tuple[str, float]] = []
        self.over = False

    @property
    def heard(self) -> Samples:
        """Everything heard so far."""
        return self.heard_from(0)

    def heard_from(self, sample: int) -> Samples:
        """What was heard from there on."""
        return hearing.wav(self.ear, sample) if self.ear else hearing.pcm(b"")

    def when(self, at: float) -> float:
        """A moment of the machine's clock on the sound's time line."""
        assert self.hears_since is not None
        return at - self.hears_since

    @property
    def lost(self) -> float:
        """Seconds of a call that is over in which a phone that was held up heard nothing: what came
        after them lies so much too early on the sound's time line."""
        assert self.hears_since is not None
        ended = next(at for state, at in self.states if state == "DISCONNECTED")
        return ended - self.hears_since - len(self.heard) / hearing.RATE

    @property
    def talked(self) -> float:
        """Seconds from the answer to the end."""
        answered = next(at for state, at in self.states if state == "CONFIRMED")
        return next(at for state, at in self.states if state == "DISCONNECTED") - answered


class Phone:
    """A phone, and what somebody does with it. ``call`` is the newest conversation."""

    def __init__(
        self,
        station: Station,
        name: str,
        folder: Path,
        language: str,
        options: Sequence[str] = (),
    ) -> None:
        self.station, self.name, self.language = station, name, language
        self._options = options
        self.registrar = f"127.0.0.1:{station.base + 80}"
        self.number = ""
        self.voice = Voice(station)
        self.calls: list[Conversation] = []
        self.rung = 0
        self._folder = folder
        self._cursor = 0.0
        self._events: list[dict[str, Any]] = []
        self._changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._failed: dict[str, Any] | None = None

    # --- its life ---

    async def start(self) -> None:
        """Returns when it is registered."""
        with (self._folder / "stderr").open("wb") as errors:
            self._process = await self._spawn(errors)
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
            str(self._folder),
            *self._options,
            env=python.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )

    async def stop(self) -> None:
        """It says goodbye to the network and ends."""
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
            self.calls.append(Conversation(number))
            self._cursor = 0.0
        call = next((call for call in self.calls if call.number == number), None)
        match event["event"]:
            case "rings" if call is not None:
                call.caller = event["caller"]
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
                        raise RuntimeError((self._folder / "stderr").read_text()[-2000:])
                self._changed.clear()
                await self._changed.wait()

    async def _until(self, fact: Callable[[], bool], within: float) -> None:
        """Wait until ``fact``; what the phone could not do is an error at once."""

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
    def call(self) -> Conversation:
        """The newest conversation."""
        assert self.calls, f"{self.name} never rang"
        return self.calls[-1]

    async def rings(self, within: float = 30.0, times: int = 1) -> None:
        """It rings (for the ``times``-th time)."""
        await self._until(lambda: self.rung >= times, within)

    async def answers(self) -> None:
        """Picks up; returns when it hears."""
        self._do("answer")
        await self._until(lambda: self.call.ear is not None, 30)

    async def picks_up(self, within: float = 30.0, times: int = 1) -> None:
        """Rings and is answered."""
        await self.rings(within, times)
        await self.answers()

    async def calls_in(self, number: str, display: str = '"phone"') -> None:
        """Calls ``number``; returns when the far end answered. ``display``: quoted, escaped."""
        way = ";transport=tls" if "--certificates" in self._options else ""
        self._do("call", uri=f"sip:{number}@{self.registrar}{way}", display=display)
        count = len(self.calls)
        await self._until(lambda: len(self.calls) > count, 30)
        await self._until(lambda: self.call.ear is not None or self.call.over, 30)

    async def calls_the_station(self, shown: str = "", display: str = '"phone"') -> None:
        """Calls the station's own number; the network shows the phone's, or ``shown``."""
        ours = self.station.number.lstrip("+")
        await self.calls_in(f"{shown or self.number}*{ours}", display)

    async def asks_for_an_operator(self, shown: str = "") -> None:
        """Calls the station and, once greeted, wants no menu."""
        await self.calls_the_station(shown)
        await self.expect_prompt("welcome", first_s=0.6, station="Callflow")
        await self.types("0#")

    def hangs_up(self) -> None:
        self._do("hang_up")

    def declines(self) -> None:
        """Refuses the call that rings: busy."""
        self._do("hang_up", code=486)

    async def types(self, keys: str, *, sounding: bool = False) -> None:
        """RFC 4733 keys; ``sounding``: heard in the audio as well. Returns after the last."""
        sounds = None
        if sounding:
            sounds = [str(self._sound(f"key-{ord(k)}", hearing.key_tone(k))) for k in keys]
        self._do("keys", keys=keys, sounds=sounds)
        await self._event("typed", within=30 + len(keys), keys=keys)

    def plays(self, sound: Samples, name: str = "sound") -> None:
        """Says ``sound`` again and again."""
        self._do("play", path=str(self._sound(name, sound)))

    def falls_silent(self) -> None:
        self._do("stop")

    def _sound(self, name: str, samples: Samples) -> Path:
        return hearing.write_wav(self._folder / f"{self.name}-{name}.wav", samples)

    # --- what is heard ---

    async def expect_prompt(
        self, key: str, *, within: float = 20.0, first_s: float | None = None, **values: object
    ) -> Found:
        """The prompt is heard, after those expected before. ``first_s``: its first seconds do.

        It is what the product's own speech made of ``key`` and ``values``, found in the sound.
        """
        expected = await self.voice.prompt(key, self.language, **values)
        if first_s is not None:
            expected = expected[: int(first_s * hearing.RATE)]
        begin = int(self._cursor * hearing.RATE)
        search = hearing.Search(expected)
        call = self.call

        def heard() -> bool:
            over = call.over
            return bool(search.feed(call.heard_from(begin), last=over)) or over

        with contextlib.suppress(TimeoutError):
            await self._until(heard, within)
        if not search.found:
            raise hearing.NotHeardError(
                f"{self.name} did not hear {key!r} ({search.best:.2f} of it) in "
                f"{len(call.heard) / hearing.RATE - self._cursor:.1f} s of {call.states}; "
                f"it heard {self._what_else(call.heard_from(begin))}"
            )
        found = search.found[0]
        shift = begin / hearing.RATE
        found = Found(found.at + shift, found.end + shift, found.score)
        self._cursor = max(self._cursor, found.end - 0.1)
        return found

    def _what_else(self, heard: Samples) -> str:
        """When something sounded, and which fixed prompts that was most like."""
        like = {}
        for key, texts in prompts.TEXTS.items():
            file = self.voice.file(key, self.language) if "{" not in texts[self.language] else None
            if file and file.exists():
                like[key] = hearing.likeness(heard, hearing.alaw(file.read_bytes()))
        best = sorted(like.items(), key=lambda one: -one[1])[:3]
        spans = " ".join(f"{a:.2f}-{b:.2f}" for a, b in hearing.sounding(heard))
        return f"{', '.join(f'{key} {share:.2f}' for key, share in best)}; sounds at {spans} s"

    async def heard_prompt(self, key: str, **values: object) -> list[Found]:
        """Where in the whole conversation a prompt was said."""
        expected = await self.voice.prompt(key, self.language, **values)
        return hearing.find(self.call.heard, expected)

    async def hears_tone(
        self,
        hertz: float,
        seconds: float = 0.5,
        within: float = 30.0,
        *,
        share: float = 0.7,
        since: float | None = None,
    ) -> None:
        """A tone is heard, from now on; ``share`` of all that is heard, where several speak.

        ``since``: from this moment of the sound on. A short tone that isn't repeated may have begun
        before the prompt in front of it was found.
        """
        begin = len(self.call.heard) if since is None else int(since * hearing.RATE)

        def heard() -> bool:
            new = self.call.heard_from(begin)
            return hearing.seconds_of_tone(new, hertz, share=share) >= seconds

        try:
            await self._until(heard, within)
        except TimeoutError:
            what = (
                f"{self.name} did not hear {hertz:.0f} Hz for {seconds:.1f} s within {within:.0f} s"
            )
            raise hearing.NotHeardError(what) from None

    async def is_hung_up(self, within: float = 20.0) -> None:
        """The station ends the call."""
        await self._until(lambda: self.call.over, within)


class Phones:
    """The phones of one station; ``at`` hands them out."""

    def __init__(self, station: Station, folder: Path) -> None:
        self.station = station
        self._folder = folder
        self._free = list(range(1, _MOST + 1))
        self._out: list[Phone] = []

    async def at(self, number: str, language: str = "fr", options: Sequence[str] = ()) -> Phone:
        """A phone that rings where ``number`` is called."""
        name = f"phone{self._free.pop(0)}"
        folder = self._folder / f"{name}-{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        phone = Phone(self.station, name, folder, language, options)
        self._out.append(phone)
        await phone.start()
        phone.number = number
        await self.station.phone(number, f"sip:{name}", after_s=0)
        return phone

    async def all_at(self, numbers: Sequence[str], language: str = "fr") -> list[Phone]:
        return [await self.at(number, language) for number in numbers]

    async def give_back(self) -> None:
        """All phones end; their numbers exist no more for the next test, but ring for ever."""
        for phone in self._out:
            if phone.number:
                await self.station.phone(phone.number, "ring")
        await asyncio.gather(*(phone.stop() for phone in self._out))
        for phone in self._out:
            self._free.append(int(phone.name.removeprefix("phone")))
        self._out.clear()


@contextlib.asynccontextmanager
async def phones_of(station: Station, folder: Path) -> AsyncIterator[Phones]:
    """Phones for one test."""
    phones = Phones(station, folder)
    try:
        yield phones
    finally:
        await phones.give_back()
