"""Who changed what, from what to what, and who saw what is confidential: the administrator's."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from callflow.core.records import audit
from callflow.core.records.logbook import MACHINE
from callflow.handling.records import visits
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.records import logbook
from callflow.storage.sites import search
from callflow.texts.sites import field
from web.access.sessions import Administrator
from web.access.views import frame
from web.kit import i18n, people, words
from web.kit.listing import Day, Words
from web.kit.problems import ProblemError
from web.kit.rendering import page
from web.kit.words import LANGUAGES
from web.pages.records.logbook import begin_of, day_in, shown
from web.station import Here

router = APIRouter(include_in_schema=False)

#: Entries of one page; days shown where none is asked for; sites that a word may stand for.
_MOST, _DAYS, _SITES = 50, 31, 200

#: What the values of some fields are called.
_VALUES: Mapping[str, Mapping[str, str]] = {
    "role": {**words.USER_ROLES, **words.ROLES},
    "state": words.SITE_STATES,
    "plan_state": words.PLAN_STANDINGS,
    "category": words.CATEGORIES,
    "kind": words.SIGNAL_KINDS,
    "opens": words.YES_NO,
}


@router.get("/audit")
async def show(
    visitor: Administrator,
    station: Here,
    q: Words = "",
    who: Words = "",
    what: Words = "",
    since: Day = "",
    until: Day = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """The newest first, a page at a time; the last month where no day is chosen."""
    if what not in audit.GROUPS:
        raise ProblemError(
            422, f"choose one of {', '.join(filter(None, audit.GROUPS))}", field="what"
        )
    now = station.clock()
    last = day_in(until, "until") or now.astimezone(ZoneInfo(i18n.STATION_ZONE)).date()
    first = day_in(since, "since") or last - timedelta(days=_DAYS - 1)
    asked = {"q": q, "who": who, "what": what, "since": since, "until": until}
    text = q.replace("\0", "").strip()

    def read(tx: Tx) -> dict[str, Any]:
        named = search.sites(tx, text, limit=_SITES) if text else []
        found = logbook.of_kinds(
            tx,
            audit.GROUPS[what],
            since=begin_of(first),
            until=begin_of(last + timedelta(days=1)) - timedelta(microseconds=1),
            before=before,
            who=people.log_in(who.strip(), visitor.called),
            words=text,
            sites=[site.id for site in named],
            limit=_MOST + 1,
        )
        page_of = shown(tx, found, _MOST)
        page_of["entries"] = [
            (each, _differences(each.entry.data, visitor.language)) for each in page_of["entries"]
        ]
        return {
            **frame(tx, station, visitor, "settings"),
            **page_of,
            "names": [user.name for user in users.users(tx)],
            "visiting": visits.is_visiting(tx, visitor.name, now),
        }

    values = await station.store.read(read)
    if not values.pop("visiting"):
        await station.store.write(lambda tx: visits.audit_read(tx, visitor.name, now))
    given = {name: value for name, value in asked.items() if value}
    values |= {
        "part": "audit",
        **asked,
        "machine": MACHINE,
        "first": first,
        "last": last,
        "groups": ((audit.CHANGED, audit.CHANGES), (audit.LOOKED, audit.LOOKS)),
        "address": lambda number: f"/audit?{urlencode({**given, 'before': number})}",
    }
    return page(visitor.language, "records/audit.html", values)


def _differences(data: dict[str, Any], language: str) -> list[tuple[str, ...]]:
    """(the field's name, what it was, what it is); (its name) alone where it is a secret."""
    column = LANGUAGES.index(language)
    return [
        (field(path, column), *(_value(path, value, language) for value in values))
        for path, *values in audit.differences(data)
    ]


def _value(path: str, value: Any, language: str) -> str:
    """A field's value; one of a closed vocabulary in words."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return i18n.catalogue(language).gettext(words.YES_NO["yes" if value else "no"])
    name, said = path.rpartition(".")[2], str(value)
    if name == "kind" and said not in words.SIGNAL_KINDS:
        return words.kind(said, language)
    known = _VALUES.get(name, {})
    return i18n.catalogue(language).gettext(known[said]) if said in known else said
