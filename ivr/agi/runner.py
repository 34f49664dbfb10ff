"""Runs the dialogues of callflow/core/calls/dialogue/ over AGI: says, reads, commits, then goes on.

What happens is in the table; here is only how. Each transition is committed before the next word,
so a server that is killed loses at most the turn that was being said, and the next one goes on in
the same call. Keys typed between two commands are known from AMI (``keys.py``).
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from callflow.core.calls import dialogue, prompts
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import (
    Bridge,
    Conclude,
    Deed,
    Effect,
    Event,
    Facts,
    Input,
    Phrase,
    Played,
    Progress,
    Silence,
    Spoken,
    Turn,
    Typed,
)
from callflow.core.signals.signal import Kind
from ivr.agi.keys import Keys
from ivr.agi.protocol import Gone, Session
from ivr.recording import Spoken as Recorded
from ivr.speech import Sentence

if TYPE_CHECKING:
    from ivr.agi.voices import Voices

log = structlog.get_logger()

#: Mutes (True) or unmutes the callee's side of a recording; returns when Asterisk said so.
Mute = Callable[[str, bool], Awaitable[None]]

#: Seconds that an acknowledged mute may take before the dialogue goes on without it.
MUTE_PATIENCE = 1.0

#: The keys that end words which ask for none.
_HEEDED = {Input.NONE: "", Input.ZERO: dialogue.OPERATOR_KEY, Input.ANY: "0123456789*#"}


#: The keys that end what somebody says after the tone.
_SPEECH_ENDS = "#0*"


class Speaker(Protocol):
    """The seam of speech (ivr/speech)."""

    async def turn(self, sentences: Sequence[Sentence | Path], *, opening: bool = False) -> Path:
        """One file that says them all, without extension; ``opening``: a call's first words. A path
        is a sound that is there already."""

    def prepare(self, sentences: Iterable[Sentence]) -> None:
        """They will be said soon."""


class DialogueStore(Protocol):
    """What a dialogue commits. Each method returns after its commit, or raises."""

    async def load(self, channel_id: str) -> tuple[Facts, Progress] | None:
        """The call that we placed under this id, with what was saved last, or for the first
        server ``Progress.start(facts)``, saved as *begun*; None where there is no such
        call."""

    async def arrived(
        self, channel_id: str, caller: str, called: str, name: str
    ) -> tuple[Facts, Progress] | None:
        """Somebody calls us: stores the call the first time, then the same as ``load``.

        ``caller``, ``called`` and the caller's ``name`` are the network's words, which nobody
        checked.
        """

    async def check_code(
        self, channel_id: str, facts: Facts, progress: Progress, digits: str
    ) -> tuple[Progress, Sequence[Effect]]:
        """What follows from this code, as the person of this call has it, looked at and stored in
        one commit: duress takes no longer than another. The code is never logged, nor kept."""

    async def perform(
        self, channel_id: str, facts: Facts, progress: Progress, deed: Deed
    ) -> tuple[Progress, Sequence[Effect]]:
        """Does what a menu wants done and stores what follows from it, in one commit: a server
        that goes on from there never does it twice."""

    async def spoken(self, channel_id: str, recorded: Recorded) -> None:
        """Stores that this was said in the call, and where it is kept. Idempotent."""

    async def save(self, channel_id: str, progress: Progress, *outcomes: Outcome) -> None:
        """Stores how far the dialogue is and, as ``conclude`` does, what came of it, in one
        commit."""

    async def conclude(self, channel_id: str, outcome: Outcome) -> None:
        """Stores the result and starts what follows from it (the human queue, a bridge, the next
        step). Idempotent: told again after a crash. A later, different one replaces it: somebody
        who pressed 0 during the last words waits in the conference for a human.
        """


class Dialogues:
    """The routes ``outgoing`` and ``incoming`` of the AGI server."""

    def __init__(self, store: DialogueStore, speech: Speaker, mute: Mute, voices: Voices) -> None:
        self._store = store
        self._speech = speech
        self._mute = mute
        self._voices = voices
        self._background: set[asyncio.Task[None]] = set()
        self._keys: dict[str, Keys] = {}  # of each call that has a dialogue now

    def key(self, channel_id: str, key: str) -> None:
        """AMI tells that a far end typed ``key``."""
        if keys := self._keys.get(channel_id):
            keys.told(key)

    async def outgoing(self, session: Session) -> None:
        """A person answered a call of ours."""
        await self._run(session, self._store.load(session.channel_id))

    async def incoming(self, session: Session) -> None:
        """Somebody calls."""
        caller = session.header.get("agi_callerid", "")[:80]
        called = session.header.get("agi_dnid", "")[:80]
        name = session.header.get("agi_calleridname", "")[:80]
        name = "" if name == "unknown" else name  # Asterisk's word for none
        await self._run(session, self._store.arrived(session.channel_id, caller, called, name))

    async def _run(
        self, session: Session, loading: Awaitable[tuple[Facts, Progress] | None]
    ) -> None:
        keys = self._keys[session.channel_id] = Keys()
        run = _Run(self, session, keys)
        try:
            loaded = await loading
            if loaded is None:
                raise LookupError("a channel that no call row names")
            await run.talk(*loaded)
        except Gone:
            raise
        except Exception:
            # Not log.exception: a renderer that shows local variables would show a code.
            log.critical("dialogue failed", call=session.channel_id, trace=traceback.format_exc())
            await self._to_a_human(session, run)
        finally:
            run.end()
            if self._keys.get(session.channel_id) is keys:
                del self._keys[session.channel_id]

    async def _to_a_human(self, session: Session, run: _Run) -> None:
        """Somebody is on the line and we are at a loss: never dropped (D12).

        Where even this can't be stored, nothing is said to Asterisk: it asks again, and
        holds the person with music as long as we are away.
        """
        result = run.progress.result if run.progress else None
        await self._store.conclude(session.channel_id, result or Outcome.ERROR)
        await _hand_over(session, session.channel_id)
        await session.set_variable("CALLFLOW_DONE", "1")

    def later(self, work: Awaitable[None]) -> None:
        """Does ``work`` beside the dialogue."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def muted(self, channel_id: str, on: bool) -> None:
        """Mutes or unmutes; where that fails the dialogue goes on: lives first."""
        try:
            async with asyncio.timeout(MUTE_PATIENCE):
                await self._mute(channel_id, on)
        except Exception as error:
            log.critical("the recording was not muted", call=channel_id, on=on, error=repr(error))


class _Run:
    """One call's dialogue in this process."""

    def __init__(self, dialogues: Dialogues, session: Session, keys: Keys) -> None:
        self._all = dialogues
        self._keys = keys
        self._session = session
        self._id = session.channel_id
        self._is_muted: bool | None = None  # None: as a server before us left it
        self._opening = True
        self.progress: Progress | None = None

    async def talk(self, facts: Facts, progress: Progress) -> None:
        """From where ``progress`` stands to the end."""
        self.progress = progress
        pardon = progress.begun
        if not progress.begun:
            self._is_muted = False
        elif progress.result:  # the server before us may have died between the two commits
            await self._all._store.conclude(self._id, progress.result)
        self._all._speech.prepare(own_sentences(facts))
        while (now := dialogue.turn(facts, progress)) is not None:
            language = dialogue.language(facts, progress)
            event = await self._converse(language, now, pardon=pardon)
            pardon = False
            progress = await self._follow(facts, progress, event)
        if facts.spied:
            await _listen_in(self._session, facts)
        elif progress.bridge:
            await _hand_over(self._session, facts.room or self._id, facts.dialogue)
        await self._session.set_variable("CALLFLOW_DONE", "1")

    async def _converse(self, language: str, now: Turn, *, pardon: bool) -> Event:
        phrases = (Phrase("pardon"), *now.say) if pardon else now.say
        if not phrases and now.read is Input.NONE:
            return Played()
        if now.record_muted and self._is_muted is not True:
            await self._all.muted(self._id, True)
            self._is_muted = True
        said = [await self._said(phrase, language) for phrase in phrases]
        if now.read is Input.VOICE:
            said.append(await self._all._voices.tone())
        file = str(await self._all._speech.turn(said, opening=self._opening))
        if self._opening:  # what was typed before a word was said answers nothing
            self._keys.forget()
        self._opening = False
        if not now.record_muted and self._is_muted is not False:
            self._is_muted = False
            self._all.later(self._all.muted(self._id, False))
        return await self._read(now, file)

    async def _said(self, phrase: Phrase, language: str) -> Sentence | Path:
        if phrase.key == "voice":
            return await self._all._voices.played(str(phrase.values["voice"]))
        return sentence(phrase, language)

    async def _read(self, now: Turn, file: str) -> Event:
        self._keys.skip("#")  # it ended what was read before, once more
        match now.read:
            case Input.VOICE:
                return await self._listen(now, file)
            case Input.CODE:
                return await self._read_code(now, file)
            case Input.KEY:
                if early := self._keys.waiting:
                    self._keys.take(1)
                    return Typed(early[0])
                answer = await self._session.get_data(file, now.timeout_s, 1)
                self._keys.read(answer.result or ("" if answer.timed_out else "#"))
                return Silence() if answer.timed_out and not answer.result else Typed(answer.result)
            case Input.NONE | Input.ZERO | Input.ANY:
                heeded = _HEEDED[now.read]
                early = next((key for key in self._keys.waiting if key in heeded), "")
                key = early or await self._session.stream(file, heeded)
                self._keys.forget()
                return Typed(key) if key else Played()

    async def _read_code(self, now: Turn, file: str) -> Event:
        # The longest entry and its ``#``: left over, that would be a key at the next question.
        most = now.digits + (now.digits >= dialogue.LONGEST_CODE)
        early, hash_key, _ = self._keys.waiting.partition("#")
        if hash_key or len(early) >= most:
            self._keys.take(len(early + hash_key))
            return Typed(early)
        room = most - len(early)
        answer = await self._session.get_data(file, now.timeout_s, room)
        ended = not answer.timed_out and len(answer.result) < room
        read = answer.result + ("#" if ended else "")
        typed = self._keys.read(read, after=len(early)) if read else early
        if not read:
            self._keys.take(len(early))
        return Typed(typed.removesuffix("#")) if typed else Silence()

    async def _listen(self, now: Turn, file: str) -> Event:
        """A key ends the words, or the speech; 0 and ``*`` mean what they mean elsewhere."""
        waiting = self._keys.waiting[:1]
        key = waiting or await self._session.stream(file, _SPEECH_ENDS)
        if key == "#":
            key = await self._session.stream(str(await self._all._voices.tone()), _SPEECH_ENDS)
        self._keys.forget()
        if key not in ("", "#"):
            return Typed(key)
        name, target = await self._all._voices.begin(self._id)
        try:
            key = await self._session.record(
                str(target), _SPEECH_ENDS, now.longest_s, now.timeout_s
            )
        finally:  # whoever hangs up in the middle has said something, too
            recorded = await self._kept(name)
            self._keys.forget()
        if key not in ("", "#"):
            return Typed(key)
        return Spoken(name) if recorded else Silence()

    async def _kept(self, name: str) -> bool:
        recorded = await self._all._voices.finish(name)
        if recorded is not None:
            await self._all._store.spoken(self._id, recorded)
            await self._all._voices.stored(name)
        return recorded is not None

    async def _follow(self, facts: Facts, progress: Progress, event: Event) -> Progress:
        deed = dialogue.deed(progress, event)
        if deed is not None:
            self.progress, done = await self._all._store.perform(self._id, facts, progress, deed)
            await self._bridged(facts, done)
            return self.progress
        code = dialogue.code_to_check(progress, event)
        if code is not None:
            checked = self._all._store.check_code(self._id, facts, progress, code)
            self.progress, effects = await checked
        else:
            self.progress, effects = dialogue.advance(facts, progress, event)
            await self._commit(self.progress, effects)
        await self._bridged(facts, effects)
        return self.progress

    async def _bridged(self, facts: Facts, effects: Iterable[Effect]) -> None:
        if any(isinstance(effect, Bridge) for effect in effects):
            await _hand_over(self._session, facts.room or self._id, facts.dialogue)

    async def _commit(self, progress: Progress, effects: Iterable[Effect]) -> None:
        """Both in one commit, so a code of duress takes no longer than another."""
        outcomes = [effect.outcome for effect in effects if isinstance(effect, Conclude)]
        await self._all._store.save(self._id, progress, *outcomes)

    def end(self) -> None:
        """Whatever happened, the recording goes on with both sides."""
        if self._is_muted:
            self._all.later(self._all.muted(self._id, False))


async def _hand_over(
    session: Session, room: str, of: dialogue.Dialogue = dialogue.Dialogue.INCOMING
) -> None:
    if of is dialogue.Dialogue.PHONE:  # an operator hears no music while they are alone
        await session.set_variable("CALLFLOW_LISTENER", "callflow-operator")
    await session.set_variable("CALLFLOW_ROOM", room)
    await session.set_variable("CALLFLOW_NEXT", "conference")


async def _listen_in(session: Session, facts: Facts) -> None:
    await session.set_variable("CALLFLOW_SPIED", facts.spied)
    await session.set_variable("CALLFLOW_WHISPERS", "1" if facts.whispers else "0")
    await session.set_variable("CALLFLOW_NEXT", "spy")


# --- what is said ---------------------------------------------------------------------------------


def sentence(phrase: Phrase, language: str) -> Sentence:
    """The sentence of a phrase; shared between instances where no site's data is in it."""
    # Two times are equal and not said alike: only words and kinds are looked up.
    if all(type(value) in (str, Kind) for value in phrase.values.values()):
        values = tuple((name, value, type(value)) for name, value in phrase.values.items())
        return _of_words(phrase.key, values, language)
    return _sentence(phrase.key, phrase.values, language)


@lru_cache(maxsize=4096)
def _of_words(key: str, values: tuple[tuple[str, object, type], ...], language: str) -> Sentence:
    """A kind and its word are equal, and not said alike: hence the types."""
    return _sentence(key, {name: value for name, value, _ in values}, language)


def _sentence(key: str, values: Mapping[str, object], language: str) -> Sentence:
    return Sentence(
        prompts.spoken(key, values, language),
        prompts.language(language),
        shared=all(isinstance(value, Kind) for value in values.values()),
        key=prompts.recordable(key, values),
    )


def own_sentences(facts: Facts) -> list[Sentence]:
    """What only this call says; the rest are ``fixed_sentences``."""
    return [sentence(phrase, facts.language) for phrase in dialogue.own_phrases(facts)]


def fixed_sentences() -> Iterator[Sentence]:
    """Every sentence without a site's data, for ``Speech.prewarm`` when an instance starts."""
    for language in prompts.LANGUAGES:
        for key, texts in prompts.TEXTS.items():
            if "{" not in texts[language]:
                yield sentence(Phrase(key), language)
        for kind in Kind:
            yield sentence(Phrase("situation", {"kind": kind}), language)
