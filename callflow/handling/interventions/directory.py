"""The directory of services as people write and read it: numbers go in and never come out.

Left out, a line's number stays as it is; it is shown masked, and revealed by a logged act.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from callflow.core.changes import changes
from callflow.core.interventions.directory import ServiceLine, masked
from callflow.core.interventions.law import Service
from callflow.core.time.availability import Availability
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.handling.sites.numbers import e164
from callflow.handling.sites.rules import one_of
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import services
from callflow.storage.sites import sites

Row = dict[str, Any]

_PLACE = re.compile(r"[0-9A-Z][0-9A-Z -]{0,15}|")


def get_directory(tx: Tx) -> list[Row]:
    """Its lines as PUT takes them, their numbers masked."""
    return [
        {
            "id": line.id,
            "service": line.service,
            "name": line.name,
            "number_masked": masked(line.number),
            "site": line.site_id,
            "place": line.place,
            "hours": line.hours.to_json(),
            "note": line.note,
        }
        for line in services.lines(tx)
    ]


def put_directory(tx: Tx, lines: list[Row], who: str, now: datetime, *, because: str = "") -> None:
    """The directory is ``lines`` from now on. Raises BadField, naming the field."""
    shown, before = get_directory(tx), {line.id: line.number for line in services.lines(tx)}
    made = [_line(tx, line, before, f"lines.{place}") for place, line in enumerate(lines)]
    ids = [line.id for line in made]
    for place, line_id in enumerate(ids):
        if line_id in ids[:place]:
            raise BadField(f"lines.{place}.id", "is there twice")
    services.put_lines(tx, made)
    after = get_directory(tx)
    found = changes(*({"lines": [_named(line) for line in each]} for each in (shown, after)))
    fields: Row = {each.path: [each.before, each.after] for each in found}
    numbers = {line.id for line in made if before.get(line.id, line.number) != line.number}
    fields |= {f"lines.{line_id}.number": None for line_id in sorted(numbers)}
    told: Row = dict(by=who, lines=len(made), fields=fields, **_why(because))
    tell(tx, "directory_changed", now, who_did=who, **told)


def _why(because: str) -> Row:
    return {"because": because} if because else {}


def _named(line: Row) -> Row:
    """What of a line may be told: its number masked as another field."""
    return {k: v for k, v in line.items() if k != "number_masked"}


def _line(tx: Tx, line: Row, before: dict[str, str], field: str) -> ServiceLine:
    number = e164(line.get("number"), f"{field}.number") or before.get(line["id"])
    if number is None:
        raise BadField(f"{field}.number", "is missing: the full number, such as 01 23 45 67 89")
    site, place = line.get("site"), line.get("place") or ""
    if site is not None and sites.site_row(tx, site) is None:
        raise BadField(f"{field}.site", "there is no such site", site)
    if not _PLACE.fullmatch(place):
        raise BadField(f"{field}.place", "must be how the postcodes of the place begin, such as 78")
    try:
        hours = Availability.from_json(line.get("hours") or {}, f"{field}.hours")
    except CalendarError as error:
        raise BadField(error.field, error.said, error.about) from None
    return ServiceLine(
        id=line["id"],
        service=Service(one_of(Service, line["service"], f"{field}.service")),
        name=line["name"],
        number=number,
        site_id=site,
        place=place,
        hours=hours,
        note=line.get("note", ""),
    )


def reveal_line(
    tx: Tx, line_id: str, who: str, now: datetime, *, incident_id: str | None = None
) -> str:
    """The reserved number of a line, in E.164: revealing it is a logged act. Raises NotFound."""
    line = services.line(tx, line_id)
    if line is None:
        raise NotFound(f"there is no line {line_id!r} in the directory")
    row = incidents.get(tx, incident_id) if incident_id else None
    tell(tx, "line_revealed", now, row, who_did=who, line=line.name, by=who)
    return line.number
