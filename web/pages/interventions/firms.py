"""Firms of guards, and those that keep installations in order: a list, and a firm's forms (D22).

A firm's people call with codes of their own. Nobody overwrites what another changed meanwhile.
"""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.base import refusals as base_refusals
from callflow.handling.interventions import firms as interventions_firms
from callflow.handling.interventions import members
from callflow.handling.interventions.firms import close_firm, get_firm, reopen_firm
from callflow.handling.interventions.shape import PARTS, Firm
from callflow.handling.sites import contracts
from callflow.storage import Tx
from callflow.storage.interventions import firms
from web.access.sessions import Configurer, Visitor
from web.access.views import frame
from web.kit import conflicts, forms, hours_forms, i18n, refusals, words
from web.kit.listing import Asked, Listed
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.sites.fields import Ask, Field, Offered
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

CHANGED = "somebody changed this firm meanwhile: look at it as it is now, and change it again"
ON_HOLIDAYS = ("closed", "as_usual", "all_day")
_LANGUAGES = {name: name.upper() for name in words.LANGUAGES}
_PARTS = tuple(part.value for part in PARTS)

_COMMON = (
    Field(name="name", required=True),
    Field(name="phone", longest=40),
    Field(name="language", ask=Ask.CHOICE, required=True, choices=lambda site, say: _LANGUAGES),
)
_CODES = (
    Field(name="code", ask=Ask.KEPT, longest=8),
    Field(name="duress_code", ask=Ask.KEPT, longest=8),
)
FIRM = (
    *_COMMON,
    Field(name="fax", longest=40),
    Field(name="part", ask=Ask.CHOICE, required=True, choices=lambda site, say: _parts(say)),
    Field(name="rank", ask=Ask.NUMBER, required=True, whole=True),
    Field(name="licence", empty=""),
    Field(name="sectors", ask=Ask.SEVERAL, longest=1000),
    Field(name="tariff", empty=""),
    *_CODES,
)
MEMBER = (*_COMMON, Field(name="mail", empty=""), *_CODES)


def _parts(language: str) -> dict[str, str]:
    return {part: i18n.catalogue(language).gettext(words.ROLES[part]) for part in _PARTS}


@router.get("/firms")
async def show_all(visitor: Configurer, station: Here, asked: Listed) -> Response:
    """A page of the firms."""
    return await _list(station, visitor, asked)


@router.post("/firms")
async def add(request: Request, visitor: Configurer, station: Here) -> Response:
    """A firm of which only this is known; its forms are shown then."""
    form, firm_id = await forms.sent(request), f"firm-{secrets.token_hex(6)}"
    now = station.clock()

    def run(tx: Tx) -> None:
        body = _typed(FIRM, form, only=True)
        interventions_firms.put_firm(tx, station.vault, firm_id, body, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _list(station, visitor, Asked(), wrong=wrong, typed=form)
    return RedirectResponse(f"/firms/{firm_id}?saved=firm", 303)


@router.get("/firms/{firm_id}")
async def show(firm_id: str, visitor: Configurer, station: Here, member: str = "") -> Response:
    """A firm's forms, its people, and the sites that it works for; ``member`` is to be changed."""
    return await _firm(station, visitor, firm_id, member=member)


ACTS = ("save", "hours", "close", "reopen")


@router.post("/firms/{firm_id}/{act}")
async def write(
    firm_id: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """What the firm is, its hours; it is closed with a reason, or opened again."""
    if act not in ACTS:
        raise not_found("act")
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        firm = _unchanged(tx, firm_id, form)
        if act == "close":
            reason = form.get("reason", "")
            close_firm(tx, firm_id, reason, visitor.name, now)
        elif act == "reopen":
            reopen_firm(tx, firm_id, visitor.name, now)
        else:
            said = _typed(FIRM, form) if act == "save" else {"availability": _hours(form)}
            body = firm.changed(**said)
            interventions_firms.put_firm(tx, station.vault, firm_id, body, visitor.name, now)

    return await _done(station, visitor, firm_id, run, {**form, "form": act})


MEMBER_ACTS = ("save", "remove")


@router.post("/firms/{firm_id}/members/{act}")
async def write_member(
    firm_id: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """Somebody of the firm: added, changed (``id``), or of it no more."""
    if act not in MEMBER_ACTS:
        raise not_found("act")
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        _unchanged(tx, firm_id, form)
        known = form.get("id", "")
        if act == "remove":
            why = contracts.a_reason(form.get("reason", ""))
            members.remove_member(tx, firm_id, known, visitor.name, now, because=why)
            return
        before = next((m for m in members.firm_members(tx, firm_id) if m.id == known), None)
        if known and before is None:
            raise ProblemError(409, CHANGED)
        said = _typed(MEMBER, form)
        body = before.changed(**said) if before else said
        member = known or f"{firm_id}-{secrets.token_hex(4)}"
        members.put_member(tx, station.vault, firm_id, member, body, visitor.name, now)

    return await _done(station, visitor, firm_id, run, {**form, "form": "member"})


#: The heading of what a form changes.
_SAVED = {"hours": "hours", "member": "members"}


def _typed(fields: tuple[Field, ...], form: forms.Form, *, only: bool = False) -> dict[str, Any]:
    """What the form has; with ``only`` what it asks for."""
    typed: dict[str, Any] = {}
    for field in fields:
        if only and field.name not in form:
            continue
        value = field.read(form, Offered())
        if field.ask is not Ask.KEPT or value is not None:
            typed[field.name] = value
        elif form.get(f"{field.name}_gone"):
            typed[field.name] = None
    return typed


def _hours(form: forms.Form) -> dict[str, object] | None:
    there: dict[str, object] = {"week": hours_forms.week(form)} if form.get("limited") else {}
    off = hours_forms.holidays(form, ON_HOLIDAYS)
    return there | ({} if off is None else {"holidays": off}) or None


def _as_of(tx: Tx, firm_id: str) -> tuple[Firm, str]:
    """The firm, and what says that it is still this one: it and its people."""
    firm, people = get_firm(tx, firm_id), members.firm_members(tx, firm_id)
    return firm, conflicts.stamp([each.document() for each in (firm, *people)])


def _unchanged(tx: Tx, firm_id: str, form: forms.Form) -> Firm:
    firm, as_of = _as_of(tx, firm_id)
    if form.get("as_of") != as_of:
        raise ProblemError(409, CHANGED)
    return firm


async def _done(
    station: Station, visitor: Visitor, firm_id: str, run: Callable[[Tx], None], form: forms.Form
) -> Response:
    wrong = await tried(station, run)
    if isinstance(wrong, base_refusals.NotFound):
        raise not_found("firm")
    if wrong is None:
        where = _SAVED.get(form["form"], "firm")
        path = f"/firms/{quote(firm_id, safe='')}"
        return RedirectResponse(f"{path}?saved={where}#h-{where}", 303)
    return await _firm(station, visitor, firm_id, wrong=wrong, typed=form)


async def _list(
    station: Station,
    visitor: Visitor,
    asked: Asked,
    *,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    asked = asked.among(firms.SORTS)

    def read(tx: Tx) -> dict[str, object]:
        found, count = firms.listed(tx, asked.page)
        return {**frame(tx, station, visitor, "sites"), "found": found, "count": count}

    values = {
        **await station.store.read(read),
        "asked": asked,
        "parts": _PARTS,
        **refusals.said(wrong, visitor.language),
        "typed": refusals.typed_again(typed),
    }
    return page(visitor.language, "interventions/firms.html", values, refusals.status_of(wrong))


async def _firm(
    station: Station,
    visitor: Visitor,
    firm_id: str,
    *,
    member: str = "",
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    language = visitor.language
    form = (typed or {}).get("form", "")
    known = (typed or {}).get("id", "") if form == "member" else member

    def read(tx: Tx) -> dict[str, object]:
        try:
            firm, as_of = _as_of(tx, firm_id)
        except base_refusals.NotFound:
            raise not_found("firm") from None
        people = members.firm_members(tx, firm_id)
        this = next((each for each in people if each.id == known), None)
        there = firm.availability or {}
        off = there.get("holidays") or {}
        return {
            **frame(tx, station, visitor, "sites"),
            "firm": firm,
            "as_of": as_of,
            "members": people,
            "this": this,
            "fields": [field.asked(firm, Offered(), language) for field in FIRM],
            "member_fields": [field.asked(this, Offered(), language) for field in MEMBER],
            "links": firms.links(tx, firm_id),
            "limited": "week" in there,
            "was": {
                **hours_forms.typed_week(there.get("week")),
                "country": off.get("country", ""),
                "region": off.get("region") or "",
                "on_holidays": off.get("open", ""),
            },
            "on_holidays": ON_HOLIDAYS,
        }

    values = {
        **await station.store.read(read),
        "form": form,
        **refusals.said(wrong, visitor.language),
        "typed": refusals.typed_again(typed),
    }
    return page(language, "interventions/firm.html", values, refusals.status_of(wrong))
