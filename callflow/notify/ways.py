"""The ways out: where each channel's messages go."""

from datetime import datetime

from callflow.core.messages.outbox import Channel, Claimed, Fault, Still, Take, Undelivered
from callflow.core.messages.proof import Receipt
from callflow.core.messages.subscriptions import Event, Subscription
from callflow.notify import clips, links, mail, post, printing, sms, stills, webhook
from callflow.notify.http import new_client
from callflow.settings.config import Settings
from callflow.vault import Unreadable, Vault


class Ways:
    """What one process sends with."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self._settings, self._vault = settings, vault
        self._client = new_client()

    async def send(self, message: Claimed, now: datetime) -> Still | Receipt:
        """Deliver one message; what a camera or a link gave, or the far end said. Raises
        Undelivered."""
        match message.channel:
            case Channel.MAIL:
                return await mail.send(self._settings, message)
            case Channel.SMS:
                return await sms.send(self._settings, self._client, message)
            case Channel.WEBHOOK:
                return await webhook.send(self._settings, self._client, message, now)
            case Channel.IMAGES:
                return await self._fetch(message)
            case Channel.PRINT:
                return await printing.send(self._settings, self._client, message)
            case Channel.POST:
                return await post.send(self._settings, message, now)
        raise Undelivered(Fault.NOT_SET_UP, message.channel.value)

    async def tell(self, to: Subscription, event: Event, attempt: int, now: datetime) -> None:
        """Tell a subscribed program of one event. Raises Undelivered."""
        try:
            secret = self._vault.unlock(to.secret)
        except Unreadable as error:
            raise Undelivered(Fault.NOT_SET_UP, f"the secret: {error}") from None
        await webhook.tell(self._settings, self._client, to, secret, event, attempt, now)

    async def _fetch(self, message: Claimed) -> Still:
        take = Take(message.data.get("take", Take.STILL))
        if take is Take.LINK:
            return await links.fetch(self._settings, self._client, message)
        fetch = clips.fetch if take is Take.CLIP else stills.fetch
        return await fetch(self._settings, self._vault, self._client, message)

    async def close(self) -> None:
        """Let go of what is open."""
        await self._client.aclose()
