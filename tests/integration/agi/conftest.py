"""A FastAGI server with the product's dialogues, a store in memory and a voice that writes text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from callflow.core.calls.dialogue import CodeVerdict, Dialogue, Facts
from callflow.core.signals.signal import Kind
from ivr.agi import AgiServer, Dialogues
from ivr.agi.voices import Voices
from ivr.speech import Sentence
from tests.support.phones.agi_phone import SECRET, AgiPhone
from tests.support.phones.dialogue_store import MemoryStore


@dataclass
class Reader:
    """The seam of speech: the "file" of a turn is its text."""

    prepared: list[Sentence] = field(default_factory=list)

    async def turn(self, sentences: Sequence[Sentence | Path], *, opening: bool = False) -> Path:
        said = (one.name if isinstance(one, Path) else one.text for one in sentences)
        return Path(" ".join(said))

    def prepare(self, sentences: Iterable[Sentence]) -> None:
        self.prepared += sentences


@dataclass
class Station:
    """What a test talks to."""

    store: MemoryStore
    server: AgiServer
    dialogues: Dialogues
    speech: Reader
    mutes: list[tuple[str, bool]]

    def phone(self, *keys: str) -> AgiPhone:
        return AgiPhone(self.server.port, list(keys))


async def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Waits for a named readiness; fails the test when it does not come."""
    for _ in range(int(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it never came: {condition}")


FACTS = Facts(
    dialogue=Dialogue.VERIFICATION,
    site_name="Boulangerie Martin",
    kind=Kind.INTRUSION,
    recognition_word="tulipe",
)


@pytest.fixture
async def station(tmp_path: Path) -> AsyncIterator[Station]:
    mutes: list[tuple[str, bool]] = []

    async def mute(channel_id: str, on: bool) -> None:
        mutes.append((channel_id, on))

    store = MemoryStore(
        facts={"call-1": FACTS},
        codes={"2580": CodeVerdict.OK, "8520": CodeVerdict.DURESS},
        incoming=Facts(dialogue=Dialogue.INCOMING),
    )
    speech = Reader()
    dialogues = Dialogues(store, speech, mute, Voices(tmp_path, tmp_path / "turns"))
    server = AgiServer(
        {"outgoing": dialogues.outgoing, "incoming": dialogues.incoming}, SECRET, connections=40
    )
    await server.start(0)
    yield Station(store, server, dialogues, speech, mutes)
    await server.close()
    assert server.sessions == 0
