"""Sites and contacts from a file: compared with the station first, then written all or nothing.

Comparing takes seconds and is done outside of any transaction; what is written then is in
``import_writing``. What the file has no column for, or does not name, stays; an empty cell empties.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.changes import changes
from callflow.core.sites.files.drafts import Draft, Drafts, Person
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.known import Known
from callflow.core.sites.files.reading import Table
from callflow.core.sites.files.rows import OF_CONTACT, OF_SITE
from callflow.core.sites.schedule import Schedule
from callflow.core.sites.site import ANY_KIND
from callflow.handling.sites import rules
from callflow.handling.sites.clients import client_key
from callflow.handling.sites.import_reach import Reach
from callflow.handling.sites.import_values import Values
from callflow.handling.sites.shape import Account, Agreed
from callflow.storage import Tx
from callflow.storage.plans import plans as plan_rows
from callflow.storage.sites import contacts, files, own_days, sites
from callflow.storage.sites.files import Writes
from callflow.vault import Vault

Row = dict[str, Any]
#: Told how many sites of how many were looked at.
Tick = Callable[[int, int], None]

#: What becomes of a contact's part at a site.
CONTACTS = ("new", "changed", "same", "removed")
_EVERY = 50  # sites between two signs of progress


@dataclass(kw_only=True, slots=True)
class Changed:
    """What becomes of one site: {path: [before, after], or None for a secret}; {} of a new one."""

    id: str
    name: str
    row: int
    new: bool
    fields: dict[str, list[Any] | None]


@dataclass(kw_only=True, slots=True)
class Prepared:
    """What a file would do. It may be written where ``faults`` is empty."""

    rows: int
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    sites: list[Changed] = field(default_factory=list)  # those that are not left alone
    sites_same: int = 0
    contacts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CONTACTS, 0))
    people: dict[str, str] = field(default_factory=dict)  # names of those who leave a site
    writes: Writes = field(default_factory=Writes)
    version: str = ""
    plans: frozenset[str] = frozenset()  # whose being in use it counts on

    @property
    def created(self) -> int:
        """How many sites are new."""
        return sum(site.new for site in self.sites)

    @property
    def changed(self) -> int:
        """How many sites that were there are changed."""
        return len(self.sites) - self.created

    @property
    def digest(self) -> str:
        """Another for whatever would be done otherwise."""
        done = [[s.id, s.new, sorted(s.fields.items())] for s in self.sites]
        wrong = [[f.row, f.column, f.code, sorted(f.args.items())] for f in self.faults]
        said = json.dumps([done, wrong, self.sites_same], default=str)
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def known(tx: Tx) -> Known:
    """All that a file is compared with; a second or so for 5,000 sites."""
    found = Known(version=files.version(tx))
    found.take(files.sites(tx), files.accounts(tx), files.contacts(tx), files.links(tx))
    users = files.panel_users(tx)
    found.panel_users = frozenset((row["site_id"], row["contact_id"]) for row in users)
    found.plans = {body["id"]: body for body in sites.plan_bodies(tx)}
    found.withdrawn = frozenset(plan_rows.withdrawals(tx))
    found.firms = tuple(contacts.firm_rows(tx))
    found.own = own_days.own_days(tx)
    return found


def prepare(
    table: Table,
    known: Known,
    vault: Vault,
    now: datetime,
    *,
    file: str,
    remove: bool = False,
    tick: Tick = lambda _done, _of: None,
) -> Prepared:
    """What ``table`` would do to the ``known`` sites; all that is wrong is in ``faults``.

    ``file`` is a name of its content. ``remove``: contacts whom the file does not name leave the
    sites that it names.
    """
    drafts = Drafts(table, known, file)
    prepared = Prepared(rows=len(table.lines), version=known.version, plans=frozenset(known.plans))
    prepared.notes += table.notes
    work = _Comparing(known, vault, now, prepared, table.keys, remove)
    for place, draft in enumerate(drafts.sites.values()):
        if place % _EVERY == 0:
            tick(place, len(drafts.sites))
        work.site(draft)
    wrong = [*table.faults, *drafts.faults, *work.values.faults]
    prepared.faults += sorted(wrong, key=lambda fault: fault.row)
    prepared.notes.sort(key=lambda note: note.row)
    return prepared


class _Comparing:
    def __init__(
        self,
        known: Known,
        vault: Vault,
        now: datetime,
        prepared: Prepared,
        keys: frozenset[str],
        remove: bool,
    ) -> None:
        self._known, self._vault, self._now = known, vault, now
        self._prepared, self._keys, self._remove = prepared, keys, remove
        self._writes = prepared.writes
        self.values = Values(known, vault)
        self._reach = Reach(known)
        self._bare = {account.lstrip("0"): account for account in known.accounts}

    def site(self, draft: Draft) -> None:
        """One site compared, and what there is to write of it put with the rest."""
        before = None if draft.new else self._known.shown(draft.id)
        faults = len(self.values.faults)
        after = self._after(draft, before)
        secrets = self._people(draft, before, after)
        if draft.new:
            self._doubts(draft)
        if len(self.values.faults) > faults:
            return  # nothing will be written: what a plan reaches would only be noise
        fields: dict[str, list[Any] | None] = {}
        if before is not None:
            found = changes(before, after)
            fields |= {change.path: [change.before, change.after] for change in found}
            fields |= dict.fromkeys(secrets)
        if before is not None and not fields:
            self._prepared.sites_same += 1
            return
        self._reached(draft, before, after)
        changed = Changed(
            id=draft.id, name=after["name"], row=draft.row, new=draft.new, fields=fields
        )
        self._prepared.sites.append(changed)
        self._write_site(draft, before, after)

    def _after(self, draft: Draft, before: Row | None) -> Row:
        base = before or {**_NEW_SITE, "id": draft.id}
        after = {**base, "accounts": list(base["accounts"])}
        for key, name in OF_SITE.items():
            if key in draft.cells:
                row, cell = draft.cells[key]
                after[name] = self.values.of_site(key, cell, base[name], row, new=draft.new)
            elif draft.new and key == "site_name":
                self.values.wrong(draft.row, "missing", "site_name")
        after["client"] = after["client"] or after["name"]
        mine = {each["account"] for each in after["accounts"]}
        after["accounts"] += [{"account": a} for a in draft.accounts if a not in mine]
        return after

    def _doubts(self, draft: Draft) -> None:
        for account in draft.accounts:
            other = self._bare.get(account.lstrip("0"), account)
            if other != account:
                args = {"value": account, "other": other}
                note = Fault(row=draft.row, code="zeros_lost", column="accounts", args=args)
                self._prepared.notes.append(note)

    # --- its contacts -----------------------------------------------------------------------

    def _people(self, draft: Draft, before: Row | None, after: Row) -> list[str]:
        """Puts ``after``'s contacts as the file has them; the paths of secrets that are set."""
        codes: dict[str, dict[str, str]] = {}
        old = {(c["id"], c["role"]): c for c in (before or {"contacts": []})["contacts"]}
        new: dict[tuple[str, str], Row] = {}
        rows: dict[tuple[str, str], int] = {}
        leaving: set[tuple[str, str]] = set()
        for person in draft.people:
            role = self.values.role(person, self._was(person, draft, old))
            was = old.get((person.id, role)) or self._moved(person, role, draft, old)
            key, contact = (person.id, role), self._contact(person, role, was)
            if key in new:
                self.values.wrong(person.row, "contact_twice", "contact", first=rows[key])
                continue
            if was is not None and was["role"] != role:
                leaving.add((person.id, was["role"]))
            new[key], rows[key] = contact, person.row
            codes[person.id] = self.values.codes(person)
        self._ranks(new, old)
        if self._remove:
            leaving |= old.keys() - new.keys()
            self._used(draft, leaving, {contact for contact, _ in new})
        kept = {key: contact for key, contact in old.items() if key not in leaving}
        after["contacts"] = list({**kept, **new}.values())
        self._count(old, new, leaving)
        self._write_people(draft, old, new, leaving)
        self._write_codes(codes)
        return [f"contacts.{contact}.{name}" for contact, set_ in codes.items() for name in set_]

    def _was(self, person: Person, draft: Draft, old: dict[tuple[str, str], Row]) -> str | None:
        """The one role of a contact that is at the site already."""
        roles = [role for contact, role in old if contact == person.id]
        return roles[0] if len(roles) == 1 else None

    def _moved(
        self, person: Person, role: str, draft: Draft, old: dict[tuple[str, str], Row]
    ) -> Row | None:
        """What a contact was, whose only role becomes another."""
        parts = [key for key in old if key[0] == person.id]
        rows = [other for other in draft.people if other.id == person.id]
        return old[parts[0]] if len(parts) == len(rows) == 1 else None

    def _contact(self, person: Person, role: str, was: Row | None) -> Row:
        kept = self._known.contacts.get(person.id)
        base = was or {**_NEW_CONTACT, **({k: kept[k] for k in _OWN} if kept else {})}
        contact = {**base, "id": person.id, "role": role}
        for key in OF_CONTACT:
            if key == "role" or (key == "name" and kept and person.by_name):
                continue
            if key in person.cells:
                contact[key] = self.values.of_contact(key, person, base[key])
            elif key == "name" and not contact["name"]:
                self.values.wrong(person.row, "missing", "name")
        self.values.same_everywhere(person, contact)
        return contact

    def _ranks(self, new: dict[tuple[str, str], Row], old: dict[tuple[str, str], Row]) -> None:
        """Whoever has no rank yet comes after the others of the same role."""
        last: dict[str, int] = {}
        for key, contact in {**old, **new}.items():
            if contact["rank"] is not None:
                last[key[1]] = max(last.get(key[1], 0), contact["rank"])
        for (_, role), contact in new.items():
            if contact["rank"] is None:
                contact["rank"] = last[role] = last.get(role, 0) + 1

    def _used(self, draft: Draft, leaving: set[tuple[str, str]], staying: set[str]) -> None:
        for contact, _ in sorted(leaving):
            if contact not in staying and (draft.id, contact) in self._known.panel_users:
                name = self._known.contacts[contact]["name"]
                self.values.wrong(draft.row, "panel_user", "contact", value=name)

    def _count(
        self,
        old: dict[tuple[str, str], Row],
        new: dict[tuple[str, str], Row],
        leaving: set[tuple[str, str]],
    ) -> None:
        counts = self._prepared.contacts
        moved = {contact for contact, _ in leaving} & {contact for contact, _ in new}
        counts["removed"] += sum(contact not in moved for contact, _ in leaving)
        for key, contact in new.items():
            if key not in old:
                counts["changed" if key[0] in moved else "new"] += 1
            else:
                counts["same" if contact == old[key] else "changed"] += 1

    # --- what is written --------------------------------------------------------------------

    def _write_people(
        self,
        draft: Draft,
        old: dict[tuple[str, str], Row],
        new: dict[tuple[str, str], Row],
        leaving: set[tuple[str, str]],
    ) -> None:
        for key, contact in new.items():
            kept = self._known.contacts.get(contact["id"])
            own = {name: contact[name] for name in _OWN}
            if kept is None or any(kept[name] != value for name, value in own.items()):
                self._write_contact(contact["id"], own)
            part = {name: contact[name] for name in _PART}
            if key not in old or any(old[key][name] != value for name, value in part.items()):
                link = {"site_id": draft.id, "contact_id": contact["id"], **part}
                self._writes.links.append(link)
        for contact_id, role in sorted(leaving):
            gone = {"site_id": draft.id, "contact_id": contact_id, "role": role}
            self._writes.removed.append(gone)
            self._prepared.people[contact_id] = self._known.contacts[contact_id]["name"]
            kept = {name: old[contact_id, role][name] for name in ("authorities", "keys_held")}
            self._writes.former.append({"id": uuid.uuid4().hex, **gone, **kept})

    def _write_codes(self, codes: dict[str, dict[str, str]]) -> None:
        for contact, values in codes.items():
            if values:
                self._write_contact(contact, values)

    def _write_contact(self, contact: str, values: Row) -> None:
        """With its own columns all there: it may be new."""
        kept = self._known.contacts.get(contact)
        own = {name: kept[name] for name in _OWN} if kept else {}
        before = self._writes.contacts.get(contact, {"id": contact, **own})
        self._writes.contacts[contact] = {**before, **values}

    def _write_site(self, draft: Draft, before: Row | None, after: Row) -> None:
        client = client_key(after["client"])
        self._writes.clients[client] = {"id": client, "name": after["client"]}
        names = ("id", "name", "address", "postcode", "timezone", "language", "state")
        plans = dict(self._known.sites[draft.id]["plans"]) if before else {}
        if after["plan"]:
            plans[ANY_KIND] = after["plan"]
        else:
            plans.pop(ANY_KIND, None)
        row = {name: after[name] for name in names}
        row |= {"client_id": client, "plans": plans}
        if before is None:
            hours = rules.site_values(None, None, after["timezone"], self._now, self._known.own)
            rest: Row = {"rules": Agreed().document(), "plan_rules": [], "cameras": []}
            self._writes.new_sites.append({**row, **hours, **rest})
        else:
            self._writes.changed_sites.append(row)
            if after["timezone"] != before["timezone"]:
                self._move(draft.id, after["timezone"])
        known = self._known.accounts
        for account in draft.accounts:
            if known.get(account) is None:
                self._writes.accounts.append(self._account(draft.id, account))
                if account in known:
                    self._writes.taken_up[account] = draft.id

    def _move(self, site_id: str, timezone: str) -> None:
        kept = self._known.sites[site_id]["schedule"]
        if kept is not None:
            schedule = Schedule.from_json(kept, self._known.own)
            due = schedule.next_closing(self._now, ZoneInfo(timezone))
            self._writes.moved.append({"id": site_id, "schedule_due": due})

    def _account(self, site_id: str, account: str) -> Row:
        watched = rules.account_values(None, Account(account=account), lift=False, now=self._now)
        return {
            "account": account,
            "site_id": site_id,
            "phone": None,
            "arrival_due": None,
            **watched,
        }

    # --- whom its plans reach ---------------------------------------------------------------

    def _reached(self, draft: Draft, before: Row | None, after: Row) -> None:
        lost, nobody = self._reach.compared(draft.id, before, after)
        for plan, step in lost:
            self.values.wrong(draft.row, "reaches_less", "phone", plan=plan, step=step)
        if nobody:
            args = {"plans": ", ".join(nobody)}
            note = Fault(row=draft.row, code="reaches_nobody", column="phone", args=args)
            self._prepared.notes.append(note)


_NEW_SITE: Row = {
    "name": "",
    "client": "",
    "address": "",
    "postcode": "",
    "timezone": "Europe/Paris",
    "language": "fr",
    "state": "active",
    "plan": "",
    "accounts": [],
    "contacts": [],
}
_NEW_CONTACT: Row = {
    "name": "",
    "rank": None,
    "phone": None,
    "language": "fr",
    "authorities": {},
    "keys_held": False,
}
#: What is a contact's own, and what belongs to the part at one site.
_OWN = ("name", "language", "phone")
_PART = ("role", "rank", "authorities", "keys_held")
