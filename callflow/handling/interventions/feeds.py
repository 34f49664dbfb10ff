"""Calendars of measures and appointments: a file, and addresses that programs read until revoked.

An address's token is shown once; only its hash is kept.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from callflow import ids
from callflow.core.interventions.feed import Feed
from callflow.core.time import ical
from callflow.core.time.ical import Appointment
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.interventions import feeds, firms
from callflow.storage.interventions.feeds import FaultAt, MeasureAt
from callflow.storage.sites import sites
from callflow.texts import word
from callflow.texts.interventions import MEASURES, TECHNICIAN

#: What is over stays so long in a calendar; so many of each are in it.
_PAST, _MOST = timedelta(days=31), 2_000
#: How long a technician is thought to stay.
_VISIT = timedelta(hours=1)
#: A reading is written down after so long again.
_READ_EVERY = timedelta(hours=1)
LANGUAGES = ("fr", "en")


def calendar(
    tx: Tx,
    language: str,
    now: datetime,
    *,
    client_id: str | None = None,
    firm_id: str | None = None,
) -> bytes:
    """The measures that run, are to come or ended lately, and appointments, as an iCalendar file:
    all, those at a client's sites, or what a firm does."""
    about = {"client_id": client_id, "firm_id": firm_id}
    since = now - _PAST
    found = [
        *(_measure(one, language) for one in feeds.measures(tx, since, limit=_MOST, **about)),
        *_visits(feeds.appointments(tx, since, limit=_MOST, **about), language),
    ]
    return ical.write_all(found, now=now, name="Callflow")


def _measure(one: MeasureAt, language: str) -> Appointment:
    said = [one.text, one.firm_name or ""]
    return Appointment(
        id=f"measure {one.id}",
        begin=one.began_at,
        end=max(one.until, one.began_at),
        summary=f"{word(MEASURES, one.kind, language).capitalize()} : {one.site_name}",
        description="\n".join(filter(None, said)),
        place=one.address,
    )


def _visits(found: list[FaultAt], language: str) -> Iterator[Appointment]:
    for one in found:
        if one.appointment_at is None:
            continue
        said = [one.text, one.firm_name or ""]
        yield Appointment(
            id=f"fault {one.id}",
            begin=one.appointment_at,
            end=one.appointment_at + _VISIT,
            summary=f"{word(TECHNICIAN, '', language)} : {one.site_name}",
            description="\n".join(filter(None, said)),
            place=one.address,
        )


def make_feed(
    tx: Tx,
    token_hash: str,
    name: str,
    language: str,
    who: str,
    now: datetime,
    *,
    client_id: str | None = None,
    firm_id: str | None = None,
) -> Feed:
    """Whoever has the token reads the calendar from now on. Raises BadField."""
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise BadField("name", "write down who reads it: 1 to 100 characters")
    if language not in LANGUAGES:
        raise BadField("language", "fr or en")
    if client_id is not None and sites.client(tx, client_id) is None:
        raise BadField("client", "there is no such client")
    if firm_id is not None and not firms.is_firm(tx, firm_id):
        raise BadField("firm", "there is no such firm")
    of = ids.new(now), name.strip(), token_hash, client_id, firm_id, language, who, now
    feed = Feed(*of)
    feeds.insert(tx, feed)
    tell(tx, "calendar_made", now, by=who, who_did=who, name=feed.name)
    return feed


def revoke_feed(tx: Tx, feed_id: str, who: str, now: datetime) -> None:
    """Its address shows nothing any more. Raises NotFound."""
    feed = feeds.get(tx, feed_id)
    if feed is None or not feeds.change(tx, feed_id, revoked_at=now, revoked_by=who):
        raise NotFound("there is no such calendar")
    tell(tx, "calendar_revoked", now, by=who, who_did=who, name=feed.name)


def to_be_noted(feed: Feed, now: datetime) -> bool:
    """True where a reading is to be written down: not each of them."""
    return feed.read_at is None or now - feed.read_at >= _READ_EVERY


def noted(tx: Tx, feed: Feed, now: datetime) -> None:
    """Somebody read it."""
    feeds.change(tx, feed.id, read_at=now)
