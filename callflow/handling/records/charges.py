"""Chargeable acts (D27), made of what the logbook tells: later, in batches, once a fact.

The way of an alarm knows nothing of them. The engine reads on in the logbook where it stopped, by
the numbers of its entries, half a minute behind, when what was done may still be undone; each fact
has a name, under which it is charged for once, however often it is read.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callflow import ids
from callflow.core.alarms.incident import State
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ONE, Unit
from callflow.core.records import charges
from callflow.core.records.charges import (
    FALSE,
    OF_CHANNEL,
    UNIT_OF,
    Act,
    Charge,
    Fact,
    Line,
    worth,
)
from callflow.core.records.logbook import MACHINE
from callflow.storage import AWAY, Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.interventions import measures
from callflow.storage.records import charges as rows
from callflow.storage.records.charges import Told
from callflow.storage.sites import sites

log = logging.getLogger(__name__)

#: What is younger may be taken back.
_BEHIND = timedelta(seconds=30)
#: Entries of one look, by their numbers, and how many of them may lead to a charge.
_NUMBERS, _MOST = 20_000, 200
#: So many numbers are passed over before that is written down.
_WORTH_A_WRITE = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """A fact, and where."""

    site: str
    incident: str | None
    fact: Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one look at the logbook found. ``upto``: the last entry's number; ``moved``: how far it
    went; ``back``: alarms that were charged for as false and are none any more."""

    facts: tuple[_Found, ...]
    back: tuple[str, ...]
    upto: int
    moved: int

    def __bool__(self) -> bool:
        return bool(self.facts or self.back) or self.moved >= _WORTH_A_WRITE


def find(tx: Tx, now: datetime, settled: int) -> Look:
    """What is to be charged for since the last look. Only reads. ``settled``: the entry up to which
    nobody tells one any more (``storage.records.horizon``)."""
    upto = rows.position(tx)
    newest = min(settled, rows.newest_entry(tx, now - _BEHIND))
    if upto is None:  # charges begin with this version
        return Look(facts=(), back=(), upto=newest, moved=_WORTH_A_WRITE)
    last = min(newest, upto + _NUMBERS)
    said = rows.told(tx, tuple(_TELL), upto, last, limit=_MOST)
    if len(said) == _MOST:
        last = said[-1].number
    facts = {one.fact.source: one for entry in said for one in _facts(tx, entry, now)}
    names = [name for source in facts for name in (source, _free(source))]
    known = rows.known_sources(tx, names) if names else set()
    return Look(
        facts=tuple(one for name, one in facts.items() if not known & {name, _free(name)}),
        back=tuple(_no_longer_false(tx, said)),
        upto=last,
        moved=last - upto,
    )


def _facts(tx: Tx, entry: Told, now: datetime) -> list[_Found]:
    """What an entry tells of; one that can't be read holds up neither alarms nor other charges."""
    try:
        return list(_TELL[entry.kind](tx, entry, now))
    except AWAY:
        raise
    except Exception:
        log.exception("entry %s can't be charged for", entry.number)
        return []


def book(tx: Tx, look: Look, now: datetime) -> int:
    """Charge for what a look found; how many rows. One that is there already is left out."""
    made = sum(_charge(tx, one, now) for one in look.facts)
    for source in look.back:
        charge = rows.of_source(tx, source)
        if charge is not None:
            made += take_back(tx, charge, MACHINE, "", now) is not None
    rows.go_on(tx, look.upto, now)
    return made


def _charge(tx: Tx, found: _Found, now: datetime) -> int:
    site = sites.get(tx, found.site)
    if site is None:
        return 0
    fact = found.fact
    begin, end = charges.month_of(fact.at, ZoneInfo(site.timezone))
    before = rows.counted(tx, site.id, fact.kind, begin, end)
    prices = rows.prices(tx, site.client_id, site.id)
    lines = charges.priced(fact, prices, site.id, site.client_id, before)
    return sum(rows.insert(tx, _row(found, site.client_id, line, now)) for line in lines)


def _free(source: str) -> str:
    """The name of what the contract includes of a fact."""
    return f"{source}:free"


def _row(found: _Found, client: str, line: Line, now: datetime) -> Charge:
    fact = found.fact
    return Charge(
        id=ids.new(now),
        site_id=found.site,
        client_id=client,
        incident_id=found.incident,
        source=_free(fact.source) if line.included else fact.source,
        kind=fact.kind,
        unit=UNIT_OF.get(fact.kind, Unit.ACT),
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=worth(line.quantity, line.unit_price),
        priced_by=line.priced_by,
        at=fact.at,
        made_at=now,
        by=MACHINE,
        why=fact.why,
        corrects=None,
    )


def _back(source: str) -> str:
    return f"{source}:back"


def take_back(tx: Tx, charge: Charge, who: str, why: str, now: datetime) -> Charge | None:
    """A following row takes a charge back: that row; None where one did already."""
    back = replace(
        charge,
        id=ids.new(now),
        source=_back(charge.source or charge.id),
        quantity=-charge.quantity,
        amount=None if charge.amount is None else -charge.amount,
        at=now,
        made_at=now,
        by=who,
        why=why,
        corrects=charge.id,
    )
    return back if rows.insert(tx, back) else None


# --- from entries to facts ----------------------------------------------------------------


def _guard(tx: Tx, entry: Told, now: datetime) -> Iterator[_Found]:
    if entry.incident is None or entry.site is None:
        return
    stays = [
        one for one in measures.of_incident(tx, entry.incident) if one.kind is Measure.GUARD_ON_SITE
    ]
    for task in tasks.of_incident(tx, entry.incident):
        for fact in charges.of_task(task, stays):
            yield _Found(site=entry.site, incident=entry.incident, fact=fact)


def _measure(tx: Tx, entry: Told, now: datetime) -> Iterator[_Found]:
    measure = measures.get(tx, str(entry.data.get("of", "")))
    if measure is None:
        return
    said = measures.reports(tx, [measure.id]).get(measure.id, [])
    for fact in charges.of_measure(measure, said, now):
        yield _Found(site=measure.site_id, incident=entry.incident, fact=fact)


def _technician(tx: Tx, entry: Told, now: datetime) -> Iterator[_Found]:
    for visit in rows.visits(tx, entry.site or "", entry.at):
        for fact in charges.of_visit(visit):
            yield _Found(site=visit.site_id, incident=visit.incident_id, fact=fact)


def _message(tx: Tx, entry: Told, now: datetime) -> Iterator[_Found]:
    act, message = OF_CHANNEL.get(str(entry.data.get("channel", ""))), entry.data.get("message")
    if act is None or not message or entry.site is None:
        return
    fact = Fact(source=f"message:{message}", kind=act, quantity=ONE, at=entry.at)
    yield _Found(site=entry.site, incident=entry.incident, fact=fact)


def _filed(tx: Tx, entry: Told, now: datetime) -> Iterator[_Found]:
    if entry.incident is None or entry.site is None or not _is_false(tx, entry.incident):
        return
    fact = Fact(source=_false(entry.incident), kind=Act.FALSE_ALARM, quantity=ONE, at=entry.at)
    yield _Found(site=entry.site, incident=entry.incident, fact=fact)


def _false(incident_id: str) -> str:
    return f"incident:{incident_id}:false"


def _is_false(tx: Tx, incident_id: str) -> bool:
    incident = incidents.get(tx, incident_id)
    if incident is None or incident.exercise or incident.state is not State.FILED:
        return False
    return incident.resolution_code in FALSE


def _nothing(tx: Tx, entry: Told, now: datetime) -> Iterator[_Found]:
    yield from ()


#: {the kind of an entry: the facts that it tells of}.
_TELL: Mapping[str, Callable[[Tx, Told, datetime], Iterable[_Found]]] = {
    "guard_accepted": _guard,
    "guard_left": _guard,
    "measure_report": _measure,
    "measure_lifted": _measure,
    "measure_over": _measure,
    "technician_on_site": _technician,
    "message_sent": _message,
    "filed": _filed,
    "filed_by_hand": _filed,
    "reopened": _nothing,  # looked at for what was charged as false
    "incident_reopened": _nothing,
}
_MAY_BE_TAKEN_BACK = ("filed", "filed_by_hand", "reopened", "incident_reopened")


def _no_longer_false(tx: Tx, said: Iterable[Told]) -> Iterator[str]:
    """The charges for false alarms that were none after all, and are not taken back yet."""
    looked = {e.incident for e in said if e.kind in _MAY_BE_TAKEN_BACK and e.incident}
    suspects = [one for one in looked if not _is_false(tx, one)]
    names = [name for one in suspects for name in (_false(one), _free(_false(one)))]
    charged = rows.known_sources(tx, names) if names else set()
    gone = rows.known_sources(tx, list(map(_back, charged))) if charged else set()
    yield from (name for name in names if name in charged and _back(name) not in gone)
