"""``receipts/sms``: what the gateway says became of an SMS, after it took it."""

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request

from callflow.core.messages.outbox import Channel
from callflow.handling.messages import delivery
from web.access.bearer import Caller, identify
from web.access.users import Declared, Right
from web.kit.problems import RESPONSES, ProblemError, not_found
from web.station import Here

router = APIRouter(tags=["receipts"], responses=RESPONSES)

#: Bytes of a receipt.
_LONGEST = 20_000


async def _gateway(request: Request, station: Here) -> Caller:
    """Its token, as a bearer's or as the password of HTTP's Basic: gateways call an address back,
    and can do no more. 401, 403."""
    caller = await identify(station, _token(request.headers.get("authorization", "")))
    if caller is None:
        wanted = {"WWW-Authenticate": 'Basic realm="receipts"'}
        raise ProblemError(401, "a valid bearer token is needed", headers=wanted)
    request.state.who = caller.name
    if Right.CONFIRM not in caller.rights:
        raise ProblemError(403, f"this token's role has not the right to {Right.CONFIRM}")
    return caller


_gateway.declared = Declared(Right.CONFIRM)  # type: ignore[attr-defined]


def _token(header: str) -> str:
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


@router.post("/receipts/sms", status_code=204)
async def sms(
    request: Request, caller: Annotated[Caller, Depends(_gateway)], station: Here
) -> None:
    """As JSON or as a form; which of its fields say what is set (`CALLFLOW_SMS_RECEIPT_…`). A word
    that is neither *arrived* nor *lost* is on its way, and changes nothing."""
    settings = station.settings
    said = _read(await _body(request), request.headers.get("content-type", ""))
    reference = _field(said, settings.sms_receipt_id)
    status = _field(said, settings.sms_receipt_status)
    if not reference or not status:
        raise ProblemError(422, "is missing", field=settings.sms_receipt_id)
    lost = status.lower() in settings.sms_lost
    if not lost and status.lower() not in settings.sms_arrived:
        return
    now = station.clock()
    known = await station.store.write(
        lambda tx: delivery.message_known_as(
            tx, Channel.SMS, reference, arrived=not lost, text=status[:100], now=now
        )
    )
    if not known:
        raise not_found("message")


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST:
            raise ProblemError(413, "a receipt is no longer than 20000 bytes")
    return body


def _read(body: bytes, kind: str) -> Any:
    try:
        if "json" in kind:
            return json.loads(body)
        return dict(parse_qsl(body.decode(), max_num_fields=100))
    except (ValueError, RecursionError):
        raise ProblemError(422, "must be JSON, or a form") from None


def _field(said: Any, path: str) -> str:
    """The text at a path such as ``message.status``; a form's field of that whole name."""
    if isinstance(said, Mapping) and path in said:
        found = said[path]
    else:
        found = said
        for part in path.split("."):
            try:
                found = found[int(part)] if isinstance(found, list) else found[part]
            except (LookupError, TypeError, ValueError):
                return ""
    return str(found)[:200] if isinstance(found, str | int) else ""
