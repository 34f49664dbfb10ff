"""Programs that are told of every event: subscribed, looked after, told again from a point on."""

import re
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.messages.subscriptions import Subscription
from callflow.handling.base.refusals import NotFound
from callflow.handling.messages import subscriptions
from callflow.handling.messages.subscriptions import Wanted
from callflow.storage import Tx
from callflow.storage.messages import subscriptions as rows
from callflow.texts import FAMILIES, counts
from web.access.sessions import Administrator, Visitor
from web.kit import conflicts, forms, i18n
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried, typed_again
from web.pages.station.settings_views import setting
from web.station import Here, Station

#: The families of events, each kind with its sentence, whose blanks are filled when it happens.
_SAID = {
    family: {
        kind: tuple(re.sub(r"\{\w+\}", "…", counts.agreed(text, {}, "")) for text in said)
        for kind, said in of.items()
    }
    for family, of in FAMILIES.items()
}
router = APIRouter(include_in_schema=False)

_ADDRESS = "/settings/webhooks"
#: What is done by a button alone.
ACTS: Mapping[str, Callable[..., None]] = {
    "pause": subscriptions.pause,
    "resume": subscriptions.resume,
    "remove": subscriptions.remove,
}


@router.get(_ADDRESS)
async def show(visitor: Administrator, station: Here) -> Response:
    """Who is told, and how that goes."""
    return await _page(station, visitor)


@router.post(_ADDRESS)
async def add(request: Request, visitor: Administrator, station: Here) -> Response:
    """A new one; its secret is shown this once."""
    form = await forms.sent(request)
    families = _families(form)
    now = station.clock()

    def run(tx: Tx) -> tuple[str, str]:
        wanted = _wanted(form, families)
        return subscriptions.subscribe(tx, station.vault, wanted, visitor.name, now)

    made = await tried(station, run)
    if not isinstance(made, tuple):
        return await _page(station, visitor, made, typed={**form, "families": families})
    name = forms.line(form, "name").strip()
    return await _page(station, visitor, made={"name": name, "secret": made[1]})


@router.post(f"{_ADDRESS}/{{subscription_id}}")
async def change(
    subscription_id: str, request: Request, visitor: Administrator, station: Here
) -> Response:
    """Another address, choice or secret."""
    form = await forms.sent(request)
    families = _families(form)
    now = station.clock()

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _shown(_known(tx, subscription_id)))
        wanted = _wanted(form, families)
        subscriptions.change(tx, station.vault, subscription_id, wanted, visitor.name, now)

    return await _done(station, visitor, await tried(station, run))


@router.post(f"{_ADDRESS}/{{subscription_id}}/replay")
async def replay(
    subscription_id: str, request: Request, visitor: Administrator, station: Here
) -> Response:
    """What happened since then is sent again."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        since = forms.moment(form, "since", ZoneInfo(i18n.STATION_ZONE))
        if since is None:
            raise ProblemError(422, "choose a day and a time", field="since")
        subscriptions.replay(tx, subscription_id, since, visitor.name, now)

    return await _done(station, visitor, await tried(station, run))


@router.post(f"{_ADDRESS}/{{subscription_id}}/{{act}}")
async def act(subscription_id: str, act: str, visitor: Administrator, station: Here) -> Response:
    """It is paused, resumed or removed."""
    now = station.clock()

    def run(tx: Tx) -> None:
        if act not in ACTS:
            raise NotFound("there is no such subscription")
        ACTS[act](tx, subscription_id, visitor.name, now)

    return await _done(station, visitor, await tried(station, run))


def _known(tx: Tx, subscription_id: str) -> Subscription:
    found = rows.get(tx, subscription_id)
    if found is None:
        raise NotFound("there is no such subscription")
    return found


def _shown(one: Subscription) -> list[object]:
    """What its form shows."""
    return [one.name, one.url, list(one.kinds), list(one.sites), one.inside]


def _families(form: Mapping[str, object]) -> tuple[str, ...]:
    """The families that were ticked."""
    return tuple(name for name in FAMILIES if form.get(f"family:{name}"))


def _wanted(form: forms.Form, families: tuple[str, ...]) -> Wanted:
    return Wanted(
        name=forms.line(form, "name"),
        url=form.get("url", "").strip()[:1600],
        kinds=(*families, *_names(forms.long(form, "kinds"))),
        sites=tuple(_names(forms.long(form, "sites"))),
        inside=bool(form.get("inside")),
        secret=forms.line(form, "secret").strip(),
    )


def _names(text: str) -> list[str]:
    return text.replace(",", " ").split()


async def _done(station: Station, visitor: Visitor, wrong: Wrong | None) -> Response:
    if wrong is not None:
        return await _page(station, visitor, wrong)
    return RedirectResponse(_ADDRESS, 303)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    *,
    made: Mapping[str, str] | None = None,
    typed: Mapping[str, object] | None = None,
) -> Response:
    def read(tx: Tx) -> Mapping[str, object]:
        found = rows.every(tx)
        return {
            "subscriptions": found,
            "as_of": {one.id: conflicts.stamp(_shown(one)) for one in found},
            "waiting": rows.waiting(tx),
        }

    return await setting(
        station,
        visitor,
        "webhooks",
        read,
        wrong,
        made=made,
        opened=typed is not None,
        families=_SAID,
        typed=typed_again({k: v for k, v in (typed or {}).items() if isinstance(v, str)}),
        ticked=(typed or {}).get("families", ()),
    )
