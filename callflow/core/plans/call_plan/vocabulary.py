"""The words of a call plan: what a step does, how it is set, and how it can end
(docs/explanation/rules.md)."""

from collections.abc import Mapping
from enum import StrEnum

from callflow.core.calls.call import ANSWERS, OF_FAX, Outcome
from callflow.core.plans.task import TaskOutcome
from callflow.core.sites.site import Role


class StepKind(StrEnum):
    """What a step does."""

    COUNTER_CALL = "counter_call"  # call the premises, twice, a little apart (D15)
    CALL_LIST = "call_list"  # call people until one settles it
    QUESTION = "question"  # call people and ask a question with keys
    MESSAGE = "message"  # call people, say a message, have it acknowledged by a key
    VOICE_FIRST = "voice_first"  # call the device back and bring a human at once (D8)
    SEND_GUARD = "send_guard"  # firms in order: accepted, on site, report (D22)
    HAND_TO_OPERATOR = "hand_to_operator"
    EMERGENCY_SERVICE = "emergency_service"  # an operator calls police, fire or medical (D23)
    ACT_ON_PANEL = "act_on_panel"  # an operator acts, the panel confirms (D25)
    LISTEN_IN = "listen_in"  # an operator listens to the site
    FETCH_IMAGES = "fetch_images"  # the declared cameras (D24)
    NOTIFY = "notify"  # mail, SMS, fax, webhook, print or letter
    WAIT = "wait"  # for a restore, some minutes, or until an hour
    SET_ON_TEST = "set_on_test"
    PROTECTIVE_MEASURE = "protective_measure"  # opened, with an end (D26)
    GO_TO = "go_to"  # back to an earlier step, so many times
    CLOSE = "close"  # with a resolution code: a justified closure


class Stop(StrEnum):
    """When a call list is done before its end."""

    FIRST_VALID = "first_valid"  # an outcome that leads to another step ends it
    N_VALID = "n_valid"  # so many different people with outcomes that lead to the same step
    ALL = "all"  # everybody is called, whatever anybody answered


class Mode(StrEnum):
    """How the people of a calling step are called."""

    IN_ORDER = "in_order"
    ALL_AT_ONCE = "all_at_once"


class Channel(StrEnum):
    """How a notification goes out."""

    MAIL = "mail"
    SMS = "sms"
    FAX = "fax"
    WEBHOOK = "webhook"
    PRINT = "print"  # the alarm's report, at a printer of the station's; none named: the first
    POST = "post"  # the alarm's report, as a letter; no address: the site's


#: Ways by which nothing but a document goes.
OF_PAPER = frozenset({Channel.PRINT, Channel.POST})


class PanelCommand(StrEnum):
    """What an operator may do at a panel from afar (D25)."""

    ARM = "arm"
    DISARM = "disarm"  # takes two people
    BYPASS = "bypass"
    SIREN_OFF = "siren_off"
    OPEN_GATE = "open_gate"


class WithReport(StrEnum):
    """The report that goes with a notification."""

    NONE = "none"
    CLIENT = "client"
    FIRM = "firm"
    FULL = "full"


class Measure(StrEnum):
    """A protective measure."""

    GUARD_ON_SITE = "guard_on_site"
    PATROL = "patrol"  # a guard goes round and reports each time
    KEYS_MOVED = "keys_moved"  # a key is elsewhere than the site's file says
    ZONE_OUT_OF_SERVICE = "zone_out_of_service"
    OTHER = "other"


#: Steps whose people are called by telephone, one attempt after the other.
CALLING = frozenset(
    {
        StepKind.COUNTER_CALL,
        StepKind.CALL_LIST,
        StepKind.QUESTION,
        StepKind.MESSAGE,
        StepKind.VOICE_FIRST,
    }
)
#: Steps that wait for what an operator does; they stand in the human queue at once.
BY_OPERATOR = frozenset(
    {
        StepKind.HAND_TO_OPERATOR,
        StepKind.EMERGENCY_SERVICE,
        StepKind.ACT_ON_PANEL,
        StepKind.LISTEN_IN,
    }
)
#: Steps that touch neither the site's phones nor its people: all that a mute alarm may do (D7).
MUTE = BY_OPERATOR - {StepKind.ACT_ON_PANEL} | {
    StepKind.FETCH_IMAGES,
    StepKind.WAIT,
    StepKind.GO_TO,
}
#: Steps between an answer and the closure that it justifies: what led to them still counts.
NEUTRAL = frozenset(
    {
        StepKind.NOTIFY,
        StepKind.FETCH_IMAGES,
        StepKind.SET_ON_TEST,
        StepKind.PROTECTIVE_MEASURE,
        StepKind.GO_TO,
    }
)

#: Whom a step calls unless it says so.
WHO: Mapping[StepKind, Role] = {
    StepKind.COUNTER_CALL: Role.PREMISES,
    StepKind.CALL_LIST: Role.KEYHOLDER,
    StepKind.QUESTION: Role.KEYHOLDER,
    StepKind.MESSAGE: Role.KEYHOLDER,
    StepKind.VOICE_FIRST: Role.DEVICE,
    StepKind.SEND_GUARD: Role.GUARD,
}

#: Target that stays in the step and takes the next attempt or person.
CONTINUE = "continue"
#: Outcome-table keys that are no call's and no task's outcome.
EXHAUSTED = "exhausted"  # nobody left to call; a go_to that was taken as often as it may be
NOBODY = "nobody_available"  # people are declared, and none can be called at this hour
OVERDUE = TaskOutcome.OVERDUE.value  # the step's time limit passed
ELAPSED = "elapsed"  # a wait is over
RESTORED = "restored"  # every zone of the incident is restored

_OF_LINE = frozenset(
    {
        Outcome.OPERATOR,
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.REFUSED,
        Outcome.UNREACHABLE,
        Outcome.NO_KEY,
        Outcome.HUNG_UP,
        Outcome.NO_NUMBER,
        Outcome.TRUNK_FAILURE,
        Outcome.UNKNOWN,
        Outcome.ERROR,
    }
)
#: What takes the next attempt, or the next person, unless the plan says otherwise.
BACK_TO_LIST = _OF_LINE - {Outcome.OPERATOR} | {
    Outcome.NEXT_PERSON,
    Outcome.VERIFIED_NO_AUTHORITY,
    Outcome.DECLINED,
    Outcome.CALL_BACK,
}
_CODE = frozenset({Outcome.WRONG_CODE, Outcome.DURESS, Outcome.HELP})
_VERIFYING = (
    frozenset(Outcome)
    - set(ANSWERS)
    - {Outcome.ACKNOWLEDGED, Outcome.ACCEPTED, Outcome.DECLINED, Outcome.SERVED}
    - {Outcome.CALL_BACK}  # a promise: no table leads it elsewhere
    - OF_FAX
)
_OF_LIST = frozenset({EXHAUSTED, NOBODY, OVERDUE})

#: How each kind of step can end: the keys that its outcome table may have.
ENDS: Mapping[StepKind, frozenset[str]] = {
    StepKind.COUNTER_CALL: _VERIFYING | _OF_LIST,
    StepKind.CALL_LIST: _VERIFYING | _OF_LIST,
    StepKind.QUESTION: _OF_LINE | _CODE | set(ANSWERS) | _OF_LIST,
    StepKind.MESSAGE: _OF_LINE | _CODE | {Outcome.ACKNOWLEDGED} | _OF_LIST,
    StepKind.VOICE_FIRST: _OF_LINE | _OF_LIST,
    StepKind.SEND_GUARD: _OF_LIST | {TaskOutcome.ALL_CLEAR, TaskOutcome.TRACES, TaskOutcome.DURESS},
    StepKind.HAND_TO_OPERATOR: frozenset(
        {TaskOutcome.DONE, TaskOutcome.CONFIRMED, TaskOutcome.NOTHING, OVERDUE}
    ),
    StepKind.EMERGENCY_SERVICE: frozenset(
        {TaskOutcome.SERVICE_COMES, TaskOutcome.SERVICE_DECLINES, OVERDUE}
    ),
    StepKind.ACT_ON_PANEL: frozenset({TaskOutcome.CONFIRMED, TaskOutcome.FAILED, OVERDUE}),
    StepKind.LISTEN_IN: frozenset(
        {TaskOutcome.CONFIRMED, TaskOutcome.NOTHING, TaskOutcome.FAILED, OVERDUE}
    ),
    StepKind.FETCH_IMAGES: frozenset({TaskOutcome.DONE, TaskOutcome.FAILED, OVERDUE}),
    StepKind.NOTIFY: frozenset({TaskOutcome.DONE, TaskOutcome.FAILED, OVERDUE}),
    StepKind.WAIT: frozenset({ELAPSED, RESTORED}),
    StepKind.SET_ON_TEST: frozenset({TaskOutcome.DONE, TaskOutcome.FAILED}),
    StepKind.PROTECTIVE_MEASURE: frozenset({TaskOutcome.DONE}),
    StepKind.GO_TO: frozenset({EXHAUSTED}),
    StepKind.CLOSE: frozenset(),
}

#: Answers that justify a closure by the machine, whatever the alarm (invariant 2)...
JUSTIFIED: frozenset[str] = frozenset(
    {
        Outcome.VERIFIED_OK,
        Outcome.KNOWN_CAUSE,
        TaskOutcome.DONE,  # of an operator: see ``justifies``
        TaskOutcome.SERVICE_COMES,
        TaskOutcome.ALL_CLEAR,
    }
)
#: ... and those that do where nobody and nothing is in danger: technical and information (D9).
JUSTIFIED_TECHNICAL: frozenset[str] = frozenset({RESTORED, Outcome.ACKNOWLEDGED})


def answers_well(kind: StepKind, outcome: str) -> bool:
    """True where a bank's opening was explained (D18): the plan leads only the right answer to its
    close, and the code was asked before."""
    return kind is StepKind.QUESTION and outcome in ANSWERS


def justifies(kind: StepKind, outcome: str, *, technical: bool) -> bool:
    """True where a step of ``kind`` that ended with ``outcome`` justifies closing by the
    machine."""
    if kind in NEUTRAL:
        return False
    return outcome in JUSTIFIED or (technical and outcome in JUSTIFIED_TECHNICAL)


_CALL_FIELDS = ("who", "mode", "attempts", "delay_s", "ring_s", "stop", "valid")

#: Whoever asks for it is called again after so many seconds, where the step has ``call_back``. Not
#: the premises, whose answer is wanted now (D15), nor a device that calls for a human (D8).
CALL_BACK_S = 600.0

#: The settings that each kind of step has, beside ``id``, ``kind``, ``text``, ``outcomes``.
FIELDS: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.COUNTER_CALL: (*_CALL_FIELDS, "limit_s"),
    StepKind.CALL_LIST: (*_CALL_FIELDS, "call_back", "limit_s"),
    StepKind.QUESTION: (*_CALL_FIELDS, "call_back", "limit_s", "answers", "identify"),
    StepKind.MESSAGE: (*_CALL_FIELDS, "call_back", "limit_s", "identify"),
    StepKind.VOICE_FIRST: (*_CALL_FIELDS, "limit_s"),
    StepKind.SEND_GUARD: (
        "who",
        "delay_s",
        "ring_s",
        "limit_s",
        "accept_s",
        "arrive_s",
        "report_s",
    ),
    StepKind.HAND_TO_OPERATOR: ("limit_s", "checklist"),
    StepKind.EMERGENCY_SERVICE: ("limit_s", "service"),
    StepKind.ACT_ON_PANEL: ("limit_s", "command", "zones"),
    StepKind.LISTEN_IN: ("limit_s",),
    StepKind.FETCH_IMAGES: ("limit_s",),
    StepKind.NOTIFY: ("limit_s", "channel", "to", "subject", "report", "confirm"),
    StepKind.WAIT: ("limit_s", "until", "restore"),
    StepKind.SET_ON_TEST: ("minutes", "zones"),
    StepKind.PROTECTIVE_MEASURE: ("minutes", "measure", "report_every"),
    StepKind.GO_TO: ("to", "times"),
    StepKind.CLOSE: ("code",),
}

#: The time limit of a step that has none of its own, in seconds; it is never without one.
LIMITS: Mapping[StepKind, float] = {
    StepKind.COUNTER_CALL: 900.0,
    StepKind.CALL_LIST: 7200.0,
    StepKind.QUESTION: 7200.0,
    StepKind.MESSAGE: 7200.0,
    StepKind.VOICE_FIRST: 900.0,
    StepKind.SEND_GUARD: 4 * 3600.0,
    StepKind.HAND_TO_OPERATOR: 900.0,
    StepKind.EMERGENCY_SERVICE: 600.0,
    StepKind.ACT_ON_PANEL: 300.0,
    StepKind.LISTEN_IN: 300.0,
    StepKind.FETCH_IMAGES: 60.0,
    StepKind.NOTIFY: 900.0,
    StepKind.WAIT: 300.0,
}

#: What the figures of a step may be: (least, most).
BOUNDS: Mapping[str, tuple[float, float]] = {
    "limit_s": (1, 7 * 86400),
    "attempts": (1, 10),
    "delay_s": (0, 3600),
    "ring_s": (5, 120),
    "valid": (1, 10),
    "accept_s": (30, 3600),
    "arrive_s": (60, 4 * 3600),
    "report_s": (60, 4 * 3600),
    "minutes": (1, 7 * 1440),
    "report_every": (0, 7 * 1440),
    "times": (1, 20),
}
#: Seconds that a plan may give a treated site to be back to normal (D26): (least, most).
NORMAL_BOUNDS = (60, 7 * 86_400)
