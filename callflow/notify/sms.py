"""SMS: posted as JSON to the station's gateway."""

import json
from typing import Any

import httpx

from callflow.core.calls.dial_policy import refusal
from callflow.core.messages.outbox import Fault, Message, Undelivered
from callflow.core.messages.proof import Receipt
from callflow.notify.http import accepted, exchange
from callflow.notify.segments import cut
from callflow.settings.config import Settings


async def send(settings: Settings, client: httpx.AsyncClient, message: Message) -> Receipt:
    """Hand it to the gateway; what it calls it. Raises Undelivered: no emergency number is written
    to either."""
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
    answer = await exchange(client, request)
    accepted(answer)
    reference = _reference(answer.body, settings.sms_answer_id)
    return Receipt(text=f"HTTP {answer.status} {reference}".strip(), reference=reference)


def _reference(body: bytes | bytearray, path: str) -> str:
    """What the gateway calls it: in its JSON at ``path``, such as ``messages.0.id``; else ""."""
    try:
        found = json.loads(body)
        for part in path.split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return str(found) if isinstance(found, str | int) else ""


def _filled(template: Any, values: dict[str, str]) -> Any:
    """The template with its texts filled in; what is filled in is not looked at again."""
    if isinstance(template, dict):
        return {name: _filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return values.get(template, template) if isinstance(template, str) else template
