"""``sites/{id}/on-test``: a site, or some of its zones, on test (D17)."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callflow.handling.base.fields import Identifier, Line, Short
from callflow.handling.sites import on_test
from callflow.storage import Tx
from callflow.storage.sites import sites
from callflow.storage.watch import supervision
from web.access.bearer import Handler, Reader
from web.api.shapes import Body, Empty, Page
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, not_found
from web.station import Here

router = APIRouter(tags=["on test"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}
#: Tests that a list shows, the newest first.
_SHOWN = 50


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("says why, for who finds the site on test")
    return text


Minutes = Annotated[
    float,
    Field(
        gt=0,
        le=72 * 60,
        description="From now on: an operator's test lasts 4 hours at most, a supervisor's 24, an"
        " administrator's 72",
    ),
]


class OnTestIn(Body):
    """What is set on test, for how long, and why."""

    zones: list[Short] | None = Field(
        None, max_length=5000, description="null: all, but for what is for lives and for fires"
    )
    minutes: Minutes
    reason: Annotated[Line, AfterValidator(_said)]
    contact: Identifier | None = Field(None, description="Who asked for it, on the phone")


class ExtendIn(Body):
    """How long it goes on from now."""

    minutes: Minutes


class OnTestOut(BaseModel):
    """One test; `zones` without their leading zeros."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    site: str = Field(validation_alias="site_id")
    zones: list[str] | None
    reason: str
    set_by: str
    contact: str | None = Field(validation_alias="contact_id")
    began_at: datetime
    ends_at: datetime
    extensions: int
    ended_at: datetime | None
    ended_by: str | None


_out = OnTestOut.model_validate


@router.get("/sites/{site_id}/on-test", responses=NOT_FOUND)
async def list_tests(site_id: Identifier, caller: Reader, station: Here) -> Page[OnTestOut]:
    """The site's last tests, oldest first; one without `ended_at` runs."""

    def read(tx: Tx) -> list[OnTestOut]:
        if sites.get(tx, site_id) is None:
            raise not_found("site")
        return [_out(test) for test in reversed(supervision.tests_of(tx, site_id, limit=_SHOWN))]

    return Page[OnTestOut](items=await station.store.read(read))


@router.post("/sites/{site_id}/on-test", status_code=201, responses=_ACTS)
async def set_on_test(
    site_id: Identifier, body: OnTestIn, caller: Handler, station: Here
) -> OnTestOut:
    """Sets it on test. 409 during a vital alarm, or where the contact has not the authority."""
    now = station.clock()

    def write(tx: Tx) -> OnTestOut:
        test = on_test.set_on_test(
            tx,
            site_id,
            zones=body.zones,
            lasts=timedelta(minutes=body.minutes),
            reason=body.reason,
            who=caller.name,
            role=caller.role,
            contact=body.contact,
            now=now,
        )
        return _out(test)

    return await station.store.write(write)


@router.post("/sites/{site_id}/on-test/{test_id}/extend", responses=_ACTS)
async def extend(
    site_id: Identifier, test_id: Identifier, body: ExtendIn, caller: Handler, station: Here
) -> OnTestOut:
    """Lets it end so many minutes from now. 409 after two extensions, or once it is over."""
    now, lasts = station.clock(), timedelta(minutes=body.minutes)

    def write(tx: Tx) -> OnTestOut:
        who, role = caller.name, caller.role
        return _out(on_test.extend(tx, site_id, test_id, lasts=lasts, who=who, role=role, now=now))

    return await station.store.write(write)


@router.post("/sites/{site_id}/on-test/{test_id}/end", responses=_ACTS)
async def end(
    site_id: Identifier,
    test_id: Identifier,
    caller: Handler,
    station: Here,
    body: Empty | None = None,
) -> OnTestOut:
    """Ends it at once: what still alarms is handled from now on."""
    now = station.clock()
    return await station.store.write(
        lambda tx: _out(on_test.end(tx, site_id, test_id, who=caller.name, now=now))
    )
