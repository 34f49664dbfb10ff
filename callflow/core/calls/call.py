"""A call: one attempt to reach one number is one row and one Asterisk channel id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How a call ended: one closed list; None while the call lives (docs/contracts.md#outcomes)."""

    VERIFIED_OK = "verified_ok"  # right code, authority to cancel, and "false alarm"
    VERIFIED_NO_AUTHORITY = "verified_no_authority"  # right code, may not cancel this kind
    HELP = "help"  # asked for help, with or without a code (D12)
    OPERATOR = "operator"  # asked for a person: key 0
    GOING = "going"  # right code, "I'm going there" (D3)
    SEND_GUARD = "send_guard"  # right code, "send the guard"
    NEXT_PERSON = "next_person"  # right code, "ask the next person"
    KNOWN_CAUSE = "known_cause"  # right code, "I know the cause"
    WRONG_CODE = "wrong_code"  # a second wrong code: bridged to a human (D12)
    DURESS = "duress"  # the code typed under threat; the caller hears success (D7)
    CALL_BACK = "call_back"  # "call me back in ten minutes", where the plan allows it
    ACKNOWLEDGED = "acknowledged"  # heard the message and said so by a key
    ACCEPTED = "accepted"  # a guard firm takes the intervention
    DECLINED = "declined"  # a guard firm can't
    ANSWER_1 = "answer_1"  # the key typed to a question of the plan
    ANSWER_2 = "answer_2"
    ANSWER_3 = "answer_3"
    ANSWER_4 = "answer_4"
    ANSWER_5 = "answer_5"
    ANSWER_6 = "answer_6"
    ANSWER_7 = "answer_7"
    ANSWER_8 = "answer_8"
    ANSWER_9 = "answer_9"
    SERVED = "served"  # a caller did in the menu what they called for
    NO_ANSWER = "no_answer"  # rang, nobody answered
    BUSY = "busy"
    REFUSED = "refused"  # the called party or its network declined
    UNREACHABLE = "unreachable"  # no such number, out of order, congestion at the far end
    NO_KEY = "no_key"  # answered, no key typed: a machine, a voicemail, a child
    HUNG_UP = "hung_up"  # answered, then hung up within the dialogue
    NO_NUMBER = "no_number"  # the contact has no number that can be dialled
    TRUNK_FAILURE = "trunk_failure"  # our own line failed before the far end was asked
    UNKNOWN = "unknown"  # lost in a crash: it may or may not have rung
    ERROR = "error"  # an exception of ours


#: What a question's keys conclude with, key 1 first.
ANSWERS = tuple(Outcome(f"answer_{key}") for key in range(1, 10))
#: The key that asks to be called back later, where that is offered.
CALL_BACK_KEY = "7"

#: Somebody gave a key or a code: the person counts as reached (invariant 3).
REACHED = frozenset(
    {
        Outcome.VERIFIED_OK,
        Outcome.VERIFIED_NO_AUTHORITY,
        Outcome.HELP,
        Outcome.OPERATOR,
        Outcome.GOING,
        Outcome.SEND_GUARD,
        Outcome.NEXT_PERSON,
        Outcome.KNOWN_CAUSE,
        Outcome.WRONG_CODE,
        Outcome.DURESS,
        Outcome.CALL_BACK,
        Outcome.ACKNOWLEDGED,
        Outcome.ACCEPTED,
        Outcome.DECLINED,
        Outcome.SERVED,
        *ANSWERS,
    }
)


class CallState(StrEnum):
    """Where an attempt stands; it only moves forward in this order."""

    REQUESTED = "requested"  # the row exists; nobody acted yet
    FOLLOWING = "following"  # another incident's call to this person speaks for it too (D10)
    STARTED = "started"  # claimed by the node; Originate may have been sent
    RINGING = "ringing"  # the far end said it rings
    ANSWERED = "answered"  # picked up
    ENDED = "ended"  # has an outcome
    CANCELLED = "cancelled"  # withdrawn before anybody acted: never dialled


class Mode(StrEnum):
    """How an operator's leg stands in its conversation."""

    TALK = "talk"
    LISTEN = "listen"  # a supervisor hears; nobody hears them
    WHISPER = "whisper"  # a supervisor hears; only the operator hears them
    BARGE = "barge"  # a supervisor takes part


class Direction(StrEnum):
    """Who called whom."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


#: States in which an attempt stands in the way of another one to the same number.
LIVE_STATES = frozenset(
    {
        CallState.REQUESTED,
        CallState.FOLLOWING,
        CallState.STARTED,
        CallState.RINGING,
        CallState.ANSWERED,
    }
)

#: Step name of the calls that wake a human for the unclaimed queue (D21).
QUEUE_STEP = "queue"
#: Step name of the calls that bring a human to somebody who waits in a conference (D12).
BRIDGE_STEP = "bridge"
#: Step name of the calls that a person asks for.
BY_HAND_STEP = "by_hand"
#: Step name of the guards whom a person sends, whatever the plan says (D33).
GUARD_STEP = "guard_by_hand"
#: Step name of the calls that come from outside.
INCOMING_STEP = "incoming"
#: Step names of a service's call that a person asked for: the desk first, then the service (D23).
SERVICE_DESK_STEP = "service_desk"
SERVICE_STEP = "service"

#: Step name of the calls to an operator's own phone that this operator asks for.
OPERATOR_STEP = "own_phone"

#: Step name of the calls to guards for their own safety (D22).
WELFARE_STEP = "welfare"

#: Step name of the calls that try a trunk.
TRUNK_STEP = "trunk_test"
#: Step name of the calls that say an announcement, to try it.
ANNOUNCEMENT_STEP = "announcement_test"

#: Steps whose calls ring at the station's own phones.
AT_DESK = frozenset({QUEUE_STEP, BRIDGE_STEP, SERVICE_DESK_STEP, OPERATOR_STEP})
#: Steps whose calls never ring at a site's people.
NOT_AT_SITE = AT_DESK | {SERVICE_STEP, WELFARE_STEP}
#: Every step name that no plan's step may have.
BESIDE_PLANS = NOT_AT_SITE | {
    BY_HAND_STEP,
    GUARD_STEP,
    INCOMING_STEP,
    TRUNK_STEP,
    ANNOUNCEMENT_STEP,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What deciding needs to know of one attempt. Times are UTC."""

    id: str
    step: str
    contact: str | None
    to: str
    attempt: int
    state: CallState
    outcome: Outcome | None = None
    requested_at: datetime
    ended_at: datetime | None = None
    #: Asked for, and its number is busy with another call of ours: no line is at fault.
    behind: bool = False

    @property
    def live(self) -> bool:
        return self.state in LIVE_STATES
