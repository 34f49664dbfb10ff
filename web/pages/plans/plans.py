"""Every plan in a list, searched, sorted and paged on the server; there a new one is begun."""

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import StepKind
from callflow.handling.base.refusals import Changed
from callflow.handling.plans import lists, plans
from callflow.handling.plans.lists import SORTS, STATES
from callflow.storage import Tx
from callflow.storage.plans import plans as rows_of
from callflow.storage.sites import sites
from callflow.texts.plans import plan_words
from web.access.sessions import Configurer, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.listing import Asked, Listed
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.plans import views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
#: What a plan of one's own begins with: an operator gets the alarm.
_FIRST = StepKind.HAND_TO_OPERATOR


@router.get("/plans")
async def show(
    visitor: Reader,
    station: Here,
    asked: Listed,
) -> Response:
    """A page of the plans that match."""
    return await _answer(station, visitor, asked)


@router.post("/plans")
async def create(request: Request, visitor: Configurer, station: Here) -> Response:
    """Begins a plan, as a copy of another or with one step; it is edited then."""
    form = await forms.sent(request)
    plan_id, name = forms.line(form, "id").strip(), forms.line(form, "name").strip()
    source = forms.line(form, "source")
    now = station.clock()

    def run(tx: Tx) -> None:
        if not _ID.fullmatch(plan_id):
            raise ProblemError(422, "1 to 64 letters, digits or . _ -", field="id")
        if sites.plan_body(tx, plan_id) is not None:
            raise ProblemError(409, "there is a plan of this id already", field="id")
        named = plan_words.STEP_IDS[_FIRST][views.column_of(visitor.language)]
        steps: list[dict[str, Any]] = [{"id": named, "kind": _FIRST}]
        if source:
            steps = call_plan.to_json(plans.get_version(tx, source))["steps"]
        body = {"id": plan_id, "name": name or plan_id, "steps": steps}
        plans.save_draft(tx, body, visitor.name, now, based_on=0)

    wrong = await tried(station, run)
    if isinstance(wrong, Changed):
        wrong = ProblemError(409, "there is a plan of this id already", field="id")
    if wrong is not None:
        return await _answer(station, visitor, wrong=wrong, typed=form)
    return RedirectResponse(f"/plans/{plan_id}/edit", 303)


async def _answer(
    station: Station,
    visitor: Visitor,
    asked: Asked = Asked(),
    *,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    """The page; ``wrong``: why a plan was not begun, with what was ``typed``."""
    asked = asked.among(SORTS, STATES)

    def read(tx: Tx) -> dict[str, Any]:
        rows, count = lists.listed(tx, asked.page)
        return {
            **frame(tx, station, visitor, "plans"),
            "found": rows,
            "count": count,
            "withdrawn": len(rows_of.withdrawals(tx)),
            "sources": [
                (body["id"], body["name"]) for body in sites.plan_bodies(tx, withdrawn=False)
            ],
        }

    shown = await station.store.read(read)
    values = {
        "asked": asked,
        "states": STATES,
        "may_configure": Right.CONFIGURE in visitor.rights,
        **refusals.said(wrong, visitor.language),
        "typed": typed or {},
    }
    return page(
        visitor.language, "plans/plans.html", {**values, **shown}, refusals.status_of(wrong)
    )
