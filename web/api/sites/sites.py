"""``sites``: list, read, create and change. Codes and keys are write-only."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from callflow.handling.base.fields import AccountNumber, Identifier
from callflow.handling.base.refusals import Changed
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.shape import Site
from callflow.handling.watch import supervision
from callflow.storage import Tx
from callflow.storage.sites import sites
from web.access import confidential
from web.access.bearer import Configurer, Handler, Reader
from web.api import paging
from web.api.etags import IfMatch, named, tag
from web.api.shapes import Body, Page
from web.kit.problems import CONFLICT, NOT_FOUND, PRECONDITION, RESPONSES, ProblemError, not_found
from web.station import Here

router = APIRouter(tags=["sites"], responses=RESPONSES)

_CHANGED = "this site is not as it was: read it again, then change it"


class ArrivedIn(Body):
    """Of which account; null: of all."""

    account: AccountNumber | None = None


class Arrived(BaseModel):
    """The accounts that were awaited."""

    accounts: list[str]


@router.get("/sites")
async def list_sites(
    caller: Reader,
    station: Here,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Page[Site]:
    """Every site, by id."""
    start = paging.decode(after, 1)[0] if after else ""

    def read(tx: Tx) -> tuple[list[Site], str | None]:
        ids = sites.site_ids(tx, after=start, limit=limit + 1)
        return sites_sites.get_sites(tx, ids[:limit]), ids[limit - 1] if len(ids) > limit else None

    items, last = await station.store.read(read)
    await confidential.site(station, None, caller.name)
    following = paging.encode(last) if last else None
    return Page[Site](items=items, next=following)


@router.get("/sites/{site_id}", responses=NOT_FOUND)
async def get_site(
    site_id: Identifier,
    caller: Reader,
    station: Here,
    response: Response,
) -> Site:
    """One site, without its secrets. Its ETag is another after each change of it or its people."""
    found = await station.store.read(lambda tx: sites_sites.with_revision(tx, site_id))
    if found is None:
        raise not_found("site")
    await confidential.site(station, site_id, caller.name)
    site, revision = found
    response.headers["ETag"] = tag(revision)
    return site


@router.put("/sites/{site_id}", responses={201: {"model": Site}, **CONFLICT, **PRECONDITION})
async def put_site(
    site_id: Identifier,
    body: Site,
    caller: Configurer,
    station: Here,
    response: Response,
    if_match: IfMatch = None,
) -> Site:
    """Creates or replaces a site: with If-Match only the one of this ETag (412). A secret left out
    stays, null removes it. A contact that other sites have is changed only with `shared`: without
    it nothing is changed, and a 409 names them in `sites`."""
    if body.id and body.id != site_id:
        raise ProblemError(422, "it differs from the address", field="id")
    now, known = station.clock(), named(if_match)

    def write(tx: Tx) -> tuple[bool, tuple[Site, str] | None]:
        if known is not None:
            present = sites_sites.with_revision(tx, site_id, to_change=True)
            revision = present[1] if present else ""
            if revision != known:
                raise Changed(revision, _CHANGED)
        new = sites_sites.put_site(
            tx, station.vault, site_id, body, caller.name, now, shared=body.shared
        )
        return new, sites_sites.with_revision(tx, site_id)

    new, written = await station.store.write(write)
    assert written is not None
    site, revision = written
    response.status_code, response.headers["ETag"] = 201 if new else 200, tag(revision)
    return site


@router.post("/sites/{site_id}/arrived", responses={**NOT_FOUND, **CONFLICT})
async def arrived(
    site_id: Identifier,
    body: ArrivedIn,
    caller: Handler,
    station: Here,
) -> Arrived:
    """Says that whoever opened arrived well (D18). 409 where nobody is awaited."""
    now = station.clock()
    accounts = await station.store.write(
        lambda tx: supervision.arrived(tx, site_id, body.account, caller.name, now)
    )
    return Arrived(accounts=accounts)
