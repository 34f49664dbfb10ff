"""Sites as people write and read them: the shape of ``GET|PUT sites/{id}``.

Secrets go in and never come out: left out = unchanged, null = removed; ``…_set`` says whether one
is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callflow.core.changes import changes, stamp
from callflow.core.plans import call_plan, standing
from callflow.core.plans import overrides as plan_overrides
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import SiteState
from callflow.handling.base.telling import tell
from callflow.handling.plans.standing import check_chosen
from callflow.handling.sites import (
    calendars,
    cameras,
    clients,
    contacts,
    contracts,
    passwords,
    removed,
    rules,
)
from callflow.handling.sites.contacts import e164
from callflow.handling.sites.rules import NO_PLAN, BadSite
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.sites import own_days, sites
from callflow.storage.sites import removed as removed_rows
from callflow.storage.sites.sites import upsert
from callflow.storage.watch import supervision
from callflow.vault import Vault

Row = dict[str, Any]

_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,16}")


def get_site(tx: Tx, site_id: str) -> Row | None:
    """The site as PUT takes it, secrets left out."""
    return next(iter(get_sites(tx, [site_id])), None)


def with_revision(tx: Tx, site_id: str, *, to_change: bool = False) -> tuple[Row, str] | None:
    """The site as PUT takes it, and what is another after each change of it and of its people, who
    may be those of other sites, and whose calendars are imported. ``to_change``: nobody else
    changes the site until the transaction ends."""
    if to_change:
        sites.lock(tx, site_id)
    site, row = get_site(tx, site_id), sites.site_row(tx, site_id)
    if site is None or row is None:
        return None
    return site, stamp([row["changed_at"], site["contacts"]])


def get_sites(tx: Tx, site_ids: Sequence[str]) -> list[Row]:
    """``get_site`` of those of these that there are, by id: in as many statements as of one."""
    accounts = sites.accounts_of(tx, site_ids)
    armed = rules.shown_arming(tx, site_ids)
    zones = sites.zones_of(tx, site_ids)
    people = contacts.shown_at(tx, site_ids)
    users = rules.shown_users(
        tx, [account["account"] for of_site in accounts.values() for account in of_site]
    )
    overrides = supervision.overrides(tx, site_ids)
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "client": row["client_name"],
            "address": row["address"],
            "postcode": row["postcode"],
            "police_agreement": row["police_agreement"],
            "timezone": row["timezone"],
            "language": row["language"],
            "state": row["state"],
            "recognition_word_set": row["recognition_word"] is not None,
            "password_set": row["password"] is not None,
            "duress_password_set": row["duress_password"] is not None,
            "accounts": [
                {**rules.shown_account(a), "partitions": armed.get(a["account"], [])}
                for a in accounts.get(row["id"], ())
            ],
            "zones": [
                {"account": z["account"], "zone": z["zone"], "name": z["name"], "kind": z["kind"]}
                for z in zones.get(row["id"], ())
            ],
            "contacts": people.get(row["id"], []),
            "panel_users": [
                user for a in accounts.get(row["id"], ()) for user in users.get(a["account"], ())
            ],
            "plans": row["plans"],
            "plan_rules": row["plan_rules"],
            "plan_overrides": row["plan_overrides"],
            "cameras": cameras.shown(row["cameras"]),
            **rules.shown_site(row, overrides.get(row["id"], ())),
        }
        for row in sites.site_rows(tx, site_ids)
    ]


def put_site(
    tx: Tx,
    vault: Vault,
    site_id: str,
    body: Row,
    who: str,
    now: datetime,
    *,
    because: str = "",
    renaming: bool = False,
    shared: bool = True,
) -> bool:
    """Create or replace a site; whether it is new. ``because``, or the ``reason`` of ``body``: why
    what is in it no more is there no more, or the contract another, which is refused without.
    ``renaming``: what is in it no more is there by another name. ``shared``: contacts that other
    sites have are changed there too. Raises BadSite, naming the field; contacts.SharedContact."""
    because = because or body.get("reason") or ""
    old = sites.site_row(tx, site_id)
    shown = get_site(tx, site_id) if old else None
    name = rules.required(body, "name", "name")
    accounts = _accounts(tx, site_id, body.get("accounts", []), now)
    _write_site(tx, vault, site_id, old, body, name, now)
    check_chosen(tx, _chosen(body, old).items())
    if old is not None:
        state = body.get("state", SiteState.ACTIVE)
        contracts.written_anew(tx, site_id, old["state"], state, who, because, now)
    numbers = _numbers(body)
    before = {row["account"]: row for row in sites.account_rows(tx, site_id)}
    removed_rows.clear_accounts(tx, dict.fromkeys(set(numbers) - set(before), site_id))
    sites.drop_links(tx, site_id, numbers)
    for place, account in enumerate(accounts):
        _write_account(
            tx,
            vault,
            site_id,
            place,
            account,
            before.get(account["account"]),
            now,
            lift=_has_lift(body, account["account"]),
            awaits_arrival="arrived_within" in (body.get("schedule") or {}),
        )
    sites.accounts_changed(tx)
    _write_zones(tx, body.get("zones", []), set(numbers))
    contacts.write_contacts(tx, vault, site_id, body.get("contacts", []), shared=shared)
    rules.write_overrides(tx, site_id, body.get("event_overrides") or [])
    people = [contact["id"] for contact in body.get("contacts", [])]
    rules.write_panel_users(tx, numbers, people, body.get("panel_users") or [])
    was, left = set_up(shown) if shown else None, set_up(get_site(tx, site_id) or {})
    _tell(tx, site_id, was, left, body, who, now, because)
    if old is not None and was is not None and not renaming:
        secrets = removed.secrets_of(before, old["cameras"])
        removed.keep(tx, site_id, was, left, secrets, reason=because, who=who, now=now)
    there = {(c["id"], c["role"]) for c in body.get("contacts", [])}
    gone = [c for c in (shown or {}).get("contacts", []) if (c["id"], c["role"]) not in there]
    contracts.closed(tx, site_id, gone, reason=because, who=who, now=now)
    return old is None


def _tell(
    tx: Tx,
    site_id: str,
    before: Row | None,
    after: Row,
    body: Row,
    who: str,
    now: datetime,
    because: str,
) -> None:
    """Who changed what of its set-up, from what to what; of a secret only that it was set."""
    if before is None:
        tell(tx, "site_created", now, site=site_id, by=who, who_did=who)
        return
    fields: Row = {change.path: [change.before, change.after] for change in changes(before, after)}
    fields |= dict.fromkeys(_secrets_in(body))
    if fields:
        why: Row = {"because": because} if because else {}
        tell(tx, "site_changed", now, site=site_id, by=who, who_did=who, fields=fields, **why)


def set_up(site: Row) -> Row:
    """``site`` without what its panels tell."""
    told = ("last_heard", "skew", "silent", "untested", "partitions")
    accounts = [{k: v for k, v in a.items() if k not in told} for a in site.get("accounts", [])]
    return {**site, "accounts": accounts}


def _secrets_in(body: Row) -> Iterator[str]:
    for name in ("recognition_word", "password", "duress_password"):
        if body.get(name):
            yield name
    for contact in body.get("contacts", []):
        for name in ("code", "duress_code", "password", "duress_password"):
            if contact.get(name):
                yield f"contacts.{contact['id']}.{name}"
    for account in body.get("accounts", []):
        if account.get("dc09_key"):
            yield f"accounts.{account['account']}.dc09_key"


def _write_site(
    tx: Tx, vault: Vault, site_id: str, old: Row | None, body: Row, name: str, now: datetime
) -> None:
    timezone = _timezone(body.get("timezone", "Europe/Paris"))
    client = str(body.get("client") or name)
    client_id = clients.client_of(tx, client)
    word = old["recognition_word"] if old else None
    if "recognition_word" in body:
        clear = body["recognition_word"]
        word = vault.encrypt(clear.encode()) if clear else None
    own = own_days.for_calendars(tx, [body.get("schedule")])
    upsert(
        tx,
        t.site,
        ["id"],
        {
            "id": site_id,
            "client_id": client_id,
            "name": name,
            "address": body.get("address", ""),
            "postcode": body.get("postcode", ""),
            "police_agreement": body.get("police_agreement", ""),
            "timezone": timezone,
            "language": body.get("language", "fr"),
            "state": rules.one_of(SiteState, body.get("state", SiteState.ACTIVE), "state"),
            "state_since": old["state_since"] if old else now,
            "recognition_word": word,
            "plans": _plans(tx, body.get("plans", {})),
            "plan_rules": calendars.plan_rules(tx, body.get("plan_rules"), _numbers(body)),
            "plan_overrides": _overrides(
                tx, body.get("plan_overrides") or {}, old["plan_overrides"] if old else {}
            ),
            "cameras": cameras.values(
                vault, old["cameras"] if old else [], body.get("cameras") or []
            ),
            "changed_at": now,
            **rules.site_values(old, body, timezone, now, own),
            **passwords.written(vault, body, old, ""),
        },
    )


def _timezone(name: str) -> str:
    """Checked here: a dialogue must not fail on it in the middle of a call."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSite("timezone", "is no IANA time zone, such as Europe/Paris") from None


def _accounts(tx: Tx, site_id: str, accounts: list[Row], now: datetime) -> list[Row]:
    for place, account in enumerate(accounts):
        rules.required(account, "account", f"accounts[{place}].account")
    taken = sites.site_of_accounts(tx, [a["account"] for a in accounts])
    for place, account in enumerate(accounts):
        field = f"accounts[{place}].account"
        if not _ACCOUNT.fullmatch(account["account"]):
            raise BadSite(field, "1 to 16 characters, digits and letters only")
        owner = taken.get(account["account"], site_id)
        if owner != site_id:
            _freed(tx, account["account"], owner, field, now)
    _kept_in_quarantine(tx, site_id, {account["account"] for account in accounts}, now)
    return accounts


def _freed(tx: Tx, account: str, owner: str, field: str, now: datetime) -> None:
    """An account of another site: free where that one is terminated long ago. Raises BadSite."""
    row = sites.site_row(tx, owner)
    if row is None or row["state"] != SiteState.TERMINATED:
        raise BadSite(field, "belongs to another site", owner)
    if contracts.in_quarantine(row, now):
        raise BadSite(field, "its site was terminated less than a year ago: its panel may send")
    sites.free_account(tx, account)


def _kept_in_quarantine(tx: Tx, site_id: str, accounts: set[str], now: datetime) -> None:
    """A terminated site keeps its accounts, so that nobody else gets them. Raises BadSite."""
    row = sites.site_row(tx, site_id)
    if row is None or not contracts.in_quarantine(row, now):
        return
    if any(each["account"] not in accounts for each in sites.account_rows(tx, site_id)):
        raise BadSite("accounts", "a terminated site keeps its accounts for a year")


def _write_account(
    tx: Tx,
    vault: Vault,
    site_id: str,
    place: int,
    account: Row,
    old: Row | None,
    now: datetime,
    *,
    lift: bool,
    awaits_arrival: bool,
) -> None:
    field = f"accounts.{place}"
    watched = rules.account_values(old, account, field, lift=lift, now=now)
    values: Row = {
        "account": account["account"],
        "site_id": site_id,
        "phone": e164(account.get("phone"), f"{field}.phone"),
        **watched,
    }
    if "dc09_key" in account:
        values["dc09_key"] = _key(vault, account["dc09_key"], f"accounts[{place}].dc09_key")
    if not awaits_arrival:
        values["arrival_due"] = None
    upsert(tx, t.account, ["account"], values)
    rules.no_longer_tested(tx, old, watched, now)


def _has_lift(body: Row, account: str) -> bool:
    zones = body.get("zones", [])
    return any(z.get("account") == account and z.get("kind") == Kind.LIFT for z in zones)


def _key(vault: Vault, text: str | None, field: str) -> bytes | None:
    if text is None:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise BadSite(field, "must be hexadecimal") from None
    if len(key) not in (16, 24, 32):
        raise BadSite(field, "must be 32, 48 or 64 hexadecimal digits (AES-128, 192 or 256)")
    return vault.encrypt(key)


def _write_zones(tx: Tx, zones: list[Row], accounts: set[str]) -> None:
    for place, zone in enumerate(zones):
        field = f"zones[{place}]"
        if zone.get("account") not in accounts:
            raise BadSite(f"{field}.account", "is no account of this site")
        kind = zone.get("kind")
        values = {
            "account": zone["account"],
            "zone": rules.required(zone, "zone", f"{field}.zone"),
            "name": rules.required(zone, "name", f"{field}.name"),
            "kind": rules.one_of(Kind, kind, f"{field}.kind") if kind else None,
        }
        upsert(tx, t.zone, ["account", "zone"], values)


def _numbers(body: Row) -> list[str]:
    return [account["account"] for account in body.get("accounts", [])]


def _overrides(tx: Tx, overrides: Row, before: Row) -> Row:
    """A site's own settings of plans' steps; one that fitted once may stay. Raises BadSite."""
    for plan_id, own in overrides.items():
        body = sites.plan_body(tx, plan_id)
        if body is None:
            raise BadSite("plan_overrides", NO_PLAN, plan_id)
        if own == before.get(plan_id):
            continue
        for where in plan_overrides.lost(call_plan.from_json(body), own):
            raise BadSite(f"plan_overrides.{plan_id}.{where}", "does not fit this plan")
    return {plan_id: own for plan_id, own in overrides.items() if own}


def _plans(tx: Tx, plans: dict[str, str]) -> dict[str, str]:
    for kind, plan in plans.items():
        if sites.plan_body(tx, plan) is None:
            raise BadSite(f"plans.{kind}", NO_PLAN, plan)
    return plans


def _chosen(body: Row, old: Row | None) -> dict[str, str]:
    """{field: plan} that the site is to follow, or to have otherwise. One that is terminated, and
    stays so, keeps what it had."""
    named = {f"plans.{kind}": plan for kind, plan in body.get("plans", {}).items()}
    for place, rule in enumerate(body.get("plan_rules") or []):
        named[f"plan_rules.{place}.plan"] = rule["plan"]
    over = SiteState.TERMINATED.value
    if old and old["state"] == over and body.get("state", SiteState.ACTIVE) == over:
        had = standing.named(old["plans"], old["plan_rules"])
        named = {field: plan for field, plan in named.items() if plan not in had}
    before = old["plan_overrides"] if old else {}
    for plan, own in (body.get("plan_overrides") or {}).items():
        if own != before.get(plan):
            named[f"plan_overrides.{plan}"] = plan
    return named
