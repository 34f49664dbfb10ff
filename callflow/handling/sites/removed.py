"""What is taken away from a site is kept with its reason, and can be brought back as it was:
accounts, zones, panel users, choices and rules of plans, codes, cameras, hours.

Secrets that go in and never come out, a panel's key and a camera's password, are kept as the vault
encrypted them, and come back with what they were of.
"""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from callflow import ids
from callflow.core.sites.declared import Account
from callflow.core.sites.removed import Item, Removed
from callflow.core.sites.zones import zone_key
from callflow.core.watch.supervision import user_key
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import draft, tell
from callflow.handling.sites.shape import Site
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.sites import removed
from callflow.vault import Vault

#: A site as GET gives it, or a part of it.
Document = Mapping[str, Any]
#: {(part, by what it is known): secret, as the vault encrypted it}.
Secrets = Mapping[tuple[str, str], bytes]

ACCOUNTS, ZONES, USERS, CAMERAS = "accounts", "zones", "panel_users", "cameras"
PLANS, RULES, CODES, SCHEDULE = "plans", "plan_rules", "event_overrides", "schedule"

#: By what a part's items are told apart, however they are written.
_KNOWN_BY: Mapping[str, Callable[[Item], str]] = {
    ACCOUNTS: lambda item: str(item["account"]),
    ZONES: lambda item: f"{item['account']}/{zone_key(item['zone'])}",
    USERS: lambda item: f"{item['account']}/{user_key(item['number'])}",
    PLANS: lambda item: str(item["alarm"]),
    RULES: lambda item: json.dumps(item, sort_keys=True),
    CODES: lambda item: f"{item['code']}/{zone_key(item['zone'])}",
    CAMERAS: lambda item: str(item["id"]),
    SCHEDULE: lambda item: "",
}
#: Why one doesn't come back where there is one that is known by the same.
_THERE_AGAIN: Mapping[str, str] = {
    ACCOUNTS: "this account is declared again",
    ZONES: "there is a zone of this number again",
    USERS: "there is a panel user of this number again",
    PLANS: "a plan is chosen for these alarms again",
    RULES: "this rule is there again",
    CODES: "this code means something else here again",
    CAMERAS: "this camera is there again",
    SCHEDULE: "its hours are watched again",
}
#: In the order in which they come back: a zone's account before the zone.
PARTS = tuple(_KNOWN_BY)


def listed(site: Document, part: str) -> list[Item]:
    """A part's items in ``site``, a document as GET gives it."""
    there = site.get(part)
    if part == PLANS:
        return [{"alarm": alarm, "plan": plan} for alarm, plan in (there or {}).items()]
    if part == SCHEDULE:
        return [there] if there is not None else []
    return list(there or [])


def called(part: str, item: Item) -> str:
    """What people call an item; hours by the times of their week."""
    if part == SCHEDULE:
        return ", ".join(sorted({span for day in item.get("week", {}).values() for span in day}))
    names = {
        ACCOUNTS: ("account",),
        ZONES: ("zone", "name"),
        USERS: ("number",),
        PLANS: ("alarm", "plan"),
        RULES: ("plan",),
        CODES: ("code", "zone"),
        CAMERAS: ("name",),
    }[part]
    return " ".join(str(item[name]) for name in names if item[name])


def secrets_of(accounts: Iterable[Account], cameras: Sequence[Document]) -> Secrets:
    """The secrets of a site's accounts and cameras, as stored."""
    keys = {(ACCOUNTS, one.account): one.dc09_key for one in accounts if one.dc09_key}
    said = {(CAMERAS, c["id"]): b64decode(c["secret"]) for c in cameras if c["secret"]}
    return {**keys, **said}


def keep(
    tx: Tx,
    site_id: str,
    before: Document,
    after: Document,
    secrets: Secrets,
    *,
    reason: str,
    who: str,
    now: datetime,
) -> None:
    """What is in ``before`` and no more in ``after``, a site as PUT takes it, can be brought
    back."""
    gone = [(part, *found) for part in PARTS for found in _gone(part, before, after)]
    if not gone:
        return
    rows = [
        Removed(
            id=ids.new(now),
            site_id=site_id,
            part=part,
            known_by=_KNOWN_BY[part](item),
            place=place,
            item=item,
            secret=secrets.get((part, _KNOWN_BY[part](item))),
            reason=reason,
            removed_by=who,
            removed_at=now,
        )
        for part, place, item in gone
    ]
    removed.insert(tx, rows)
    told = {"site": site_id, "author": who, "by": who, "because": reason}
    entries = [
        draft("part_removed", now, table=part, called=called(part, item), item=item, **told)
        for part, _, item in gone
    ]
    logbook.append(tx, *entries)


def _gone(part: str, before: Document, after: Document) -> Iterator[tuple[int, Item]]:
    """(its place, item) of each that is there no more. A rule has no name: of those that are
    otherwise than before, as many are gone as there are fewer."""
    old, new = listed(before, part), listed(after, part)
    there = Counter(_KNOWN_BY[part](item) for item in new)
    left: list[tuple[int, Item]] = []
    for place, item in enumerate(old):
        there.subtract([_KNOWN_BY[part](item)])
        if there[_KNOWN_BY[part](item)] < 0:
            left.append((place, item))
    yield from left[: max(0, len(old) - len(new))] if part == RULES else left


def back(tx: Tx, vault: Vault, site: Site, removed_id: str, who: str, now: datetime) -> Site:
    """``site`` with what was taken away from it once, in its place.

    Raises NotFound, Refused.
    """
    row = removed.get(tx, str(site.id), removed_id)
    if row is None:
        raise NotFound("this is not among what was removed from this site: look again")
    part, item, items = row.part, row.item, listed(site.document(), row.part)
    name = called(part, item)
    if any(_KNOWN_BY[part](each) == row.known_by for each in items):
        raise Refused(_THERE_AGAIN[part], name)
    _refuse_lost(site, part, item)
    removed.drop(tx, [removed_id])
    told = {"table": part, "called": name, "item": item, "by": who, "who_did": who}
    tell(tx, "part_restored", now, site=site.id, **told)
    if part == PLANS:
        return site.changed(plans={**site.plans, item["alarm"]: item["plan"]})
    if part == SCHEDULE:
        return site.changed(schedule=item)
    there, again = getattr(site, part), {**item, **_secret(vault, part, row.secret)}
    return site.changed(**{part: [*there[: row.place], again, *there[row.place :]]})


def _refuse_lost(site: Site, part: str, item: Item) -> None:
    """What it depends on must be there, and nobody else where it was. Raises Refused."""
    needed = {item["account"]} if part in (ZONES, USERS) else set()
    if part == RULES:
        needed = {zone["account"] for zone in item.get("zones", ())}
    lost = needed - set(site.numbers)
    if lost:
        raise Refused("its account is removed: bring that back first", ", ".join(sorted(lost)))
    if part == USERS and item["contact"] not in (None, *(c.id for c in site.contacts)):
        raise Refused("whom this user stands for is not called for this site: call them again")
    if part == CAMERAS and any(each.url == item["url"] for each in site.cameras):
        raise Refused("another camera of this site has this address", item["name"])


def _secret(vault: Vault, part: str, kept: bytes | None) -> Item:
    """The secret of an item, as PUT takes it; where it had none, none."""
    if part == ACCOUNTS:
        return {"dc09_key": vault.decrypt(kept).hex() if kept else None}
    if part == CAMERAS:
        pair = json.loads(vault.decrypt(kept)) if kept else None
        return {"credentials": dict(zip(("user", "password"), pair, strict=True)) if pair else None}
    return {}
