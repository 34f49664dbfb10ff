"""What a change changed: two bodies compared, field by field; or only whether. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: By what the members of a list are known: their id, or what else they have; else their place.
_NAMES = ("id", "account", "zone", "number", "code")


@dataclass(frozen=True, slots=True)
class Change:
    """One field: ``path`` as ``contacts.anne.phone``; None: it was not there, or is no more."""

    path: str
    before: Any
    after: Any


def stamp(said: Any) -> str:
    """Another one where anything in it is another."""
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every field that differs, in the order of ``before``, then of ``after``."""
    old, new = dict(_other(before, after)), dict(_other(after, before))
    return [
        Change(path, old.get(path), new.get(path))
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    ]


def _other(one: Mapping[str, Any], another: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The leaves of ``one``, without those of fields that ``another`` has alike: most of them."""
    return _leaves("", {name: one[name] for name in one if one[name] != another.get(name)})


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for place, each in enumerate(value):
            yield from _leaves(f"{path}.{_name(each, place)}", each)
    elif value not in (None, "", [], {}):
        yield path, value


def _name(member: Any, place: int) -> str:
    if isinstance(member, Mapping):
        parts = [str(member[name]) for name in _NAMES if member.get(name)]
        if parts:
            return parts[0] if "id" in member else "/".join(parts)
    return str(place + 1)
