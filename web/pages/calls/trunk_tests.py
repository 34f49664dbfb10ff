"""The trunks: how each is, what it is registered to, and a real call over one to try it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.calls import trunk_tests
from callflow.handling.sites.numbers import e164
from callflow.handling.watch import health as watch_health
from callflow.storage import Tx
from web.access.sessions import Administrator, Visitor
from web.kit import forms
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, not_dialled, tried
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


_ADDRESS = "/settings/trunks"


@router.get(_ADDRESS)
async def show(visitor: Administrator, station: Here) -> Response:
    """Every trunk in the order in which they are used, and the last tests."""
    return await _page(station, visitor)


@router.post(_ADDRESS)
async def try_out(request: Request, visitor: Administrator, station: Here) -> Response:
    """A call over one trunk, to the number that was typed."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        number = e164(forms.line(form, "number"), "number")
        if number is None:
            raise ProblemError(422, "is missing", field="number")
        trunk, language = forms.line(form, "trunk"), visitor.language
        trunk_tests.request_test(tx, trunk, number, visitor.name, now, language=language)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _page(station, visitor, not_dialled(wrong, visitor.language))
    return RedirectResponse(_ADDRESS, 303)


async def _page(station: Station, visitor: Visitor, wrong: Wrong | None = None) -> Response:
    def read(tx: Tx) -> dict[str, object]:
        health = watch_health.health(tx, station.clock())
        known: dict[str, list[object]] = {}
        for trunk in health["trunks"]:
            known.setdefault(trunk["name"], []).append(trunk)
        return {"known": known, "tests": trunk_tests.last_tests(tx, limit=20)}

    trunks = station.settings.all_trunks
    return await setting(station, visitor, "trunks", read, wrong, trunks=trunks)
