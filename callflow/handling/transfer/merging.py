"""A site as the rows of a spool make it, on top of what the station has."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from callflow.core.sites.files.columns import LANGUAGES
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.sheets import BY_KEY, Part
from callflow.core.sites.site import ANY_KIND, Role
from callflow.handling.sites import shape
from callflow.handling.sites.shape import Shape, Site
from callflow.handling.transfer.drafts import LISTS, Document, Draft, Terms
from callflow.handling.transfer.reading import KEPT
from callflow.storage.sites.spool import Item
from callflow.vault import Vault

#: A site's own secrets: removed where the file says so.
_SECRETS = ("recognition_word", "password", "duress_password")
#: Those whose empty cell leaves what is there; another one's empties it.
_STAYS = ("name", "timezone", "language", "state", "rank", "role")


def draft(id: str, items: Sequence[Item], before: Site | None, vault: Vault, terms: Terms) -> Draft:
    """The site that these rows make of what is there, checked."""
    shown = before.document() if before else None
    made = Draft(id=id, before=shown, document=dict(shown) if shown else {"id": id})
    made.where[""] = (items[0].tab, items[0].row)
    _Merging(made, items, vault, terms).all()
    made.check()
    return made


class _Merging:
    def __init__(self, made: Draft, items: Sequence[Item], vault: Vault, terms: Terms) -> None:
        self._made, self._document, self._vault, self._terms = made, made.document, vault, terms
        self._of: dict[str, list[Item]] = {}
        self._lost: dict[str, Item] = {}
        for item in items:
            self._of.setdefault(item.part, []).append(item)

    def all(self) -> None:
        """Every part, in the order in which they lean upon each other."""
        self._site()
        for part in LISTS:
            self._list(part)
        self._plans()
        self._hours()
        self._tell_lost()

    def _fault(self, item: Item, code: str, column: str, value: object = "", **args: Any) -> None:
        self._made.faults.append(
            Fault(
                row=item.row,
                code=code,
                column=f"{item.part}.{column}",
                sheet=item.tab,
                site=self._made.id,
                value=str(value)[:200],
                args=args,
            )
        )

    def _values(self, items: Sequence[Item]) -> Iterator[tuple[Item, str, Any]]:
        """(row, field, value) of the same thing's rows: each field once, the first that is filled;
        None of what is empty in all of them."""
        found: dict[str, tuple[Item, Any]] = {}
        for item in items:
            secrets = json.loads(self._vault.decrypt(item.secrets)) if item.secrets else {}
            for name, value in {**item.cells, **secrets}.items():
                if name == KEPT:
                    continue
                first, said = found.get(name, (item, None))
                if said is None:
                    found[name] = (item, value)
                elif value is not None and value != said:
                    secret = name in secrets
                    args = (
                        {"value": "…", "other": "…"} if secret else {"value": value, "other": said}
                    )
                    self._fault(
                        item, "differs", name, "" if secret else value, first=first.row, **args
                    )
        yield from ((item, name, value) for name, (item, value) in found.items())

    # --- the site itself ----------------------------------------------------------------------

    def _site(self) -> None:
        document, before = self._document, self._made.before
        items = self._of.get(Part.SITE, [])
        for item, name, value in self._values(items):
            self._made.where[name] = (item.tab, item.row)
            if value is not None:
                _set(document, name, value)
            elif name in _SECRETS:
                document[name] = None
            elif name not in _STAYS:
                _drop(document, name)
        if before is not None and document.get("state") != before["state"]:
            if self._terms.because:
                document["reason"] = self._terms.because
            else:
                item = items[0]
                self._fault(item, "contract", "state", document.get("state"))
        self._kept(items, before)

    def _kept(self, items: Sequence[Item], there: Mapping[str, Any] | None) -> None:
        """Secrets that an export only named, and that are not here."""
        for item in items:
            for name in item.cells.get(KEPT, ()):
                if not (there and there.get(f"{name.partition('.')[0]}_set")):
                    self._lost.setdefault(f"{item.part}.{name}", item)

    def _tell_lost(self) -> None:
        """One note a site, whatever is lost of it."""
        if not self._lost:
            return
        item = next(iter(self._lost.values()))
        names = tuple(", ".join(BY_KEY[key].name(each) for key in self._lost) for each in LANGUAGES)
        note = Fault(
            row=item.row,
            code="secrets_lost",
            sheet=item.tab,
            site=self._made.id,
            args={"about": names},
        )
        self._made.notes.append(note)

    # --- its lists ----------------------------------------------------------------------------

    def _list(self, part: Part) -> None:
        name, kind, key_of = LISTS[part]
        before: list[Document] = list(self._document.get(name) or [])
        there = {key_of(one): one for one in before}
        named: dict[Any, list[Item]] = {}
        for item in self._of.get(part, []):
            cells = self._identified(part, item, there, named)
            if cells is not None:
                named.setdefault(key_of(cells), []).append(_with(item, cells))
        kept = {
            key: one
            for key, one in there.items()
            if key in named or not (self._terms.remove and part in self._terms.parts)
        }
        made = dict(kept)
        for key, items in named.items():
            made[key] = self._item(kind, there.get(key), items, made)
        self._document[name] = list(made.values())
        for place, key in enumerate(made):
            if key in named:
                self._made.where[f"{name}.{place}"] = (named[key][0].tab, named[key][0].row)

    def _identified(
        self,
        part: Part,
        item: Item,
        there: Mapping[Any, Document],
        named: Mapping[Any, Sequence[Item]],
    ) -> Document | None:
        """Its cells with what tells it apart; None where that can't be known."""
        cells = dict(item.cells)
        if part is Part.ACCOUNT:
            cells["account"] = item.key
        elif part in (Part.ZONE, Part.USER) and not cells.get("account"):
            accounts = [one["account"] for one in self._document.get("accounts", [])]
            if len(accounts) != 1:
                self._fault(item, "which_account", "zone" if part is Part.ZONE else "number")
                return None
            cells["account"] = accounts[0]
        elif part is Part.CONTACT:
            return self._person(item, cells, there, named)
        return cells

    def _person(
        self,
        item: Item,
        cells: Document,
        there: Mapping[Any, Document],
        named: Mapping[Any, Sequence[Item]],
    ) -> Document | None:
        """A contact by the id, or by the name at this site, of which a new one's id is made."""
        if not cells.get("id"):
            name = _called(cells.get("name") or "")
            known = [(key, one["name"]) for key, one in there.items()]
            known += [(key, rows[0].cells.get("name") or "") for key, rows in named.items()]
            ids = {key[0] for key, called in known if _called(called) == name}
            if len(ids) > 1:
                self._fault(item, "several", "id", cells.get("name"))
                return None
            made = hashlib.sha256(f"{self._made.id}\n{name}".encode()).hexdigest()[:16]
            cells["id"] = next(iter(ids), made)
        if not cells.get("role"):
            roles = [role for id, role in there if id == cells["id"]]
            cells["role"] = roles[0] if len(roles) == 1 else Role.KEYHOLDER.value
        return cells

    def _item(
        self,
        kind: type[Shape],
        before: Document | None,
        items: Sequence[Item],
        beside: Mapping[Any, Document],
    ) -> Document:
        one = dict(before) if before else {}
        for _, name, value in self._values(items):
            if value is not None:
                _set(one, name, value)
            elif (
                name.partition(".")[0] in kind.model_fields
                and kind.model_fields[name].default is None
            ):
                one[name] = None
            elif name not in _STAYS:
                _drop(one, name)
        self._kept(items, before)
        if kind is shape.Contact and not one.get("rank"):
            role = one.get("role", Role.KEYHOLDER)
            ranks = [other.get("rank", 0) for key, other in beside.items() if key[1] == role]
            one["rank"] = max(ranks, default=0) + 1
        return one

    # --- plans and hours ----------------------------------------------------------------------

    def _plans(self) -> None:
        gone = self._terms.remove
        for part, name, key, value in (
            (Part.PLAN, "plans", "alarm", "plan"),
            (Part.SETTING, "plan_overrides", "plan", "settings"),
        ):
            items = self._of.get(part, [])
            if not items and not (gone and part in self._terms.parts):
                continue
            chosen = (
                {} if gone and part in self._terms.parts else dict(self._document.get(name) or {})
            )
            for item in items:
                self._made.where[f"{name}.{item.cells.get(key) or ANY_KIND}"] = (item.tab, item.row)
                if item.cells.get(value):
                    chosen[item.cells.get(key) or ANY_KIND] = item.cells[value]
                else:
                    chosen.pop(item.cells.get(key) or ANY_KIND, None)
            self._document[name] = chosen
        rules = self._of.get(Part.RULE, [])
        if rules or (gone and Part.RULE in self._terms.parts):
            self._document["plan_rules"] = [item.cells["rule"] for item in rules]
            for place, item in enumerate(rules):
                self._made.where[f"plan_rules.{place}"] = (item.tab, item.row)

    def _hours(self) -> None:
        items = self._of.get(Part.HOURS, [])
        if not items:
            if self._terms.remove and Part.HOURS in self._terms.parts:
                self._document["schedule"] = None
            return
        schedule = dict(self._document.get("schedule") or {})
        schedule["week"] = dict(schedule.get("week") or {})
        schedule.setdefault("exceptions", {})
        for item, name, value in self._values(items):
            self._made.where["schedule"] = (item.tab, item.row)
            if value is not None:
                _set(schedule, name, value)
            elif name == "exceptions":
                schedule[name] = {}
            else:
                _drop(schedule, name)
        self._document["schedule"] = schedule


def _with(item: Item, cells: Document) -> Item:
    return Item(
        part=item.part,
        site=item.site,
        account=item.account,
        key=item.key,
        tab=item.tab,
        row=item.row,
        cells=cells,
        secrets=item.secrets,
    )


def _set(document: Document, path: str, value: Any) -> None:
    first, _, rest = path.partition(".")
    if rest:
        inner = dict(document.get(first) or {})
        _set(inner, rest, value)
        value = inner
    document[first] = value


def _drop(document: Document, path: str) -> None:
    first, _, rest = path.partition(".")
    if not rest:
        document.pop(first, None)
    elif document.get(first):
        inner = dict(document[first])
        _drop(inner, rest)
        document[first] = inner


def _called(name: str) -> str:
    """A name however it is written; accents count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
