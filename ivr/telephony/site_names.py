"""What sites are called is spoken when they are stored, not when their alarm comes.

In a storm of alarms the voice would take as much of the machine as all else. Nothing waits for it
here: a sentence that is missing when a call needs it is made then, before all of these.
"""

import asyncio
from datetime import datetime

from callflow.handling.calls import dialogues
from callflow.storage import Store
from callflow.storage.sites import sites
from callflow.vault import Vault
from ivr.agi import own_sentences
from ivr.speech import LATER, Speech

_PAGE = 50  # sites
#: Seconds between two sites: whoever places calls in this process is never held up.
_BETWEEN = 0.02


class SiteNames:
    """The sentences of every site, kept up as sites are changed."""

    def __init__(self, store: Store, vault: Vault, speech: Speech) -> None:
        self._store, self._vault, self._speech = store, vault, speech
        self._last: tuple[datetime, str] | None = None

    async def look(self) -> None:
        """At first at every site, most of whose sentences are there already. Raises
        StoreUnavailable."""
        while await self._some():
            pass

    async def _some(self) -> bool:
        """The sites changed since the last look, some at a time; whether there were any."""
        last = self._last
        changed = await self._store.read(lambda tx: sites.changed_after(tx, last, limit=_PAGE))
        for place in changed:
            await self._speak(place[1])
            self._last = place
            await asyncio.sleep(_BETWEEN)
        return bool(changed)

    async def _speak(self, site_id: str) -> None:
        facts = await self._store.read(lambda tx: dialogues.site_facts(tx, self._vault, site_id))
        await self._speech.prewarm((s for each in facts for s in own_sentences(each)), LATER)
