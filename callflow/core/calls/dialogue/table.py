"""The vocabulary of the dialogues, and the table: everything that happens is here (Rule 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from callflow.core.calls.call import ANSWERS, Dialogue, Outcome


class Answer(StrEnum):
    """What a person who is called may say, by key (docs/reference/contracts.md#keys)."""

    FALSE_ALARM = "false_alarm"
    HELP = "help"
    GOING = "going"
    SEND_GUARD = "send_guard"
    NEXT_PERSON = "next_person"
    KNOWN_CAUSE = "known_cause"


KEYS: Mapping[str, Answer] = {
    "1": Answer.FALSE_ALARM,
    "2": Answer.HELP,
    "3": Answer.GOING,
    "4": Answer.SEND_GUARD,
    "5": Answer.NEXT_PERSON,
    "6": Answer.KNOWN_CAUSE,
}
HELP_KEY = "2"
OPERATOR_KEY = "0"
#: Of a menu: what else there is.
MORE_KEY = "9"
#: So many choices of a client's menu are said at a time, the way to the others being one of them;
#: 0 is said with all of them.
CHOICES_AT_MOST = 4


#: Dialogues without words: who answers is in the conference at once.
SILENT = frozenset(
    {
        Dialogue.SERVICE,
        Dialogue.PHONE,
        Dialogue.TALK,
        Dialogue.PANEL,
        Dialogue.FAX,
        Dialogue.CANARY,
    }
)

#: Dialogues that tell whoever works for alarms what waits, to be taken by a key.
AT_DESK = frozenset({Dialogue.DESK, Dialogue.PEER})

#: Dialogues that put one question of the plan, after the code where one is asked.
ASKING = frozenset({Dialogue.QUESTION, Dialogue.MESSAGE, Dialogue.GUARD})


class CodeVerdict(StrEnum):
    """What the shell found the typed code to be."""

    OK = "ok"
    DURESS = "duress"
    WRONG = "wrong"
    LOCKED = "locked"  # the backup station's: it was not looked at


class State(StrEnum):
    """Where a dialogue stands; it only moves forward in this order."""

    CODE = "code"  # verification: the code is asked
    MENU = "menu"  # verification: the code was right; the situation, then the keys
    ASK = "ask"  # question, message, guard: what the plan says, then the keys
    DESK = "desk"  # desk: says what waits
    WELCOME = "welcome"  # incoming: greets
    MENUS = "menus"  # incoming: at a page of a menu
    CLOSING = "closing"  # concluded; the last words, then hang-up
    BRIDGING = "bridging"  # concluded; "an operator will answer", then the conference
    POSITION = "position"  # out of the conference for a moment: which number they are in the queue
    END = "end"


class Trigger(StrEnum):
    """What an event means in the state it meets."""

    OPERATOR = "operator"  # key 0
    HELP = "help"  # key 2, alone where a code is asked
    OK = "ok"  # the right code
    DURESS = "duress"  # the code of duress
    WRONG = "wrong"  # a first wrong code
    WRONG_AGAIN = "wrong_again"
    SILENCE = "silence"  # nothing, or nothing that means anything
    BAD_KEY = "bad_key"  # a key that isn't offered
    GIVE_UP = "give_up"  # once too often of the two above
    ABANDONED = "abandoned"  # the same after a wrong code: somebody is there
    FALSE_ALARM = "false_alarm"
    NO_AUTHORITY = "no_authority"  # "false alarm" from somebody who may not cancel this kind
    GOING = "going"
    SEND_GUARD = "send_guard"
    NEXT_PERSON = "next_person"
    KNOWN_CAUSE = "known_cause"
    CALL_BACK = "call_back"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ANSWER_1 = "answer_1"
    ANSWER_2 = "answer_2"
    ANSWER_3 = "answer_3"
    ANSWER_4 = "answer_4"
    ANSWER_5 = "answer_5"
    ANSWER_6 = "answer_6"
    ANSWER_7 = "answer_7"
    ANSWER_8 = "answer_8"
    ANSWER_9 = "answer_9"
    TAKE = "take"  # desk: I take it
    LOCKED = "locked"  # no code counts for a while
    SERVED = "served"  # the menu has nothing more to say
    PLAYED = "played"  # the last words were said
    HUNG_UP = "hung_up"


@dataclass(frozen=True, slots=True)
class Rule:
    """One cell: the next state, the result it concludes with, and what is said first then."""

    to: State
    outcome: Outcome | None = None
    say: str = ""


_CLOSING, _BRIDGING = State.CLOSING, State.BRIDGING

#: Rule 1: everything that happens is here. What is not here is our bug (``ImpossibleEvent``).
TABLE: Mapping[tuple[State, Trigger], Rule] = {
    (State.CODE, Trigger.OPERATOR): Rule(_BRIDGING, Outcome.OPERATOR, "key_operator"),
    (State.CODE, Trigger.HELP): Rule(_BRIDGING, Outcome.HELP, "key_help"),
    (State.CODE, Trigger.OK): Rule(State.MENU, say="code_ok"),
    (State.CODE, Trigger.DURESS): Rule(State.MENU, Outcome.DURESS, "code_ok"),
    (State.CODE, Trigger.WRONG): Rule(State.CODE, say="code_wrong"),
    (State.CODE, Trigger.WRONG_AGAIN): Rule(_BRIDGING, Outcome.WRONG_CODE, "code_wrong_last"),
    (State.CODE, Trigger.SILENCE): Rule(State.CODE, say="nothing_heard"),
    (State.CODE, Trigger.GIVE_UP): Rule(_CLOSING, Outcome.NO_KEY, "nobody"),
    (State.CODE, Trigger.ABANDONED): Rule(_BRIDGING, Outcome.WRONG_CODE, "silent_person"),
    (State.CODE, Trigger.HUNG_UP): Rule(State.END, Outcome.HUNG_UP),
    (State.MENU, Trigger.OPERATOR): Rule(_BRIDGING, Outcome.OPERATOR, "key_operator"),
    (State.MENU, Trigger.HELP): Rule(_BRIDGING, Outcome.HELP, "key_help"),
    (State.MENU, Trigger.FALSE_ALARM): Rule(_CLOSING, Outcome.VERIFIED_OK, "key_false_alarm"),
    (State.MENU, Trigger.NO_AUTHORITY): Rule(
        _CLOSING, Outcome.VERIFIED_NO_AUTHORITY, "key_no_authority"
    ),
    (State.MENU, Trigger.GOING): Rule(_CLOSING, Outcome.GOING, "key_going"),
    (State.MENU, Trigger.SEND_GUARD): Rule(_CLOSING, Outcome.SEND_GUARD, "key_send_guard"),
    (State.MENU, Trigger.NEXT_PERSON): Rule(_CLOSING, Outcome.NEXT_PERSON, "key_next_person"),
    (State.MENU, Trigger.KNOWN_CAUSE): Rule(_CLOSING, Outcome.KNOWN_CAUSE, "key_known_cause"),
    (State.MENU, Trigger.CALL_BACK): Rule(_CLOSING, Outcome.CALL_BACK, "key_call_back"),
    (State.MENU, Trigger.SILENCE): Rule(State.MENU, say="nothing_heard"),
    (State.MENU, Trigger.BAD_KEY): Rule(State.MENU, say="bad_key"),
    (State.MENU, Trigger.GIVE_UP): Rule(_BRIDGING, Outcome.OPERATOR, "silent_person"),
    (State.MENU, Trigger.HUNG_UP): Rule(State.END, Outcome.HUNG_UP),
    (State.ASK, Trigger.OPERATOR): Rule(_BRIDGING, Outcome.OPERATOR, "key_operator"),
    **{
        (State.ASK, Trigger(answer.value)): Rule(_CLOSING, answer, "answer_noted")
        for answer in ANSWERS
    },
    (State.ASK, Trigger.ACKNOWLEDGED): Rule(_CLOSING, Outcome.ACKNOWLEDGED, "message_noted"),
    (State.ASK, Trigger.ACCEPTED): Rule(_CLOSING, Outcome.ACCEPTED, "guard_accepted"),
    (State.ASK, Trigger.DECLINED): Rule(_CLOSING, Outcome.DECLINED, "guard_declined"),
    (State.ASK, Trigger.CALL_BACK): Rule(_CLOSING, Outcome.CALL_BACK, "key_call_back"),
    (State.ASK, Trigger.SILENCE): Rule(State.ASK, say="nothing_heard"),
    (State.ASK, Trigger.BAD_KEY): Rule(State.ASK, say="bad_key"),
    (State.ASK, Trigger.GIVE_UP): Rule(_CLOSING, Outcome.NO_KEY, "nobody"),
    (State.ASK, Trigger.ABANDONED): Rule(_BRIDGING, Outcome.OPERATOR, "silent_person"),
    (State.ASK, Trigger.HUNG_UP): Rule(State.END, Outcome.HUNG_UP),
    (State.DESK, Trigger.TAKE): Rule(_CLOSING, Outcome.OPERATOR, "desk_taken"),
    (State.DESK, Trigger.SILENCE): Rule(State.DESK),
    (State.DESK, Trigger.BAD_KEY): Rule(State.DESK, say="bad_key"),
    (State.DESK, Trigger.GIVE_UP): Rule(_CLOSING, Outcome.NO_KEY, "desk_not_taken"),
    (State.DESK, Trigger.HUNG_UP): Rule(State.END, Outcome.HUNG_UP),
    (State.WELCOME, Trigger.OPERATOR): Rule(_BRIDGING, Outcome.OPERATOR),
    (State.WELCOME, Trigger.HUNG_UP): Rule(State.END, Outcome.HUNG_UP),
    # What a menu does by itself is in ``caller_menu``; this is how it is left.
    (State.MENUS, Trigger.OPERATOR): Rule(_BRIDGING, Outcome.OPERATOR, "key_operator"),
    (State.MENUS, Trigger.HELP): Rule(_BRIDGING, Outcome.HELP, "key_help"),
    (State.MENUS, Trigger.WRONG_AGAIN): Rule(_BRIDGING, Outcome.WRONG_CODE, "code_wrong_last"),
    (State.MENUS, Trigger.LOCKED): Rule(_BRIDGING, Outcome.OPERATOR, "codes_locked"),
    (State.MENUS, Trigger.GIVE_UP): Rule(_BRIDGING, Outcome.OPERATOR, "silent_person"),
    (State.MENUS, Trigger.SERVED): Rule(_CLOSING),
    (State.MENUS, Trigger.GOING): Rule(_CLOSING, Outcome.GOING, "key_going"),
    (State.MENUS, Trigger.SEND_GUARD): Rule(_CLOSING, Outcome.SEND_GUARD, "key_send_guard"),
    (State.MENUS, Trigger.NEXT_PERSON): Rule(_CLOSING, Outcome.NEXT_PERSON, "key_next_person"),
    (State.MENUS, Trigger.HUNG_UP): Rule(State.END),
    (_CLOSING, Trigger.PLAYED): Rule(State.END),
    (_CLOSING, Trigger.OPERATOR): Rule(_BRIDGING, Outcome.OPERATOR, "key_operator"),
    (_CLOSING, Trigger.HUNG_UP): Rule(State.END),
    (_BRIDGING, Trigger.PLAYED): Rule(State.END),
    (_BRIDGING, Trigger.HUNG_UP): Rule(State.END),
    (State.POSITION, Trigger.PLAYED): Rule(State.END),
    (State.POSITION, Trigger.HUNG_UP): Rule(State.END),
}

#: What an asking dialogue does otherwise: after the code comes its question, not the menu.
AFTER_CODE: Mapping[tuple[State, Trigger], Rule] = {
    (State.CODE, Trigger.OK): Rule(State.ASK, say="code_ok"),
    (State.CODE, Trigger.DURESS): Rule(State.ASK, Outcome.DURESS, "code_ok"),
}

#: What a call to the backup station does otherwise: without its code nothing is said, nobody is put
#: through, and no key leads past it.
AT_PEER: Mapping[tuple[State, Trigger], Rule] = {
    (State.CODE, Trigger.OK): Rule(State.DESK, say="code_ok"),
    (State.CODE, Trigger.BAD_KEY): Rule(State.CODE, say="bad_key"),
    (State.CODE, Trigger.WRONG_AGAIN): Rule(_CLOSING, Outcome.WRONG_CODE, "code_wrong_last"),
    (State.CODE, Trigger.LOCKED): Rule(_CLOSING, Outcome.WRONG_CODE, "codes_locked"),
    (State.CODE, Trigger.ABANDONED): Rule(_CLOSING, Outcome.WRONG_CODE, "nobody"),
}

#: A question is asked once in full and twice in short: a voicemail keeps the line 40 s at most.
ASKED_AT_MOST = 3
WRONG_CODES_AT_MOST = 2
#: Shortest code: anything shorter that isn't a lone 0 or 2 is a wrong code.
SHORTEST_CODE = 4
LONGEST_CODE = 8


#: Where each dialogue begins.
FIRST: Mapping[Dialogue, State] = {
    Dialogue.VERIFICATION: State.CODE,
    Dialogue.DESK: State.DESK,
    Dialogue.PEER: State.CODE,
    Dialogue.INCOMING: State.WELCOME,
    Dialogue.SERVICE: State.END,
    Dialogue.PHONE: State.END,
    Dialogue.TALK: State.END,
    Dialogue.PANEL: State.END,
    Dialogue.FAX: State.END,
    Dialogue.CANARY: State.END,
    Dialogue.QUESTION: State.CODE,  # or, where nobody is to be identified, State.ASK
    Dialogue.MESSAGE: State.CODE,
    Dialogue.GUARD: State.CODE,
    Dialogue.VOICE: State.WELCOME,
}


def rule(dialogue: Dialogue, state: State, trigger: Trigger) -> Rule | None:
    """The cell that counts for ``dialogue``; None: it can't happen."""
    if dialogue in ASKING and (state, trigger) in AFTER_CODE:
        return AFTER_CODE[state, trigger]
    if dialogue is Dialogue.PEER and (state, trigger) in AT_PEER:
        return AT_PEER[state, trigger]
    return TABLE.get((state, trigger))


def mermaid() -> str:
    """The table as a mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f"    [*] --> {state}: {dialogue}" for dialogue, state in FIRST.items()]
    for (state, trigger), cell in (*TABLE.items(), *AFTER_CODE.items(), *AT_PEER.items()):
        outcome = f" / {cell.outcome}" if cell.outcome else ""
        lines.append(f"    {state} --> {cell.to}: {trigger}{outcome}")
    return "\n".join([*lines, "    end --> [*]", ""])
