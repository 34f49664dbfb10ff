"""The table of events: what each code means, what the station says instead, and a code tried."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.signals import events, trial
from callflow.core.signals.events import EventRow, StationRule
from callflow.core.signals.signal import STATION, Category, Kind
from callflow.handling.sites import event_rules
from callflow.storage import Tx
from callflow.storage.alarms import surroundings
from callflow.storage.sites import sites
from web.access.sessions import Administrator, Visitor
from web.kit import conflicts, forms
from web.kit.listing import MOST, Asked, Listed
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried
from web.pages.sites.fields import ALARMS
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/settings/events"


class Line(NamedTuple):
    """A code of the table; ``sent``: as signals carry it."""

    format: str
    code: str
    sent: str
    label: str
    meaning: EventRow
    rule: StationRule | None


#: What only is shown: what the station says otherwise.
STATES = ("own",)
#: By what the table is sorted.
_SORTED: dict[str, Callable[[Line], Any]] = {
    "code": lambda line: (line.format != "SIA-DCS", line.code),
    "meaning": lambda line: line.label.casefold(),
    "priority": lambda line: (line.meaning.priority, line.code),
}
_SORTS = tuple(_SORTED)
#: Kinds that a code may be given: those of a site's alarms, and those that open none.
_KINDS = (
    *ALARMS,
    *(Kind.TEST, Kind.OPENING, Kind.CLOSING, Kind.BYPASS, Kind.CANCEL, Kind.RESTORE),
)


@router.get(_ADDRESS)
async def show(
    visitor: Administrator,
    station: Here,
    asked: Listed,
    code: Annotated[str, Query(max_length=16)] = "",
    raw: Annotated[str, Query(max_length=300)] = "",
    account: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """A page of the table; ``code``: with its form; ``raw``: what a panel would send, and what it
    would become, at ``account`` where that is."""
    return await _page(station, visitor, asked, code=code, raw=raw, account=account)


@router.post(_ADDRESS)
async def change(request: Request, visitor: Administrator, station: Here) -> Response:
    """What a code means at the station."""
    form = await forms.sent(request)
    now = station.clock()
    code = forms.line(form, "code").strip().upper()[:16]

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, surroundings.event_rules(tx).get(code))
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
async def reset(code: str, request: Request, visitor: Administrator, station: Here) -> Response:
    """The code means what the table says again."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, surroundings.event_rules(tx).get(code))
        event_rules.reset_rule(tx, code, visitor.name, now)

    return await _done(station, visitor, code, await tried(station, run))


async def _done(station: Station, visitor: Visitor, code: str, wrong: Wrong | None) -> Response:
    if wrong is not None:
        return await _page(station, visitor, Asked(), wrong, code=code)
    return RedirectResponse(f"{_ADDRESS}?{urlencode({'q': code})}", 303)


async def _page(
    station: Station,
    visitor: Visitor,
    asked: Asked,
    wrong: Wrong | None = None,
    *,
    code: str = "",
    raw: str = "",
    account: str = "",
) -> Response:
    asked, code = asked.among(_SORTS, STATES), code.strip().upper()

    def read(tx: Tx) -> dict[str, object]:
        rules = surroundings.event_rules(tx)
        found = _found(asked, rules, visitor.language)
        return {
            "rows": found[asked.offset : asked.offset + MOST],
            "count": len(found),
            "form": _form(code, rules) if code in event_rules.known() else None,
            "tried": _tried(tx, raw, account.strip()) if raw.strip() else None,
        }

    return await setting(
        station,
        visitor,
        "events",
        read,
        wrong,
        asked=asked,
        states=STATES,
        raw=raw,
        account=account,
        kinds=tuple(kind.value for kind in _KINDS),
        categories=tuple(category.value for category in Category),
    )


def _found(asked: Asked, rules: Mapping[str, StationRule], language: str) -> list[Line]:
    """The lines of the table that a word is in; where it is a code, that one's."""
    wanted = asked.text.casefold()
    found: list[Line] = []
    exact: list[Line] = []
    for (format_name, code), standard in events.table().items():
        if format_name == STATION:
            continue
        sent = f"1{code}" if format_name == "ADM-CID" else code
        rule = rules.get(sent)
        label = standard.label(language)
        known = (code.casefold(), sent.casefold())
        if asked.state and not any(_as_sent(format_name, code, q) in rules for q in "136"):
            continue
        if wanted and wanted not in known and wanted not in label.casefold():
            continue
        meaning = events.overridden(events.lookup(format_name, sent), rule) if rule else standard
        line = Line(format_name, code, sent, label, meaning, rule)
        (exact if wanted in known else found).append(line)
    return sorted(exact or found, key=_SORTED[asked.by], reverse=asked.descending)


def _as_sent(format_name: str, code: str, qualifier: str) -> str:
    return f"{qualifier}{code}" if format_name == "ADM-CID" else code


def _form(code: str, rules: Mapping[str, StationRule]) -> dict[str, object]:
    rule = rules.get(code)
    standard = events.lookup("webhook", code)
    return {"code": code, "standard": standard, "rule": rule, "as_of": conflicts.stamp(rule)}


def _tried(tx: Tx, raw: str, account: str) -> dict[str, object]:
    read = trial.read(raw)
    whose = account or read.account
    found = [
        event_rules.tried(tx, read.format, event.code, whose, event.zone) for event in read.events
    ]
    names = sites.names_of(tx, (one.site for one in found))
    return {"account": whose, "events": found, "names": names}
