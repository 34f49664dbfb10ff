"""The probes that administrators set: added, changed, removed."""

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.watch.organs import Part
from callflow.core.watch.probes import OFFERED, UNITS, Means, Probe
from callflow.handling.watch import probes
from callflow.storage import Tx
from callflow.storage.watch import probes as rows
from web.access.sessions import Administrator, Visitor
from web.access.views import frame
from web.kit import conflicts, forms
from web.kit.refusals import Wrong, said, status_of, tried, typed_again
from web.kit.rendering import page
from web.station import Here, Station

#: Seconds between two looks, beyond which nothing is read as a number of them.
_MOST = 999_999
router = APIRouter(include_in_schema=False)

_ADDRESS = "/station/probes"


@router.get(_ADDRESS)
async def show(visitor: Administrator, station: Here) -> Response:
    """What is asked, how often, and by which limits."""
    return await _page(station, visitor)


@router.post(_ADDRESS)
async def add(request: Request, visitor: Administrator, station: Here) -> Response:
    """A new one."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        wanted, secret = _wanted(form), forms.long(form, "secret")
        probes.add(tx, station.vault, wanted, secret, visitor.name, now)

    return await _done(station, visitor, await tried(station, run), form)


@router.post(f"{_ADDRESS}/{{probe_id}}")
async def change(
    probe_id: str, request: Request, visitor: Administrator, station: Here
) -> Response:
    """Another address, limit or period."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _shown(probes.get(tx, probe_id)))
        wanted = replace(_wanted(form), id=probe_id)
        secret = forms.long(form, "secret") or None
        probes.change(tx, station.vault, wanted, secret, visitor.name, now)

    return await _done(station, visitor, await tried(station, run))


@router.post(f"{_ADDRESS}/{{probe_id}}/remove")
async def remove(probe_id: str, visitor: Administrator, station: Here) -> Response:
    """It asks no more."""
    now = station.clock()
    return await _done(
        station,
        visitor,
        await tried(station, lambda tx: probes.remove(tx, probe_id, visitor.name, now)),
    )


def _wanted(form: forms.Form) -> Probe:
    return Probe(
        id="",
        name=forms.line(form, "name"),
        part=forms.one_of(Part, form, "part"),
        means=forms.one_of(Means, form, "means"),
        target=forms.long(form, "target"),
        asked=forms.long(form, "asked"),
        source=forms.line(form, "source"),
        every=forms.whole(form, "every", _MOST),
        warn=forms.number(form, "warn"),
        fail=forms.number(form, "fail"),
        below=bool(form.get("below")),
        unit=form.get("unit", "")[:16],
        vital=bool(form.get("vital")),
        enabled=bool(form.get("enabled")),
    )


def _shown(probe: Probe) -> list[object]:
    """What its form shows."""
    return [str(getattr(probe, name)) for name in probe.__dataclass_fields__]


async def _done(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    if wrong is not None:
        return await _page(station, visitor, wrong, typed)
    return RedirectResponse(_ADDRESS, 303)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    def read(tx: Tx) -> dict[str, object]:
        found, secrets = rows.every(tx), rows.secrets(tx)
        return {
            "probes": found,
            "keyed": frozenset(secrets),
            "as_of": {one.id: conflicts.stamp(_shown(one)) for one in found},
            **frame(tx, station, visitor, "station"),
        }

    shown = {
        **await station.store.read(read),
        "offered": OFFERED,
        "means": list(Means),
        "units": UNITS,
        "written": forms.written,
        "folder": station.settings.probe_folder,
        "typed": typed_again(typed),
        **said(wrong, visitor.language),
    }
    return page(visitor.language, "watch/probes.html", shown, status_of(wrong))
