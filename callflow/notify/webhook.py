"""Webhooks: signed JSON, posted to a program of the client's.

``X-Callflow-Signature`` is ``sha256=`` and the hex HMAC-SHA-256, with the station's webhook secret,
of ``X-Callflow-Timestamp`` (seconds since 1970), a full stop and the body. Whoever receives it
refuses old timestamps, and drops an ``Idempotency-Key`` that came before.
"""

import hashlib
import hmac
import json
from datetime import datetime

import httpx

from callflow.core.messages.outbox import Fault, Message, Undelivered, wrong_address
from callflow.core.messages.proof import Receipt
from callflow.core.messages.subscriptions import Event, Subscription
from callflow.core.time.instants import to_iso
from callflow.notify.http import Answer, accepted, exchange
from callflow.notify.reach import Reach, Target
from callflow.settings.config import Settings


async def send(
    settings: Settings, client: httpx.AsyncClient, message: Message, now: datetime
) -> Receipt:
    """Post it; what was answered. Raises Undelivered."""
    if not settings.webhook_secret:
        raise Undelivered(Fault.NOT_SET_UP, "CALLFLOW_WEBHOOK_SECRET")
    wrong = wrong_address(message.channel, message.to)
    if wrong is not None:
        raise Undelivered(Fault.WRONG_ADDRESS, wrong)
    reach = Reach(networks=settings.webhook_networks, public=True, hosts=settings.webhook_hosts)
    target = await reach.target(message.to, attempt=message.attempts)
    answer = await post(
        client,
        target,
        dict(target.headers),
        message.id,
        settings.webhook_secret,
        _body(message),
        now,
    )
    return Receipt(text=f"HTTP {answer.status}")


#: Closed words of an entry's data that a program is told; the rest of it is no contract.
_FACTS = frozenset(
    {
        *("account", "code", "zone", "partition", "alarm", "priority", "treatment", "state"),
        *("result", "outcome", "resolution", "reason", "step", "task", "call", "trunk"),
        *("message", "channel", "fault", "document", "image", "sha256", "problem"),
    }
)


async def tell(
    settings: Settings,
    client: httpx.AsyncClient,
    to: Subscription,
    secret: str,
    event: Event,
    attempt: int,
    now: datetime,
) -> None:
    """Post one event to a program that is subscribed, signed with its secret. Raises Undelivered.

    Beside the headers of ``send``: ``X-Callflow-Event`` is its kind, and ``X-Callflow-Replayed`` is
    1 where it may have been sent before.
    """
    reach = Reach(networks=settings.webhook_networks, public=True, hosts=settings.webhook_hosts)
    target = await reach.target(to.url, attempt=attempt)
    told = {
        "id": event.id,
        "number": event.number,
        "at": to_iso(event.at),
        "kind": event.kind,
        "site": event.site,
        "incident": event.incident,
        "who": event.who,
        "text": event.text,
        "data": {name: value for name, value in event.data.items() if name in _FACTS},
    }
    headers = {**target.headers, "X-Callflow-Event": event.kind}
    if event.number <= to.replayed_to:
        headers["X-Callflow-Replayed"] = "1"
    body = json.dumps(told, ensure_ascii=False).encode()
    await post(client, target, headers, event.id, secret, body, now)


async def post(
    client: httpx.AsyncClient,
    target: Target,
    headers: dict[str, str],
    key: str,
    secret: str,
    body: bytes,
    now: datetime,
) -> Answer:
    """Post a signed body; the answer, which says 2xx. Raises Undelivered."""
    stamp = str(int(now.timestamp()))
    headers |= {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Callflow-Timestamp": stamp,
        "X-Callflow-Signature": f"sha256={signature(secret, stamp, body)}",
    }
    request = client.build_request(
        "POST", target.url, content=body, headers=headers, extensions=target.extensions
    )
    answer = await exchange(client, request)
    accepted(answer)
    return answer


def _body(message: Message) -> bytes:
    told = {
        **message.data,
        "id": message.id,
        "at": to_iso(message.created_at),
        "subject": message.subject,
        "text": message.body,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The hex HMAC-SHA-256 that ``body`` carries, sent at ``stamp``."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
