"""Folders of text files, and those of sites among them as sites to write."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import unquote

import yaml

from callflow.core.sites.files.faults import Fault
from callflow.handling.sites.shape import Site
from callflow.handling.transfer.drafts import Draft

#: Characters of one file.
_LONGEST = 20_000_000
#: The fast reader where the system has it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EVENTS: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
#: What may be an alias, which could grow when it is read.
_ALIAS = re.compile(r"(?:^|[\s\[,:-])\*\w", re.MULTILINE)


class Files(Protocol):
    """A folder of text, whatever it lies in."""

    def names(self) -> Sequence[str]:
        """Those that there are, such as ``sites/0417.yaml``, in their order."""

    def text(self, name: str) -> str:
        """What is in one. Raises UnicodeError."""


class BadText(Exception):
    """A file says nothing that can be read: why."""


def loaded(files: Files, name: str) -> Any:
    """What a file says. Raises BadText."""
    try:
        said = files.text(name)
        if len(said) > _LONGEST:
            raise BadText(f"is longer than {_LONGEST} characters")
        if _ALIAS.search(said) and any(
            isinstance(event, yaml.AliasEvent) for event in yaml.parse(said, Loader=_EVENTS)
        ):
            raise BadText("names one part by an alias of another: write it out")
        return _LOADER(said).get_single_data()
    except (yaml.YAMLError, UnicodeError, RecursionError, ValueError) as error:
        raise BadText(" ".join(str(error).split())[:200]) from None


def listed(files: Files, name: str) -> list[dict[str, Any]]:
    """The objects that a file lists. Raises BadText."""
    found = loaded(files, name) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise BadText("is no list of objects")
    return found


class Sites:
    """The files of sites, as a source of ``writing``."""

    def __init__(self, files: Files) -> None:
        self._files = files
        names = (name for name in files.names() if name.startswith("sites/"))
        self._names = {
            unquote(name.removeprefix("sites/").removesuffix(".yaml")): name
            for name in names
            if name.endswith(".yaml")
        }
        self._people: dict[str, dict[str, Any]] | None = None

    def ids(self) -> Iterator[str]:
        return iter(self._names)

    def count(self) -> int:
        return len(self._names)

    def has(self, site: str) -> bool:
        """True where one is of this site."""
        return site in self._names

    def draft(self, id: str, before: Site | None) -> Draft:
        name = self._names[id]
        shown = before.document() if before else None
        try:
            said = loaded(self._files, name)
            if not isinstance(said, dict) or str(said.get("id", id)) != id:
                raise BadText("is no site of the id that the file is called by")
        except BadText as error:
            fault = Fault(row=0, code="bad_text", sheet=name, site=id, args={"why": str(error)})
            return Draft(id=id, before=shown, document={"id": id}, faults=[fault])
        lost = sorted(_lost(said, shown or {}))
        notes = [
            Fault(row=0, code="secrets_lost", sheet=name, site=id, args={"about": ", ".join(lost)})
        ]
        if before is not None and said.get("state", before.state) != before.state:
            said["reason"] = "configuration"
        made = Draft(
            id=id,
            before=shown,
            document=said,
            where={"": (name, 0)},
            notes=notes if lost else [],
        )
        made.check()
        return made

    def stand_in(self, contact: str) -> Mapping[str, Any] | None:
        if self._people is None:
            self._people = {}
            for name in self._names.values():
                with suppress(BadText):
                    said = loaded(self._files, name)
                    self._know(said.get("contacts") if isinstance(said, dict) else None)
        return self._people.get(contact)

    def _know(self, people: Any) -> None:
        assert self._people is not None
        for one in people if isinstance(people, list) else ():
            if isinstance(one, dict) and one.get("id") and one.get("name"):
                own = {k: one[k] for k in ("name", "phone", "language", "fax") if one.get(k)}
                self._people[str(one["id"])] = own


def _lost(said: Mapping[str, Any], there: Mapping[str, Any]) -> set[str]:
    """Names of secrets that the file says are kept, and that are not kept here."""

    def kept(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        yield from (
            (name, "") for name, set_ in document.items() if name.endswith("_set") and set_ is True
        )
        for part, key in (("accounts", "account"), ("contacts", "id"), ("cameras", "id")):
            listed = document.get(part)
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict):
                    yield from (
                        (f"{part}.{name}", str(one.get(key)))
                        for name, set_ in one.items()
                        if name.endswith("_set") and set_ is True
                    )

    return {name.removesuffix("_set") for name, _ in set(kept(said)) - set(kept(there))}
