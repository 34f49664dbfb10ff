"""A call: one attempt to reach one number is one row and one Asterisk channel id."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from callflow.core.calls.purpose import MEANING, Meaning, Purpose, Rings, purpose_of


class Outcome(StrEnum):
    """How a call ended: one closed list; None while the call lives
    (docs/reference/contracts.md#outcomes)."""

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
    FAXED = "faxed"  # a fax machine confirmed each page
    NOT_FAXED = "not_faxed"  # answered, and not each page passed: a bad line, or no fax machine
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


#: Ends of calls to fax machines, and of no others.
OF_FAX = frozenset({Outcome.FAXED, Outcome.NOT_FAXED})
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


class Dialogue(StrEnum):
    """The conversation that a call has."""

    VERIFICATION = "verification"  # we call the premises or a keyholder
    DESK = "desk"  # we call a desk phone or a duty number: work, or a person, waits (D21)
    INCOMING = "incoming"  # somebody calls us
    QUESTION = "question"  # we call somebody and ask what the plan asks
    MESSAGE = "message"  # we call somebody, say what the plan says, and have it acknowledged
    GUARD = "guard"  # we call a guard firm: will it go there?
    VOICE = "voice"  # we call a device back: a human at once, without a code (D8)
    SERVICE = "service"  # a service that a person asked for: it hears that person, and no words
    PHONE = "phone"  # an operator's own phone: whoever picks it up is with the people at once
    TALK = "talk"  # somebody whom an operator calls, who is on the line already
    PANEL = "panel"  # an alarm panel calls us: it hears tones, and no words
    FAX = "fax"  # we call a fax machine and send a document: nobody is spoken to
    CANARY = "canary"  # we call ourselves: tones and keys, and no words
    PEER = "peer"  # we call the backup station: nothing is said before its code


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


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt to reach one number, or one call from outside. Times are UTC."""

    id: str  # = the Asterisk channel id
    step: str
    to: str
    attempt: int
    state: CallState
    requested_at: datetime
    incident_id: str | None = None
    direction: Direction = Direction.OUTGOING
    dialogue: Dialogue = Dialogue.VERIFICATION
    contact_id: str | None = None
    priority: int = 0  # 0 vital and humans, else 1-4; a fax, and about the station itself, 5
    trunk: str = ""  # "" until it is placed
    tried: tuple[str, ...] = ()  # trunks that did not carry this attempt
    shadow: bool = False  # nobody is called: a stand-in gives it its outcome
    successor: str | None = None  # the call that goes on over another trunk
    node: str = ""
    ring_time: float = 0.0  # seconds
    progress: Mapping[str, Any] | None = None  # the dialogue's (``Progress.to_json``)
    result: Outcome | None = None  # what the dialogue concluded, before the end
    room: str | None = None  # the conference it is in, or brings a human to
    outcome: Outcome | None = None
    detail: str = ""
    requester: str = ""  # the person; "": the machine
    operator: str = ""  # whose phone it rings
    mode: Mode = Mode.TALK
    held: bool = False  # out of its conference, with music
    muted: bool = False  # heard by nobody in it
    wanted: Mapping[str, Any] | None = None  # what it is made for: telephone.py, trunk_tests.py
    leader: str | None = None  # the call that speaks for this one (D10)
    placed_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    joined_at: datetime | None = None  # since then in its room
    announced_at: datetime | None = None  # told last how many are before them
    ended_at: datetime | None = None

    @property
    def purpose(self) -> Purpose:
        """What it is made for."""
        return purpose_of(self.step)

    @property
    def meaning(self) -> Meaning:
        """Where it rings, and what its end means."""
        return MEANING[self.purpose]

    @property
    def live(self) -> bool:
        """True where it has not ended, asked for or under way."""
        return self.state in LIVE_STATES

    @property
    def up(self) -> bool:
        """True where somebody picked it up and it goes on."""
        return self.state is CallState.ANSWERED

    @property
    def is_leg(self) -> bool:
        """True where its phone is one of ours: an operator's, or a desk's."""
        return self.meaning.rings is Rings.STATION

    @property
    def heard(self) -> bool:
        """True where everybody in its conference hears it: it doesn't only listen, or whisper."""
        return self.mode in (Mode.TALK, Mode.BARGE)

    @property
    def recorded_as(self) -> str:
        """The call whose recording holds what was said: the one that spoke for it, else itself."""
        return self.leader or self.id


class Act(StrEnum):
    """What may be asked of a live call's node."""

    HANG_UP = "hang_up"
    TAKE_OVER = "take_over"  # out of the machine's dialogue into a conference (D20)
    ANNOUNCE = "announce"  # say to somebody who waits which number they are
    HOLD = "hold"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class CallAction:
    """An act that ``requester`` wants done on a call, until ``expires_at``. Times are UTC."""

    id: str
    call_id: str
    kind: Act
    argument: str  # of the act: the conference, the keys
    requester: str
    requested_at: datetime
    expires_at: datetime
    claimed_at: datetime | None = None
    result: str | None = None  # "done", "gone" or what went wrong


@dataclass(frozen=True, slots=True)
class Recording:
    """What was found of a call's recording."""

    call_id: str
    path: str  # relative to the recordings' folder; "" where there is none
    sha256: str | None
    duration: float | None  # seconds
    problem: str  # "" where all is well
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class VoiceNote:
    """What somebody said after a tone in a call. Times are UTC."""

    name: str
    call_id: str
    path: str  # relative to the recordings' folder; "" where its days are over
    sha256: str
    duration: float  # seconds
    said_at: datetime
    draft: str | None = None  # a machine's guess at the words
    drafted_at: datetime | None = None  # it was tried, whatever came of it
    settled_at: datetime | None = None  # confirmed, said anew, or who said it is to be called back
