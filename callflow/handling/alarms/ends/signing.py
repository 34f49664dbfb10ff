"""Lines of what is still open, ended by people: signed with a reason, or done as promised."""

from datetime import datetime, timedelta

from callflow import ids
from callflow.core.alarms.filing import SIGNABLE, Open, Standing, What
from callflow.core.alarms.incident import Incident, State
from callflow.core.alarms.promise import Promise, PromiseKind
from callflow.core.alarms.signing import Signature, completes
from callflow.handling.alarms.acting import settle
from callflow.handling.alarms.ends.filing import NeedsSupervisor, standing
from callflow.handling.alarms.operating import acted, known, not_anothers
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import open_ends

#: The longest time in which something is promised.
_PROMISED_WITHIN = timedelta(days=60)


def sign(
    tx: Tx,
    incident_id: str,
    who: str,
    what: What,
    key: str,
    reason: str,
    now: datetime,
    *,
    supervises: bool = False,
    identity: str = "",
) -> Incident | Refused:
    """``who`` answers for an open line (``Open.what`` and ``.key``) with a reason.

    What protects people takes a second person, one of both a supervisor: the first one's reason is
    noted and NeedsSupervisor *returned*, for that must be committed. Raises Held, NotFound,
    Refused.
    """
    incident, stands = _unfiled(tx, incident_id, now)
    line = _line(stands, what, key)
    identity = identity or who
    if not reason.strip():
        raise Refused("sign it with a reason: write it in the text")
    asked = line.signature
    if completes(asked, identity, supervises=supervises) and asked is not None:
        open_ends.sign_second(tx, asked.id, who, reason.strip(), now)
        told = {"who": asked.by, "reason": f"{asked.reason} / {reason.strip()}"}
    else:
        not_anothers(incident, who)
        made = _signature(incident, line, who, identity, reason.strip(), now, supervises=supervises)
        open_ends.insert_signature(tx, made)
        told = {"who": "", "reason": reason.strip()}
        if not line.alone:
            about = {"open": line.what.value, "note": line.name, "by": who}
            tell(tx, "end_asked", now, incident, who_did=who, **about, **told)
            return NeedsSupervisor([line])
    _told(tx, incident, line, who, told, now)
    if line.alone:
        open_ends.end_promise(tx, line.of, who, reason.strip(), now)
    return _after(tx, incident, who, now)


def _told(
    tx: Tx, incident: Incident, line: Open, who: str, told: dict[str, str], now: datetime
) -> None:
    about = {"open": line.what.value, "note": line.name, "by": who}
    if told["who"]:
        tell(tx, "end_signed_by_two", now, incident, who_did=who, **about, **told)
    else:
        tell(tx, "end_signed", now, incident, who_did=who, **about, **told)


def _after(tx: Tx, incident: Incident, who: str, now: datetime) -> Incident:
    """A treated alarm may have waited for nothing else."""
    if incident.state is State.AWAITING_NORMAL:
        return settle(tx, incident, now)
    return acted(tx, incident, who, now)


def _unfiled(tx: Tx, incident_id: str, now: datetime) -> tuple[Incident, Standing]:
    incident = known(tx, incident_id)
    if incident.state is State.FILED:
        raise Refused("this incident is filed: reopen it first")
    return incident, standing(tx, incident, now, shown=True)


def _line(stands: Standing, what: What, key: str) -> Open:
    if what not in SIGNABLE:
        raise Refused("no reason ends this: do what it asks for")
    for line in stands.list:
        if line.what is what and line.key == key:
            return line
    raise NotFound("nothing of this name is open any more: look again", key)


def _signature(
    incident: Incident,
    line: Open,
    who: str,
    identity: str,
    reason: str,
    now: datetime,
    *,
    supervises: bool,
) -> Signature:
    return Signature(
        id=ids.new(now),
        incident_id=incident.id,
        what=line.what.value,
        name=line.key,
        signals=incident.signal_count,
        by=who,
        identity=identity,
        supervises=supervises,
        reason=reason,
        at=now,
        signed_at=now if line.alone else None,
    )


# --- promises -----------------------------------------------------------------------------


def promise(
    tx: Tx,
    incident_id: str,
    who: str,
    kind: PromiseKind,
    text: str,
    now: datetime,
    *,
    owes: str = "",
    within: timedelta | None = None,
) -> Promise:
    """Something is owed to the site, or was left there, by ``owes`` (``who`` where nobody is
    named): open until somebody says that it is done. Raises Held, NotFound, Refused."""
    incident = known(tx, incident_id)
    not_anothers(incident, who)
    if incident.state is State.FILED:
        raise Refused("this incident is filed: reopen it first")
    if not text.strip():
        raise Refused("say what was promised, or left there")
    if within is not None and not timedelta() < within <= _PROMISED_WITHIN:
        raise Refused("promise it for a time within the next 60 days")
    made = Promise(
        id=ids.new(now),
        incident_id=incident.id,
        kind=kind,
        text=text.strip(),
        who=owes.strip() or who,
        noted_by=who,
        at=now,
        due_at=now + within if within is not None else None,
    )
    open_ends.insert_promise(tx, made)
    told = {"open": kind.value, "note": made.text, "who": made.who, "by": who}
    tell(tx, "promise_noted", now, incident, who_did=who, **told)
    acted(tx, incident, who, now)
    return made


def keep(tx: Tx, incident_id: str, promise_id: str, who: str, text: str, now: datetime) -> Incident:
    """What was promised is done, or what was left there is fetched. Raises NotFound, Refused."""
    incident = known(tx, incident_id)
    made = open_ends.promise(tx, promise_id)
    if made is None or made.incident_id != incident_id:
        raise NotFound("nothing of this kind was promised", promise_id)
    if not open_ends.end_promise(tx, promise_id, who, text.strip(), now):
        raise Refused("this is done already: look again")
    told = {"note": made.text, "who": made.who, "by": who, "reason": text.strip()}
    about = {"open": made.kind.value}
    tell(tx, "promise_kept", now, incident, who_did=who, **about, **told)
    return _after(tx, incident, who, now)
