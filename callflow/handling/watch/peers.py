"""The backup station: told of what nobody takes here; and being one for another."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callflow.core.alarms.incident import Incident, State
from callflow.core.signals.signal import Category
from callflow.core.station.peer import OPEN, Answer, Notice, Rules, Stage, Told, Waiting, to_tell
from callflow.core.watch.supervision import station_signal
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import storable, tell
from callflow.handling.desks import queueing
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.messages import peers as rows
from callflow.storage.signals import signals
from callflow.storage.sites import contacts, sites
from callflow.texts.kinds import KINDS

#: Its numbers that the backup station is told of, of one site.
_NUMBERS = 8
_CODES = {Category.VITAL: "PEER_VITAL", Category.SECURITY: "PEER_ALARM"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What a look found: alarms to be told of for the first time, notices that are due."""

    new: Sequence[str]
    due: Sequence[Notice]
    over: Sequence[Notice]
    to_call: Sequence[Notice]

    def __bool__(self) -> bool:
        return bool(self.new or self.due or self.over or self.to_call)


NOTHING = Look(new=(), due=(), over=(), to_call=())


def look(tx: Tx, rules: Rules, now: datetime) -> Look:
    """What there is to do. Only reads; nothing while nothing may leave the station."""
    policy = load_policy(tx)
    if policy.withheld:
        return NOTHING
    found = rows.waiting(tx)
    wanted = to_tell([_waiting(one, policy) for one in found], rules, now)
    known, still = rows.told_of(tx, wanted), {one.id for one in found}
    notices = rows.open_ones(tx)
    mine = [one for one in notices if one.incident_id in still]
    return Look(
        new=[each for each in wanted if each not in known],
        due=[one for one in mine if one.due_at <= now],
        over=[one for one in notices if one.incident_id not in still],
        to_call=[one for one in mine if one.is_to_call(now)],
    )


def _waiting(incident: Incident, policy: Policy) -> Waiting:
    return Waiting(
        id=incident.id,
        kind=incident.kind,
        category=incident.category,
        since=incident.opened_at,
        target=policy.target(incident.category),
    )


def act(tx: Tx, found: Look, number: str | None, now: datetime) -> None:
    """Notices of what is new, the end of what somebody has, and calls where nothing else helped."""
    for incident_id in found.new:
        incident = incidents.get(tx, incident_id)
        if incident is not None:
            notice = Notice(
                id=str(uuid.uuid4()),
                incident_id=incident_id,
                stage=Stage.ASKED,
                asked_at=now,
                due_at=now,
            )
            rows.insert(tx, notice)
            tell(tx, "peer_asked", now, incident)
    for notice in found.over:
        rows.change(tx, replace(notice, stage=Stage.OVER, ended_at=now))
    if number is not None:
        for notice in found.to_call:
            _call(tx, notice, number, now)


def _call(tx: Tx, notice: Notice, number: str, now: datetime) -> None:
    """It is called as a phone of the station's is."""
    incident = incidents.get(tx, notice.incident_id)
    if incident is None or calls.live_of(tx, number) is not None:
        return
    if not rows.change(tx, replace(notice, called_at=now)):
        return
    queueing.ring(tx, load_policy(tx), incident, number, now)
    tell(tx, "peer_called", now, incident, to=number)


def told(tx: Tx, notice: Notice, station: str) -> Told | None:
    """What the backup station needs of it. None: the alarm is gone."""
    incident = incidents.get(tx, notice.incident_id)
    if incident is None:
        return None
    site = sites.get(tx, incident.site_id) if incident.site_id else None
    people = contacts.called(tx, site.id) if site and not incident.mute else []
    return Told(
        id=notice.id,
        station=station,
        kind=incident.kind,
        category=incident.category,
        since=incident.opened_at,
        site=site.name if site else "",
        place=f"{site.address} {site.postcode}".strip() if site else "",
        account=incident.account,
        mute=incident.mute,
        numbers=tuple(f"{one.name} {one.phone}" for one in people if one.phone)[:_NUMBERS],
    )


def answered(tx: Tx, notice: Notice, answer: Answer, now: datetime) -> None:
    """It has it; where somebody there took it, the alarm's logbook says so."""
    after = notice.answered(answer, now)
    if not rows.change(tx, after):
        return
    incident = incidents.get(tx, notice.incident_id)
    if notice.heard_at is None:
        tell(tx, "peer_heard", now, incident)
    if after.stage not in OPEN:
        tell(tx, "peer_took", now, incident, by=storable(answer.by))


def unanswered(tx: Tx, notice: Notice, error: str, now: datetime) -> None:
    """It did not answer, or refused: tried again; the first time it is said."""
    if rows.change(tx, notice.unanswered(storable(error)[:200], now)) and not notice.attempts:
        incident = incidents.get(tx, notice.incident_id)
        tell(tx, "peer_silent", now, incident, text=storable(error)[:200])


# --- as somebody's backup station ---------------------------------------------------------------


def take(tx: Tx, said: Told, now: datetime) -> Answer:
    """Another station tells of an alarm: an incident of its own, once; how far it is here."""
    code = _CODES.get(said.category, "PEER_OTHER")
    about = f"{storable(said.station)}|{storable(said.id)}"
    signal = station_signal(code, "", about, now, text=storable(_text(said)))
    store_signals(tx, [signal])
    kept = signals.by_deduplication(tx, signal.deduplication)
    stored = signals.get(tx, kept) if kept else None
    if stored is None or stored.incident_id is None:  # it is correlated soon
        return Answer(taken=False)
    incident = incidents.get(tx, stored.incident_id)
    if incident is None:
        return Answer(taken=False)
    return Answer(
        taken=incident.holder is not None or incident.state is not State.OPEN,
        by=incident.holder or "",
    )


def _text(said: Told) -> str:
    """In French, as the station's signals speak."""
    kind = KINDS.get(said.kind.value, (said.kind.value, ""))[0]
    where = ", ".join(part for part in (said.site, said.place, said.account) if part)
    quiet = "ALARME SILENCIEUSE : n'appelez pas le site" if said.mute else ""
    parts = (f"{said.station} : {kind}", where, quiet, " ; ".join(said.numbers))
    return " — ".join(part for part in parts if part)
