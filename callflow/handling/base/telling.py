"""Each function of ``handling`` writes its logbook entry here, in its own transaction."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.calls.phones import is_phone
from callflow.core.records.logbook import MACHINE, Draft
from callflow.storage import Tx
from callflow.storage.calls import phones
from callflow.storage.records import logbook
from callflow.texts import entry_text

#: What no text column of every database can hold: NUL, and halves of surrogate pairs.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """``text`` as sent, but for what a database refuses: shown as �, never the end of a batch."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def storable_all(*texts: str) -> Sequence[str]:
    """``storable`` of each: nearly always nothing is wrong with any of them."""
    joined = "".join(texts)
    if joined.isascii() and "\0" not in joined:
        return texts
    return [storable(text) for text in texts]


def draft(
    kind: str,
    now: datetime,
    *,
    incident: str | None = None,
    site: str | None = None,
    author: str = MACHINE,
    **data: Any,
) -> Draft:
    """An entry whose words are made from its kind and data."""
    return Draft(
        at=now,
        kind=kind,
        text=storable(entry_text(kind, data)),
        who=author,
        site=site,
        incident=incident,
        data=data,
    )


def tell(
    tx: Tx, kind: str, now: datetime, incident: Incident | None = None, /, **data: Any
) -> None:
    """Write one entry, of ``incident`` where one is given."""
    author = data.pop("who_did", MACHINE)
    site = incident.site_id if incident else data.pop("site", None)
    if desks := _desks(tx, data):
        data |= desks | {"desks": desks}
    about = incident.id if incident else None
    logbook.append(tx, draft(kind, now, incident=about, site=site, author=author, **data))


def _desks(tx: Tx, data: dict[str, Any]) -> dict[str, str]:
    """{what: whose} of the telephones of ours that are told of: their names are no words."""
    named = {what: value for what, value in data.items() if isinstance(value, str)}
    found = {what: phones.get(tx, name) for what, name in named.items() if is_phone(name)}
    return {what: phone.owner if phone else "" for what, phone in found.items()}


def station_event(tx: Tx, kind: str, text: str, now: datetime) -> None:
    """Something about the station itself: lines, clock, processes."""
    tell(tx, "station", now, text=text, about=kind)
