"""Sites and contacts from a file: compared with the station first, then written all or nothing.

Comparing takes seconds and is done outside of any transaction; what is written then is in
``saving``. What the file has no column for, or does not name, stays; an empty cell empties.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from callflow.core.sites.files.columns import LANGUAGES
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.reading import Table
from callflow.core.sites.site import ANY_KIND, Role
from callflow.handling.base.fields import BadField
from callflow.handling.plans.standing import NOT_CHOSEN
from callflow.handling.sites import rules
from callflow.handling.sites.clients import client_key
from callflow.handling.sites.files import site_rows
from callflow.handling.sites.files.drafts import Draft, Drafts, Known, Part
from callflow.handling.sites.files.reach import Reach
from callflow.handling.sites.files.site_rows import NO_RANK, OF_CONTACT, OF_SITE, BadCell
from callflow.handling.sites.rules import NO_PLAN
from callflow.handling.sites.shape import SAME_CODE, TOGETHER, Account, Contact, Site
from callflow.handling.sites.sites import account_columns, difference, set_up
from callflow.storage.sites.files import Writes
from callflow.vault import Vault

#: Told how many sites of how many were looked at.
Tick = Callable[[int, int], None]
#: A contact's id and the part that they play.
Key = tuple[str, Role]

#: What becomes of a contact's part at a site.
CONTACTS = ("new", "changed", "same", "removed")
_EVERY = 50  # sites between two signs of progress
_CODES = ("code", "duress_code")
#: What a person is at every site.
_OWN = ("name", "language", "phone", "fax")
_PART = {"role", "rank", "authorities", "keys_held"}
#: The columns that a file changes of a site, and those that it writes of a new one beside them.
_COORDINATES = ("latitude", "longitude")
_CHANGED = {"name", "address", "postcode", *_COORDINATES, "timezone", "language", "plans"}
_WITH_A_NEW_ONE = {"id", "state", "rules", "plan_rules", "cameras"}
_NEW_SITE = Site.model_construct(name="")
_NEW_CONTACT = Contact.model_construct(id="", name="", rank=NO_RANK)


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """What becomes of one site: {path: [before, after], or None for a secret}; {} of a new one."""

    id: str
    name: str
    row: int
    new: bool
    fields: Mapping[str, Any]


@dataclass(kw_only=True, slots=True)
class Prepared:
    """What a file would do. It may be written where ``faults`` is empty."""

    rows: int
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    sites: list[Changed] = field(default_factory=list)  # those that are not left alone
    sites_same: int = 0
    contacts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CONTACTS, 0))
    left: list[tuple[str, Contact]] = field(default_factory=list)  # (site, who has no part there)
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
    plans = frozenset(plan.id for plan in known.plans)
    prepared = Prepared(rows=len(table.lines), version=known.version, plans=plans)
    work = _Comparing(known, vault, now, prepared, remove)
    for place, draft in enumerate(drafts.sites.values()):
        if place % _EVERY == 0:
            tick(place, len(drafts.sites))
        work.site(draft)
    faults = [*table.faults, *drafts.faults, *prepared.faults]
    prepared.faults = sorted(faults, key=lambda fault: fault.row)
    prepared.notes = sorted([*table.notes, *prepared.notes], key=lambda note: note.row)
    return prepared


class _Comparing:
    def __init__(
        self, known: Known, vault: Vault, now: datetime, prepared: Prepared, remove: bool
    ) -> None:
        self._known, self._vault, self._now = known, vault, now
        self._prepared, self._remove = prepared, remove
        self._writes = prepared.writes
        self._reach = Reach(known)
        self._bare = {account.lstrip("0"): account for account in known.accounts}
        #: {contact: the first row that names them, and what it says}.
        self._said: dict[str, tuple[int, Contact]] = {}
        self._codes: dict[tuple[str, str], tuple[int, str]] = {}

    def _wrong(self, row: int, code: str, column: str, **args: Any) -> None:
        self._prepared.faults.append(Fault(row=row, code=code, column=column, args=args))

    def _note(self, row: int, code: str, column: str, **args: Any) -> None:
        self._prepared.notes.append(Fault(row=row, code=code, column=column, args=args))

    def site(self, draft: Draft) -> None:
        """One site compared, and what there is to write of it put with the rest."""
        before, faults = self._known.sites.get(draft.id), len(self._prepared.faults)
        after = self._after(draft, before)
        old = {(each.id, each.role): each for each in (before.contacts if before else ())}
        new, leaving = self._people(draft, old)
        if before and self._remove:
            leaving |= old.keys() - new.keys()
            self._used(draft, before, leaving, {contact for contact, _ in new})
        kept = {key: each for key, each in old.items() if key not in leaving}
        after = after.model_copy(update={"contacts": list({**kept, **new}.values())})
        self._count(old, new, leaving)
        if before is None:
            self._doubts(draft)
        if len(self._prepared.faults) > faults:
            return  # nothing will be written: what a plan reaches would only be noise
        if before == after:
            self._prepared.sites_same += 1
            return
        self._reached(draft, before, after)
        fields = difference(set_up(before), set_up(after), after) if before else {}
        site = Changed(
            id=after.id, name=after.name, row=draft.row, new=before is None, fields=fields
        )
        self._prepared.sites.append(site)
        self._prepared.left += [(draft.id, old[key]) for key in sorted(leaving)]
        self._write_site(draft, before, after)
        for key, contact in new.items():
            self._write_contact(draft.id, contact, old.get(key))

    def _after(self, draft: Draft, before: Site | None) -> Site:
        """The site as its own columns make it; its contacts are as they were."""
        base = before or _NEW_SITE.model_copy(update={"id": draft.id})
        cells = draft.cells if before else {"site_name": (draft.row, ""), **draft.cells}
        values = {
            OF_SITE[key]: self._read(key, cell, getattr(base, OF_SITE[key]), row)
            for key, (row, cell) in cells.items()
        }
        if before and values.get("state", before.state) != before.state:  # it takes a reason (D2)
            self._wrong(cells["state"][0], "contract", "state")
        self._both({name: values.get(name, getattr(base, name)) for name in _COORDINATES}, draft)
        new = [Account(account=each) for each in draft.accounts if each not in base.numbers]
        after = base.model_copy(update={**values, "accounts": [*base.accounts, *new]})
        return after if after.client else after.model_copy(update={"client": after.name})

    def _both(self, where: Mapping[str, float | None], draft: Draft) -> None:
        """One coordinate alone is no place."""
        missing = [name for name, degrees in where.items() if degrees is None]
        if len(missing) == 1:
            row, _ = draft.cells.get(missing[0], (draft.row, ""))
            self._wrong(row, TOGETHER, missing[0])

    def _read(self, key: str, cell: str, before: Any, row: int) -> Any:
        """A cell's value; what is wrong with it is kept, and the value is as ``before``."""
        if cell and cell in {site_rows.said(key, before, each) for each in LANGUAGES}:
            return before
        try:
            if key == "plan":
                self._may_follow(cell.strip(), before.get(ANY_KIND))
            return site_rows.value(key, cell.strip(), before)
        except (BadField, BadCell) as bad:
            self._prepared.faults.append(site_rows.wrong(row, key, bad))
            return before

    def _may_follow(self, plan: str, before: str | None) -> None:
        """Raises BadField; a terminated site keeps its own."""
        if plan and plan not in self._prepared.plans:
            raise BadField("", NO_PLAN, plan)
        if plan in self._known.withdrawn and plan != before:
            raise BadField("", NOT_CHOSEN, plan)

    def _doubts(self, draft: Draft) -> None:
        for account in draft.accounts:
            other = self._bare.get(account.lstrip("0"), account)
            if other != account:
                self._note(draft.row, "zeros_lost", "accounts", value=account, other=other)

    # --- its contacts -----------------------------------------------------------------------

    def _people(
        self, draft: Draft, old: Mapping[Key, Contact]
    ) -> tuple[dict[Key, Contact], set[Key]]:
        """The contacts whom the file names, as it has them; and the parts that became others."""
        new: dict[Key, Contact] = {}
        rows: dict[Key, int] = {}
        moved: set[Key] = set()
        for part in draft.parts:
            there = [each for each in old.values() if each.id == part.id]
            once = len(there) == 1
            cell = part.cells.get("role", "").strip()
            role = there[0].role if once else Role.KEYHOLDER
            role = self._read("role", cell, role, part.row) if cell else role
            was = old.get((part.id, role))
            if was is None and once and sum(other.id == part.id for other in draft.parts) == 1:
                was = there[0]  # whose only role becomes another
            contact, key = self._contact(part, role, was), (part.id, role)
            if key in new:
                self._wrong(part.row, "contact_twice", "contact", first=rows[key])
                continue
            if was is not None and was.role != role:
                moved.add((part.id, was.role))
            new[key] = contact.model_copy(update=self._set_anew(part))
            rows[key] = part.row
        return self._ranked(new, old), moved

    def _contact(self, part: Part, role: Role, was: Contact | None) -> Contact:
        kept = self._known.people.get(part.id)
        own = {name: getattr(kept, name) for name in _OWN} if kept else {}
        base = was or _NEW_CONTACT.model_copy(update={"id": part.id, **own})
        cells = {key: part.cells[key] for key in OF_CONTACT if key in part.cells and key != "role"}
        if kept and part.by_name:
            cells.pop("name", None)
        elif not base.name:
            cells.setdefault("name", "")
        values = {
            key: self._read(key, cell, getattr(base, key), part.row) for key, cell in cells.items()
        }
        contact = base.model_copy(update={**values, "role": role})
        self._same_everywhere(part, contact)
        return contact

    def _ranked(self, new: dict[Key, Contact], old: Mapping[Key, Contact]) -> dict[Key, Contact]:
        """Whoever has no rank yet comes after the others of the same role."""
        last: dict[Role, int] = {}
        for (_, role), contact in {**old, **new}.items():
            last[role] = max(last.get(role, 0), contact.rank)
        for key, contact in new.items():
            if contact.rank == NO_RANK:
                last[key[1]] += 1
                new[key] = contact.model_copy(update={"rank": last[key[1]]})
        return new

    def _same_everywhere(self, part: Part, contact: Contact) -> None:
        """The same contact at several sites has one name, one number, one language."""
        first, said = self._said.setdefault(part.id, (part.row, contact))
        for key in _OWN:
            value, other = getattr(contact, key), getattr(said, key)
            if value != other and key in part.cells:
                args = {"value": value or "", "other": other or "", "first": first}
                self._wrong(part.row, "differs", key, **args)

    def _set_anew(self, part: Part) -> dict[str, str]:
        """{code or duress_code: digits} of those that are others than what is kept."""
        kept = self._known.people.get(part.id)
        both = {name: getattr(kept, name, None) for name in _CODES}
        found: dict[str, str] = {}
        for name in _CODES:
            cell = part.cells.get(name, "").strip()
            digits = self._read(name, cell, None, part.row) if cell else None
            if digits is None:
                continue
            value = self._vault.code(part.id, digits)
            first, said = self._codes.setdefault((name, part.id), (part.row, value))
            if said != value:
                self._wrong(part.row, "code_differs", name, first=first)
            if value != both[name]:
                both[name], found[name] = value, digits
        if found and both["code"] == both["duress_code"]:
            self._wrong(part.row, SAME_CODE, "duress_code")
        return found

    def _used(self, draft: Draft, before: Site, leaving: set[Key], staying: set[str]) -> None:
        users = {user.contact for user in before.panel_users} - staying
        for contact in before.contacts:
            if (contact.id, contact.role) in leaving and contact.id in users:
                self._wrong(draft.row, "panel_user", "contact", value=contact.name)

    def _count(
        self, old: Mapping[Key, Contact], new: Mapping[Key, Contact], leaving: set[Key]
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

    def _write_site(self, draft: Draft, before: Site | None, after: Site) -> None:
        writes, client = self._writes, client_key(after.client)
        writes.clients[client] = {"id": client, "name": after.client}
        columns = _CHANGED if before else _CHANGED | _WITH_A_NEW_ONE
        row = {**after.model_dump(mode="json", include=columns), "client_id": client}
        given = (after.schedule, after.timezone, self._now, self._known.own)
        hours = partial(rules.site_values, None, *given)
        if before is None:
            writes.new_sites.append({**row, **hours()})
        else:
            writes.changed[draft.id] = row
            if after.timezone != before.timezone:
                writes.moved[draft.id] = hours()
        for account in after.accounts[len(before.accounts) if before else 0 :]:
            writes.accounts.append(account_columns(after, account, None, self._now))
            if account.account in self._known.accounts:
                writes.taken_up[account.account] = draft.id

    def _write_contact(self, site_id: str, contact: Contact, old: Contact | None) -> None:
        kept = self._known.people.get(contact.id)
        row = {name: getattr(contact, name) for name in _OWN}
        for name in _CODES:
            if digits := getattr(contact, name):
                row[name] = self._vault.code(contact.id, digits)
        if kept is None or any(getattr(kept, name) != value for name, value in row.items()):
            before = self._writes.contacts.get(contact.id, {"id": contact.id})
            self._writes.contacts[contact.id] = {**before, **row}
        if old is None or any(getattr(old, name) != getattr(contact, name) for name in _PART):
            link = {"site_id": site_id, "contact_id": contact.id}
            link |= contact.model_dump(mode="json", include=_PART)
            self._writes.links.append(link)

    # --- whom its plans reach ---------------------------------------------------------------

    def _reached(self, draft: Draft, before: Site | None, after: Site) -> None:
        if before is not None:
            for plan, step in self._reach.lost(before, after):
                self._wrong(draft.row, "reaches_less", "phone", plan=plan, step=step)
        elif nobody := self._reach.nobody(after):
            self._note(draft.row, "reaches_nobody", "phone", plans=", ".join(nobody))
