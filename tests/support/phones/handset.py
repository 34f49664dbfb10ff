"""A phone of a test, and what somebody does with it: it rings, hears, types, talks and crashes.

How it rings and hears is its kind's: ``PacketPhone`` knows each packet, ``RealPhone`` is pjsua2.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callflow.core.calls import prompts
from callflow.core.calls.dialogue import Phrase
from ivr.agi.runner import sentence
from ivr.asterisk.tree import cache_folder
from ivr.speech import Speech
from ivr.speech.announcements import Announcements
from tests.support.phones import hearing
from tests.support.phones.hearing import Found, Samples
from tests.support.stations.station import Station


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

    async def words(self, key: str, language: str, **values: object) -> bytes:
        """The A-law of a prompt; waits until it is made."""
        file = self.file(key, language, **values)
        while not file.exists():
            await Station.moment()
        return file.read_bytes()

    async def prompt(self, key: str, language: str, **values: object) -> Samples:
        """The sound of a prompt; waits until it is made."""
        return hearing.alaw(await self.words(key, language, **values))


class Conversation(ABC):
    """One call as the phone lived it. Times are seconds of the sound heard, from its start."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.states: list[tuple[str, float]] = []
        self.typed: list[tuple[str, float]] = []
        self.over = False

    @property
    @abstractmethod
    def hears(self) -> bool:
        """Whether there is a sound."""

    @property
    def heard(self) -> Samples:
        """Everything heard so far."""
        return self.heard_from(0)

    @abstractmethod
    def heard_from(self, sample: int) -> Samples:
        """What was heard from there on."""

    @abstractmethod
    def search(self, words: bytes) -> Callable[[], Found | None]:
        """Looks for a prompt (A-law) after those found before; asked again and again."""

    @abstractmethod
    def all_of(self, words: bytes) -> list[Found]:
        """Where in the whole conversation a prompt was said."""

    @abstractmethod
    def what_else(self, known: Sequence[tuple[str, bytes]]) -> str:
        """What was heard instead, of these, since the last one that was found."""

    @property
    def talked(self) -> float:
        """Seconds from the answer to the end."""
        answered = next(at for state, at in self.states if state == "CONFIRMED")
        return next(at for state, at in self.states if state == "DISCONNECTED") - answered


@dataclass(eq=False)
class Phone(ABC):
    """A phone, and what somebody does with it. ``call`` is the newest conversation.

    ``registrar`` (host:port): where it registers; the simulated network where none is named.
    """

    station: Station
    name: str
    folder: Path
    language: str = "fr"
    options: Sequence[str] = ()
    registrar: str = ""

    #: Seconds in which a prompt is heard, if it is said at all.
    patience_s = 20.0

    def __post_init__(self) -> None:
        self.registrar = self.registrar or f"127.0.0.1:{self.station.base + 80}"
        self.number = ""
        self.voice = Voice(self.station)
        self.rung = 0

    # --- its life ---

    @abstractmethod
    async def start(self) -> None:
        """Returns when it is registered."""

    @abstractmethod
    async def stop(self) -> None:
        """It says goodbye to the network and ends."""

    @abstractmethod
    def crashes(self) -> None:
        """It says nothing to anybody."""

    # --- what somebody does with it ---

    @property
    @abstractmethod
    def call(self) -> Conversation:
        """The newest conversation."""

    @abstractmethod
    async def answers(self) -> None:
        """Picks up; returns when it hears."""

    @abstractmethod
    async def calls_in(self, number: str, display: str = '"phone"') -> None:
        """Calls ``number``; returns when the far end answered. ``display``: quoted, escaped."""

    @abstractmethod
    def hangs_up(self) -> None: ...

    @abstractmethod
    def declines(self) -> None:
        """Refuses the call that rings: busy."""

    @abstractmethod
    async def types(self, keys: str, *, sounding: bool = False) -> None:
        """RFC 4733 keys; ``sounding``: heard in the audio as well. Returns after the last."""

    @abstractmethod
    def plays(self, sound: Samples, name: str = "sound") -> None:
        """Says ``sound`` again and again."""

    @abstractmethod
    def falls_silent(self) -> None: ...

    async def rings(self, within: float = 30.0, times: int = 1) -> None:
        """It rings (for the ``times``-th time)."""
        await self._until(lambda: self.rung >= times, within)

    async def picks_up(self, within: float = 30.0, times: int = 1) -> None:
        """Rings and is answered."""
        await self.rings(within, times)
        await self.answers()

    async def calls_the_station(self, shown: str = "", display: str = '"phone"') -> None:
        """Calls the station's own number; the network shows the phone's, or ``shown``."""
        ours = self.station.number.lstrip("+")
        await self.calls_in(f"{shown or self.number}*{ours}", display)

    async def asks_for_an_operator(self, shown: str = "") -> None:
        """Calls the station and, once greeted, wants no menu."""
        await self.calls_the_station(shown)
        await self.expect_prompt("welcome", first_s=0.6, station="Callflow")
        await self.types("0#")

    async def _until(self, fact: Callable[[], bool], within: float) -> None:
        """Wait until ``fact``; what the phone could not do is an error at once."""
        await self.station.until(fact, within)

    # --- what is heard ---

    async def expect_prompt(
        self,
        key: str,
        *,
        within: float | None = None,
        first_s: float | None = None,
        **values: object,
    ) -> Found:
        """The prompt is heard, after those expected before. ``first_s``: its first seconds do.

        It is what the product's own speech made of ``key`` and ``values``, found in the sound.
        """
        words = await self.voice.words(key, self.language, **values)
        if first_s is not None:
            words = words[: int(first_s * hearing.RATE)]
        call = self.call
        search = call.search(words)
        found: Found | None = None

        def heard() -> bool:
            nonlocal found
            over = call.over
            found = search()
            return found is not None or over

        with contextlib.suppress(TimeoutError):
            await self._until(heard, within or self.patience_s)
        if found is None:
            raise hearing.NotHeardError(
                f"{self.name} did not hear {key!r}; {call.states}; "
                f"it heard {call.what_else(self._fixed_prompts())}"
            )
        return found

    def _fixed_prompts(self) -> list[tuple[str, bytes]]:
        """Those without a value in them, as far as they were made."""
        fixed = []
        for key, texts in prompts.TEXTS.items():
            if "{" not in texts[self.language]:
                file = self.voice.file(key, self.language)
                if file.exists():
                    fixed.append((key, file.read_bytes()))
        return fixed

    async def heard_prompt(self, key: str, **values: object) -> list[Found]:
        """Where in the whole conversation a prompt was said."""
        return self.call.all_of(await self.voice.words(key, self.language, **values))

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
