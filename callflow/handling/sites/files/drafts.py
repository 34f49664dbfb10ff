"""The rows of a file put together against all that is known: which site each is of, and who."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import Plan
from callflow.core.sites.declared import SectorFirm
from callflow.core.sites.files.columns import value_of
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.reading import Line, Table
from callflow.core.sites.site import Coded
from callflow.core.time.holidays import NO_DAYS, OwnDays
from callflow.handling.base.fields import BadField
from callflow.handling.sites.files import site_rows
from callflow.handling.sites.files.site_rows import OF_CONTACT, OF_SITE
from callflow.handling.sites.shape import Account, Contact, Shape, Site
from callflow.handling.sites.sites import every_site
from callflow.storage import Tx
from callflow.storage.plans import plans
from callflow.storage.sites import contacts, files, own_days, sites
from callflow.texts.plans.vocabulary import ROLES

_PERSON = ("contact", *OF_CONTACT, "code", "duress_code")


@dataclass(kw_only=True, slots=True)
class Known:
    """All that a file is compared with."""

    version: str = ""  # differs once anything of it has changed
    sites: Mapping[str, Site] = field(default_factory=dict)
    accounts: Mapping[str, str | None] = field(default_factory=dict)  # account → its site
    people: Mapping[str, Coded] = field(default_factory=dict)  # every contact, at a site or not
    plans: Sequence[Plan] = ()
    withdrawn: frozenset[str] = frozenset()  # those of them that nobody may follow
    firms: Sequence[SectorFirm] = ()
    own: OwnDays = field(default_factory=lambda: NO_DAYS)  # what the station says of days


def known(tx: Tx) -> Known:
    """It, as it is now; a second or two for 5,000 sites."""
    return Known(
        version=files.version(tx),
        sites={site.id: site for site in every_site(tx)},
        accounts=files.accounts(tx),
        people={person.id: person for person in files.people(tx)},
        plans=[call_plan.from_json(body) for body in sites.plan_bodies(tx)],
        withdrawn=frozenset(plans.withdrawals(tx)),
        firms=contacts.sector_firms(tx),
        own=own_days.own_days(tx),
    )


@dataclass(kw_only=True, slots=True)
class Part:
    """One row's contact. ``id`` is known, or the one that the person will have."""

    row: int
    id: str
    role: str | None  # as the cell says it; None: it says none, or nothing that is a role
    cells: Mapping[str, str]
    by_name: bool = False  # known by it: however it is written, it stays


@dataclass(kw_only=True, slots=True)
class Draft:
    """A site as the file has it: each cell with the row that said it first."""

    id: str
    row: int
    accounts: list[str] = field(default_factory=list)
    cells: dict[str, tuple[int, str]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)


class Drafts:
    """A file's sites by id. What is wrong with where a row belongs is in ``faults``.

    ``file`` is a name of its content: people whom the station doesn't know get ids made of it.
    """

    def __init__(self, table: Table, known: Known, file: str) -> None:
        self._known, self._file = known, file
        self.faults: list[Fault] = []
        self.sites: dict[str, Draft] = {}
        self._by_account: dict[str, Draft] = {}
        self._named: dict[tuple[str, str], list[Part]] = {}
        for line in table.lines:
            self._line(line)

    def _line(self, line: Line) -> None:
        accounts = re.split(r"[\s,;]+", line.cells.get("accounts", "").strip())
        accounts = list(dict.fromkeys(filter(None, accounts)))
        draft = self._draft(line, accounts)
        if draft is None:
            return
        self._take(draft, line.row, accounts)
        for key in OF_SITE:
            self._site_cell(draft, line, key)
        if any(line.cells.get(key, "").strip() for key in _PERSON):
            self._person(draft, line)

    def _wrong(self, row: int, code: str, column: str, **args: Any) -> None:
        self.faults.append(Fault(row=row, code=code, column=column, args=args))

    def _right(self, row: int, column: str, shape: type[Shape], name: str, text: str) -> bool:
        """True where the shape takes ``text``; what it says where it doesn't is kept."""
        try:
            shape.value(name, text)
        except BadField as bad:
            self.faults.append(site_rows.wrong(row, column, bad, text))
            return False
        return True

    # --- which site -----------------------------------------------------------------------------

    def _draft(self, line: Line, accounts: list[str]) -> Draft | None:
        said = line.cells.get("site", "")
        site = said if said in self._known.sites else said.strip()
        if site:
            return self._of_id(line.row, site)
        if not accounts:
            self._wrong(line.row, "which_site", "accounts")
            return None
        owners = sorted({o for each in accounts if (o := self._known.accounts.get(each))})
        if len(owners) > 1:
            self._wrong(line.row, "two_sites", "accounts", sites=", ".join(owners))
            return None
        if owners:
            return self._of_id(line.row, owners[0])
        mine = next((self._by_account[a] for a in accounts if a in self._by_account), None)
        if mine is not None:
            return mine
        if accounts[0] in self._known.sites:
            self._wrong(line.row, "id_taken", "site", site=accounts[0])
            return None
        if not self._right(line.row, "accounts", Account, "account", accounts[0]):
            return None
        return self._of_id(line.row, accounts[0])

    def _of_id(self, row: int, site: str) -> Draft | None:
        new = site not in self._known.sites
        if new and "/" in site:
            self._wrong(row, "bad_id", "site")
            return None
        if new and not self._right(row, "site", Site, "id", site):
            return None
        return self.sites.setdefault(site, Draft(id=site, row=row))

    def _take(self, draft: Draft, row: int, accounts: list[str]) -> None:
        """The accounts are the site's: known as such, or free."""
        for account in accounts:
            other = self._by_account.get(account)
            owner = self._known.accounts.get(account) or (other.id if other else None)
            if owner is None and not self._right(row, "accounts", Account, "account", account):
                continue
            if owner not in (None, draft.id):
                self._wrong(row, "taken", "accounts", value=account, site=owner)
            elif other is None:
                self._by_account[account] = draft
                draft.accounts.append(account)

    def _site_cell(self, draft: Draft, line: Line, key: str) -> None:
        if key not in line.cells:
            return
        cell = line.cells[key]
        first, said = draft.cells.get(key, (line.row, ""))
        if not said:
            draft.cells[key] = (line.row, cell) if cell else (first, said)
        elif cell and cell != said:
            self._wrong(line.row, "differs", key, value=cell, other=said, first=first)

    # --- which person ---------------------------------------------------------------------------

    def _person(self, draft: Draft, line: Line) -> None:
        role = value_of(ROLES, line.cells.get("role", ""))
        part = Part(row=line.row, id="", role=role, cells=line.cells)
        said = line.cells.get("contact", "")
        known = said if said in self._known.people else said.strip()
        if known:
            if not self._right(line.row, "contact", Contact, "id", known):
                return
            part.id = known
        elif not self._by_name(draft, part):
            return
        draft.parts.append(part)

    def _by_name(self, draft: Draft, part: Part) -> bool:
        """Gives the person of this name at the site, or the id of somebody new; whether it can."""
        cell = part.cells.get("name", "").strip()
        if not self._right(part.row, "name", Contact, "name", cell):
            return False
        name = _called(cell)
        there = self._known.sites[draft.id].contacts if draft.id in self._known.sites else []
        mine = [each for each in there if _called(each.name) == name]
        ids = {each.id for each in mine}
        if len(ids) > 1:
            ids = {each.id for each in mine if each.role == part.role}
        if len(ids) > 1 or (mine and not ids):
            self._wrong(part.row, "several", "contact")
            return False
        before = self._named.setdefault((draft.id, name), [])
        part.id = next(iter(ids), before[0].id if before else "") or self._fresh(part.row)
        part.by_name = True
        before.append(part)
        return True

    def _fresh(self, row: int) -> str:
        for number in range(len(self._known.people) + 1):
            made = hashlib.sha256(f"{self._file}:{row}:{number}".encode()).hexdigest()[:16]
            if made not in self._known.people:
                return made
        raise AssertionError("more ids are taken than there are contacts")


def _called(name: str) -> str:
    """A name however it is written; accents count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
