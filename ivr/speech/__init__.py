"""Speech: a sentence becomes a sound file that Asterisk plays by its absolute path.

``Speech`` is the seam; the voice itself is a process of its own (``voice.py`` says why). Sentences
are kept by a hash of text, voice and version: those that a site's data shape in the instance's own
folder, the fixed ones in one that instances share. What is needed now goes before what is prepared.
Where somebody recorded an announcement (``announcements.py``), it is said instead of the voice's.
"""

import asyncio
import hashlib
import heapq
import json
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from callflow import children, clock
from ivr.speech.announcements import Announcements

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

VOICES = {"fr": "fr-FR", "en": "en-GB"}
#: Changes when the same text would sound otherwise: a new voice, level or format.
VERSION = "2"
#: Silence before the first words of a call, in A-law and seconds: until the media path is through
#: and the phone at the ear, the first syllable would be lost.
OPENING_S, _SILENCE = 0.3, b"\xd5"
_FRAME = 160  # bytes of 20 ms: a turn ends with a whole packet
#: Seconds a sentence may take to be made; then the voice is started anew. Where a machine has much
#: to do, a tenth of a second becomes some, and a sentence that comes late is better than none.
PATIENCE = 5.0
#: Seconds that the voice may take to start, on a machine that has much to do.
STARTS_WITHIN = 8.0
#: Seconds a joined turn is kept after its last use.
TURN_KEPT = 3600.0

#: Sentences known to be made already, at most.
REMEMBERED = 10_000

#: How urgent a sentence is: somebody waits, will hear it in this call, may hear it one day.
NOW, SOON, LATER = 0, 1, 2


class SpeechFailed(Exception):
    """This sentence can't be spoken now; the rest of the turn can."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence for the voice, as callflow/core/calls/prompts.py gives it, and where its sound
    is kept.

    ``shared``: nothing of a site is in it. ``key``: a recorded announcement may stand for it.
    """

    text: str
    language: str
    shared: bool = False
    key: str = ""


@dataclass(order=True, slots=True)
class _Order:
    urgency: int
    number: int
    sentence: Sentence = field(compare=False)
    stem: Path = field(compare=False)
    done: asyncio.Future[None] = field(compare=False)


@dataclass
class Speech:
    """``folder`` is the instance's (DATA/prompts), ``shared`` may be common to instances."""

    folder: Path
    shared: Path
    announcements: Announcements
    made: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._orders: list[_Order] = []
        self._pending: dict[Path, _Order] = {}
        self._there: set[Sentence] = set()  # prepared once; looked for again when it is said
        self._turns: dict[tuple[tuple[Sentence | Path, ...], bool], str] = {}
        self._number = 0
        self._wake = asyncio.Event()
        self._voice: asyncio.subprocess.Process | None = None
        self._worker: asyncio.Task[None] | None = None
        # Threads of its own: a person waits, and the loop's others may all be busy.
        self._files = ThreadPoolExecutor(2, thread_name_prefix="speech")

    async def start(self) -> None:
        """Starts the voice. Old turns are removed."""
        if self._worker:  # started anew after its end
            self._files = ThreadPoolExecutor(2, thread_name_prefix="speech")
        (self.folder / "turns").mkdir(parents=True, exist_ok=True)
        await self._in_thread(self._forget_turns)
        self._worker = asyncio.create_task(self._work(), name="speech")

    async def close(self) -> None:
        """Ends the voice; sentences on order fail."""
        if self._worker:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
        await self._end_voice()
        for order in self._pending.values():
            order.done.cancel()
        self._pending.clear()
        self._orders.clear()
        self._files.shutdown(wait=False)

    # --- the seam -----------------------------------------------------------------------------

    async def say(self, text: str, language: str) -> Path:
        """The sound file of ``text``, without extension. Raises SpeechFailed."""
        return await self.sound(Sentence(text, language))

    async def sound(self, sentence: Sentence, urgency: int = NOW) -> Path:
        """The sound file of ``sentence``, without extension. Raises SpeechFailed."""
        stem = self._stem(sentence)
        if not _exists(stem):
            try:
                await asyncio.shield(self._order(sentence, stem, urgency).done)
            except asyncio.CancelledError:
                if self._worker is None or self._worker.done():
                    raise SpeechFailed("the voice has ended") from None
                raise
        return stem

    async def turn(self, sentences: Sequence[Sentence | Path], *, opening: bool = False) -> Path:
        """One file for all of ``sentences``; one that fails is left out, loudly. A path is a sound
        that is there already, in A-law, without extension.

        One file, since `GET DATA` plays only one and digits are never lost within one command.
        ``opening``: they are a call's first words.
        """
        try:
            return await self._joined(sentences, opening)
        except FileNotFoundError:  # an announcement was just taken away
            return await self._joined(sentences, opening)

    async def _joined(self, sentences: Sequence[Sentence | Path], opening: bool) -> Path:
        """Nearly always all of it was said before, and no thread need be woken."""
        recorded = self._recorded(sentences)
        turn = self._known_turn(tuple(sentences), opening, recorded)
        if _still_there(turn):
            return Path(turn)
        stems = self._places(sentences, recorded)
        try:
            await self._in_thread(self._join, stems, turn, opening)
        except FileNotFoundError:  # one was never said
            stems = [str(stem) for stem in await self._sounds(sentences)]
            turn = self._turn(stems, opening)
            await self._in_thread(self._join, stems, turn, opening)
        return Path(turn)

    async def _sounds(self, sentences: Sequence[Sentence | Path]) -> list[Path]:
        orders = [_there(one) if isinstance(one, Path) else self.sound(one) for one in sentences]
        results = await asyncio.gather(*orders, return_exceptions=True)
        stems = [result for result in results if isinstance(result, Path)]
        for result in results:
            if isinstance(result, SpeechFailed):
                log.error("speech failed", error=str(result))
            elif isinstance(result, BaseException):
                raise result
        return stems

    def prepare(self, sentences: Iterable[Sentence]) -> None:
        """Orders what will be said soon; nobody waits for it."""
        for sentence in sentences:
            if sentence in self._there:  # most of a dialogue is the same in every call
                continue
            place = self._where(sentence, {sentence.language})
            if os.path.exists(f"{place}.alaw"):  # noqa: PTH110
                if len(self._there) >= REMEMBERED:
                    self._there.clear()
                self._there.add(sentence)
            else:
                order = self._order(sentence, Path(place), SOON)
                order.done.add_done_callback(_seen)

    async def prewarm(self, sentences: Iterable[Sentence], urgency: int = SOON) -> None:
        """Makes what isn't there yet; returns when all is. Failures are logged."""
        wanted = list(dict.fromkeys(sentences))
        tasks = [self.sound(sentence, urgency) for sentence in wanted]
        for sentence, result in zip(
            wanted, await asyncio.gather(*tasks, return_exceptions=True), strict=True
        ):
            if isinstance(result, SpeechFailed):
                log.error("speech failed", key=sentence.key, error=str(result))

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._files, partial(work, *args, **named))

    # --- files --------------------------------------------------------------------------------

    def _stem(self, sentence: Sentence) -> Path:
        return Path(self._where(sentence, {sentence.language}))

    # As text: a turn has a dozen sentences, and a path made of parts costs more than its stat.

    def _recorded(self, sentences: Sequence[Sentence | Path]) -> set[str]:
        """The languages in which somebody recorded announcements, perhaps."""
        languages = {one.language for one in sentences if isinstance(one, Sentence)}
        return {language for language in languages if self.announcements.any(language)}

    def _places(self, sentences: Sequence[Sentence | Path], recorded: Collection[str]) -> list[str]:
        """Where each is, or will be."""
        return [
            self._where(one, recorded) if isinstance(one, Sentence) else str(one)
            for one in sentences
        ]

    def _where(self, sentence: Sentence, recorded: Collection[str]) -> str:
        """``recorded``: the languages in which somebody recorded announcements, perhaps."""
        key, language = sentence.key, sentence.language
        if key and language in recorded and (found := self.announcements.find(key, language)):
            return found
        folder = self.shared if sentence.shared else self.folder / "sentences"
        return f"{folder}/{_name(language, sentence.text)}"

    def _known_turn(
        self, sentences: tuple[Sentence | Path, ...], opening: bool, recorded: Collection[str]
    ) -> str:
        """``_turn`` of these; where the voice says them all, it always was the same."""
        turn = None if recorded else self._turns.get((sentences, opening))
        if turn is None:
            turn = self._turn(self._places(sentences, recorded), opening)
            if not recorded and not any(isinstance(one, Path) for one in sentences):
                if len(self._turns) >= REMEMBERED:
                    self._turns.clear()
                self._turns[sentences, opening] = turn
        return turn

    def _turn(self, stems: Sequence[str], opening: bool) -> str:
        """What ``_join`` makes of them. Raises FileNotFoundError where a recording isn't
        there: it keeps its name when it is replaced. A sentence's name says what it says."""
        ours = (f"{self.folder}/sentences/", f"{self.shared}/")
        made_of = [
            stem if stem.startswith(ours) else f"{stem} {os.stat(f'{stem}.alaw').st_mtime_ns}"  # noqa: PTH116
            for stem in stems
        ]
        return f"{self.folder}/turns/{_hash([VERSION, str(opening), *made_of])}"

    def _join(self, stems: Sequence[str], turn: str, opening: bool) -> None:
        """Raises FileNotFoundError where one of them isn't there any more."""
        files, file = [_file(Path(stem)) for stem in stems], _file(Path(turn))
        # Two calls may need the same turn at once: each thread writes a file of its own.
        part = file.with_name(f".{file.stem}.{os.getpid()}.{threading.get_ident()}")
        lead = _SILENCE * int(8000 * OPENING_S) if opening else b""
        said = lead + b"".join(file.read_bytes() for file in files)
        part.write_bytes(said + _SILENCE * (-len(said) % _FRAME))
        part.replace(file)

    def _forget_turns(self) -> None:
        oldest = clock.now().timestamp() - TURN_KEPT
        for file in (self.folder / "turns").iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < oldest:
                    file.unlink()

    # --- the voice ----------------------------------------------------------------------------

    def _order(self, sentence: Sentence, stem: Path, urgency: int) -> _Order:
        """The order that makes ``stem``: one at most; urgency can rise, by standing there twice."""
        pending = self._pending.get(stem)
        if pending and pending.urgency <= urgency:
            return pending
        self._number += 1
        done = pending.done if pending else asyncio.get_running_loop().create_future()
        order = _Order(urgency, self._number, sentence, stem, done)
        self._pending[stem] = order
        heapq.heappush(self._orders, order)
        self._wake.set()
        return order

    async def _work(self) -> None:
        cleaned = clock.monotonic()
        while True:
            if not self._orders:
                self._wake.clear()
                await self._wake.wait()
            if clock.monotonic() - cleaned > TURN_KEPT / 4:
                cleaned = clock.monotonic()
                await self._in_thread(self._forget_turns)
            order = heapq.heappop(self._orders)
            if not order.done.done():
                await self._make(order)

    async def _make(self, order: _Order) -> None:
        error: str | None = None
        started = clock.monotonic()
        try:
            patience = PATIENCE if self._voice else PATIENCE + STARTS_WITHIN
            async with asyncio.timeout(patience):  # wait_for may swallow the cancelling of us
                error = await self._ask(order)
        except (OSError, TimeoutError, ValueError, EOFError) as failure:
            error = f"{type(failure).__name__}: {failure}"
            await self._end_voice()
        self.made += 1
        self.seconds += clock.monotonic() - started
        self._pending.pop(order.stem, None)
        if order.done.done():
            return
        if error is None:
            order.done.set_result(None)
        else:
            order.done.set_exception(SpeechFailed(error))

    async def _ask(self, order: _Order) -> str | None:
        voice = self._voice or await self._start_voice()
        if voice.stdin is None or voice.stdout is None:
            raise EOFError("the voice has no pipes")
        sentence = order.sentence
        body = {
            "text": sentence.text,
            "voice": VOICES.get(sentence.language, VOICES["en"]),
            "stem": str(order.stem),
        }
        voice.stdin.write(json.dumps(body).encode() + b"\n")
        await voice.stdin.drain()
        line = await voice.stdout.readline()
        if not line:
            raise EOFError("the voice died")
        error = json.loads(line).get("error")
        return str(error) if error else None

    async def _start_voice(self) -> asyncio.subprocess.Process:
        script = Path(__file__).with_name("voice.py")
        self._voice = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            str(script),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # One thread: numpy's pool would only stand in the way on a small machine.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        return self._voice

    async def _end_voice(self) -> None:
        voice, self._voice = self._voice, None
        if voice is not None:
            await children.end(voice)


async def _there(sound: Path) -> Path:
    return sound


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=REMEMBERED)
def _name(language: str, text: str) -> str:
    """Of a sentence's sound, within its folder."""
    name = _hash((VERSION, VOICES.get(language, VOICES["en"]), text))
    return f"{name[:2]}/{name}"


def _file(stem: Path) -> Path:
    return stem.with_name(f"{stem.name}.alaw")


def _exists(stem: Path) -> bool:
    return _file(stem).exists()


def _still_there(turn: str) -> bool:
    """True where it was made already; then it is kept for longer. An inode that is written at every
    turn would be waited for by every commit."""
    file = f"{turn}.alaw"
    try:
        age = clock.now().timestamp() - os.stat(file).st_mtime  # noqa: PTH116
        if age > TURN_KEPT / 4:
            os.utime(file)
    except FileNotFoundError:
        return False
    return True


def _seen(done: asyncio.Future[None]) -> None:
    """A prepared sentence that failed is ordered again when it is needed."""
    if not done.cancelled():
        done.exception()
