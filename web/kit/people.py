"""What pages call the people who work here: by the name that is shown of them, else as they log in.

Rows, addresses and files keep the log-in, which tells one person from another for ever; a page
resolves all of them by one query, and gives the log-in as the title of the name.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from markupsafe import Markup, escape

from callflow.core.folding import folded
from callflow.core.records.logbook import Entry
from callflow.texts import staff
from callflow.texts.readable import readable
from web.kit.words import who as said_who

#: {log-in: name that is shown}, while something is rendered.
_CALLED: ContextVar[Mapping[str, str]] = ContextVar("called", default=MappingProxyType({}))


@contextmanager
def called(names: Mapping[str, str]) -> Iterator[None]:
    """What is rendered within calls people by ``names``: {log-in: the name that is shown}."""
    token = _CALLED.set(names)
    try:
        yield
    finally:
        _CALLED.reset(token)


def name(who: object, language: str) -> str:
    """What somebody is called, where nothing but text fits, as in a list to choose from. Whoever
    is none of ours, a contact, is called as they are."""
    known = str(who or "")
    return _CALLED.get().get(known) or said_who(known, language)


def person(who: object, language: str) -> Markup:
    """Somebody who acted, as a page shows them: what they log in by is the title of their name."""
    known = str(who or "")
    shown = name(who, language)
    if known not in _CALLED.get():
        return Markup("<bdi>{}</bdi>").format(escape(readable(shown)))
    return Markup('<bdi title="{}">{}</bdi>').format(readable(known), readable(shown))


def log_in(typed: str, names: Mapping[str, str]) -> str:
    """What somebody logs in by whom a field was filled in with: by the name that is shown of them
    (``names`` of {log-in: shown name}), however it is written, or as it was typed."""
    wanted = folded(typed.strip())
    return next((who for who, shown in names.items() if folded(shown) == wanted), typed)


def told(entry: Entry) -> dict[str, Any]:
    """An entry's data with the people of ours in it as they are called."""
    return staff.called(entry.kind, entry.data, _CALLED.get())
