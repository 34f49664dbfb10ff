"""One part of a site saved from a form: nobody overwrites what somebody else changed meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Response
from fastapi.responses import RedirectResponse

from callflow.handling.sites import removed, sites
from callflow.handling.sites.shape import Site
from callflow.storage import Tx
from web.access import confidential
from web.access.sessions import Visitor
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.station import Station

CHANGED = "somebody changed this site meanwhile: look at it as it is now, and change it again"


def current(tx: Tx, site_id: str, *, to_change: bool = False) -> tuple[Site, str]:
    """The site, and what says that it is still this one. Raises 404."""
    found = sites.with_revision(tx, site_id, to_change=to_change)
    if found is None:
        raise not_found("site")
    return found


def unchanged(tx: Tx, site_id: str, form: forms.Form) -> Site:
    """The site as it is, which is as the form's page showed it, and stays until the transaction
    ends. Raises a problem."""
    site, as_of = current(tx, site_id, to_change=True)
    if form.get("as_of") != as_of:
        raise ProblemError(409, CHANGED)
    return site


async def save(
    station: Station,
    visitor: Visitor,
    site_id: str,
    form: forms.Form,
    change: Callable[[Site], Site],
    *,
    back: str,
    again: Callable[[Wrong], Awaitable[Response]],
    renaming: bool = False,
) -> Response:
    """Write the site as ``change`` makes it and lead ``back``; where it is refused, the page
    ``again``, which says why. ``renaming``: nothing is taken away by it."""
    now = station.clock()

    def run(tx: Tx) -> None:
        site = unchanged(tx, site_id, form)
        said: dict[str, Any] = {"because": forms.line(form, "reason").strip(), "renaming": renaming}
        sites.put_site(tx, station.vault, site_id, change(site), visitor.name, now, **said)

    return await done(station, run, back=back, again=again)


async def bring_back(
    station: Station,
    visitor: Visitor,
    site_id: str,
    form: forms.Form,
    *,
    back: str,
    again: Callable[[Wrong], Awaitable[Response]],
) -> Response:
    """What was ``removed`` from the site, of this id, is there again."""
    now = station.clock()

    def run(tx: Tx) -> None:
        site, one = unchanged(tx, site_id, form), form.get("removed", "")
        body = removed.back(tx, station.vault, site, one, visitor.name, now)
        sites.put_site(tx, station.vault, site_id, body, visitor.name, now)

    return await done(station, run, back=back, again=again)


async def done(
    station: Station,
    run: Callable[[Tx], Any],
    *,
    back: str,
    again: Callable[[Wrong], Awaitable[Response]],
) -> Response:
    """Do it and lead ``back``; where it is refused, the page ``again``."""
    wrong = await tried(station, run)
    return RedirectResponse(back, 303) if wrong is None else await again(wrong)


async def shown(
    station: Station,
    visitor: Visitor,
    site_id: str,
    template: str,
    values: Callable[[Tx, Site], dict[str, Any]],
    *,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    """One page of a site's forms; what was ``typed`` stands again where it was typed."""

    def read(tx: Tx) -> dict[str, Any]:
        site, as_of = current(tx, site_id)
        known = {**frame(tx, station, visitor, "sites"), "site": site, "as_of": as_of}
        return {**known, **values(tx, site)}

    found = {
        **await station.store.read(read),
        **refusals.said(wrong, visitor.language),
        "typed": refusals.typed_again(typed),
    }
    await confidential.site(station, site_id, visitor.name)
    return page(visitor.language, template, found, refusals.status_of(wrong))
