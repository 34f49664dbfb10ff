"""``subscriptions``: programs that are told of every event by webhook."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from callflow.core.messages.subscriptions import Subscription, SubscriptionState
from callflow.handling.base.fields import Identifier, Line
from callflow.handling.messages import subscriptions
from callflow.handling.messages.subscriptions import Wanted
from callflow.storage.messages import subscriptions as rows
from web.access.bearer import Administrator
from web.api.shapes import Body
from web.kit.problems import NOT_FOUND, RESPONSES, ProblemError
from web.station import Here

router = APIRouter(tags=["subscriptions"], responses=RESPONSES)


class SubscriptionIn(Body):
    """Who is told of what. Each event is posted as JSON, signed: see docs/reference/webhooks.md."""

    name: Line = Field(min_length=1, description="What the logbook calls the program")
    url: Annotated[str, Field(max_length=1600)]
    kinds: list[Line] = Field(
        default=[], max_length=1000, description="Kinds of logbook entries, or `family.*`; all"
    )
    sites: list[Line] = Field(default=[], max_length=1000, description="Sites; none: all")
    inside: bool = Field(
        default=False, description="Nobody of a site sees it: told of mute alarms too"
    )
    secret: SecretStr | None = Field(
        default=None, description="Key of the signature; left out: drawn, or unchanged"
    )

    def wanted(self) -> Wanted:
        """As handling takes it."""
        return Wanted(
            name=self.name,
            url=self.url,
            kinds=tuple(self.kinds),
            sites=tuple(self.sites),
            inside=self.inside,
            secret=self.secret.get_secret_value() if self.secret else "",
        )


class SubscriptionMade(BaseModel):
    """The secret is shown this once."""

    id: str
    secret: str


class SubscriptionOut(BaseModel):
    """A program that is told, and how far it is."""

    id: str
    name: str
    url: str
    kinds: list[str]
    sites: list[str]
    inside: bool
    state: SubscriptionState
    position: int = Field(description="Number of the last entry that was looked at")
    waiting: int = Field(description="Sites of which something was not taken yet")
    delivered_at: datetime | None
    failing_since: datetime | None
    last_error: str


class SubscriptionsOut(BaseModel):
    """All of them, by name."""

    items: list[SubscriptionOut]
    next: None = None


class ReplayIn(Body):
    """From where it is told again: one of the two."""

    since: AwareDatetime | None = None
    entry: Identifier | None = Field(default=None, description="A logbook entry's id")


class ReplayOut(BaseModel):
    """Where it goes on."""

    position: int


@router.get("/subscriptions")
async def list_subscriptions(caller: Administrator, station: Here) -> SubscriptionsOut:
    """Who is told."""
    found, waiting = await station.store.read(lambda tx: (rows.every(tx), rows.waiting(tx)))
    return SubscriptionsOut(items=[_out(one, waiting.get(one.id, 0)) for one in found])


@router.post("/subscriptions", status_code=201)
async def subscribe(body: SubscriptionIn, caller: Administrator, station: Here) -> SubscriptionMade:
    """A program is told of what happens from now on."""
    now = station.clock()
    made, secret = await station.store.write(
        lambda tx: subscriptions.subscribe(tx, station.vault, body.wanted(), caller.name, now)
    )
    return SubscriptionMade(id=made, secret=secret)


@router.put("/subscriptions/{subscription_id}", status_code=204, responses=NOT_FOUND)
async def change(
    subscription_id: Identifier, body: SubscriptionIn, caller: Administrator, station: Here
) -> None:
    """Another address, choice or secret."""
    now = station.clock()
    await station.store.write(
        lambda tx: subscriptions.change(
            tx, station.vault, subscription_id, body.wanted(), caller.name, now
        )
    )


@router.delete("/subscriptions/{subscription_id}", status_code=204, responses=NOT_FOUND)
async def remove(subscription_id: Identifier, caller: Administrator, station: Here) -> None:
    """It is told no more."""
    now = station.clock()
    await station.store.write(
        lambda tx: subscriptions.remove(tx, subscription_id, caller.name, now)
    )


@router.post("/subscriptions/{subscription_id}/pause", status_code=204, responses=NOT_FOUND)
async def pause(subscription_id: Identifier, caller: Administrator, station: Here) -> None:
    """Nothing is sent until it is resumed; nothing is lost."""
    now = station.clock()
    await station.store.write(lambda tx: subscriptions.pause(tx, subscription_id, caller.name, now))


@router.post("/subscriptions/{subscription_id}/resume", status_code=204, responses=NOT_FOUND)
async def resume(subscription_id: Identifier, caller: Administrator, station: Here) -> None:
    """It is sent to again, from where it stopped."""
    now = station.clock()
    await station.store.write(
        lambda tx: subscriptions.resume(tx, subscription_id, caller.name, now)
    )


@router.post("/subscriptions/{subscription_id}/replay", responses=NOT_FOUND)
async def replay(
    subscription_id: Identifier, body: ReplayIn, caller: Administrator, station: Here
) -> ReplayOut:
    """What happened since then is sent again, under the ids that it had."""
    point = body.since or body.entry
    if point is None or (body.since and body.entry):
        raise ProblemError(422, "say since when, or from which entry on", field="since")
    now = station.clock()
    position = await station.store.write(
        lambda tx: subscriptions.replay(tx, subscription_id, point, caller.name, now)
    )
    return ReplayOut(position=position)


def _out(one: Subscription, waiting: int) -> SubscriptionOut:
    return SubscriptionOut(
        id=one.id,
        name=one.name,
        url=one.url,
        kinds=list(one.kinds),
        sites=list(one.sites),
        inside=one.inside,
        state=one.state,
        position=one.position,
        waiting=waiting,
        delivered_at=one.delivered_at,
        failing_since=one.failing_since,
        last_error=one.last_error,
    )
