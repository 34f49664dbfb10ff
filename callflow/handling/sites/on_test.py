"""A site, or some of its zones, on test (D17): set, extended and ended by a person, or by its time.

While it runs, correlation only stores what it silences (``supervision.is_tested``). At its end what
still alarms is correlated again, as if it came now, and whoever set the test is called.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from callflow import ids
from callflow.core.alarms.incident import State
from callflow.core.records.logbook import MACHINE
from callflow.core.signals import events
from callflow.core.signals.signal import PERSONAL, Category, Kind, Signal, StoredSignal, Treatment
from callflow.core.sites.declared import Zone
from callflow.core.sites.site import Authority, Site
from callflow.core.sites.zones import zone_key
from callflow.core.watch import supervision
from callflow.core.watch.supervision import OnTest, station_signal
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, surroundings
from callflow.storage.sites import contacts, sites
from callflow.storage.watch import supervision as rows

#: How long a test may last from now on, by the role of whoever sets or extends it.
LIMITS = {
    "contact": timedelta(hours=4),
    "operator": timedelta(hours=4),
    "supervisor": timedelta(hours=24),
    "administrator": timedelta(hours=72),
}
#: How often one may be extended (D17).
EXTENSIONS = 2


def set_on_test(
    tx: Tx,
    site_id: str,
    *,
    zones: Sequence[str] | None,
    lasts: timedelta,
    reason: str,
    who: str,
    role: str,
    contact: str | None,
    now: datetime,
    tester: str | None = None,
) -> OnTest:
    """Put a site on test. ``contact``: who asked ``who``, of ``role``, for it;
    ``tester``: of that firm, who does it and is called at its end.

    Raises NotFound, Refused, or BadField naming the field.
    """
    site = _site(tx, site_id)
    declared = sites.zones(tx, site_id)
    keys = _zone_keys(declared, zones)
    _within(lasts, role)
    if not reason.strip():
        raise BadField("reason", "says why, for who finds the site on test")
    asked_by = _authorised(site, contact, _kinds(declared, keys))
    _refuse_in_alarm(tx, site_id)
    test = OnTest(
        id=ids.new(now),
        site_id=site_id,
        zones=keys,
        reason=reason,
        set_by=who,
        contact_id=tester or contact,
        began_at=now,
        ends_at=now + lasts,
    )
    rows.insert_test(tx, test)
    told = {"zones": ", ".join(keys) if keys else "*", "reason": reason, "contact": asked_by}
    told |= {"until": _iso(test.ends_at), "test": test.id}
    tell(tx, "test_set", now, site=site_id, by=who, who_did=who, **told)
    return test


def extend(
    tx: Tx,
    site_id: str,
    test_id: str,
    *,
    lasts: timedelta,
    who: str,
    role: str,
    now: datetime,
) -> OnTest:
    """Let it end ``lasts`` from now; twice at most. Raises NotFound, Refused, BadField."""
    test = _running(tx, site_id, test_id, now)
    _within(lasts, role)
    if test.extensions >= EXTENSIONS:
        raise Refused("this test was extended twice: set the site on test anew, with its reason")
    if now + lasts <= test.ends_at:
        raise BadField("minutes", "it would end sooner than it does: end it instead")
    _refuse_in_alarm(tx, site_id)
    test = _changed(rows.change_test(tx, test, ends_at=now + lasts, extensions=test.extensions + 1))
    until = _iso(test.ends_at)
    tell(tx, "test_extended", now, site=site_id, by=who, until=until, who_did=who, test=test_id)
    return test


def end(tx: Tx, site_id: str, test_id: str, *, who: str, now: datetime) -> OnTest:
    """End it at once: what still alarms is live. Raises NotFound, Refused."""
    test = _running(tx, site_id, test_id, now)
    test = _changed(rows.change_test(tx, test, ended_at=now, ended_by=who))
    _make_live(tx, test, who, now)
    return test


def _changed(test: OnTest | None) -> OnTest:
    if test is None:
        raise Refused("somebody else changed this test: look again")
    return test


def expire(tx: Tx, test: OnTest, now: datetime) -> list[Signal]:
    """Its time is over: what still alarms is live, and whoever set it is called (D17)."""
    if rows.change_test(tx, test, ended_at=now, ended_by=MACHINE) is None:
        return []
    live = _make_live(tx, test, MACHINE, now)
    account = rows.first_account(tx, test.site_id)
    if account is None:
        return []
    text = f"À rappeler : {_setter(tx, test)}. Motif de l’essai : {test.reason}."
    if live:
        text += f" Encore en alarme : {live}."
    return [station_signal("TEST_ENDED", account, test.id, now, text=text)]


def _setter(tx: Tx, test: OnTest) -> str:
    contact = contacts.get(tx, test.contact_id) if test.contact_id else None
    if contact is None:
        return test.set_by
    number = contact.phone or "(sans numéro)"
    return f"{contact.name} {number}, demande notée par {test.set_by}"


def _make_live(tx: Tx, test: OnTest, who: str, now: datetime) -> str:
    """What the test silenced and nobody restored goes to the backlog again; its zones."""
    sent = rows.signals_since(tx, test.site_id, test.began_at)
    kinds = surroundings.zone_kinds(tx, {signal.account for signal in sent})
    silenced = supervision.still_alarming(
        [(s, *_told(s, kinds.get((s.account, zone_key(s.zone))))) for s in sent]
    )
    others = rows.running_tests(tx, [test.site_id], now).get(test.site_id, [])
    by_id = {signal.id: signal for signal in sent}
    again = [by_id[i] for i in silenced if not _tested_on(others, by_id[i])]
    rows.correlate_again(tx, [signal.id for signal in again])
    names = ", ".join(f"{s.code} {s.zone}".strip() for s in again)
    told = {"by": who, "who_did": who, "test": test.id, "live": names or "0"}
    tell(tx, "test_ended", now, site=test.site_id, **told)
    return names


def _told(signal: StoredSignal, zone_kind: Kind | None) -> tuple[Kind | None, Kind | None]:
    """(the kind that a silenced signal alarms, the kind that any signal restores)."""
    if signal.treatment is Treatment.UNPROVED:
        return None, None
    if signal.kind is Kind.RESTORE:
        return None, events.classify(signal.format, signal.code, zone_kind).restores
    silenced = signal.treatment is Treatment.TESTED
    return (signal.kind if silenced else None), None


def _tested_on(others: Sequence[OnTest], signal: StoredSignal) -> bool:
    return any(supervision.is_tested(test, signal.zone, signal.kind) for test in others)


# --- who may ------------------------------------------------------------------------------


def _site(tx: Tx, site_id: str) -> Site:
    site = sites.load_site(tx, site_id)
    if site is None:
        raise NotFound(f"there is no site {site_id!r}")
    return site


def _within(lasts: timedelta, role: str) -> None:
    limit = LIMITS.get(role, timedelta())
    if not timedelta() < lasts <= limit:
        hours = limit.total_seconds() / 3600
        raise BadField("minutes", f"your role sets on test for {hours:g} hours at most")


def _zone_keys(declared: Sequence[Zone], zones: Sequence[str] | None) -> tuple[str, ...] | None:
    if zones is None:
        return None
    if not zones:
        raise BadField("zones", "names no zone: null stands for the whole site")
    known = {zone_key(zone.zone) for zone in declared}
    for place, zone in enumerate(zones):
        if zone_key(zone) not in known:
            raise BadField(f"zones.{place}", "is no zone of this site")
    return tuple(sorted({zone_key(zone) for zone in zones}))


def _authorised(site: Site, contact_id: str | None, kinds: set[Kind]) -> str:
    """The contact's name, "" where no contact asked. Raises Refused, BadField."""
    if contact_id is None:
        return ""
    known = [contact for contact in site.contacts if contact.id == contact_id]
    if not known:
        raise BadField("contact", "is no contact of this site")
    for kind in kinds:
        if not any(contact.may(Authority.SET_ON_TEST, kind) for contact in known):
            raise Refused(
                "has not the authority to set this alarm on test", f"{known[0].name} ({kind})"
            )
    return known[0].name


def _kinds(declared: Sequence[Zone], keys: Collection[str] | None) -> set[Kind]:
    """What the test silences, as far as the site declares it."""
    if keys is None:
        return {Kind.INTRUSION}
    return {zone.kind or Kind.INTRUSION for zone in declared if zone_key(zone.zone) in keys}


def _refuse_in_alarm(tx: Tx, site_id: str) -> None:
    """During an alarm for lives nobody makes the site silent, whoever asks."""
    for incident in incidents.unfiled(tx, [site_id], []):
        vital = incident.category is Category.VITAL or incident.duress
        if incident.state is State.OPEN and (vital or incident.kind in PERSONAL):
            raise Refused("the site has an open vital alarm: it can't be set on test")


def _running(tx: Tx, site_id: str, test_id: str, now: datetime) -> OnTest:
    test = rows.get_test(tx, test_id)
    if test is None or test.site_id != site_id:
        raise NotFound(f"there is no test {test_id!r} of this site")
    if not test.runs(now):
        raise Refused("this test is over")
    return test


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
