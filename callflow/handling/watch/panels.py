"""Panels that call by phone (Contact ID): their calls, their messages, listening in after them."""

import re
from datetime import datetime, timedelta

import phonenumbers

from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call, Dialogue, Outcome
from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import Signal
from callflow.handling.alarms.ends.muting import is_mute_here
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import storable
from callflow.handling.calls.calling import call_arrived, dialogue_concluded, join_room
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.signals import panels
from callflow.storage.sites import sites

#: A panel that heard no kiss-off sends the message up to four times, hangs up and calls again.
RESENT = timedelta(minutes=3)
_LONGEST_NUMBER = 32
_REGION = "FR"


def caller_number(text: str) -> str:
    """A caller's number in E.164; where it can be none, as the network sent it, 32 characters.

    Networks show numbers with + or 00, as at home, or bare as SIP trunks do. A hint, never a proof.
    """
    text = storable(text).strip()
    digits = re.sub(r"[\s.()-]", "", text)
    bare = re.fullmatch(r"[1-9][0-9]{7,14}", digits)
    for tried in (digits, f"+{digits}") if bare else (digits,):
        if not re.fullmatch(r"\+?[0-9]{4,17}", tried):
            continue
        try:
            number = phonenumbers.parse(tried, _REGION)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:_LONGEST_NUMBER]


def panel_call(
    tx: Tx, call_id: str, number: str, node: str, now: datetime, name: str = ""
) -> tuple[Call, bool]:
    """A panel calls: a row of its own, once; the row, and whether it was made now."""
    call = calls.get(tx, call_id)
    if call is not None:
        return call, False
    call_arrived(tx, call_id, number, node=node, dialogue=Dialogue.PANEL, now=now, name=name)
    call = calls.get(tx, call_id)
    assert call is not None
    return call, True


def panel_message(tx: Tx, signal: Signal) -> bool:
    """Store a panel's message, unless it is its last one, sent again; whether it was new.

    A panel sends nothing else before it has heard the kiss-off. So what comes after another message
    is new, such as a second alarm of a zone that was restored, and so is what comes after
    ``RESENT``: a lost alarm is worse than one stored twice. Rows tell, not memory: the panel may
    call again after a crash, and at another node.
    """
    heard = Heard(signal.received_at, signal.line, caller=signal.caller)
    sites.note_heard(tx, {signal.account: heard})
    since = signal.received_at - RESENT
    last = panels.newest(tx, signal.account, signal.format, since)
    if last is not None and (last.raw, last.caller) == (signal.raw, signal.caller):
        return False
    store_signals(tx, [signal])
    return True


def panel_asked(tx: Tx, call: Call, code: str) -> str:
    """The account for which a call that is under way sent ``code``; "" where it did not.

    A caller without a number is not told from others, so for it the answer is no.
    """
    if not call.to:
        return ""
    return panels.asked(tx, call.to, code, call.requested_at) or ""


def panel_listen_in(tx: Tx, call_id: str, account: str, now: datetime) -> tuple[str, bool]:
    """Event 606: the call hangs on the panel's incident, and a human is rung to listen.

    The conference's name, and whether nothing may be heard at the premises (D7).
    """
    incident = _incident(tx, account)
    if incident is not None:
        calls.change(tx, call_id, incident_id=incident.id)
    dialogue_concluded(tx, call_id, Outcome.OPERATOR, now)
    return join_room(tx, call_id, now), incident is not None and is_mute_here(tx, incident)


def panel_is_mute(tx: Tx, call: Call) -> bool:
    """The same of a call that hangs there already."""
    incident = calls.incident_of(tx, call)
    return incident is not None and is_mute_here(tx, incident)


def _incident(tx: Tx, account: str) -> Incident | None:
    """The most urgent open one of the panel's site."""
    site = sites.site_of_accounts(tx, [account]).get(account)
    found = incidents.unfiled(tx, [site] if site else [], [account])
    alarms = [incident for incident in found if incident.state is State.OPEN]
    return min(
        alarms,
        key=lambda incident: (incident.priority, -incident.opened_at.timestamp()),
        default=None,
    )
