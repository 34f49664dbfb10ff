"""Codes typed in a note, each a text with blanks: the station's own, edited by an administrator."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.records.mnemonics import LONGEST, Mnemonic, standard
from callflow.core.signals.signal import Kind
from callflow.handling.records import mnemonics
from callflow.storage import Tx
from callflow.storage.records import mnemonics as rows
from web.access.sessions import Administrator, Visitor
from web.kit import conflicts, forms
from web.kit.refusals import Wrong, tried
from web.pages.sites.fields import ALARMS
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/settings/texts"


@router.get(_ADDRESS)
async def show(
    visitor: Administrator, station: Here, code: Annotated[str, Query(max_length=8)] = ""
) -> Response:
    """Every code with its text; ``code``: with its form."""
    return await _page(station, visitor, code=code.upper())


@router.post(_ADDRESS)
async def change(request: Request, visitor: Administrator, station: Here) -> Response:
    """A code has another text, or is new, or (without a text) is there no more."""
    form, now = await forms.sent(request), station.clock()
    code = forms.line(form, "code").strip().upper()[:8]
    kinds = [kind for kind in ALARMS if f"kind-{kind.value}" in form]

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _known(tx, visitor.language).get(code))
        mnemonics.change(tx, code, forms.text(form), kinds, visitor.name, now)

    return await _done(station, visitor, await tried(station, run), code, form)


@router.post(f"{_ADDRESS}/{{code}}/reset")
async def reset(code: str, request: Request, visitor: Administrator, station: Here) -> Response:
    """The product's own text again."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _known(tx, visitor.language).get(code))
        mnemonics.reset(tx, code, visitor.name, now)

    return await _done(station, visitor, await tried(station, run), code, form)


def _known(tx: Tx, language: str) -> dict[str, Mnemonic]:
    return {one.code: one for one in mnemonics.in_force(tx, language)}


async def _done(
    station: Station, visitor: Visitor, wrong: Wrong | None, code: str, form: Mapping[str, str]
) -> Response:
    if wrong is not None:
        return await _page(station, visitor, wrong, code=code, typed=form)
    return RedirectResponse(f"{_ADDRESS}?{urlencode({'code': code})}", 303)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    *,
    code: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        known, own = _known(tx, visitor.language), {one.code for one in rows.own(tx)}
        chosen = known.get(code)
        return {
            "known": list(known.values()),
            "own": own,
            "standard": set(standard(visitor.language)),
            "code": code,
            "chosen": chosen,
            "stamps": {each: conflicts.stamp(one) for each, one in known.items()},
            "as_of": conflicts.stamp(chosen),
            "text": (typed or {}).get("text", chosen.text if chosen else ""),
            "kinds": _kinds(typed, chosen),
        }

    return await setting(station, visitor, "texts", read, wrong, all_kinds=ALARMS, longest=LONGEST)


def _kinds(typed: Mapping[str, str] | None, chosen: Mnemonic | None) -> set[Kind]:
    if typed is not None:
        return {kind for kind in ALARMS if f"kind-{kind.value}" in typed}
    return set(chosen.kinds) if chosen else set()
