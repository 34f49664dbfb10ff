"""The menu of whoever calls the station: who they are, then what a client may do (mission 6).

Rule 1 of ``table`` holds here, too: everything that happens is in ``PAGES``. The deeds are named;
what each does is in ``callflow.handling.callers.deeds``.
"""

from collections.abc import Mapping

from callflow.core.calls.dialogue import instruction_menu
from callflow.core.calls.dialogue.member_menu import GUARD, TECHNICIAN
from callflow.core.calls.dialogue.pages import Exit, Lead, Offer, Page, asks_code

#: Where a caller begins whose number tells no site, and one whose number does (a hint, no proof).
ACCOUNT, CODE = "account", "code"
#: What a known client is offered, while an alarm is on and otherwise.
ALARM, CLIENT = "alarm", "client"

_NOT_ALLOWED = Lead(CLIENT, "not_allowed")
_NOT_POSSIBLE = Lead(CLIENT, "not_possible")


def _reason(key: str, say: str, code: str) -> Offer:
    return Offer(key, say, Lead("cancel_now", keep={"reason": code}))


def _hours(key: str) -> Offer:
    return Offer(key, "", Lead("test_now", keep={"hours": key}))


PAGES: Mapping[str, Page] = {
    # --- who is it? A caller's number is a hint; an account's number is no secret ---
    ACCOUNT: Page(
        say=("ask_account",),
        again=("ask_account_again",),
        reads="account",
        digits=16,
        help=True,
        asked=2,
        leads={"typed": Lead(CODE)},
    ),
    CODE: asks_code(
        "identify",
        {
            "client": Lead(CLIENT, "code_ok"),
            "alarm": Lead(ALARM, "code_ok"),
            "hushed": Lead(Exit.OPERATOR, "code_ok"),  # nothing is said of a site that is mute
            "technician": Lead(TECHNICIAN, "code_ok"),
            "guard": Lead(GUARD, "code_ok"),
            "wrong": Lead(ACCOUNT, "code_wrong"),
            "wrong_here": Lead(CODE, "code_wrong"),  # their number says which site: that stays so
        },
    ),
    # Codes are being guessed, and this number is nobody's: only who asks for a human gets one.
    "unwelcome": Page(say=("codes_locked",), leads={"silent": Lead(Exit.SERVED)}),
    # --- a client, whose site is in alarm or not: the first keys are those of a plan's calls ---
    ALARM: Page(
        offers=(
            Offer("1", "menu_cancel", Lead("cancel")),
            Offer("2", "offer_help", Lead(Exit.HELP)),
            Offer("3", "offer_going", Lead(Exit.GOING), when="going"),
            Offer("4", "offer_send_guard", Lead(Exit.SEND_GUARD), when="send_guard"),
            Offer("5", "offer_next_person", Lead(Exit.NEXT_PERSON), when="next_person"),
            Offer("6", "menu_guard_stays", Lead("stay_hours"), when="guard_stays"),
        ),
        more=CLIENT,
    ),
    CLIENT: Page(
        offers=(
            Offer("1", "menu_cancel", Lead("cancel"), when="cancel"),
            Offer("2", "offer_help", Lead(Exit.HELP)),
            Offer("3", "menu_state", Lead("state")),
            Offer("4", "menu_test", Lead("test"), when="test"),
            Offer("4", "menu_end_test", Lead("end_test"), when="end_test"),
            Offer("5", "menu_late", Lead("late"), when="late"),
            Offer("6", "menu_instruct", Lead(instruction_menu.FIRST), when="instruct"),
            Offer("7", "menu_new_code", Lead("new_code")),
            Offer("8", "menu_call_list", Lead("call_list")),
        ),
        more=CLIENT,
    ),
    # A guard who is there for the alarm keeps the site: whoever may send one orders it (D22).
    "stay_hours": Page(
        say=("ask_stay_hours",),
        offers=tuple(
            Offer(key, "", Lead("guard_stays", keep={"hours": key})) for key in "123456789"
        ),
        back=ALARM,
    ),
    "guard_stays": Page(
        deed="guard_stays",
        leads={
            "done": Lead(ALARM, did="menu_guard_stays"),
            "not_possible": Lead(ALARM, "not_possible"),
        },
    ),
    "cancel": Page(
        say=("cancel_why",),
        offers=(
            _reason("1", "cancel_error", "operating_error"),
            _reason("2", "cancel_works", "technical"),
            _reason("3", "cancel_known", "known_cause"),
        ),
        back=CLIENT,
    ),
    "cancel_now": Page(
        deed="cancel",
        leads={
            "done": Lead(CLIENT, "cancel_done"),
            "nothing": Lead(CLIENT, "cancel_nothing"),
            "to_human": Lead(Exit.OPERATOR, "cancel_to_human"),
        },
    ),
    "state": Page(deed="state", leads={"told": Lead(CLIENT, did="menu_state")}),
    "test": Page(
        say=("test_which",),
        offers=(
            Offer("1", "test_whole", Lead("test_hours", keep={"zone": ""})),
            Offer("2", "test_one_zone", Lead("test_zone")),
        ),
        back=CLIENT,
    ),
    "test_zone": Page(
        say=("ask_zone",), reads="zone", digits=16, leads={"typed": Lead("test_hours")}
    ),
    "test_hours": Page(
        say=("ask_hours",), offers=tuple(_hours(key) for key in "1234"), back=CLIENT
    ),
    "test_now": Page(
        deed="set_on_test",
        leads={
            "done": Lead(CLIENT, did="menu_test"),
            "in_alarm": Lead(CLIENT, "test_in_alarm"),
            "no_such_zone": Lead(CLIENT, "no_such_zone"),
            "not_allowed": _NOT_ALLOWED,
            "not_possible": _NOT_POSSIBLE,
        },
    ),
    "end_test": Page(
        deed="end_test",
        leads={
            "done": Lead(CLIENT, "test_ended", did="menu_end_test"),
            "not_possible": _NOT_POSSIBLE,
        },
    ),
    "late": Page(
        say=("ask_closing_time",),
        reads="time",
        digits=4,
        deed="close_late",
        leads={
            "done": Lead(CLIENT, did="menu_late"),
            "bad_time": Lead(CLIENT, "bad_time"),
            "not_allowed": _NOT_ALLOWED,
            "not_possible": _NOT_POSSIBLE,
        },
    ),
    "new_code": Page(
        say=("ask_new_code",),
        reads="new_code",
        secret=True,
        deed="new_code",
        leads={"good": Lead("new_code_again"), "bad_code": Lead(CLIENT, "bad_code")},
    ),
    "new_code_again": Page(
        say=("ask_new_code_again",),
        reads="new_code",
        secret=True,
        deed="change_code",
        leads={
            "done": Lead(CLIENT, "code_changed", did="menu_new_code"),
            "differs": Lead(CLIENT, "code_differs"),
        },
    ),
    "call_list": Page(deed="call_list", leads={"told": Lead(CLIENT, did="menu_call_list")}),
    **instruction_menu.PAGES,
}
