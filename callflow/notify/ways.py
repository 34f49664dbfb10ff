"""The ways out: where each channel's messages go."""

from __future__ import annotations

from datetime import datetime

from callflow.config import Settings
from callflow.notify import mail, sms, stills, webhook
from callflow.notify.http import new_client
from callflow.outbox import Channel, Message, Still
from callflow.vault import Vault


class Ways:
    """What one process sends with."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self._settings, self._vault = settings, vault
        self._client = new_client()

    async def send(self, message: Message, now: datetime) -> Still | None:
        """Deliver one message; what a camera gave. Raises Undelivered."""
        match message.channel:
            case Channel.MAIL:
                await mail.send(self._settings, message)
            case Channel.SMS:
                await sms.send(self._settings, self._client, message)
            case Channel.WEBHOOK:
                await webhook.send(self._settings, self._client, message, now)
            case Channel.IMAGES:
                return await stills.fetch(self._settings, self._vault, self._client, message)
        return None

    async def close(self) -> None:
        """Let go of what is open."""
        await self._client.aclose()
