"""The backup station: told of what nobody takes here; and being one for another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callflow import ids
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call
from callflow.core.signals.signal import FAILURES, Category
from callflow.core.station.peer import (
    OPEN,
    Answer,
    Notice,
    Rules,
    Stage,
    Told,
    Waiting,
    to_tell,
)
from callflow.core.watch.failures import failed
from callflow.core.watch.organs import Part, Reason, key_of
from callflow.core.watch.organs import State as OrganState
from callflow.core.watch.readings import Reading
from callflow.core.watch.supervision import station_signal
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import storable, tell
from callflow.handling.desks import queueing
from callflow.handling.watch import readings
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.messages import peers as rows
from callflow.storage.signals import signals
from callflow.storage.sites import contacts, sites
from callflow.storage.watch import readings as reading_rows
from callflow.texts.kinds import KINDS

#: Its numbers that the backup station is told of, of one site.
_NUMBERS = 8
_CODES = {Category.VITAL: "PEER_VITAL", Category.SECURITY: "PEER_ALARM"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What a look found: alarms to be told of for the first time, notices that are due."""

    new: Sequence[str] = ()
    due: Sequence[Notice] = ()
    over: Sequence[Notice] = ()  # as they ended
    to_call: Sequence[tuple[Notice, str]] = ()  # at which number

    def __bool__(self) -> bool:
        return bool(self.new or self.due or self.over or self.to_call)


def look(tx: Tx, rules: Rules, now: datetime) -> Look:
    """What there is to do. Only reads; nothing while nothing may leave the station."""
    policy = load_policy(tx)
    if policy.withheld:
        return Look()
    waiting, failures = rows.waiting(tx), _failures(tx)
    wanted = to_tell([_waiting(one, policy) for one in waiting], rules, now)
    wanted = list(dict.fromkeys((*wanted, *(one.id for one in failures))))
    known = rows.told_of(tx, wanted)
    still = {one.id: one for one in (*waiting, *failures)}
    over, mine, to_call = [], [], []
    for notice in rows.open_ones(tx):
        made = _calls(tx, notice, policy)
        incident, taken = still.get(notice.incident_id), notice.taken_by_phone(made, now)
        if incident is None or taken is not None:
            over.append(taken or replace(notice, stage=Stage.OVER, ended_at=now))
            continue
        mine.append(notice)
        number = notice.to_call(policy.peer_numbers, made, now)
        if number is not None and not _heard_is_enough(incident):
            to_call.append((notice, number))
    return Look(
        new=[each for each in wanted if each not in known],
        due=[one for one in mine if one.due_at <= now],
        over=over,
        to_call=to_call,
    )


def _failures(tx: Tx) -> list[Incident]:
    """Alarms of the station's own organs, whoever has them; but not that of the backup station
    itself."""
    found = incidents.open_ones(tx, kinds=sorted(FAILURES))
    return [one for one in found if not one.shadow and not _is_about_it(one)]


def _is_about_it(incident: Incident) -> bool:
    about = [failed(incident.kind, name, ()) for name in incident.zones]
    return bool(about) and all(one is not None and one[0] is Part.PEER for one in about)


def _heard_is_enough(incident: Incident) -> bool:
    """True of what endangers nobody: that it is known there will do."""
    return incident.kind in FAILURES and incident.category is not Category.VITAL


def _calls(tx: Tx, notice: Notice, policy: Policy) -> list[Call]:
    """Those that were made to the backup station for it, in their order; of one that went over
    several trunks the last."""
    if not policy.peer_numbers:
        return []
    made = calls.attempts(tx, notice.incident_id)
    return [call for call in made if call.to in policy.peer_numbers]


def _waiting(incident: Incident, policy: Policy) -> Waiting:
    return Waiting(
        id=incident.id,
        kind=incident.kind,
        category=incident.category,
        since=incident.opened_at,
        target=policy.target(incident.category),
    )


def act(tx: Tx, found: Look, now: datetime) -> None:
    """Notices of what is new, the end of what somebody has, and calls where nothing else helped."""
    for incident_id in found.new:
        incident = incidents.get(tx, incident_id)
        if incident is not None:
            notice = Notice(
                id=ids.new(now),
                incident_id=incident_id,
                stage=Stage.ASKED,
                asked_at=now,
                due_at=now,
            )
            rows.insert(tx, notice)
            tell(tx, "peer_asked", now, incident)
    for notice in found.over:
        if rows.change(tx, notice) and notice.stage is Stage.TAKEN:
            tell(tx, "peer_took", now, incidents.get(tx, notice.incident_id), by=notice.taken_by)
    for notice, number in found.to_call:
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
    incident = incidents.get(tx, notice.incident_id)
    enough = incident is not None and _heard_is_enough(incident)
    after = notice.answered(answer, now, enough=enough)
    if not rows.change(tx, after):
        return
    if notice.heard_at is None:
        tell(tx, "peer_heard", now, incident)
    if after.stage not in OPEN:
        tell(tx, "peer_took", now, incident, by=storable(answer.by))


def unanswered(tx: Tx, notice: Notice, error: str, now: datetime) -> None:
    """It did not answer, or refused: tried again; the first time it is said."""
    if rows.change(tx, notice.unanswered(storable(error)[:200], now)) and not notice.attempts:
        incident = incidents.get(tx, notice.incident_id)
        tell(tx, "peer_silent", now, incident, text=storable(error)[:200])


# --- whether it can be told at all -----------------------------------------------------------


#: It is asked so often, and as often before it is said not to answer; believed for so long.
ASKED_EVERY, MISSES, BELIEVED = timedelta(seconds=30), 3, timedelta(minutes=5)


def may_ask(tx: Tx) -> bool:
    """False while nothing may leave the station."""
    return load_policy(tx).withheld is None


def asked(tx: Tx, seconds: float | None, refusal: str, now: datetime) -> None:
    """What came of asking it whether it is there: after so many ``seconds`` it answered; None: it
    did not, or, with ``refusal``, not as it should."""
    well = seconds is not None
    wrong = Reason.BAD_ANSWER if refusal else Reason.NO_ANSWER
    found = Reading(
        part=Part.PEER,
        state=OrganState.OK if well else OrganState.FAILED,
        reason=None if well else wrong,
        detail=refusal,
        figure=seconds,
        unit="seconds" if well else "",
        at=now,
        valid=BELIEVED,
    )
    readings.take(tx, [found], now)


def forget(tx: Tx, now: datetime) -> None:
    """There is none, by the settings: what it raised is over."""
    key = key_of(Part.PEER, "", "")
    if _is_read(tx, key):
        readings.forget(tx, [key], now)


def _is_read(tx: Tx, key: str) -> bool:
    return any(one.key == key for one in reading_rows.every(tx))


#: Its code by telephone, an organ while none is looked at there; what is typed counts again sooner.
_CODE, _LOCKED = "phone_code", timedelta(days=2)
_CODE_KEY = key_of(Part.PEER, _CODE, "")


def guessed(tx: Tx, number: str, now: datetime) -> None:
    """So many wrong codes were typed at its telephones that none is looked at, at ``number``."""
    readings.take(tx, [_code(OrganState.FAILED, number, now)], now)


def is_guessed(tx: Tx) -> bool:
    """True until that is over."""
    return _is_read(tx, _CODE_KEY)


def guessed_no_more(tx: Tx, now: datetime) -> None:
    """Its code counts again, which is told."""
    readings.take(tx, [_code(OrganState.OK, "", now)], now)
    readings.forget(tx, [_CODE_KEY], now)


def _code(state: OrganState, detail: str, now: datetime) -> Reading:
    failed = state is OrganState.FAILED
    return Reading(
        part=Part.PEER,
        name=_CODE,
        state=state,
        reason=Reason.GUESSED if failed else None,
        detail=detail,
        at=now,
        valid=_LOCKED,
    )


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
