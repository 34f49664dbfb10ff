"""SMS: posted as JSON to the station's gateway."""

from __future__ import annotations

from typing import Any

import httpx

from callflow.core.calls.dial_policy import refusal
from callflow.core.messages.outbox import Fault, Message, Undelivered
from callflow.notify.http import accepted, exchange
from callflow.notify.segments import cut
from callflow.settings.config import Settings


async def send(settings: Settings, client: httpx.AsyncClient, message: Message) -> None:
    """Hand it to the gateway. Raises Undelivered: no emergency number is written to either."""
    if not settings.sms_url:
        raise Undelivered(Fault.NOT_SET_UP, "CALLFLOW_SMS_URL")
    why = refusal(message.to)
    if why is not None:
        raise Undelivered(Fault.FORBIDDEN, why)
    values = {
        "{to}": message.to,
        "{text}": cut(message.body, settings.sms_segments),
        "{id}": message.id,
    }
    headers = {"Idempotency-Key": message.id}
    if settings.sms_token:
        headers["Authorization"] = f"Bearer {settings.sms_token}"
    body = _filled(settings.sms_template, values)
    request = client.build_request("POST", settings.sms_url, json=body, headers=headers)
    accepted(await exchange(client, request))


def _filled(template: Any, values: dict[str, str]) -> Any:
    """The template with its texts filled in; what is filled in is not looked at again."""
    if isinstance(template, dict):
        return {name: _filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return values.get(template, template) if isinstance(template, str) else template
