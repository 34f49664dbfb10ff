"""The dialogues' store: each transition is a row, committed before the next word."""

import dataclasses
from collections.abc import Callable, Sequence

from callflow.clock import Clock
from callflow.core.calls.call import Dialogue, Outcome
from callflow.core.calls.dialogue import (
    CodeChecked,
    Conclude,
    Deed,
    Effect,
    Facts,
    Progress,
    advance,
)
from callflow.handling.callers import deeds, peer_code
from callflow.handling.calls import calling, dialogues, voices
from callflow.storage import Store, Tx
from callflow.vault import Vault
from ivr.ami import is_channel_id
from ivr.recording import Spoken

#: Seconds that a dialogue's commit may wait for others': nobody hears it.
_PATIENCE = 0.05


class DialogueRows:
    """What ``ivr.agi`` needs of the store. ``on_arrived`` is told of each call from outside."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        node: str,
        now: Clock,
        on_arrived: Callable[[str], None],
        peer_code: str = "",
    ) -> None:
        self._store, self._vault, self._node, self._now = store, vault, node, now
        self._peer_code = peer_code
        self._on_arrived = on_arrived

    async def load(self, channel_id: str) -> tuple[Facts, Progress] | None:
        """A call of ours that was picked up: Asterisk's own word for it may still be under way."""
        now = self._now()  # its recording runs already, however long the commit takes

        def picked_up(tx: Tx) -> tuple[Facts, Progress] | None:
            call = calling.call_answered(tx, channel_id, now)
            return dialogues.dialogue_begin(tx, self._vault, channel_id, call)

        return await self._store.write(picked_up, patience=_PATIENCE)

    async def arrived(
        self, channel_id: str, caller: str, called: str, name: str
    ) -> tuple[Facts, Progress] | None:
        """Somebody calls us; ``caller`` and ``name`` are hints, never proofs.

        A channel that Asterisk can't have is none: its row could never end.
        """
        if not is_channel_id(channel_id):
            return None
        now = self._now()

        def stored(tx: Tx) -> tuple[Facts, Progress] | None:
            dialogues.incoming_call(tx, channel_id, caller, self._node, now, name=name)
            return dialogues.dialogue_begin(tx, self._vault, channel_id)

        try:
            return await self._store.write(stored, patience=_PATIENCE)
        finally:  # where the commit's answer was lost there may be a row, whose end must be heard
            self._on_arrived(channel_id)

    async def check_code(
        self, channel_id: str, facts: Facts, progress: Progress, digits: str
    ) -> tuple[Progress, Sequence[Effect]]:
        """What this code is for the person of this call, and what follows from it."""

        def checked(tx: Tx) -> tuple[Progress, Sequence[Effect]]:
            now = self._now()
            if facts.dialogue is Dialogue.PEER:
                verdict = peer_code.check(tx, channel_id, self._peer_code, digits, now)
            else:
                verdict = dialogues.dialogue_check_code(tx, self._vault, channel_id, digits)
            after, effects = advance(facts, progress, CodeChecked(verdict))
            dialogues.dialogue_moved(tx, channel_id, after, _concluded(effects), now)
            return after, effects

        return await self._store.write(checked, patience=_PATIENCE)

    async def perform(
        self, channel_id: str, facts: Facts, progress: Progress, deed: Deed
    ) -> tuple[Progress, Sequence[Effect]]:
        """What a caller wants done in a menu, with what follows from it."""

        def performed(tx: Tx) -> tuple[Progress, Sequence[Effect]]:
            now = self._now()
            done = deeds.perform(tx, self._vault, channel_id, deed, progress, now)
            after, effects = advance(facts, progress, done)
            dialogues.dialogue_moved(tx, channel_id, after, _concluded(effects), now)
            return after, effects

        return await self._store.write(performed, patience=_PATIENCE)

    async def spoken(self, channel_id: str, recorded: Spoken) -> None:
        """What was said after a tone, kept."""
        now = self._now()
        kept = dataclasses.asdict(recorded)
        await self._store.write(lambda tx: voices.said(tx, channel_id, **kept, now=now))

    async def save(self, channel_id: str, progress: Progress, *outcomes: Outcome) -> None:
        """How far it is, and what came of it; from the moment that it goes on with a human, one is
        rung."""
        await self._store.write(
            lambda tx: dialogues.dialogue_moved(tx, channel_id, progress, outcomes, self._now()),
            patience=_PATIENCE,
        )

    async def conclude(self, channel_id: str, outcome: Outcome) -> None:
        """The result, with what follows from it."""
        await self._store.write(
            lambda tx: dialogues.dialogue_conclude(tx, channel_id, outcome, self._now()),
            patience=_PATIENCE,
        )


def _concluded(effects: Sequence[Effect]) -> list[Outcome]:
    return [effect.outcome for effect in effects if isinstance(effect, Conclude)]
