"""The store of panels' calls: a message is durable before its kiss-off sounds."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from callflow.clock import Clock
from callflow.core.calls.call import Outcome
from callflow.core.signals.contact_id import Block
from callflow.core.signals.signal import PHONE_LINE, Signal
from callflow.handling.calls.calling import dialogue_concluded
from callflow.handling.watch import panels
from callflow.storage import Store, Tx
from callflow.storage.signals.panels import waits
from ivr.ami import is_channel_id
from ivr.contact_id import LISTEN_IN, Arrival

FORMAT = "contact-id"
#: How often, and how many times, it is looked whether the engine has correlated a message.
_LOOK_EVERY = 0.05
_LOOKS = 60


class PanelRows:
    """What ``ivr.contact_id`` needs of the store. ``on_arrived`` is told of each call."""

    def __init__(
        self, store: Store, *, node: str, now: Clock, on_arrived: Callable[[str], None]
    ) -> None:
        self._store, self._node, self._now = store, node, now
        self._on_arrived = on_arrived

    async def arrived(self, channel_id: str, caller: str, name: str) -> Arrival | None:
        """A panel calls, or its call was left by a server that died."""
        if not is_channel_id(channel_id):
            return None
        number, now = panels.caller_number(caller), self._now()

        def stored(tx: Tx) -> Arrival:
            call, is_new = panels.panel_call(tx, channel_id, number, self._node, now, name)
            room = call.room or ""
            mute = bool(room) and panels.panel_is_mute(tx, call)
            listen = "" if is_new else panels.panel_asked(tx, call, LISTEN_IN)
            return Arrival(known=not is_new, room=room, mute=mute, listen=listen)

        try:
            return await self._store.write(stored)
        finally:  # where the commit's answer was lost there may be a row, whose end must be heard
            self._on_arrived(channel_id)

    async def store(self, channel_id: str, caller: str, block: Block) -> None:
        """One signal for each message, however often it is sent."""
        signal = to_signal(block, panels.caller_number(caller), self._now())
        await self._store.write(lambda tx: panels.panel_message(tx, signal))

    async def listen_in(self, channel_id: str, account: str) -> Arrival:
        """Waits until the engine has taken what the panel sent: its incident is found then."""
        for _ in range(_LOOKS):  # a human listens even where the engine is away
            if not await self._store.read(lambda tx: waits(tx, account)):
                break
            await asyncio.sleep(_LOOK_EVERY)
        room, mute = await self._store.write(
            lambda tx: panels.panel_listen_in(tx, channel_id, account, self._now())
        )
        return Arrival(known=True, room=room, mute=mute)

    async def conclude(self, channel_id: str, outcome: Outcome) -> None:
        await self._store.write(lambda tx: dialogue_concluded(tx, channel_id, outcome, self._now()))


def to_signal(block: Block, caller: str, now: datetime) -> Signal:
    """The signal of a message that came by phone; its key is that of its first delivery."""
    event = block.event
    return Signal(
        account=block.account,
        format=FORMAT,
        code=event.code,
        zone=event.zone,
        partition=event.partition,
        user=event.user,
        raw=block.text,
        received_at=now,
        line=PHONE_LINE,
        caller=caller,
        # Other formats' keys begin otherwise (core/signals/repeats.py, core/signals/resends.py).
        deduplication=f"p{int(now.timestamp() * 1000)}|{block.account}|{block.text}",
    )
