"""Sites read and written as people do: in the shape of ``GET|PUT sites/{id}``."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from callflow.core.changes import changes, stamp
from callflow.core.plans import call_plan, overrides, standing
from callflow.core.signals.signal import Kind
from callflow.core.sites import declared
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.site import SiteState
from callflow.handling.base.fields import BadField
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
from callflow.handling.sites.removed import Document
from callflow.handling.sites.rules import NO_PLAN
from callflow.handling.sites.shape import Account, Agreed, EventOverride, Site, Zone
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.alarms import surroundings
from callflow.storage.engine.values import grouped
from callflow.storage.sites import own_days, sites
from callflow.storage.sites import removed as removed_rows
from callflow.storage.sites.sites import upsert, upsert_all
from callflow.vault import Vault

#: Sites that are read at once.
_PAGE = 200


def get_site(tx: Tx, site_id: str) -> Site | None:
    """The site, secrets left out."""
    return next(iter(get_sites(tx, [site_id])), None)


def every_site(tx: Tx) -> Iterator[Site]:
    """All of them, by id."""
    after = ""
    while found := get_sites(tx, sites.site_ids(tx, after=after, limit=_PAGE)):
        yield from found
        after = found[-1].id


def with_revision(tx: Tx, site_id: str, *, to_change: bool = False) -> tuple[Site, str] | None:
    """The site, and what is another after each change of it and of its people, who may be those of
    other sites, and whose calendars are imported. ``to_change``: nobody else changes the site until
    the transaction ends."""
    if to_change:
        sites.lock(tx, site_id)
    site, row = get_site(tx, site_id), sites.get(tx, site_id)
    if site is None or row is None:
        return None
    return site, stamp([row.changed_at, [contact.document() for contact in site.contacts]])


def get_sites(tx: Tx, site_ids: Sequence[str]) -> list[Site]:
    """``get_site`` of those of these that there are, by id: in as many statements as of one."""
    accounts = sites.accounts_of(tx, site_ids)
    armed = rules.shown_arming(tx, site_ids)
    zones = sites.zones_of(tx, site_ids)
    people = contacts.shown_at(tx, site_ids)
    users = rules.shown_users(tx, [a.account for here in accounts.values() for a in here])
    overrides = grouped(surroundings.overrides(tx, site_ids).values(), lambda one: one.site_id)
    return [
        Site.of(
            site,
            client=site.client_name,
            accounts=[
                rules.shown_account(a, armed.get(a.account, [])) for a in accounts.get(site.id, ())
            ],
            zones=list(map(Zone.of, zones.get(site.id, ()))),
            contacts=people.get(site.id, []),
            panel_users=[u for a in accounts.get(site.id, ()) for u in users.get(a.account, ())],
            rules=Agreed.model_construct(**site.rules),
            event_overrides=list(map(EventOverride.of, overrides.get(site.id, ()))),
            cameras=cameras.shown(site.cameras),
        )
        for site in sites.of_ids(tx, site_ids)
    ]


def put_site(
    tx: Tx,
    vault: Vault,
    site_id: str,
    site: Site,
    who: str,
    now: datetime,
    *,
    because: str = "",
    renaming: bool = False,
    shared: bool = True,
) -> bool:
    """Create or replace a site; whether it is new. ``because``, or its ``reason``: why what is in
    it no more is there no more, or the contract another, which is refused without. ``renaming``:
    what is in it no more is there by another name. ``shared``: contacts that other sites have are
    changed there too. Raises BadField, naming the field; contacts.SharedContact."""
    because = because or site.reason or ""
    old = sites.get(tx, site_id)
    shown = get_site(tx, site_id) if old else None
    _check_accounts(tx, site_id, site.numbers, now)
    _write_site(tx, vault, site_id, old, site, now)
    check_chosen(tx, _chosen(site, old).items())
    if old is not None:
        contracts.written_anew(tx, site_id, old.state, site.state, who, because, now)
    before = {one.account: one for one in sites.accounts(tx, site_id)}
    removed_rows.clear_accounts(tx, dict.fromkeys(set(site.numbers) - set(before), site_id))
    sites.drop_links(tx, site_id, site.numbers)
    for account in site.accounts:
        _write_account(tx, vault, site_id, account, before.get(account.account), site, now)
    sites.accounts_changed(tx)
    upsert_all(tx, t.zone, ["account", "zone"], [zone.document() for zone in site.zones])
    contacts.write_contacts(tx, vault, site_id, site.contacts, shared=shared)
    rules.write_overrides(tx, site_id, site.event_overrides)
    rules.write_panel_users(tx, site.numbers, site.panel_users)
    after = get_site(tx, site_id)
    assert after is not None, "it is written"
    was, left = set_up(shown) if shown else None, set_up(after)
    _tell(tx, site_id, was, left, site, who, now, because)
    if old is not None and was is not None and not renaming:
        secrets = removed.secrets_of(before.values(), old.cameras)
        removed.keep(tx, site_id, was, left, secrets, reason=because, who=who, now=now)
    there = {(c.id, c.role) for c in site.contacts}
    gone = [c for c in (shown.contacts if shown else ()) if (c.id, c.role) not in there]
    contracts.closed(tx, site_id, gone, reason=because, who=who, now=now)
    return old is None


def _tell(
    tx: Tx,
    site_id: str,
    before: Document | None,
    after: Document,
    sent: Site,
    who: str,
    now: datetime,
    because: str,
) -> None:
    """Who changed what of its set-up, from what to what; of a secret only that it was set."""
    if before is None:
        tell(tx, "site_created", now, site=site_id, by=who, who_did=who)
        return
    fields = difference(before, after, sent)
    if fields:
        why = {"because": because} if because else {}
        tell(tx, "site_changed", now, site=site_id, by=who, who_did=who, fields=fields, **why)


def difference(before: Document, after: Document, sent: Site) -> dict[str, object]:
    """{path: [before, after]} of what differs between two set-ups; None of a secret that is set."""
    fields: dict[str, object] = {c.path: [c.before, c.after] for c in changes(before, after)}
    return fields | dict.fromkeys(_secrets_in(sent))


def set_up(site: Site) -> Document:
    """``site`` as a document, without what its panels tell."""
    told = {"last_heard", "skew", "silent", "untested", "partitions"}
    return site.model_dump(mode="json", exclude={"accounts": {"__all__": told}})


def _secrets_in(sent: Site) -> Iterator[str]:
    yield from (n for n in ("recognition_word", *passwords.NAMES) if getattr(sent, n))
    for contact in sent.contacts:
        yield from (f"contacts.{contact.id}.{n}" for n in contacts.SECRETS if getattr(contact, n))
    yield from (f"accounts.{a.account}.dc09_key" for a in sent.accounts if a.dc09_key)


def _write_site(
    tx: Tx, vault: Vault, site_id: str, old: DeclaredSite | None, site: Site, now: datetime
) -> None:
    client_id = clients.client_of(tx, site.client or site.name)
    word = old.recognition_word if old else None
    if site.says("recognition_word"):
        clear = site.recognition_word
        word = vault.encrypt(clear.encode()) if clear else None
    own = own_days.for_calendars(tx, [site.schedule])
    _check_plans(tx, site, old)
    names = {"name", "address", "postcode", "latitude", "longitude", "police_agreement"}
    names |= {"timezone", "language", "state"}
    upsert(
        tx,
        t.site,
        ["id"],
        {
            "id": site_id,
            "client_id": client_id,
            **site.model_dump(mode="json", include={*names, "plans", "rules"}),
            "state_since": old.state_since if old else now,
            "recognition_word": word,
            "plan_rules": calendars.plan_rules(tx, site.plan_rules, site.numbers),
            "plan_overrides": {plan: own for plan, own in site.plan_overrides.items() if own},
            "cameras": cameras.values(vault, old.cameras if old else [], site.cameras),
            "changed_at": now,
            **rules.site_values(old, site.schedule, site.timezone, now, own),
            **passwords.written(vault, site, old, ""),
        },
    )


def _check_accounts(tx: Tx, site_id: str, numbers: Sequence[str], now: datetime) -> None:
    """They are nobody else's. Raises BadField."""
    taken = sites.site_of_accounts(tx, numbers)
    for place, account in enumerate(numbers):
        owner = taken.get(account, site_id)
        if owner != site_id:
            _freed(tx, account, owner, f"accounts.{place}.account", now)
    _kept_in_quarantine(tx, site_id, set(numbers), now)


def _freed(tx: Tx, account: str, owner: str, field: str, now: datetime) -> None:
    """An account of another site: free where that one is terminated long ago. Raises BadField."""
    site = sites.get(tx, owner)
    if site is None or site.state is not SiteState.TERMINATED:
        raise BadField(field, "belongs to another site", owner)
    if contracts.in_quarantine(site, now):
        raise BadField(field, "its site was terminated less than a year ago: its panel may send")
    sites.free_account(tx, account)


def _kept_in_quarantine(tx: Tx, site_id: str, accounts: set[str], now: datetime) -> None:
    """A terminated site keeps its accounts, so that nobody else gets them. Raises BadField."""
    site = sites.get(tx, site_id)
    if site is None or not contracts.in_quarantine(site, now):
        return
    if any(each.account not in accounts for each in sites.accounts(tx, site_id)):
        raise BadField("accounts", "a terminated site keeps its accounts for a year")


def _write_account(
    tx: Tx,
    vault: Vault,
    site_id: str,
    account: Account,
    old: declared.Account | None,
    site: Site,
    now: datetime,
) -> None:
    values = account_columns(site, account, old, now) | {"site_id": site_id}
    if account.says("dc09_key"):
        key = account.dc09_key
        values["dc09_key"] = None if key is None else vault.encrypt(bytes.fromhex(key))
    upsert(tx, t.account, ["account"], values)
    if values["test_every"] is None:
        rules.no_longer_tested(tx, old, now)


def account_columns(
    site: Site, account: Account, old: declared.Account | None, now: datetime
) -> rules.Columns:
    """The columns of one account of a site, but its key."""
    zones = [zone for zone in site.zones if zone.account == account.account]
    lift = any(zone.kind is Kind.LIFT for zone in zones)
    values = rules.account_values(old, account, lift=lift, now=now)
    values |= {"account": account.account, "site_id": site.id, "phone": account.phone}
    values["maker"] = (account.maker or "").strip() or None
    if "arrived_within" not in (site.schedule or {}):
        values["arrival_due"] = None
    return values


def _check_plans(tx: Tx, site: Site, old: DeclaredSite | None) -> None:
    """Its plans are known; a setting of a step that fitted once may stay. Raises BadField."""
    before = old.plan_overrides if old else {}
    for kind, plan in site.plans.items():
        if sites.plan_body(tx, plan) is None:
            raise BadField(f"plans.{kind}", NO_PLAN, plan)
    for plan, own in site.plan_overrides.items():
        body = sites.plan_body(tx, plan)
        if body is None:
            raise BadField("plan_overrides", NO_PLAN, plan)
        if own == before.get(plan):
            continue
        for where in overrides.lost(call_plan.from_json(body), own):
            raise BadField(f"plan_overrides.{plan}.{where}", "does not fit this plan")


def _chosen(site: Site, old: DeclaredSite | None) -> dict[str, str]:
    """{field: plan} that the site is to follow, or to have otherwise. One that is terminated, and
    stays so, keeps what it had."""
    named = {f"plans.{kind}": plan for kind, plan in site.plans.items()}
    for place, rule in enumerate(site.plan_rules):
        named[f"plan_rules.{place}.plan"] = rule["plan"]
    if old and old.state is site.state is SiteState.TERMINATED:
        had = standing.named(old.plans, old.plan_rules)
        named = {field: plan for field, plan in named.items() if plan not in had}
    before = old.plan_overrides if old else {}
    for plan, own in site.plan_overrides.items():
        if own != before.get(plan):
            named[f"plan_overrides.{plan}"] = plan
    return named
