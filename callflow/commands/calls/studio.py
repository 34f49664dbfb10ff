"""What callers hear, for the web: the files of what is said, and the studio's recordings."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from callflow.core.calls.dialogue import Phrase
from callflow.settings.config import Settings
from ivr.agi.runner import sentence
from ivr.speech import Speech, SpeechFailed, announcements
from ivr.speech.announcements import Announcements, Levelled, NoAnnouncement
from ivr.speech.places import announcements_of, speech_of
from web.station import BadAnnouncement


class Studio:
    """``web.station.Prompts``: the same files, and the same way to them, as on the telephone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._speech: Speech | None = None
        self._starting = asyncio.Lock()
        self._levelling = asyncio.Lock()  # one at a time: each takes a core

    @property
    def _announcements(self) -> Announcements:
        return announcements_of(self._settings)

    async def sound(self, phrases: Sequence[Phrase], language: str) -> Path | None:
        """What says them, in A-law; None where the voice fails. It starts at its first need."""
        async with self._starting:
            if self._speech is None:
                speech = speech_of(self._settings)
                await speech.start()
                self._speech = speech
        sentences = [sentence(phrase, language) for phrase in phrases]
        try:
            sounds = [await self._speech.sound(each) for each in sentences]
        except SpeechFailed:
            return None
        stem = sounds[0] if len(sounds) == 1 else await self._speech.turn(sentences)
        return stem.with_name(f"{stem.name}.alaw")

    async def recorded(self) -> Mapping[tuple[str, str], float]:
        """Seconds of each recording, by its key and language."""
        found = await asyncio.to_thread(lambda: list(self._announcements.all()))
        return {(one.key, one.language): one.seconds for one in found}

    async def ready(self, key: str, language: str, given: bytes) -> Levelled:
        """A recording that may be kept. Raises BadAnnouncement."""
        try:
            async with self._levelling:
                return await asyncio.to_thread(announcements.check, key, language, given)
        except NoAnnouncement as error:
            raise BadAnnouncement(error.said, error.values) from None

    def version(self, key: str, language: str) -> str:
        """What tells one recording from another; "": the voice says it. Raises BadAnnouncement."""
        try:
            return self._announcements.version(key, language)
        except NoAnnouncement as error:
            raise BadAnnouncement(error.said, error.values) from None

    def keep(self, ready: Levelled) -> None:
        """It is heard from now on. Raises OSError."""
        self._announcements.keep(ready)

    def remove(self, key: str, language: str) -> None:
        """The voice says it again. Raises BadAnnouncement where nobody recorded it."""
        try:
            self._announcements.remove(key, language)
        except NoAnnouncement as error:
            raise BadAnnouncement(error.said, error.values) from None

    async def close(self) -> None:
        """The voice ends."""
        if self._speech is not None:
            await self._speech.close()
