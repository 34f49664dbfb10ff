"""The directory of services: which line is called for a place at an hour (D23). Numbers go in and
are shown masked; the operators' pages reveal one as a logged act."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.folding import folded
from callflow.core.interventions.law import Service
from callflow.handling.interventions import directory
from callflow.handling.interventions.shape import DirectoryLine
from callflow.handling.sites import contracts
from callflow.storage import Tx
from web.access.sessions import Configurer, Visitor
from web.access.views import frame
from web.kit import conflicts, forms, hours_forms, refusals, words
from web.kit.listing import MOST, Asked, Listed
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.sites.fields import Ask, Field, Offered
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

SORTS = ("service", "name", "place")
ACTS = ("save", "remove")
ON_HOLIDAYS = ("closed", "as_usual", "all_day")
CHANGED = "somebody changed the directory meanwhile: look at it as it is now, and change it again"


def _services(offered: Offered, language: str) -> dict[str, str]:
    return {each.value: words.of_law(each.value, "service", language) for each in Service}


LINE = (
    Field(name="service", ask=Ask.CHOICE, required=True, choices=_services),
    Field(name="name", required=True),
    Field(name="number", ask=Ask.KEPT, longest=40, removable=False),
    Field(name="fax", longest=40),
    Field(name="place", longest=16, empty=""),
    Field(name="site", longest=64),
    Field(name="note", empty=""),
)


@router.get("/services")
async def show(
    visitor: Configurer,
    station: Here,
    asked: Listed,
    line: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """A page of the directory; ``line`` is to be changed."""
    return await _list(station, visitor, asked, known=line)


@router.post("/services/{act}")
async def write(act: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """A line added, changed (``id``) or removed."""
    if act not in ACTS:
        raise not_found("act")
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        lines = directory.get_directory(tx)
        if form.get("as_of") != _as_of(lines):
            raise ProblemError(409, CHANGED)
        known = form.get("id", "")
        before = next((each for each in lines if each.id == known), None)
        if before is None and (known or act == "remove"):
            raise ProblemError(409, "there is no line of this id: look again")
        if act == "remove":
            after = [each for each in lines if each is not before]
        else:
            made = _line(before, form)
            others = [made if each is before else each for each in lines]
            after = others if before is not None else [*lines, made]
        why = contracts.a_reason(form.get("reason", "")) if act == "remove" else ""
        directory.put_directory(tx, after, visitor.name, now, because=why)

    wrong = await tried(station, run)
    if wrong is None:
        return RedirectResponse("/services?saved=line", 303)
    return await _list(station, visitor, Asked(), known=form.get("id", ""), wrong=wrong, typed=form)


def _line(before: DirectoryLine | None, form: forms.Form) -> DirectoryLine:
    typed = {field.name: field.read(form, Offered()) for field in LINE}
    if typed["number"] is None:  # it stays
        del typed["number"]
    there = {"week": hours_forms.week(form)} if form.get("limited") else {}
    off = hours_forms.holidays(form, ON_HOLIDAYS)
    typed["hours"] = {**there, **({"holidays": off} if off else {})}
    if before is None:
        return DirectoryLine.read({"id": f"line-{secrets.token_hex(4)}", **typed})
    return before.changed(**typed)


def _as_of(lines: list[DirectoryLine]) -> str:
    return conflicts.stamp([line.document() for line in lines])


async def _list(
    station: Station,
    visitor: Visitor,
    asked: Asked,
    *,
    known: str = "",
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    asked, language = asked.among(SORTS), visitor.language

    def read(tx: Tx) -> dict[str, object]:
        lines = directory.get_directory(tx)
        text = folded(asked.text)
        found = [
            line
            for line in lines
            if text in folded(f"{line.name} {line.place} {line.site or ''} {line.note}")
        ]
        found.sort(
            key=lambda line: (getattr(line, asked.by) or "", line.id), reverse=asked.descending
        )
        this = next((line for line in lines if known and line.id == known), None)
        there = this.hours if this else {}
        off = there.get("holidays") or {}
        shown = {**this.document(), "number_set": True} if this else None
        return {
            **frame(tx, station, visitor, "sites"),
            "as_of": _as_of(lines),
            "found": found[asked.offset : asked.offset + MOST],
            "count": len(found),
            "this": this,
            "fields": [field.asked(shown, Offered(), language) for field in LINE],
            "limited": "week" in there,
            "was": {
                **hours_forms.typed_week(there.get("week")),
                "country": off.get("country", ""),
                "region": off.get("region") or "",
                "on_holidays": off.get("open", ""),
            },
        }

    values = {
        **await station.store.read(read),
        "asked_for": asked,
        "on_holidays": ON_HOLIDAYS,
        **refusals.said(wrong, language),
        "typed": refusals.typed_again(typed),
    }
    return page(language, "interventions/services.html", values, refusals.status_of(wrong))
