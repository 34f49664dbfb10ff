"""Programs that are told of every event: what is sent next, and what becomes of what was not.

The logbook is the list of events; a subscription has a place in it, and a *lane* for each site of
which an event could not be delivered: what follows it of that site waits behind it, in its order,
and other sites go on. So a later event never overtakes an earlier one of its site.

An event is delivered at least once; its id goes with each try.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from callflow.core.messages.outbox import host_of


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    ACTIVE = "active"
    PAUSED = "paused"  # by a person
    DEAD = "dead"  # nothing was taken for so long that it is tried no more


#: Entries of the logbook that one round looks at; events of a lane that it takes up again.
WINDOW, BACKLOG = 500, 50
#: Sites whose events one subscription sends at a time.
AT_ONCE = 8
#: With so many sites behind an event that was not taken, new events wait.
MOST_LANES = 64
#: After so long no further event of a round is begun.
ROUND = timedelta(seconds=20)
#: Since nothing was taken for so long, the station is told.
TOLD_AFTER = timedelta(minutes=15)
#: An event that is refused for so long is given up, alone; so is a program that takes nothing.
GIVE_UP = timedelta(hours=24)
#: A site where nothing may be told of (D7) is asked about again.
MUTE_AGAIN = timedelta(seconds=15)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)
_SPREAD = 0.5  # of a wait, so that what failed together does not come back together


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """A program that is told. Times are UTC; numbers are places in the logbook.

    ``kinds`` and ``sites``: what is told; none: all. ``inside``: nobody of a site sees what it is
    told, so that it is told of mute alarms too (D7). ``revision`` counts its changes: whoever
    delivered for an older one changes nothing.
    """

    id: str
    name: str
    url: str
    secret: str = field(repr=False)  # as it is kept (see vault)
    kinds: tuple[str, ...]
    sites: tuple[str, ...]
    inside: bool
    state: SubscriptionState
    position: int  # the last entry that was looked at
    replayed_to: int  # entries up to here may have been sent before
    revision: int
    created_at: datetime
    created_by: str
    delivered_at: datetime | None = None  # the last one
    failing_since: datetime | None = None  # nothing was taken since
    told_at: datetime | None = None  # when the station was told of that
    last_error: str = ""

    @property
    def host(self) -> str:
        """Whose address it is; the path may be a secret."""
        return host_of(self.url)

    def wants(self, event: Event, kinds: Collection[str]) -> bool:
        """True where it is told of ``event``; ``kinds``: those it asks for, none: all."""
        if kinds and event.kind not in kinds:
            return False
        return not self.sites or event.site in self.sites


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """A site of which something was not delivered yet. ``site``: "" for what is of none.

    ``number``: the first entry that is to be delivered. ``since``: since when it is tried.
    """

    subscription_id: str
    site: str
    number: int
    since: datetime
    due_at: datetime
    attempts: int = 0
    last_error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What is told: an entry of the logbook, with the closed words of its data."""

    number: int
    id: str
    at: datetime
    site: str | None
    incident: str | None
    who: str
    kind: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lane(self) -> str:
        """Whose events it must not overtake."""
        return self.site or ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """What waits behind a lane: ``events`` of the entries up to ``upto``; ``whole``: there are no
    more that were looked at before this round."""

    events: tuple[Event, ...]
    upto: int
    whole: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """Events of one site, to be sent one after the other. ``more_after``: the entry after which
    others of it still wait; None: these are all."""

    site: str
    events: tuple[Event, ...]
    lane: Lane | None = None
    more_after: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """How far a queue came: ``delivered`` of its events; ``error``: why the next was not, "" where
    it was not begun. ``mute``: nothing may be told of that site for now (D7)."""

    queue: Queue
    delivered: int = 0
    error: str = ""
    mute: bool = False

    @property
    def rest(self) -> Event | None:
        """The first that was not delivered."""
        left = self.queue.events[self.delivered :]
        return left[0] if left else None


def queues(
    lanes: Iterable[Lane],
    backlog: Mapping[str, Backlog],
    window: Iterable[Event],
    now: datetime,
) -> list[Queue]:
    """What is to be sent now: behind a lane that is due its ``backlog``, and then what is new.

    What is new of a site whose lane is not due stays for that lane.
    """
    new: dict[str, list[Event]] = {}
    for event in window:
        new.setdefault(event.lane, []).append(event)
    made = []
    for lane in lanes:
        later = new.pop(lane.site, [])
        if lane.due_at > now:
            continue
        kept = backlog[lane.site]
        events = (*kept.events, *later) if kept.whole else kept.events
        more = None if kept.whole else kept.upto
        made.append(Queue(site=lane.site, events=events, lane=lane, more_after=more))
    fresh = [Queue(site=site, events=tuple(events)) for site, events in new.items()]
    return made + fresh


def lane_after(subscription: str, sent: Sent, now: datetime, *, jitter: float) -> Lane | None:
    """The lane of a site after a round; None: all of it is delivered. ``jitter``: in [0, 1)."""
    queue, rest = sent.queue, sent.rest
    if rest is None:
        if queue.more_after is None:
            return None
        return _lane(subscription, queue.site, queue.more_after + 1, now)
    if sent.mute:
        held = _lane(subscription, queue.site, rest.number, now)
        return replace(held, due_at=now + MUTE_AGAIN)
    if not sent.error:  # its turn did not come
        if sent.delivered == 0 and queue.lane is not None:
            return replace(queue.lane, due_at=now)
        return _lane(subscription, queue.site, rest.number, now)
    stuck = queue.lane if sent.delivered == 0 else None
    again = stuck is not None and stuck.attempts > 0
    since = stuck.since if stuck is not None and again else now
    attempts = (stuck.attempts if stuck is not None else 0) + 1
    return replace(
        _lane(subscription, queue.site, rest.number, since),
        due_at=now + wait(attempts, jitter=jitter),
        attempts=attempts,
        last_error=sent.error,
    )


def _lane(subscription: str, site: str, number: int, at: datetime) -> Lane:
    return Lane(subscription_id=subscription, site=site, number=number, since=at, due_at=at)


def wait(attempts: int, *, jitter: float) -> timedelta:
    """How long after the failed try number ``attempts`` the next one is made."""
    long: timedelta = min(_FIRST_WAIT * 2 ** min(attempts - 1, 12), _LONGEST_WAIT)
    return long * (1 - _SPREAD / 2 + _SPREAD * jitter)


def skipped(lane: Lane, now: datetime) -> Lane:
    """The lane without its first event, which is given up."""
    return _lane(lane.subscription_id, lane.site, lane.number + 1, now)


def is_hopeless(lane: Lane, now: datetime) -> bool:
    """True where its first event was tried for too long."""
    return lane.attempts > 0 and now - lane.since >= GIVE_UP
