"""The table of events: what each code means, what the station says instead, and a code tried."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling import event_rules
from callflow.signal import STATION, Category, Kind
from callflow.signals import events, trying
from callflow.storage import Tx, sites
from callflow.storage import surroundings as rows
from web.accounts import Right
from web.auth import Visitor, allowed, remember_language
from web.pages import forms, meanwhile
from web.pages.site_fields import ALARMS
from web.problems import ProblemError
from web.refusals import Wrong, tried
from web.settings_views import Row, setting
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

Here = Annotated[Station, Depends(station_of)]
Administrator = Annotated[Visitor, Depends(allowed(Right.ADMINISTER))]
_Line = Annotated[str, Query(max_length=300)]

_ADDRESS = "/settings/events"
_MOST = 50
#: Kinds that a code may be given: those of a site's alarms, and those that open none.
_KINDS = (
    *ALARMS,
    *(Kind.TEST, Kind.OPENING, Kind.CLOSING, Kind.BYPASS, Kind.CANCEL, Kind.RESTORE),
)


@router.get(_ADDRESS)
async def show(
    request: Request,
    visitor: Administrator,
    station: Here,
    q: _Line = "",
    own: Annotated[str, Query(max_length=3)] = "",
    code: Annotated[str, Query(max_length=16)] = "",
    raw: _Line = "",
    account: Annotated[str, Query(max_length=16)] = "",
    n: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    """A page of the table; ``own``: only what the station says otherwise; ``code``: with its form;
    ``raw``: what a panel would send, and what it would become, at ``account`` where that is."""
    answer = await _page(station, visitor, q=q, own=own, code=code, raw=raw, account=account, n=n)
    remember_language(request, answer)
    return answer


@router.post(_ADDRESS)
async def change(request: Request, visitor: Administrator, station: Here) -> Response:
    """What a code means at the station."""
    form = await forms.sent(request)
    now = station.clock()
    code = forms.line(form, "code").strip().upper()[:16]

    def run(tx: Tx) -> None:
        meanwhile.unchanged(form, rows.event_rules(tx).get(code))
        priority, opens = form.get("priority", ""), forms.yes_no(form, "opens")
        if priority not in ("", "1", "2", "3", "4"):
            raise ProblemError(422, "must be 1 (first) to 4", field="priority")
        sent = {
            "code": code,
            "kind": form.get("kind") or None,
            "category": form.get("category") or None,
            "priority": int(priority) if priority else None,
            "opens": opens,
        }
        event_rules.set_rule(tx, sent, visitor.name, now)

    return await _done(station, visitor, code, await tried(station, run))


@router.post(f"{_ADDRESS}/{{code}}/reset")
async def reset(code: str, visitor: Administrator, station: Here) -> Response:
    """The code means what the table says again."""
    now = station.clock()
    wrong = await tried(station, lambda tx: event_rules.reset_rule(tx, code, visitor.name, now))
    return await _done(station, visitor, code, wrong)


async def _done(station: Station, visitor: Visitor, code: str, wrong: Wrong | None) -> Response:
    if wrong is not None:
        return await _page(station, visitor, wrong, code=code)
    return RedirectResponse(f"{_ADDRESS}?{urlencode({'q': code})}", 303)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    *,
    q: str = "",
    own: str = "",
    code: str = "",
    raw: str = "",
    account: str = "",
    n: int = 1,
) -> Response:
    code, asked = code.strip().upper(), {"q": q, "own": own}

    def read(tx: Tx) -> Row:
        rules = rows.event_rules(tx)
        found = _found(q.strip(), own == "yes", rules, visitor.language)
        return {
            "rows": found[(n - 1) * _MOST : n * _MOST],
            "count": len(found),
            "form": _form(code, rules) if code in event_rules.known() else None,
            "tried": _tried(tx, raw, account.strip()) if raw.strip() else None,
        }

    def address(page: int) -> str:
        given = {k: v for k, v in {**asked, "n": str(page)}.items() if v and v != "1"}
        return f"{_ADDRESS}?{urlencode(given)}" if given else _ADDRESS

    return await setting(
        station,
        visitor,
        "events",
        read,
        wrong,
        q=q,
        own=own,
        raw=raw,
        account=account,
        n=n,
        most=_MOST,
        address=address,
        kinds=tuple(kind.value for kind in _KINDS),
        categories=tuple(category.value for category in Category),
    )


def _found(text: str, own: bool, rules: dict[str, Row], language: str) -> list[Row]:
    """The rows of the table that a word is in, each with the code as signals carry it; where it is
    a code, that one's."""
    wanted = text.casefold()
    found: list[Row] = []
    exact: list[Row] = []
    for (format_name, code), standard in events.table().items():
        if format_name == STATION:
            continue
        sent = f"1{code}" if format_name == "ADM-CID" else code
        rule = rules.get(sent)
        label = standard.label(language)
        known = (code.casefold(), sent.casefold())
        if own and not any(_as_sent(format_name, code, q) in rules for q in "136"):
            continue
        if wanted and wanted not in known and wanted not in label.casefold():
            continue
        meaning = events.overridden(events.lookup(format_name, sent), rule) if rule else standard
        row = {"format": format_name, "code": code, "sent": sent, "label": label}
        (exact if wanted in known else found).append({**row, "meaning": meaning, "rule": rule})
    return exact or found


def _as_sent(format_name: str, code: str, qualifier: str) -> str:
    return f"{qualifier}{code}" if format_name == "ADM-CID" else code


def _form(code: str, rules: dict[str, Row]) -> Row:
    rule = rules.get(code)
    standard = events.lookup("webhook", code)
    return {"code": code, "standard": standard, "rule": rule, "as_of": meanwhile.stamp(rule)}


def _tried(tx: Tx, raw: str, account: str) -> Row:
    read = trying.read(raw)
    whose = account or read.account
    found: list[dict[str, Any]] = [
        event_rules.tried(tx, read.format, event.code, whose, event.zone) for event in read.events
    ]
    names = sites.site_names(tx) if any(one["site"] for one in found) else {}
    return {
        "format": read.format,
        "account": whose,
        "events": [{**one, "site_name": names.get(one["site"] or "", "")} for one in found],
    }
