"""Who is to be called back: the list, and what a person does with it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.base import refusals
from callflow.handling.callers import call_backs
from callflow.storage import Tx
from web.access.sessions import Handler, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms
from web.kit.problems import not_found
from web.kit.refusals import refusal, status_of
from web.kit.rendering import page
from web.pages.desks import desk_views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

Act = Callable[[Tx, str, str, forms.Form, datetime], object]


@router.get("/call-backs")
async def show(visitor: Reader, station: Here) -> Response:
    """Everybody who hung up unanswered: a page of its own, and a part of the console."""
    return await _list(station, visitor)


async def _list(
    station: Station, visitor: Visitor, refused: refusals.Refused | None = None
) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        return {
            **frame(tx, station, visitor, "call-backs"),
            "found": desk_views.to_call_back(tx),
            "colleagues": desk_views.colleagues(tx, visitor.name, now),
        }

    values = {
        **await station.store.read(read),
        "refused": refusal(refused, visitor.language),
        "may_act": Right.HANDLE in visitor.rights,
    }
    status = status_of(refused)
    return page(visitor.language, "callers/call_backs.html", values, status)


@router.post("/call-backs/{call_back_id}/{act}")
async def act(
    call_back_id: str, act: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """Does it and shows the list; says why not where it is refused."""
    doing = ACTS.get(act)
    if doing is None:
        raise not_found("act")
    form = await forms.sent(request)
    now = station.clock()
    try:
        await station.store.write(lambda tx: doing(tx, call_back_id, visitor.name, form, now))
    except refusals.Refused as refused:
        return await _list(station, visitor, refused)
    return RedirectResponse("/call-backs", 303)


def _take(tx: Tx, call_back_id: str, who: str, form: forms.Form, now: datetime) -> None:
    call_backs.take(tx, call_back_id, who, now, to=forms.line(form, "to"))


def _done(tx: Tx, call_back_id: str, who: str, form: forms.Form, now: datetime) -> None:
    result = forms.one_of(call_backs.Result, form, "result")
    call_backs.finish(tx, call_back_id, who, result, forms.text(form), now)


#: What a person can do, by the last part of the form's address.
ACTS: Mapping[str, Act] = {
    "call": lambda tx, i, who, form, now: call_backs.call_back(tx, i, who, now),
    "take": _take,
    "done": _done,
}
