"""The pages' views, read from the rows: one value for each line of the console."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from callflow.core.alarms.apply import REOPENED
from callflow.core.alarms.correlation import storm_of
from callflow.core.alarms.filing import Open
from callflow.core.alarms.incident import Incident, State
from callflow.core.alarms.incident import ruling as ruling_among
from callflow.core.calls.call import Call, CallState
from callflow.core.calls.phones import owner_of
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions import directory
from callflow.core.records import mnemonics
from callflow.core.records.reports.widths import Width, may_have
from callflow.core.signals import blocks
from callflow.core.signals.signal import OF_STATION, Kind, StoredSignal
from callflow.core.sites.arming import Partition
from callflow.core.sites.declared import Called
from callflow.core.sites.site import Role
from callflow.core.sites.zones import zone_name
from callflow.core.watch.organs import Organ, Part, Reason, whose
from callflow.core.watch.room import is_quiet
from callflow.core.watch.supervision import OnTest
from callflow.handling.alarms import bank_openings
from callflow.handling.alarms.acting import NOT_NORMAL
from callflow.handling.alarms.ends import reopening
from callflow.handling.alarms.ends.checking import check_list
from callflow.handling.alarms.ends.filing import standing, standings, wish_of
from callflow.handling.base import policy as base_policy
from callflow.handling.calls.faxes import fax_machines
from callflow.handling.interventions import orders
from callflow.handling.sites import passwords as sites_passwords
from callflow.handling.sites.in_force import site_now
from callflow.handling.watch.health import Health
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.interventions import measures
from callflow.storage.messages import outbox
from callflow.storage.records import documents, logbook
from callflow.storage.records import mnemonics as own_codes
from callflow.storage.signals import signals
from callflow.storage.sites import contacts as contact_rows
from callflow.storage.sites import sites
from callflow.storage.watch import supervision
from web.kit.i18n import STATION_ZONE, phone
from web.pages.alarms import call_views, drawing_views, phrases, sent_views, task_views
from web.pages.alarms.call_views import Card
from web.pages.alarms.image_views import images_of
from web.pages.alarms.next_acts import Handling, next_act
from web.pages.alarms.people_views import away, instructions_of
from web.pages.alarms.task_views import TaskView
from web.pages.alarms.verification_views import Verifying, heard_in, script_of
from web.pages.interventions import measure_views
from web.pages.interventions.service_views import services_of
from web.pages.records.entries import entries_shown
from web.pages.records.entries import lines as lines_told

#: Kinds that are about a panel, a path or a line: what they name is no zone.
_NO_ZONES = frozenset(
    {Kind.MISSING_POLL, Kind.MISSING_TEST, Kind.RECEIVER, Kind.TRUNK, Kind.ORGAN, Kind.STORM}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One incident in the console. Two that are equal look the same."""

    id: str
    group: str  # queue, machine, waiting
    key: str  # sorts within the group: priority, then oldest
    priority: int
    kind: str
    state: str
    duress: bool
    exercise: bool
    shadow: bool
    site: str | None
    site_name: str
    account: str
    zones: tuple[tuple[str, str], ...]  # in alarm, each with its name; "" where it has none
    lines: tuple[str, ...]  # of the station, that are lost
    reason: str
    step: str | None  # kind of the plan's step that it is at
    holder: str | None
    held_since: datetime | None
    returns_at: datetime | None  # to the queue, without another act of its holder (D21)
    site_holder: str | None  # who holds another incident of its site, and so the site (D20)
    reminder: str  # why it was parked
    level: int  # how often it has come back: it sounds louder (D21)
    opened_at: datetime
    target_at: datetime | None  # when it must have been claimed
    parked_until: datetime | None
    call_state: str | None
    call_outcome: str | None
    call_who: str
    call_desk: bool  # a phone of the station's own
    signal_count: int
    of_station: bool
    storm: str  # "power" or "line", where many sites have one fault
    storm_place: str  # and where: a town, a feeder, a provider
    still: tuple[Open, ...] = ()  # what keeps it from being filed


@dataclass(frozen=True, kw_only=True, slots=True)
class Lamp:
    """One organ of the station at a glance; ``name`` says which of several. ``reason``: why it
    isn't well, None where it is."""

    part: Part
    name: str
    reason: Reason | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """The station at a glance."""

    status: str
    lamps: tuple[Lamp, ...]
    has_trunks: bool
    backlog: int
    backlog_is_long: bool
    live_calls: int
    more: int = 0  # unfiled, and not in the console's lists


def more(tx: Tx) -> int:
    """How many unfiled alarms the console does not show."""
    return max(0, incidents.queue_length(tx) - incidents.SHOWN)


def lines(tx: Tx, now: datetime, page: int = 1) -> list[Line]:
    """Unfiled incidents, in the console's order; ``page`` 1 is what the console shows."""
    return lines_of(tx, incidents.queue(tx, offset=(page - 1) * incidents.SHOWN), now)


def lines_of(tx: Tx, rows: Sequence[Incident], now: datetime) -> list[Line]:
    """A queue's rows, in the console's order."""
    names = sites.names_of(tx, (row.site_id for row in rows))
    zoned = [row for row in rows if row.zones and row.kind not in _NO_ZONES]
    zones = sites.names_of_zones(
        tx, {r.account for r in zoned}, {z for r in zoned for z in r.zones}
    )
    targets = base_policy.load_policy(tx)
    of_calls = calls.of_incidents(tx, [row.id for row in rows])
    people = contact_rows.names_of(tx, _contacts(of_calls))
    holders = {row.site_id: row.holder for row in rows if row.holder and row.site_id}
    ending = standings(tx, [row for row in rows if _ends(row)], now)
    made = [
        _line(row, names, zones, of_calls[row.id], people, targets, holders.get(row.site_id or ""))
        for row in rows
    ]
    made = [
        replace(line, still=ending[line.id].open) if line.id in ending else line for line in made
    ]
    order = {"queue": 0, "machine": 1, "waiting": 2}
    return sorted(made, key=lambda line: (order[line.group], line.key))


def _ends(row: Incident) -> bool:
    """Say whether it was treated, and something of it is still open."""
    again = row.state is State.OPEN and row.human_reason in (NOT_NORMAL, REOPENED)
    return row.state is State.AWAITING_NORMAL or again


def _contacts(of_calls: dict[str, list[Call]]) -> set[str]:
    return {c.contact_id for found in of_calls.values() for c in found if c.contact_id}


def _line(
    row: Incident,
    names: dict[str, str],
    zones: Mapping[tuple[str, str], str],
    its_calls: Sequence[Call],
    people: dict[str, str],
    policy: base_policy.Policy,
    site_holder: str | None = None,
) -> Line:
    last = next((c for c in its_calls if c.live), None)
    last = last or next((c for c in reversed(its_calls) if c.state is CallState.ENDED), None)
    group, kind = _group(row), row.kind
    target = None
    rings = _rings(row) and not is_quiet(row, policy.room)
    if row.with_human and row.human_since and rings:
        target = row.human_since + policy.target(row.category)
    about = next(iter(row.zones), "") if kind is Kind.STORM else ""
    storm, place = storm_of(about)
    return Line(
        id=row.id,
        group=group,
        key=f"{row.priority}-{row.opened_at:%Y%m%d%H%M%S%f}-{row.id}",
        priority=row.priority,
        kind=row.kind,
        state=row.state,
        duress=row.duress,
        exercise=row.exercise,
        shadow=row.shadow,
        site=row.site_id,
        site_name=names.get(row.site_id or "", ""),
        account=row.account,
        zones=_zones(row, zones),
        lines=tuple(row.zones) if kind in (Kind.RECEIVER, Kind.TRUNK) else (),
        reason=row.human_reason if row.with_human else "",
        step=step_kind(row.plan, row.step),
        holder=row.holder,
        held_since=row.held_since,
        returns_at=_returns_at(row, its_calls),
        site_holder=None if row.holder else site_holder,
        reminder=row.reminder,
        level=row.queue_level,
        opened_at=row.opened_at,
        target_at=target,
        parked_until=row.parked_until,
        call_state=last.state if last else None,
        call_outcome=last.outcome if last else None,
        call_who=_who(last, people) if last else "",
        call_desk=bool(last and last.is_leg),
        signal_count=row.signal_count,
        of_station=kind in OF_STATION,
        storm=storm,
        storm_place=place,
    )


def _zones(row: Incident, names: Mapping[tuple[str, str], str]) -> tuple[tuple[str, str], ...]:
    if row.kind in _NO_ZONES:
        return ()
    return tuple((zone, zone_name(names, row.account, zone)) for zone in row.zones if zone)


def _returns_at(row: Incident, its_calls: Sequence[Call]) -> datetime | None:
    """When held work comes back; None where it doesn't, as while somebody speaks about it."""
    talks = any(call.up for call in its_calls)
    if row.holder is None or row.state is not State.OPEN or row.exercise or talks:
        return None
    return row.queue_due


def _rings(row: Incident) -> bool:
    """Say whether it is to be claimed by a time."""
    free = row.holder is None and row.parked_until is None
    return free and row.state is State.OPEN and not row.exercise


def _group(row: Incident) -> str:
    if row.state is not State.OPEN or row.parked_until is not None:
        return "waiting"
    return "queue" if row.with_human else "machine"


def _who(call: Call, people: dict[str, str]) -> str:
    if whose := owner_of(call):
        return whose
    number = directory.shown(call.step, call.to)
    return people.get(call.contact_id or "") or phone(number)


def step_kind(plan: Mapping[str, Any], step: str | None) -> str | None:
    """The kind of the step that a frozen plan is at."""
    return next((s["kind"] for s in plan.get("steps", ()) if s["id"] == step), None)


#: Organs whose lamps are always there; the others' are while something is wrong with them.
_SHOWN = frozenset({Part.ASTERISK, Part.TRUNK})
_SHOWN_PROCESSES = frozenset({"receiver", "engine"})


def strip(health: Health) -> Strip:
    """The strip from what was judged."""
    organs, parts = health.organs, {organ.part for organ in health.organs}
    backlog = next(organ for organ in organs if organ.part is Part.BACKLOG)
    lamps = (
        Lamp(part=organ.part, name=_lamp_name(organ, node, organs), reason=organ.reason)
        for organ, node in zip(organs, whose(organs), strict=True)
        if organ is not backlog and (organ.ill or _is_shown(organ))
    )
    return Strip(
        status=health.status.value,
        lamps=tuple(lamps),
        has_trunks=Part.TRUNK in parts,
        backlog=int(backlog.figure or 0),
        backlog_is_long=backlog.ill,
        live_calls=int(health.more["live_calls"]),
    )


def _lamp_name(organ: Organ, node: str, among: Sequence[Organ]) -> str:
    """Which of several trunks, or processes, it is; and on which of several machines."""
    trunks = sum(other.part is Part.TRUNK for other in among)
    alone = organ.part is Part.TRUNK and trunks == 1
    return "" if alone else " ".join(filter(None, (organ.name, node)))


def _is_shown(organ: Organ) -> bool:
    if organ.part is Part.PROCESS:
        return organ.name in _SHOWN_PROCESSES
    return organ.part in _SHOWN


def incident(tx: Tx, incident_id: str, who: str, now: datetime) -> dict[str, object] | None:
    """Everything that one incident's page shows ``who``, by the names that its template has."""
    row = incidents.get(tx, incident_id)
    if row is None:
        return None
    site = sites.get(tx, row.site_id) if row.site_id else None
    contacts = contact_rows.called(tx, row.site_id) if row.site_id else []
    its_calls = calls.of_incident(tx, incident_id)
    names = {c.id: c.name for c in contacts}
    siblings = _siblings(tx, row)
    ruling = ruling_among(siblings)
    shown = call_views.shown(tx, its_calls, names)
    here = site_now(tx, row.site_id, row.kind, now) if row.site_id else None
    zones = sites.zone_names(tx, row.site_id) if row.site_id else {}
    arrived = signals.page(tx, incident=incident_id, limit=500)
    named = [(s, zone_name(zones, s.account, s.zone)) for s in arrived]
    entries = entries_shown(tx, logbook.page(tx, incident=incident_id, limit=2000))
    its_tasks = tasks.of_incident(tx, incident_id)
    asked = task_views.tasks_of(tx, row, its_tasks)
    images = images_of(tx, row)
    agreed = instructions_of(tx, row.site_id, row.kind, now)
    services = services_of(tx, row, its_calls, images, now)
    script = script_of(tx, agreed, services.verifications, asked)
    mute = row.mute or ruling is not None
    opening = bank_openings.question_of(row)
    step, gone = step_kind(row.plan, row.step), away(here, now)
    firm = orders.next_firm(row, here, its_tasks, its_calls, now)
    stands = standing(tx, row, now, shown=row.state is not State.FILED)
    checks = check_list(tx, row, stands) if row.state is not State.FILED else ()
    parts = incidents.of_storm(tx, row.id, limit=_PARTS) if row.kind is Kind.STORM else []
    return {
        "incident": row,
        "line": _line(row, {}, zones, its_calls, names, base_policy.load_policy(tx)),
        "site": site,
        "zone": site.timezone if site else STATION_ZONE,
        "contacts": [contact(c) for c in contacts],
        "site_password_set": bool(site and (site.password or site.duress_password)),
        "siblings": siblings,
        "map": map_links(site.address if site else "", arrived),
        "drawing": drawing_views.link_of(tx, row) if row.kind not in _NO_ZONES else None,
        "opening": opening,
        "mute": mute,
        "to_say": phrases.of_incident(
            row,
            site,
            step,
            name=who,
            zone=named[0][1] if named else "",
            mute=mute,
            question=opening.text if opening else "",
        ),
        "ruled_by": ruling if ruling is not None and ruling.id != row.id else None,
        "filing": stands,
        "checks": checks,
        "client": _client(contacts),
        "reopen_until": reopening.may_reopen(tx, row, now),
        "wish": row.wish if wish_of(row) is not None else None,
        "away": gone,
        "next": next_act(
            row,
            who,
            Handling(
                calls=its_calls,
                tasks=asked,
                contacts=contacts,
                away=gone,
                checks=checks,
                step=step,
                firm=firm,
                mute=mute,
                is_open=bool(stands.open),
            ),
        ),
        "instructions": agreed,
        "signals": named,
        "armed": armed(tx, row.site_id),
        "tests": _tests(tx, row.site_id, now),
        "parts": parts,
        "part_names": sites.names_of(tx, (part.site_id for part in parts)),
        "images": images,
        "sent": sent_views.of_incident(tx, incident_id),
        "images_awaited": outbox.waiting_images(tx, incident_id),
        "watched": bool(site and site.cameras),
        "services": services,
        "verifying": Verifying(images, heard_in(tx, its_calls), script),
        "steps": steps(row, shown, asked),
        "by_hand": [one for one in asked if one.task.step == Purpose.GUARD],
        "measures": measure_views.shown(tx, measures.unlifted_of(tx, row.site_id), now)
        if row.site_id
        else [],
        "firms": measure_views.firms(tx, row.site_id) if row.site_id else {},
        "deciders": task_views.may_send_guards(here, row.kind),
        "other_calls": [c for c in shown if c.step not in _step_ids(row)],
        "log": lines_told(tx, entries),
        "documents": documents.of_incident(tx, incident_id),
        "fax_machines": fax_machines(tx, row.site_id),
        "report_widths": [one for one in Width if may_have(one, row.kind)],
        "codes": codes_offered(tx, row.kind),
        "heard": sites_passwords.heard_last([each.entry for each in entries]),
    }


def codes_offered(tx: Tx, kind: str) -> str:
    """[[code, text], ...] that may be typed in a note, as JSON: those for the alarm's kind first.
    The logbook is written in French."""
    known = mnemonics.offered(mnemonics.in_force(own_codes.own(tx), "fr"), kind)
    return json.dumps([[one.code, one.text] for one in known], ensure_ascii=False)


def _siblings(tx: Tx, row: Incident) -> list[Incident]:
    """The unfiled incidents of its site, this one included, where there is another."""
    found = incidents.unfiled(tx, [row.site_id], []) if row.site_id else []
    order = sorted(found, key=lambda one: (one.priority, one.opened_at, one.id))
    return order if any(one.id != row.id for one in order) else []


def map_links(address: str, arrived: Sequence[StoredSignal] = ()) -> dict[str, str]:
    """Where a map shows it: by the last position that a signal gave, and by the address."""
    places = [place for s in arrived if (place := blocks.place(s.extra)) is not None]
    found: dict[str, str] = {}
    if places:
        latitude, longitude = (f"{degrees:.5f}" for degrees in places[-1])
        found["position"] = (
            f"{_MAP}/?mlat={latitude}&mlon={longitude}#map=18/{latitude}/{longitude}"
        )
    if address:
        found["address"] = f"{_MAP}/search?query={quote(address)}"
    return found


#: Opened by a person only, who then tells that site where they look.
_MAP = "https://www.openstreetmap.org"


def _tests(tx: Tx, site_id: str | None, now: datetime) -> list[OnTest]:
    return supervision.running_tests(tx, [site_id], now).get(site_id, []) if site_id else []


def armed(tx: Tx, site_id: str | None) -> tuple[Partition, ...]:
    """The site's partitions whose state its panels told."""
    return supervision.arming(tx, [site_id])[site_id].partitions if site_id else ()


#: Sites of a storm that its page names; the others are counted.
_PARTS = 500


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact without codes: not even their hashes reach a page."""

    id: str
    name: str
    role: Role
    rank: int
    phone: str | None
    password_set: bool


def contact(one: Called) -> ContactView:
    """One as it is shown."""
    passwords = bool(one.password or one.duress_password)
    return ContactView(one.id, one.name, one.role, one.rank, one.phone, passwords)


def _client(contacts: Sequence[Called]) -> Called | None:
    """Whom to ask that the site is armed again: its first keyholder, else its premises."""
    can = [one for one in contacts if one.phone]
    keyholders = [one for one in can if one.role is Role.KEYHOLDER]
    return next(iter(keyholders + [one for one in can if one.role is Role.PREMISES]), None)


def _step_ids(row: Incident) -> list[str]:
    return [step["id"] for step in row.plan.get("steps", ())]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step ``of`` the frozen plan, with its calls, its tasks and a mark: who is or was at it."""

    of: Mapping[str, Any]
    calls: list[Card]
    tasks: list[TaskView]
    mark: str


def steps(
    row: Incident, its_calls: Sequence[Card], its_tasks: Sequence[TaskView]
) -> list[StepView]:
    """The plan's steps, in its order."""
    ids = _step_ids(row)
    visited = {card.step for card in its_calls} | {one.task.step for one in its_tasks}
    machine = row.machine if row.state == "open" else "closed"
    here = ids.index(row.step) if row.step in ids else None
    found = []
    for place, step in enumerate(row.plan.get("steps", ())):
        mine = [call for call in its_calls if call.step == step["id"]]
        asked = [one for one in its_tasks if one.task.step == step["id"]]
        mark = _mark(place, here, step["id"] in visited, machine)
        found.append(StepView(step, mine, asked, mark))
    return found


def _mark(place: int, here: int | None, visited: bool, machine: str) -> str:
    """``machine`` says who goes on: running, stopped (a person), done (a person), closed."""
    if here is not None and place == here:
        return {"running": "current", "stopped": "stopped"}.get(machine, "done")
    if visited:
        return "done"
    if machine == "closed" or (here is not None and place < here):
        return "skipped"
    return "remaining" if machine == "running" else "left"
