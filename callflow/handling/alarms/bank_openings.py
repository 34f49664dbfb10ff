"""A bank's opening that an operator asks about: the conventional question, and what its answer
means (D18)."""

from datetime import datetime

from callflow.core.alarms.incident import Incident, State
from callflow.core.plans import call_plan, standard
from callflow.core.signals.signal import Kind
from callflow.core.sites.schedule import Question
from callflow.handling.alarms.acting import close, hand_to_human
from callflow.handling.alarms.deciding import take_personal_path
from callflow.handling.alarms.operating import known, not_anothers
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx


def question_of(incident: Incident) -> Question | None:
    """The operator's question; None: it is no bank's opening, or only a password was agreed."""
    if incident.kind is not Kind.BANK_OPENING:
        return None
    return standard.question_of(call_plan.from_json(incident.plan))


def answered(tx: Tx, incident_id: str, who: str, answer: int, now: datetime) -> Incident:
    """An operator heard this ``answer``, from 1; 0: none, or another one. The right one ends the
    alarm; any other is a personal alarm from now on, and says so to nobody on site.

    Raises Held, NotFound, Refused.
    """
    incident = known(tx, incident_id)
    if incident.kind is not Kind.BANK_OPENING:
        raise Refused("this alarm is no bank's opening: no conventional question is agreed for it")
    not_anothers(incident, who)
    if incident.state is not State.OPEN:
        raise Refused("this incident is closed already")
    question = question_of(incident)
    said = question.answers[answer - 1] if question and 0 < answer <= len(question.answers) else ""
    tell(tx, "opening_answer", now, incident, answer=said or "–", who_did=who)
    if question is not None and answer == question.right and not incident.duress:
        return close(tx, incident, "nothing_found", "", now, who=who)
    return take_personal_path(tx, hand_to_human(tx, incident, "personal", now), now)
