"""Taking up a shift, handing it over, and the sign of presence of whoever is alone (mission 1)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.clock import from_iso
from callflow.core.desks.shift import AHEAD
from callflow.core.desks.sound import LOUDEST, QUIETEST, SILENT, SoundCheck
from callflow.handling.base import refusals
from callflow.handling.desks import dead_man, rosters, shifts
from callflow.handling.watch import checks, headsets
from callflow.storage import Tx
from callflow.storage.desks import shifts as rows
from callflow.storage.people import users
from callflow.storage.sites import sites
from callflow.texts.station.checks import title
from web.access.sessions import Handler, Reader, Supervisor, Visitor, check_signature
from web.access.users import Right, rights_of
from web.kit import forms, i18n
from web.kit.problems import ProblemError
from web.kit.refusals import refusal, status_of
from web.kit.rendering import page
from web.pages.alarms import views
from web.pages.records.entries import feed
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


_TICK, _ALIKE, _TO = "tick-", "ticks-", "to-"
#: What a held alarm's choice says: the queue, or a colleague's name behind this.
_QUEUE, _COLLEAGUE = "queue", "to:"
#: Seconds after which a page asks again who must give a sign: at most, at least.
_SELDOM, _OFTEN = 30, 1


@router.get("/shift")
async def show(visitor: Reader, station: Here) -> Response:
    """What whoever takes over reads, and signs."""
    return await _start(station, visitor)


async def _start(
    station: Station,
    visitor: Visitor,
    refused: str = "",
    ticked: frozenset[str] = frozenset(),
    status: int = 200,
    tried: Mapping[str, str] | None = None,
) -> Response:
    now = station.clock()
    soon = now + AHEAD

    def read(tx: Tx) -> dict[str, Any]:
        found = shifts.to_take_over(tx, visitor.id, now)
        health = station.look(tx)
        return {
            "read": found,
            "mine": rows.running(tx, visitor.id),
            "names": sites.names_of(tx, found.sites),
            "entries": feed(tx, found.entries),
            "findings": rosters.findings(tx, now, soon),
            "checks": [one for one in checks.standings(tx, now) if one.asked],
            "health": health.told(),
            "strip": views.strip(health),
        }

    values = await station.store.read(read)
    values |= {"refused": refused, "ticked": ticked, "soon": soon}
    values |= {"tried": tried or {}, "quietest": QUIETEST}
    values["title_of"] = lambda check: title(check.id, check.title, visitor.language) or check.id
    values["may_act"] = Right.HANDLE in visitor.rights
    values["may_end"] = Right.SUPERVISE in visitor.rights
    return _page(station, visitor, "desks/shift.html", values, status)


@router.post("/shift/begin")
async def begin(request: Request, visitor: Handler, station: Here) -> Response:
    """Takes up the shift; says why not where something was not read, or the password is wrong."""
    form = await forms.sent(request)
    ticked = _ticked(form)
    now = station.clock()
    try:
        read_at = _instant(form.get("read_at", ""))
        await check_signature(station, visitor, form.get("password", ""), request)
        sound = _sound(form)

        def begins(tx: Tx) -> None:
            shifts.begin_shift(tx, visitor.id, visitor.name, ticked, read_at, now)
            if sound is not None:
                headsets.keep(tx, visitor.id, visitor.name, sound, now)

        await station.store.write(begins)
    except (refusals.Refused, ProblemError) as refused:
        said, status = refusal(refused, visitor.language), status_of(refused)
        return await _start(station, visitor, said, ticked, status, form)
    return RedirectResponse("/", 303)


def _ticked(form: Mapping[str, str]) -> frozenset[str]:
    """The alarms that were read: a vital one has a tick of its own, those of a kind one for all."""
    alike = (ids.split() for name, ids in form.items() if name.startswith(_ALIKE))
    alone = (name.removeprefix(_TICK) for name in form if name.startswith(_TICK))
    return frozenset(chain(alone, *alike))


@router.post("/shift/sound")
async def check_sound(request: Request, visitor: Handler, station: Here) -> Response:
    """The headset is checked once more while on shift."""
    form = await forms.sent(request)
    now = station.clock()
    sound = _sound(form) or SoundCheck(heard=False)
    try:
        await station.store.write(
            lambda tx: headsets.keep(tx, visitor.id, visitor.name, sound, now)
        )
    except refusals.Refused as refused:
        said = refusal(refused, visitor.language)
        return await _start(station, visitor, said, status=status_of(refused))
    return RedirectResponse("/shift", 303)


def _sound(form: Mapping[str, str]) -> SoundCheck | None:
    """What was found out about a headset; None: nobody tried. Raises ProblemError."""
    heard, level = "sound-heard" in form, form.get("sound-level", "")
    if not heard and not level:
        return None
    if not level:
        return SoundCheck(heard=heard)
    if not _LEVEL.fullmatch(level) or not SILENT <= float(level) <= LOUDEST:
        raise ProblemError(422, "measure the microphone once more", field="sound-level")
    return SoundCheck(heard=heard, level=float(level))


#: A level in dB, as the page's script writes it.
_LEVEL = re.compile(r"-?[0-9]{1,3}(\.[0-9])?")


@router.get("/shift/end")
async def show_end(visitor: Handler, station: Here) -> Response:
    """What is still held, and where it goes."""
    return await _end(station, visitor, {})


async def _end(
    station: Station,
    visitor: Visitor,
    form: Mapping[str, str],
    refused: str = "",
    status: int = 200,
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        on_shift = rows.running(tx, visitor.id) is not None
        found = shifts.to_hand_over(tx, visitor.id, visitor.name) if on_shift else None
        return {
            "leaving": found,
            "names": sites.names_of(tx, (row.site_id for row in found.held) if found else ()),
            "strip": views.strip(station.look(tx)),
        }

    values = await station.store.read(read)
    values |= {
        "refused": refused,
        "typed": {n: v for n, v in form.items() if "password" not in n},
        "may_leave_alone": Right.SUPERVISE in visitor.rights,
    }
    return _page(station, visitor, "desks/shift_end.html", values, status)


@router.post("/shift/end")
async def end(request: Request, visitor: Handler, station: Here) -> Response:
    """Ends the shift; says why not where something stands in the way."""
    form = await forms.sent(request)
    now = station.clock()
    chosen = {n.removeprefix(_TO): v for n, v in form.items() if n.startswith(_TO) and v}
    to = {i: "" if v == _QUEUE else v.removeprefix(_COLLEAGUE) for i, v in chosen.items()}
    try:
        note = forms.text(form)
        await check_signature(station, visitor, form.get("password", ""), request)
        supervisor = await _supervisor(station, visitor, form, request)
        reason = form.get("reason", "").replace("\0", "")[: shifts.LONGEST_NOTE]
        await station.store.write(
            lambda tx: shifts.end_shift(
                tx,
                visitor.id,
                visitor.name,
                to,
                now,
                note=note,
                supervisor=supervisor,
                reason=reason,
            )
        )
    except (refusals.Refused, ProblemError) as refused:
        said, status = refusal(refused, visitor.language), status_of(refused)
        return await _end(station, visitor, form, said, status)
    return RedirectResponse("/shift", 303)


async def _supervisor(
    station: Station, visitor: Visitor, form: Mapping[str, str], request: Request
) -> str:
    """Who answers for a station without anybody on shift, having signed; "": nobody does."""
    if not form.get("reason", "").strip():
        return ""
    if Right.SUPERVISE in visitor.rights:
        return visitor.name
    name = form.get("supervisor", "").strip()
    user = await station.store.read(lambda tx: users.user_by_name(tx, name)) if name else None
    if user is None or Right.SUPERVISE not in rights_of(user.role):
        raise ProblemError(403, "name a supervisor, who signs with their password", field="name")
    signer = replace(visitor, id=user.id, name=user.name)
    try:
        await check_signature(station, signer, form.get("supervisor_password", ""), request)
    except ProblemError as error:
        if error.status != 403:
            raise
        raise ProblemError(
            403, "this is not the supervisor's password: nothing was signed"
        ) from None
    return user.name


@router.post("/shift/{user_id}/end")
async def end_for(user_id: str, request: Request, visitor: Supervisor, station: Here) -> Response:
    """A supervisor ends the shift of somebody who went without doing so."""
    form = await forms.sent(request)
    now = station.clock()
    reason = form.get("reason", "").replace("\0", "")[: shifts.LONGEST_NOTE]
    try:
        await check_signature(station, visitor, form.get("password", ""), request)
        await station.store.write(
            lambda tx: shifts.end_forgotten(tx, user_id, visitor.name, reason, now)
        )
    except (refusals.Refused, ProblemError) as refused:
        said, status = refusal(refused, visitor.language), status_of(refused)
        return await _start(station, visitor, said, status=status)
    return RedirectResponse("/shift", 303)


@router.get("/shift/presence")
async def presence(visitor: Reader, station: Here) -> Response:
    """The part of every page that says who is on shift, and asks whoever is alone for a sign."""
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        mine = rows.running(tx, visitor.id)
        asks = mine is not None and dead_man.may_confirm(tx, visitor.id, now)
        due = dead_man.watched(tx, now) if asks else None
        return {"mine": mine, "due": due}

    values: dict[str, Any] = await station.store.read(read)
    due = values["due"]
    until = (due.asks_at - now).total_seconds() if due is not None else _SELDOM
    values |= {
        "asked": due is not None and due.asks_at <= now,
        "alarmed": due is not None and due.alarm_at <= now,
        "again": round(max(_OFTEN, min(until, _SELDOM))),
        "may_act": Right.HANDLE in visitor.rights,
    }
    return _page(station, visitor, "desks/_presence.html", values)


@router.post("/shift/presence")
async def confirm(visitor: Handler, station: Here) -> Response:
    """*I am here*."""
    now = station.clock()
    await station.store.write(
        lambda tx: dead_man.confirm_presence(tx, visitor.id, visitor.name, now)
    )
    return RedirectResponse("/", 303)


def _page(
    station: Station, visitor: Visitor, template: str, values: Mapping[str, Any], status: int = 200
) -> Response:
    shown = {
        **values,
        "visitor": visitor,
        "now": station.clock(),
        "zone": i18n.STATION_ZONE,
        "here": "shift",
    }
    return page(visitor.language, template, shown, status)


def _instant(text: str) -> datetime:
    """When the page was read. ProblemError where the form is none of ours."""
    try:
        return from_iso(text)
    except ValueError:
        raise ProblemError(422, "this form is too old: reload the page", field="read_at") from None
