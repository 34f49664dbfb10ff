"""Announcements that somebody recorded in a studio: said instead of the voice's sentence.

``FOLDER/<language>/<key>.alaw`` is what is played, levelled like the voice's; beside it lies
what was given. A change is heard from the next turn of each call on. The folder is a node's: with
several, a recording is put on each.
"""

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from callflow import digest
from callflow.core.calls import prompts

#: Bytes of a file: twenty seconds of stereo at 96 kHz in 32 bits.
LARGEST = 20 * 96_000 * 2 * 4 + 65_536
_GIVEN = (".wav", ".flac")


class NoAnnouncement(ValueError):
    """No such announcement, or no recording that can stand for it; the message tells a person.

    ``said`` is the message before its ``values`` are put in: what a page translates.
    """

    def __init__(self, said: str, **values: object) -> None:
        super().__init__(said % values if values else said)
        self.said, self.values = said, values


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording: of which announcement, in which language, and how long it is heard (s)."""

    key: str
    language: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Levelled:
    """A recording that was checked and made ready: what was given, its extension, the A-law."""

    key: str
    language: str
    given: bytes
    kind: str
    alaw: bytes

    @property
    def seconds(self) -> float:
        """How long it is heard."""
        return len(self.alaw) / 8000


@dataclass(frozen=True, slots=True)
class Announcements:
    """The recordings of an instance (DATA/announcements)."""

    folder: Path

    def any(self, language: str) -> bool:
        """True where ``find`` may find one."""
        return os.path.isdir(f"{self.folder}/{language}")  # noqa: PTH112

    def find(self, key: str, language: str) -> str | None:
        """What is played for an announcement, without extension; None: the voice says it. As text:
        it is asked for a dozen sentences a turn."""
        stem = f"{self.folder}/{language}/{key}"
        return stem if os.path.exists(f"{stem}.alaw") else None  # noqa: PTH110

    def version(self, key: str, language: str) -> str:
        """What tells one recording from another; "": the voice says it. Raises NoAnnouncement."""
        stem = self._stem(_known(key), _spoken(language))
        try:
            return digest.of_file(stem.with_name(f"{key}.alaw"))
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def put(self, key: str, language: str, given: bytes) -> Recorded:
        """A recording (WAV or FLAC, any rate, mono or stereo) stands for ``key`` from now on.

        Raises NoAnnouncement, OSError.
        """
        return self.keep(check(key, language, given))

    def keep(self, ready: Levelled) -> Recorded:
        """What ``check`` made ready is heard from now on. Raises OSError."""
        stem = self._stem(ready.key, ready.language)
        stem.parent.mkdir(parents=True, exist_ok=True)
        for other in _GIVEN:
            if other != ready.kind:
                stem.with_name(f"{ready.key}{other}").unlink(missing_ok=True)
        _write(stem.with_name(f"{ready.key}{ready.kind}"), ready.given)
        _write(stem.with_name(f"{ready.key}.alaw"), ready.alaw)
        return Recorded(ready.key, ready.language, ready.seconds)

    def remove(self, key: str, language: str) -> None:
        """The voice says it again. Raises NoAnnouncement where nobody recorded it."""
        stem = self._stem(_known(key), _spoken(language))
        try:
            stem.with_name(f"{key}.alaw").unlink()
        except FileNotFoundError:
            raise NoAnnouncement(
                "%(key)s is not recorded in %(language)s", key=key, language=language
            ) from None
        for kind in _GIVEN:
            stem.with_name(f"{key}{kind}").unlink(missing_ok=True)

    def all(self) -> Iterator[Recorded]:
        """What is recorded, by language and key."""
        for language in prompts.LANGUAGES:
            for file in sorted((self.folder / language).glob("[!.]*.alaw")):
                with suppress(FileNotFoundError):
                    yield Recorded(file.stem, language, file.stat().st_size / 8000)

    def _stem(self, key: str, language: str) -> Path:
        return self.folder / language / key


def check(key: str, language: str, given: bytes) -> Levelled:
    """A recording (WAV or FLAC, any rate, mono or stereo) levelled for ``key``; nothing is kept.

    Takes up to a second of a core. Raises NoAnnouncement.
    """
    _known(key)
    _spoken(language)
    alaw, kind = _ready(given)
    return Levelled(key=key, language=language, given=given, kind=kind, alaw=alaw)


def _known(key: str) -> str:
    if key not in prompts.recordable_keys():
        raise NoAnnouncement("%(key)s is no announcement that can be recorded", key=key)
    return key


def _spoken(language: str) -> str:
    if language not in prompts.LANGUAGES:
        raise NoAnnouncement(f"the language is one of {', '.join(prompts.LANGUAGES)}")
    return language


def _ready(given: bytes) -> tuple[bytes, str]:
    """(A-law, the given file's extension). Raises NoAnnouncement."""
    # Only who records an announcement waits for these.
    import soundfile  # noqa: PLC0415

    from callflow.core.calls import sound  # noqa: PLC0415

    if len(given) > LARGEST:
        raise NoAnnouncement("the file is larger than %(most)s MB", most=LARGEST // 1_000_000)
    try:
        with soundfile.SoundFile(io.BytesIO(given)) as file:
            if f".{file.format.lower()}" not in _GIVEN:
                raise NoAnnouncement("a WAV or FLAC file, not %(format)s", format=file.format)
            kind, rate = f".{file.format.lower()}", file.samplerate
            if not 8000 <= rate <= 192_000:
                raise NoAnnouncement(
                    "a sampling rate of %(rate)s Hz: from 8,000 to 192,000", rate=rate
                )
            if file.channels > 2:
                raise NoAnnouncement("mono or stereo, not %(count)s channels", count=file.channels)
            channels = file.read(int(rate * (sound.LONGEST_S + 1)), always_2d=True)
    except soundfile.LibsndfileError as error:
        raise NoAnnouncement("no WAV or FLAC file: %(why)s", why=error.error_string) from None
    try:
        return sound.to_alaw(sound.announcement(channels, rate)), kind
    except sound.BadRecording as error:
        raise NoAnnouncement(error.said, **error.values) from None


def _write(path: Path, data: bytes) -> None:
    """Complete or absent."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)
