"""The rows of a file put together: which site each is about, and which person. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from callflow.core.sites.files.columns import ROLES, value_of
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.known import Known
from callflow.core.sites.files.reading import Line, Table
from callflow.core.sites.files.rows import OF_CONTACT, OF_SITE

ACCOUNT = re.compile(r"[0-9A-Za-z]{1,16}")
_MOST_ID = 64
_PERSON = ("contact", *OF_CONTACT, "code", "duress_code")


@dataclass(kw_only=True, slots=True)
class Person:
    """One row's contact. ``id`` is known, or the one that it will have."""

    row: int
    id: str
    role: str | None  # as the cell says it; None: it says none, or nothing that is a role
    cells: dict[str, str]
    by_name: bool = False  # known by it: however it is written, it stays


@dataclass(kw_only=True, slots=True)
class Draft:
    """A site as the file has it: each cell with the row that said it first."""

    id: str
    row: int
    new: bool
    accounts: list[str] = field(default_factory=list)
    cells: dict[str, tuple[int, str]] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)


class Drafts:
    """A file's sites by id. What is wrong with where a row belongs is in ``faults``.

    ``file`` is a name of its content: people whom the station doesn't know get ids made of it.
    """

    def __init__(self, table: Table, known: Known, file: str) -> None:
        self._known, self._file = known, file
        self.faults: list[Fault] = []
        self.sites: dict[str, Draft] = {}
        self._by_account: dict[str, Draft] = {}
        self._named: dict[tuple[str, str], list[Person]] = {}
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
        if not ACCOUNT.fullmatch(accounts[0]):
            self._wrong(line.row, "bad_account", "accounts", about=accounts[0])
            return None
        return self._of_id(line.row, accounts[0])

    def _of_id(self, row: int, site: str) -> Draft | None:
        new = site not in self._known.sites
        if new and (len(site) > _MOST_ID or "/" in site):
            self._wrong(row, "bad_id", "site")
            return None
        draft = self.sites.get(site)
        if draft is None:
            draft = self.sites[site] = Draft(id=site, row=row, new=new)
        return draft

    def _take(self, draft: Draft, row: int, accounts: list[str]) -> None:
        """The accounts are the site's: known as such, or free."""
        for account in accounts:
            other = self._by_account.get(account)
            owner = self._known.accounts.get(account) or (other.id if other else None)
            if owner is None and not ACCOUNT.fullmatch(account):
                self._wrong(row, "bad_account", "accounts", about=account)
            elif owner not in (None, draft.id):
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
        person = Person(row=line.row, id="", role=role, cells=line.cells)
        said = line.cells.get("contact", "")
        known = said if said in self._known.contacts else said.strip()
        if known:
            if len(known) > _MOST_ID:
                self._wrong(line.row, "too_long", "contact", most=_MOST_ID)
                return
            person.id = known
        elif not line.cells.get("name", "").strip():
            self._wrong(line.row, "missing", "name")
            return
        elif not self._by_name(draft, person):
            return
        draft.people.append(person)

    def _by_name(self, draft: Draft, person: Person) -> bool:
        """Gives the person of this name at the site, or the id of somebody new; whether it can."""
        name = _called(person.cells["name"])
        links = [
            link
            for link in self._known.links.get(draft.id, ())
            if _called(self._known.contacts[link["contact_id"]]["name"]) == name
        ]
        ids = {link["contact_id"] for link in links}
        if len(ids) > 1:
            ids = {link["contact_id"] for link in links if link["role"] == person.role}
        if len(ids) > 1 or (links and not ids):
            self._wrong(person.row, "several", "contact")
            return False
        before = self._named.setdefault((draft.id, name), [])
        person.id = next(iter(ids), before[0].id if before else "") or self._fresh(person.row)
        person.by_name = True
        before.append(person)
        return True

    def _fresh(self, row: int) -> str:
        for number in range(len(self._known.contacts) + 1):
            made = hashlib.sha256(f"{self._file}:{row}:{number}".encode()).hexdigest()[:16]
            if made not in self._known.contacts:
                return made
        raise AssertionError("more ids are taken than there are contacts")


def _called(name: str) -> str:
    """A name however it is written; accents count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
