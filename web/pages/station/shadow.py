"""Beside the system before, and in its place: who acts for which site, and what differs."""

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import UploadFile

from callflow.core.sites.files.writing import to_csv
from callflow.core.station.comparison import MOST_BYTES, BadComparison, Columns
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import load_policy
from callflow.handling.station import commissioning, comparing
from callflow.handling.station.commissioning import Moved
from callflow.storage import Tx
from callflow.storage.sites import moves, sites
from callflow.storage.watch import comparisons
from web.access.sessions import Administrator, Visitor
from web.kit import conflicts, forms
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried, typed_again
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/settings/shadow"
#: Sites that one page shows, and that one lot has at most; differences that one page shows.
_SHOWN, _LOT, _DIFFERENCES = 50, 500, 500

_Text = Annotated[str, Query(max_length=200)]
_Id = Annotated[str, Query(max_length=64)]


@router.get(_ADDRESS)
async def show(
    visitor: Administrator, station: Here, q: _Text = "", after: _Id = "", comparison: _Id = ""
) -> Response:
    """The sites of the other system, those of this one, and the newest comparisons."""
    return await _page(station, visitor, q=q, after=after, comparison=comparison)


@router.post(f"{_ADDRESS}/over")
async def over(request: Request, visitor: Administrator, station: Here) -> Response:
    """This station acts for a lot of sites from now on."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> Moved:
        return commissioning.move_over(
            tx,
            _lot(tx, form),
            visitor.name,
            now,
            lot=forms.line(form, "lot"),
            in_spite=forms.line(form, "in_spite"),
        )

    done = await tried(station, run)
    if not isinstance(done, Moved):
        return await _page(station, visitor, done, typed=form)
    if done.left:
        return await _page(station, visitor, left=done, typed=form)
    return RedirectResponse(f"{_ADDRESS}?saved=over", 303)


@router.post(f"{_ADDRESS}/back")
async def back(request: Request, visitor: Administrator, station: Here) -> Response:
    """The other system acts for a lot of sites again."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> tuple[str, ...]:
        lot, reason = forms.line(form, "lot"), forms.line(form, "reason")
        who = visitor.name
        return commissioning.move_back(tx, _lot(tx, form), who, now, reason=reason, lot=lot)

    done = await tried(station, run)
    if not isinstance(done, tuple):
        return await _page(station, visitor, done, typed=form)
    return RedirectResponse(f"{_ADDRESS}?saved=back", 303)


def _lot(tx: Tx, form: forms.Form) -> list[str]:
    """The sites that were named by id or account, in lines or words. Raises BadField."""
    named = re.split(r"[\s,;]+", forms.long(form, "sites").strip())
    if not named[0]:
        raise BadField("sites", "name the sites")
    if len(named) > _LOT:
        raise BadField("sites", "is too long")
    of_accounts = sites.site_of_accounts(tx, named)
    known = {one.id for one in sites.of_ids(tx, named)}
    return [one if one in known else of_accounts.get(one, one) for one in named]


# --- comparisons -----------------------------------------------------------------------------


@router.post(f"{_ADDRESS}/columns")
async def columns(request: Request, visitor: Administrator, station: Here) -> Response:
    """Which column of their list says what."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> bool:
        conflicts.unchanged(form, comparing.columns(tx).to_json())
        try:
            chosen = Columns.from_json(_columns(form))
        except BadComparison as error:
            raise ProblemError(422, error.message, field="columns", about=error.about) from None
        comparing.set_columns(tx, chosen, visitor.name, now)
        return True

    done = await tried(station, run)
    if done is not True:
        return await _page(station, visitor, done, typed=form)
    return RedirectResponse(f"{_ADDRESS}?saved=columns", 303)


_NAMED = ("account", "at", "code", "zone", "priority", "first_person", "first_call_at")


def _columns(form: forms.Form) -> dict[str, object]:
    said: dict[str, object] = {name: forms.line(form, name).strip() for name in _NAMED}
    pairs = [pair.partition("=") for pair in forms.line(form, "priorities").split(",") if pair]
    said["priorities"] = {
        theirs.strip(): int(ours) if ours.strip().isdigit() else ours for theirs, _, ours in pairs
    }
    for name in ("within", "late"):
        said[name] = forms.whole(form, name, 3600)
    return said | {"alarms_only": bool(form.get("alarms_only"))}


@router.post(f"{_ADDRESS}/compare")
async def compare(request: Request, visitor: Administrator, station: Here) -> Response:
    """Their list of a day is laid beside ours."""
    async with request.form() as form:
        given = form.get("file")
        if not isinstance(given, UploadFile) or not given.size:
            return await _page(station, visitor, ProblemError(422, "choose a file", field="file"))
        if given.size > MOST_BYTES:
            large = "the file is too large: cut it into several"
            return await _page(station, visitor, ProblemError(413, large, field="file"))
        data, name = await given.read(), given.filename or ""
    try:
        laid = await station.store.read(lambda tx: comparing.lay(tx, data, comparing.columns(tx)))
    except BadComparison as error:
        wrong = ProblemError(422, error.message, field="file", about=error.about)
        return await _page(station, visitor, wrong)
    now = station.clock()
    made = await station.store.write(lambda tx: comparing.keep(tx, laid, name, visitor.name, now))
    return RedirectResponse(f"{_ADDRESS}?comparison={made.id}&saved=compared", 303)


@router.get(f"{_ADDRESS}/comparisons/{{comparison_id}}.csv")
async def differences(comparison_id: str, visitor: Administrator, station: Here) -> Response:
    """Every difference of one comparison, as a table."""
    if await station.store.read(lambda tx: comparisons.get(tx, comparison_id)) is None:
        raise not_found("comparison")
    found = await station.store.read(lambda tx: comparisons.differences(tx, comparison_id))
    head = _HEAD[visitor.language]
    return StreamingResponse(
        iter(to_csv(head, [comparing.rows(found)], visitor.language)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="callflow-differences.csv"'},
    )


_HEAD = {
    "fr": ("Écart", "Abonné", "Heure (UTC)", "Code", "Zone", "Chez eux", "Ici", "Ligne"),
    "en": ("Difference", "Account", "Time (UTC)", "Code", "Zone", "Theirs", "Ours", "Row"),
}


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    *,
    q: str = "",
    after: str = "",
    comparison: str = "",
    left: Moved | None = None,
    typed: forms.Form | None = None,
) -> Response:
    def read(tx: Tx) -> Mapping[str, object]:
        found = moves.standing(tx, text=q.strip(), after=after, limit=_SHOWN + 1)
        shown = found[:_SHOWN]
        one = comparisons.get(tx, comparison) if comparison else None
        return {
            "shadow": load_policy(tx).shadow,
            "counts": moves.count(tx),
            "found": shown,
            "moves": moves.latest(tx, [site.id for site in shown]),
            "next": shown[-1].id if len(found) > _SHOWN else "",
            "names": sites.names_of(tx, left.left if left else ()),
            "chosen": (chosen := comparing.columns(tx)),
            "as_of": conflicts.stamp(chosen.to_json()),
            "priorities": ",".join(f"{name}={ours}" for name, ours in chosen.priorities.items()),
            "comparisons": comparisons.newest(tx, limit=14),
            "one": one,
            "differences": comparisons.differences(tx, comparison, limit=_DIFFERENCES)
            if one
            else [],
        }

    said = typed_again(typed)
    return await setting(
        station, visitor, "shadow", read, wrong, searched=q.strip(), left=left, typed=said
    )
