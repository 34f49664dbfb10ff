"""Looking something up in the logbook, for the page and for programs: who may see entries sees what
is found, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.records.words import NOTHING, Sought, sought, words_in
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.records import search as entries
from callflow.storage.records.logbook import Found
from callflow.storage.records.search import Asked
from callflow.storage.schema.logbook import COMMON
from callflow.storage.sites import search, sites

#: Sites, and people with their numbers, that one question may mean.
_SITES, _PEOPLE = 50, 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Words ("…" is a phrase), of a ``site`` (its id, account or a part of its name; ``site_id``:
    its id and nothing else) or an ``incident``, by or about a ``person``, of some kinds,
    ``people``: of what people did; from ``since`` until ``until`` (not included; UTC), numbered
    ``after`` or ``before`` another."""

    text: str = ""
    site: str = ""
    site_id: str | None = None
    incident: str | None = None
    person: str = ""
    kinds: Sequence[str] = ()
    people: bool = False
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 50
    oldest_first: bool = False


def look_up(tx: Tx, question: Question) -> Found:
    """The entries that answer it, by number; see ``storage.records.search.entries``."""
    asked = Asked(
        sought=_sought(tx, question),
        incident=question.incident,
        since=question.since,
        until=question.until,
        after=question.after,
        before=question.before,
        limit=question.limit,
        oldest_first=question.oldest_first,
    )
    return entries.entries(tx, asked)


def found_by_days(tx: Tx, question: Question) -> Found:
    """The newest entries that answer a question about some days. By the index of words, but where
    none is asked for: what only days, a site and kinds bound is in the order of its instants, and
    signs that are no words are looked for letter by letter."""
    since, until = question.since, question.until
    if since is None or until is None or question.person or words_in(question.text):
        return look_up(tx, question)
    site_ids = sites_meant(tx, question.site) if question.site else []
    if len(site_ids) > 1 or set(question.kinds) & set(COMMON):
        return look_up(tx, question)
    site, before, limit = next(iter(site_ids), question.site), question.before, question.limit
    if question.kinds:
        last = until - timedelta(microseconds=1)
        return logbook.of_kinds(
            tx, question.kinds, since=since, until=last, before=before, site=site, limit=limit
        )
    return logbook.search(
        tx,
        since=since,
        until=until,
        before=before,
        site=site,
        people=question.people,
        words=question.text,
        limit=limit,
    )


def _sought(tx: Tx, question: Question) -> Sought:
    site_ids = sites_meant(tx, question.site) if question.site else []
    if question.site and not site_ids:
        return NOTHING
    if question.site_id is not None:
        site_ids = [question.site_id]
    numbers = [question.person]
    if question.person.strip():
        known = search.people(tx, question.person.strip(), limit=_PEOPLE)
        numbers += [one.phone for one in known if one.phone]
    return sought(
        question.text,
        sites=site_ids,
        kinds=question.kinds,
        person=question.person,
        numbers=numbers,
        people=question.people,
    )


def sites_meant(tx: Tx, said: str) -> list[str]:
    """The ids of the sites that somebody means: by id, else by account, name or address."""
    exact = sites.get(tx, said)
    if exact is not None:
        return [exact.id]
    return [site.id for site in search.sites(tx, said, limit=_SITES)]
