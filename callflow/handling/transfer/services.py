"""Firms, their people and the lines of services from a file: each as its own page writes it."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.sites.files import meanings
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.sheets import BY_PART, Cell, Part
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.interventions import firms, members
from callflow.handling.interventions.directory import get_directory, put_directory
from callflow.handling.interventions.shape import DirectoryLine, Firm, Member
from callflow.handling.sites.shape import Shape
from callflow.handling.transfer.reading import KEPT
from callflow.handling.transfer.writing import Told
from callflow.storage import Tx
from callflow.storage.engine.store import savepoint
from callflow.storage.interventions import guards
from callflow.storage.sites.spool import Item
from callflow.vault import Vault

Document = dict[str, Any]
#: Firms of one transaction.
_FIRMS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A firm, somebody of one, or a line of the directory, as a file has it. ``given``: {field:
    value}, None of what is to be empty; ``lost``: secrets that the file only names."""

    part: Part
    id: str
    tab: str
    row: int
    given: Mapping[str, Any]
    lost: Sequence[str] = ()

    def upon(self, shape: type[Shape], there: Shape | None) -> Document:
        """What is sent, on top of what is there."""
        made = there.document() if there else {}
        for name, value in self.given.items():
            if value is None and shape.model_fields[name].default is not None:
                made.pop(name, None)
            else:
                made[name] = value
        return made

    def wrong(self, bad: BadField) -> Fault:
        """Where in the file that is."""
        field = bad.field.partition(".")[0]
        column = next((c for c in BY_PART[self.part].columns if c.field == field), None)
        secret = column is None or column.cell is Cell.SECRET
        value = "" if secret else meanings.said(column, self.given.get(field), "fr")  # type: ignore[arg-type]
        args = {"about": bad.about or self.id}
        key = column.key if column else f"{self.part}.id"
        return Fault(
            row=self.row, code=bad.message, column=key, sheet=self.tab, value=value[:200], args=args
        )

    def notes(self, there: Shape | None) -> list[Fault]:
        """Secrets that have to be given anew."""
        kept = there.document() if there else {}
        return [
            Fault(
                row=self.row,
                code="secrets_lost",
                column=f"{self.part}.{name}",
                sheet=self.tab,
                value=self.id,
            )
            for name in self.lost
            if not (kept.get(f"{name}_set") or (name == "number" and there))
        ]


def entry(item: Item, vault: Vault) -> Entry:
    """What a row of a spool says."""
    secrets = json.loads(vault.decrypt(item.secrets)) if item.secrets else {}
    given = {name: value for name, value in item.cells.items() if name not in ("id", KEPT)}
    return Entry(
        part=Part(item.part),
        id=str(item.cells.get("id") or ""),
        tab=item.tab,
        row=item.row,
        given={**given, **secrets},
        lost=tuple(item.cells.get(KEPT, ())),
    )


def by_firm(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Firms with their people, those together that one transaction takes."""
    of: dict[str, list[Entry]] = {}
    for one in entries:
        firm = one.id if one.part is Part.FIRM else str(one.given.get("firm") or "")
        of.setdefault(firm, []).append(one)
    groups = list(of.values())
    return [
        [one for group in groups[place : place + _FIRMS] for one in group]
        for place in range(0, len(groups), _FIRMS)
    ]


def write_firms(tx: Tx, entries: Iterable[Entry], vault: Vault, who: str, now: datetime) -> Told:
    """Firms first, then their people; each is written or refused by itself."""
    told = Told([], [])
    ordered = sorted(entries, key=lambda one: one.part is Part.MEMBER)
    for one in ordered:
        try:
            with savepoint(tx):
                there = (
                    _firm(tx, one, vault, who, now)
                    if one.part is Part.FIRM
                    else _member(tx, one, vault, who, now)
                )
            told.notes += one.notes(there)
        except BadField as bad:
            told.faults.append(one.wrong(bad))
        except Refused as refused:
            told.faults.append(one.wrong(BadField("", refused.message, refused.about)))
    return told


def _named(one: Entry) -> str:
    if not one.id or "/" in one.id:
        raise BadField("id", "is missing" if not one.id else "at most 64 characters, without /")
    return one.id


def _firm(tx: Tx, one: Entry, vault: Vault, who: str, now: datetime) -> Firm | None:
    id = _named(one)
    there = firms.get_firm(tx, id) if guards.firm(tx, id) is not None else None
    sent = one.upon(Firm, there)
    if there is None or _differs(there, sent):
        firms.put_firm(tx, vault, id, sent, who, now)
    return there


def _member(tx: Tx, one: Entry, vault: Vault, who: str, now: datetime) -> Member | None:
    id, firm = _named(one), str(one.given.get("firm") or "")
    if not firm:
        raise BadField("firm", "is missing")
    there = next((each for each in members.firm_members(tx, firm) if each.id == id), None)
    plain = Entry(
        part=one.part,
        id=id,
        tab=one.tab,
        row=one.row,
        given={k: v for k, v in one.given.items() if k != "firm"},
    )
    sent = plain.upon(Member, there)
    if there is None or _differs(there, sent):
        members.put_member(tx, vault, firm, id, sent, who, now)
    return there


def _differs(there: Shape, sent: Document) -> bool:
    shown = there.document()
    return any(shown.get(name) != value for name, value in sent.items())


def write_lines(
    tx: Tx,
    entries: Sequence[Entry],
    who: str,
    now: datetime,
    coming: Callable[[str], bool] = lambda _site: False,
) -> Told:
    """The directory with these lines in it; those that it has stay. ``coming``: sites that are not
    there yet, and will be."""
    told = Told([], [])
    there = {line.id: line for line in get_directory(tx)}
    lines = {id: line.document() for id, line in there.items()}
    of: dict[str, Entry] = {}
    for one in entries:
        sent = one.upon(DirectoryLine, there.get(one.id)) | {"id": one.id}
        if sent.get("site") and coming(str(sent["site"])):
            sent["site"] = None
        told.notes += one.notes(there.get(one.id))
        if one.id not in there or _differs(there[one.id], sent):
            lines[one.id], of[one.id] = sent, one
    while of:
        try:
            with savepoint(tx):
                put_directory(tx, list(lines.values()), who, now)
            break
        except BadField as bad:
            id = _which(bad, list(lines))
            if id not in of:
                raise
            inner = ".".join(bad.field.split(".")[2:])
            told.faults.append(of.pop(id).wrong(BadField(inner, bad.message, bad.about)))
            if id in there:
                lines[id] = there[id].document()
            else:
                del lines[id]
    return told


def _which(bad: BadField, ids: Sequence[str]) -> str:
    words = bad.field.split(".")
    return ids[int(words[1])] if len(words) > 1 and words[1].isdigit() else ""
