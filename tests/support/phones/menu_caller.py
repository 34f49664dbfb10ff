"""Somebody who calls the station and uses its menu: the dialogue and the rows, without a phone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from callflow.core.calls import dialogue, prompts
from callflow.core.calls.dialogue import Facts, Input, Played, Progress, Silence, Spoken, Typed
from callflow.handling.calls import calling
from callflow.storage import Store
from callflow.vault import Vault
from ivr.recording import Spoken as Recorded
from ivr.telephony.dialogue_rows import DialogueRows

T = TypeVar("T")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser's test runs in a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _recorded(name: str) -> Recorded:
    return Recorded(name=name, path=f"spoken/{name}.wav", sha256="0" * 64, duration=3.0)


class MenuCaller:
    """One call. What is said is kept as text."""

    def __init__(self, store: Store, vault: Vault, number: str, call_id: str) -> None:
        self.store, self.call_id = store, call_id
        self.now: datetime | None = None
        self._rows = DialogueRows(
            store, vault, node="node0", now=self._clock, on_arrived=lambda _: None
        )
        self._number = number
        self.heard: list[str] = []
        self.facts: Facts
        self.progress: Progress

    def _clock(self) -> datetime:
        assert self.now is not None
        return self.now

    def calls(self, now: datetime) -> MenuCaller:
        """Dials; hears the first words."""
        self.now = now
        found = _run(self._rows.arrived(self.call_id, self._number, "", ""))
        assert found is not None
        self.facts, self.progress = found
        self._listen()
        return self

    def answers(self, now: datetime) -> MenuCaller:
        """Picked up a call of ours; hears its first words."""
        self.now = now
        found = _run(self._rows.load(self.call_id))
        assert found is not None
        self.facts, self.progress = found
        self._listen()
        return self

    def types(self, *entries: str) -> MenuCaller:
        """One entry after each prompt; ``""`` is silence."""
        for entry in entries:
            now = dialogue.turn(self.facts, self.progress)
            assert now is not None, f"the call is over before {entry!r}"
            self._event(Typed(entry.rstrip("#")) if entry else Silence())
        return self

    def says(self, *names: str) -> MenuCaller:
        """Speaks after each tone; ``""`` is silence. What is said is recorded under these names."""
        for name in names:
            now = dialogue.turn(self.facts, self.progress)
            assert now is not None, "the call is over"
            assert now.read is Input.VOICE, "nothing is recorded here"
            if name:
                _run(self._rows.spoken(self.call_id, _recorded(name)))
            self._event(Spoken(name) if name else Silence())
        return self

    def hangs_up(self) -> None:
        now = self._clock()
        outcome = dialogue.result_at_hang_up(self.progress)
        self.store.write_now(
            lambda tx: calling.call_ended(tx, self.call_id, outcome=outcome, now=now)
        )

    def _event(self, event: dialogue.Event) -> None:
        wanted = dialogue.deed(self.progress, event)
        if wanted is not None:
            done = self._rows.perform(self.call_id, self.facts, self.progress, wanted)
            self.progress, _ = _run(done)
        else:
            self._goes_on(event)
        self._listen()

    def _goes_on(self, event: dialogue.Event) -> None:
        code = dialogue.code_to_check(self.progress, event)
        if code is not None:
            checked = self._rows.check_code(self.call_id, self.facts, self.progress, code)
            self.progress, _ = _run(checked)
            return
        self.progress, effects = dialogue.advance(self.facts, self.progress, event)
        _run(self._commit(effects))

    async def _commit(self, effects: Iterable[dialogue.Effect]) -> None:
        outcomes = [each.outcome for each in effects if isinstance(each, dialogue.Conclude)]
        await self._rows.save(self.call_id, self.progress, *outcomes)

    def _listen(self) -> None:
        now = dialogue.turn(self.facts, self.progress)
        if now is None:
            return
        language = dialogue.language(self.facts, self.progress)
        if now.say:
            said = (prompts.spoken(phrase.key, phrase.values, language) for phrase in now.say)
            self.heard.append(" ".join(said))
        if now.read in (Input.NONE, Input.ZERO, Input.ANY):
            self._event(Played())
