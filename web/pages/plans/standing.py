"""A published plan is withdrawn on its page, with a reason, and brought back there."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.plans import withdrawal
from callflow.handling.plans.withdrawal import PlanStanding
from callflow.storage import Tx
from web.access.sessions import Configurer, Visitor
from web.kit import forms
from web.kit.refusals import tried
from web.pages.plans.plan import answer
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_Act = Callable[[Tx, str, str, str, str, datetime], PlanStanding]


@router.post("/plans/{plan_id}/withdraw")
async def withdraw(plan_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """No site may follow the plan from now on."""
    return await _done(plan_id, request, visitor, station, withdrawal.withdraw)


@router.post("/plans/{plan_id}/bring-back")
async def bring_back(
    plan_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """Sites may follow it again."""
    return await _done(plan_id, request, visitor, station, withdrawal.bring_back)


async def _done(
    plan_id: str, request: Request, visitor: Visitor, station: Station, act: _Act
) -> Response:
    form, now = await forms.sent(request), station.clock()
    why = forms.line(form, "why")

    def run(tx: Tx) -> None:
        act(tx, plan_id, form.get("as_of", ""), why, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await answer(plan_id, visitor, station, wrong=wrong, typed=form)
    return RedirectResponse(f"/plans/{quote(plan_id, safe='')}", 303)
