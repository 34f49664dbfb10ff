"""Programs that are told of every event: subscribed by an administrator, sent to in rounds.

Nothing of it is on an alarm's path: what is told is read from the logbook, later.
"""

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.messages import subscriptions
from callflow.core.messages.outbox import host_of, wrong_url
from callflow.core.messages.subscriptions import (
    BACKLOG,
    MOST_LANES,
    TOLD_AFTER,
    WINDOW,
    Backlog,
    Event,
    Lane,
    Queue,
    Sent,
    Subscription,
    SubscriptionState,
)
from callflow.core.records.logbook import COVERED
from callflow.core.watch.supervision import station_signal
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import storable, tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.messages import subscriptions as rows
from callflow.storage.sites import moves
from callflow.texts import FAMILIES
from callflow.vault import Vault

#: How many programs may be told.
MOST = 20
#: Sites and kinds that one may name.
_MOST_NAMED = 1000
_SHORTEST_SECRET, _LONGEST_SECRET = 16, 200
_NAMED = re.compile(r"[A-Za-z0-9_.:*-]{1,64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What an administrator asks for. ``secret``: "" has one drawn, or leaves it as it is."""

    name: str
    url: str
    kinds: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    inside: bool = False
    secret: str = ""


def subscribe(tx: Tx, vault: Vault, wanted: Wanted, by: str, now: datetime) -> tuple[str, str]:
    """A program is told of what happens from now on: (its id, its secret, which is shown once).

    Raises BadField, Refused.
    """
    if len(rows.every(tx)) >= MOST:
        raise Refused("20 programs at most are told of events: remove one first")
    wanted = _checked(tx, wanted)
    secret = wanted.secret or secrets.token_urlsafe(32)
    position = rows.last_number(tx)
    made = Subscription(
        id=ids.new(now),
        name=wanted.name,
        url=wanted.url,
        secret=vault.lock(secret),
        kinds=wanted.kinds,
        sites=wanted.sites,
        inside=wanted.inside,
        state=SubscriptionState.ACTIVE,
        position=position,
        replayed_to=position,
        revision=0,
        created_at=now,
        created_by=by,
    )
    rows.insert(tx, made)
    tell(tx, "subscription_made", now, by=by, who_did=by, name=made.name, host=host_of(made.url))
    return made.id, secret


def change(
    tx: Tx, vault: Vault, subscription_id: str, wanted: Wanted, by: str, now: datetime
) -> None:
    """Another address, name, secret or choice of events, from now on. Raises BadField, Refused."""
    known = _known(tx, subscription_id)
    wanted = _checked(tx, wanted, known)
    fields: dict[str, list[Any]] = {
        name: [_said(getattr(known, name)), _said(getattr(wanted, name))]
        for name in ("name", "url", "kinds", "sites", "inside")
        if getattr(known, name) != getattr(wanted, name)
    }
    values: dict[str, Any] = {
        "name": wanted.name,
        "url": wanted.url,
        "kinds": list(wanted.kinds),
        "sites": list(wanted.sites),
        "inside": wanted.inside,
    }
    if wanted.secret:
        values["secret"] = vault.lock(wanted.secret)
        tell(tx, "subscription_secret", now, by=by, who_did=by, name=known.name)
    _change(tx, known, **values)
    if fields:
        if "url" in fields:  # its path may be a secret
            fields["url"] = [host_of(known.url), host_of(wanted.url)]
        said = {"what": ", ".join(fields), "fields": fields}
        tell(tx, "subscription_changed", now, by=by, who_did=by, name=wanted.name, **said)


def pause(tx: Tx, subscription_id: str, by: str, now: datetime) -> None:
    """Nothing is sent until somebody resumes it; what happens meanwhile comes then."""
    known = _known(tx, subscription_id)
    if known.state is not SubscriptionState.PAUSED:
        _change(tx, known, state=SubscriptionState.PAUSED.value)
        tell(tx, "subscription_paused", now, by=by, who_did=by, name=known.name)


def resume(tx: Tx, subscription_id: str, by: str, now: datetime) -> None:
    """It is sent to again, at once and from where it stopped."""
    known = _known(tx, subscription_id)
    if known.state is SubscriptionState.ACTIVE:
        return
    began = {"failing_since": None, "told_at": None, "last_error": ""}
    _change(tx, known, state=SubscriptionState.ACTIVE.value, **began)
    for lane in rows.lanes(tx, known.id):  # tried anew, for as long as the first time
        fresh = replace(lane, since=now, due_at=now, attempts=0)
        rows.put_lane(tx, known.id, lane.site, fresh)
    tell(tx, "subscription_resumed", now, by=by, who_did=by, name=known.name)


def replay(tx: Tx, subscription_id: str, point: datetime | str, by: str, now: datetime) -> int:
    """Send again what happened since an instant (UTC), or from an entry (its id) on, under the
    ids that it had; the place after which it goes on. Raises NotFound."""
    known = _known(tx, subscription_id)
    if isinstance(point, str):
        number = rows.number_of(tx, point)
        if number is None:
            raise NotFound("there is no such entry in the logbook")
        after = number - 1
    else:
        after = rows.number_before(tx, point)
    after = min(after, known.position)
    state = {"state": SubscriptionState.ACTIVE.value, "failing_since": None, "told_at": None}
    again = max(known.replayed_to, known.position)
    _change(tx, known, position=after, replayed_to=again, last_error="", **state)
    rows.clear_lanes(tx, known.id)
    tell(tx, "subscription_replayed", now, by=by, who_did=by, name=known.name, number=after + 1)
    return after


def remove(tx: Tx, subscription_id: str, by: str, now: datetime) -> None:
    """It is told no more."""
    known = _known(tx, subscription_id)
    rows.remove(tx, known.id)
    tell(tx, "subscription_removed", now, by=by, who_did=by, name=known.name)


def _said(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, tuple) else value


def _known(tx: Tx, subscription_id: str) -> Subscription:
    found = rows.get(tx, subscription_id)
    if found is None:
        raise NotFound("there is no such subscription")
    return found


def _change(tx: Tx, known: Subscription, **values: Any) -> None:
    if not rows.change(tx, known, **values):
        raise Refused("events were just being sent: try again")


def _checked(tx: Tx, wanted: Wanted, known: Subscription | None = None) -> Wanted:
    """What was asked for, as it is kept. Raises BadField."""
    name = wanted.name.strip()
    if not name or len(name) > 64 or not name.isprintable():
        raise BadField("name", "a name has 1 to 64 characters")
    other = rows.named(tx, name)
    if other is not None and (known is None or other.id != known.id):
        raise BadField("name", "another program has this name")
    wrong = wrong_url(wanted.url)
    if wrong is not None:
        raise BadField("url", wrong)
    if wanted.secret and not _SHORTEST_SECRET <= len(wanted.secret) <= _LONGEST_SECRET:
        raise BadField("secret", "a secret has 16 to 200 characters")
    for field in ("kinds", "sites"):
        _named(field, getattr(wanted, field))
    return replace(
        wanted,
        name=storable(name),
        kinds=tuple(dict.fromkeys(wanted.kinds)),
        sites=tuple(dict.fromkeys(wanted.sites)),
    )


def _named(field: str, names: Sequence[str]) -> None:
    if len(names) > _MOST_NAMED:
        raise BadField(field, "names 1000 at most")
    for name in names:
        if not _NAMED.fullmatch(name):
            raise BadField(field, "is no name of one", name[:64])
        if field == "kinds" and name not in FAMILIES and not _is_kind(name):
            raise BadField(field, "there is no such kind of event", name[:64])


def _is_kind(name: str) -> bool:
    return any(name in kinds for kinds in FAMILIES.values())


def kinds_of(subscription: Subscription) -> Collection[str]:
    """The kinds of entries that it asks for, families of them taken apart; none: all."""
    found: set[str] = set()
    for name in subscription.kinds:
        found |= set(FAMILIES.get(name, (name,)))
    return found


# --- rounds -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What one subscription is sent now. ``upto``: the last entry that was looked at; ``full``:
    more may follow at once."""

    subscription: Subscription
    queues: tuple[Queue, ...]
    upto: int
    full: bool
    wanted: bool  # something new is
    mute: frozenset[str]  # sites of which nothing may be told now

    @property
    def idle(self) -> bool:
        """True where there is nothing to send, and nothing to put behind a lane."""
        return not self.queues and not self.wanted


def next_round(
    tx: Tx,
    subscription_id: str,
    now: datetime,
    *,
    settled: int,
    seen: Mapping[int, int] | None = None,
) -> Round | None:
    """What is to be sent; None: it is not told any more.

    ``settled``: no entry up to there will still appear. ``seen``: {revision: nothing up to there is
    wanted}.
    """
    one = rows.get(tx, subscription_id)
    if one is None or one.state is not SubscriptionState.ACTIVE:
        return None
    kinds, lanes = kinds_of(one), rows.lanes(tx, one.id)
    begin = max(one.position, (seen or {}).get(one.revision, 0))
    until = settled if len(lanes) < MOST_LANES else begin  # too much waits already
    window = rows.events_after(tx, begin, until, WINDOW) if until > begin else []
    full = len(window) == WINDOW
    due = [lane for lane in lanes if lane.due_at <= now]
    sites = {event.site or "" for event in window} | {lane.site for lane in due}
    shadow = moves.in_shadow(tx, sites)  # who acts for them tells of them
    wanted = [each for each in window if each.site not in shadow and _is_told(one, each, kinds)]
    backlog = {lane.site: _backlog(tx, one, lane, kinds, shadow) for lane in due}
    queues = tuple(subscriptions.queues(lanes, backlog, wanted, now))
    about = {queue.site for queue in queues} - {""}
    return Round(
        subscription=one,
        queues=queues,
        upto=window[-1].number if full else max(begin, until),
        full=full,
        wanted=bool(wanted),
        mute=frozenset() if one.inside else frozenset(incidents.mute_sites(tx, about)),
    )


def _backlog(
    tx: Tx, one: Subscription, lane: Lane, kinds: Collection[str], shadow: Collection[str]
) -> Backlog:
    found = rows.events_of(tx, lane.site, lane.number, one.position, BACKLOG)
    told = () if lane.site in shadow else found
    return Backlog(
        events=tuple(event for event in told if _is_told(one, event, kinds)),
        upto=found[-1].number if found else one.position,
        whole=len(found) < BACKLOG,
    )


def _is_told(one: Subscription, event: Event, kinds: Collection[str]) -> bool:
    return event.kind != COVERED and one.wants(event, kinds)


def settle(tx: Tx, made: Round, sent: Sequence[Sent], now: datetime, *, jitter: float) -> bool:
    """Write down how far a round came; False: it was changed meanwhile, and is done again."""
    one = made.subscription
    taken = any(each.delivered for each in sent)
    errors = [each.error for each in sent if each.error]
    after = {
        each.queue.site: subscriptions.lane_after(one.id, each, now, jitter=jitter) for each in sent
    }
    values = _health(one, taken=taken, errors=errors, now=now)
    hopeless = [lane for lane in after.values() if lane and subscriptions.is_hopeless(lane, now)]
    dead = bool(hopeless) and not _works(one, hopeless, taken=taken)
    if dead:
        values["state"] = SubscriptionState.DEAD.value
    if not rows.change(tx, one, position=max(one.position, made.upto), **values):
        return False
    for each in sent:
        lane = after[each.queue.site]
        if lane in hopeless and not dead:
            lane = _given_up(tx, one, each, lane, now)
        if lane is not None or each.queue.lane is not None:
            rows.put_lane(tx, one.id, each.queue.site, lane)
    if taken and one.failing_since is not None:
        rows.lanes_due(tx, one.id, now)
    _tell(tx, one, values, now, dead=dead)
    return True


def _health(
    one: Subscription, *, taken: bool, errors: Sequence[str], now: datetime
) -> dict[str, Any]:
    """The columns that say how a program is."""
    values: dict[str, Any] = {}
    if errors:
        values["last_error"] = errors[-1]
    if taken:
        values |= {"delivered_at": now, "failing_since": None, "told_at": None}
        values.setdefault("last_error", "")
    elif errors and one.failing_since is None:
        values["failing_since"] = now
    elif errors and one.told_at is None and now - (one.failing_since or now) >= TOLD_AFTER:
        values["told_at"] = now
    return values


def _works(one: Subscription, hopeless: Sequence[Lane], *, taken: bool) -> bool:
    """True where others were taken while one was not: it is the event's fault."""
    since = min(lane.since for lane in hopeless)
    return taken or (one.delivered_at is not None and one.delivered_at >= since)


def _given_up(tx: Tx, one: Subscription, sent: Sent, lane: Lane, now: datetime) -> Lane:
    event = sent.rest
    lost = event.id if event is not None else ""
    about = {"name": one.name, "event": lost, "error": lane.last_error}
    tell(tx, "event_lost", now, site=lane.site or None, **about)
    _signal(tx, f"{one.id}|{lost}", f"{one.name} : {lane.last_error}", now)
    return subscriptions.skipped(lane, now)


def _tell(tx: Tx, one: Subscription, values: dict[str, Any], now: datetime, *, dead: bool) -> None:
    error = str(values.get("last_error", one.last_error))
    about = {"name": one.name, "error": error}
    if dead:
        tell(tx, "subscription_dead", now, **about)
        _signal(tx, f"{one.id}|{now.isoformat()}", f"{one.name} : {error}", now)
    elif values.get("told_at"):
        tell(tx, "subscription_silent", now, **about)
        _signal(tx, f"{one.id}|{one.failing_since}", f"{one.name} : {error}", now)
    elif one.told_at is not None and "told_at" in values:
        tell(tx, "subscription_back", now, name=one.name)


def _signal(tx: Tx, about: str, text: str, now: datetime) -> None:
    store_signals(tx, [station_signal("WEBHOOK_LOST", "", about, now, text=text[:200])])
