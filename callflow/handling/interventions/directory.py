"""The directory of services as people write and read it: numbers go in and never come out.

Left out, a line's number stays as it is; it is shown masked, and revealed by a logged act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from callflow.core.changes import changes
from callflow.core.interventions.directory import ServiceLine
from callflow.core.time.availability import Availability
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound
from callflow.handling.base.telling import tell
from callflow.handling.interventions.shape import Directory, DirectoryLine
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.interventions import services
from callflow.storage.sites import sites


def get_directory(tx: Tx) -> list[DirectoryLine]:
    """Its lines as PUT takes them, their numbers masked."""
    return [
        DirectoryLine.model_construct(
            id=line.id,
            service=line.service,
            name=line.name,
            number_masked=line.number_masked,
            fax=line.fax,
            site=line.site_id,
            place=line.place,
            hours=line.hours.to_json(),
            note=line.note,
        )
        for line in services.lines(tx)
    ]


def put_directory(
    tx: Tx, lines: Sequence[object], who: str, now: datetime, *, because: str = ""
) -> None:
    """The directory is ``lines`` from now on, by what ``DirectoryLine`` reads of them. Raises
    BadField, naming the field."""
    sent = Directory.read({"lines": lines}).lines
    shown, lines_now = get_directory(tx), services.lines(tx)
    before = {line.id: line.number for line in lines_now}
    faxes = {line.id: line.fax for line in lines_now}
    made = [
        replace(
            _line(tx, line, before, f"lines.{place}"),
            fax=line.fax if line.says("fax") else faxes.get(line.id),
        )
        for place, line in enumerate(sent)
    ]
    ids = [line.id for line in made]
    for place, line_id in enumerate(ids):
        if line_id in ids[:place]:
            raise BadField(f"lines.{place}.id", "is there twice")
    services.put_lines(tx, made)
    found = changes(_named(shown), _named(get_directory(tx)))
    fields = {each.path: [each.before, each.after] for each in found}
    numbers = {line.id for line in made if before.get(line.id, line.number) != line.number}
    told = fields | dict.fromkeys(f"lines.{line_id}.number" for line_id in sorted(numbers))
    why = {"because": because} if because else {}
    tell(tx, "directory_changed", now, by=who, who_did=who, lines=len(made), fields=told, **why)


def _named(lines: Sequence[DirectoryLine]) -> dict[str, Any]:
    """What of the lines may be told: a number is masked as another field."""
    return {"lines": [line.model_dump(mode="json", exclude={"number_masked"}) for line in lines]}


def _line(tx: Tx, sent: DirectoryLine, before: Mapping[str, str], field: str) -> ServiceLine:
    number = sent.number or before.get(sent.id)
    if number is None:
        raise BadField(f"{field}.number", "is missing: the full number, such as 01 23 45 67 89")
    if sent.site is not None and sites.get(tx, sent.site) is None:
        raise BadField(f"{field}.site", "there is no such site", sent.site)
    try:
        hours = Availability.from_json(sent.hours, f"{field}.hours")
    except CalendarError as error:
        raise BadField(error.field, error.said, error.about) from None
    return ServiceLine(
        id=sent.id,
        service=sent.service,
        name=sent.name,
        number=number,
        site_id=sent.site,
        place=sent.place,
        hours=hours,
        note=sent.note,
    )


def reveal_line(
    tx: Tx, line_id: str, who: str, now: datetime, *, incident_id: str | None = None
) -> str:
    """The reserved number of a line, in E.164: revealing it is a logged act. Raises NotFound."""
    line = services.line(tx, line_id)
    if line is None:
        raise NotFound(f"there is no line {line_id!r} in the directory")
    incident = incidents.get(tx, incident_id) if incident_id else None
    tell(tx, "line_revealed", now, incident, who_did=who, line=line.name, by=who)
    return line.number
