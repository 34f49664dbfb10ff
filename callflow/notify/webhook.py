"""Webhooks: signed JSON, posted to a program of the client's.

``X-Callflow-Signature`` is ``sha256=`` and the hex HMAC-SHA-256, with the station's webhook secret,
of ``X-Callflow-Timestamp`` (seconds since 1970), a full stop and the body. Whoever receives it
refuses old timestamps, and drops an ``Idempotency-Key`` that came before.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

import httpx

from callflow.core.messages.outbox import Fault, Message, Undelivered, wrong_address
from callflow.core.messages.proof import Receipt
from callflow.core.time.instants import to_iso
from callflow.notify.http import accepted, exchange
from callflow.notify.reach import Reach
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
    body = _body(message)
    stamp = str(int(now.timestamp()))
    headers = {
        **target.headers,
        "Content-Type": "application/json",
        "Idempotency-Key": message.id,
        "X-Callflow-Timestamp": stamp,
        "X-Callflow-Signature": f"sha256={signature(settings.webhook_secret, stamp, body)}",
    }
    request = client.build_request(
        "POST", target.url, content=body, headers=headers, extensions=target.extensions
    )
    answer = await exchange(client, request)
    accepted(answer)
    return Receipt(text=f"HTTP {answer.status}")


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
