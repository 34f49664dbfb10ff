"""The menus of a firm's people, known by a code of their own: technicians and guards (D22).

Like ``caller_menu``: everything that happens is here, each deed is in
``callflow.handling.callers.member_deeds``.
"""

from collections.abc import Mapping

from callflow.core.calls.dialogue.pages import Exit, Lead, Offer, Page, asks_code

#: Where somebody begins whose number is a member's (a hint, no proof), and where a site is asked.
MEMBER, SITE = "member_code", "which_site"
#: Where somebody is who is on duty for the station itself.
STATION = "station"
TECHNICIAN, GUARD = "technician", "guard"

_TECHNICIAN, _GUARD = Lead(TECHNICIAN), Lead(GUARD)
_ANOTHER = Offer("9", "menu_another_site", Lead(SITE))
_COMMENT = Offer("6", "menu_comment", Lead("comment"))
_HELP = Offer("2", "offer_help", Lead(Exit.HELP))
_NOT_ALLOWED = Lead(TECHNICIAN, "not_allowed")
_NOT_POSSIBLE = Lead(TECHNICIAN, "not_possible")
_WALK_ENDS = Offer("1", "menu_walk_end", Lead("walk_end"))


def _one(key: str, say: str, to: str, **keep: str) -> Offer:
    return Offer(key, say, Lead(to, keep=keep))


def _digits(to: str, field: str, last: int) -> tuple[Offer, ...]:
    return tuple(_one(str(key), "", to, **{field: str(key)}) for key in range(1, last + 1))


PAGES: Mapping[str, Page] = {
    MEMBER: asks_code(
        "identify_member",
        {
            "member": Lead(SITE, "code_ok"),
            "on_duty": Lead(STATION, "code_ok"),
            "technician": Lead(TECHNICIAN, "code_ok"),
            "guard": Lead(GUARD, "code_ok"),
            "wrong_here": Lead(MEMBER, "code_wrong"),
        },
    ),
    # --- on duty for the station: how it is was said on the way here ---
    STATION: Page(
        offers=(
            Offer("1", "menu_station", Lead("station_state")),
            _HELP,
            Offer("9", "menu_a_site", Lead(SITE)),
        ),
    ),
    "station_state": Page(deed="station_state", leads={"told": Lead(STATION)}),
    "station_here": Page(
        deed="station_state", leads={"told": Lead(TECHNICIAN, did="menu_station_here")}
    ),
    SITE: Page(
        say=("ask_site",),
        reads="account",
        digits=16,
        help=True,
        deed="choose_site",
        leads={
            "technician": _TECHNICIAN,
            "guard": _GUARD,
            "not_yours": Lead(SITE, "site_not_yours"),
            "not_yours_again": Lead(Exit.OPERATOR),
        },
    ),
    # --- a technician: the first key is what comes next in a visit ---
    TECHNICIAN: Page(
        offers=(
            Offer("1", "menu_accept_visit", Lead("visit"), when="accept"),
            Offer("1", "menu_on_site", Lead("visit"), when="on_site"),
            Offer("1", "menu_leave", Lead("visit"), when="leave"),
            _HELP,
            Offer("3", "menu_state", Lead("member_state")),
            Offer("4", "menu_walk", Lead("walk_hours"), when="walk"),
            Offer("4", "menu_walk_on", Lead("walk_on"), when="walk_on"),
            Offer("5", "menu_fault", Lead("fault")),
            _COMMENT,
            Offer("8", "menu_station_here", Lead("station_here"), when="station"),
            _ANOTHER,
        ),
    ),
    # Who left is not asked at once to come.
    "visit": Page(deed="visit", leads={"done": Lead(TECHNICIAN, did="menu_accept_visit")}),
    "member_state": Page(deed="member_state", leads={"told": Lead(TECHNICIAN, did="menu_state")}),
    # What they say after a tone stands in the logbook.
    "comment": Page(
        say=("say_comment",),
        records="voice",
        deed="comment",
        leads={
            "technician": Lead(TECHNICIAN, "comment_kept", did="menu_comment"),
            "guard": Lead(GUARD, "comment_kept", did="menu_comment"),
        },
    ),
    # --- the walk test: the site on test, what it sends read out as it comes ---
    "walk_hours": Page(
        say=("ask_hours",), offers=_digits("walk_begin", "hours", 4), back=TECHNICIAN
    ),
    "walk_begin": Page(
        deed="walk_begin",
        leads={
            "done": Lead("walk"),
            "in_alarm": Lead(TECHNICIAN, "test_in_alarm"),
            "not_allowed": _NOT_ALLOWED,
            "not_possible": _NOT_POSSIBLE,
        },
    ),
    "walk_on": Page(deed="walk_on", leads={"done": Lead("walk"), "over": _TECHNICIAN}),
    "walk": Page(
        say=("walk_listening",),
        offers=(_WALK_ENDS,),
        wait_s=1.0,
        leads={"silent": Lead("walk_heard")},
    ),
    "walk_heard": Page(
        deed="walk_heard",
        leads={
            "told": Lead("walk_wait"),
            "over": _TECHNICIAN,
            "idle": Lead(TECHNICIAN, "walk_idle"),
        },
    ),
    "walk_wait": Page(
        quiet=True, wait_s=1.5, offers=(_WALK_ENDS,), leads={"silent": Lead("walk_heard")}
    ),
    "walk_end": Page(deed="walk_end", leads={"done": Lead(TECHNICIAN, did="menu_walk")}),
    # --- zones at fault (mission 5.4) ---
    "fault": Page(
        offers=(
            _one("1", "menu_fault_open", "fault_zone"),
            _one("2", "menu_fault_close", "fault_mended"),
        ),
        back=TECHNICIAN,
    ),
    "fault_zone": Page(
        say=("ask_zone",), reads="zone", digits=16, leads={"typed": Lead("fault_days")}
    ),
    "fault_days": Page(say=("ask_days",), offers=_digits("fault_open", "days", 9), back=TECHNICIAN),
    "fault_open": Page(
        deed="fault_open",
        leads={
            "done": _TECHNICIAN,
            "no_such_zone": Lead(TECHNICIAN, "no_such_zone"),
        },
    ),
    "fault_mended": Page(
        say=("ask_zone",),
        reads="zone",
        digits=16,
        deed="fault_close",
        leads={"done": _TECHNICIAN, "not_at_fault": Lead(TECHNICIAN, "zone_not_at_fault")},
    ),
    # --- a guard: the first key is what comes next in an intervention ---
    GUARD: Page(
        offers=(
            Offer("1", "menu_accept_guard", Lead("guard_next"), when="accept"),
            Offer("1", "menu_on_site", Lead("guard_next"), when="on_site"),
            Offer("1", "menu_report", Lead("report_where"), when="report"),
            Offer("1", "menu_leave", Lead("guard_next"), when="leave"),
            _HELP,
            Offer("3", "menu_refuse", Lead("guard_refuse"), when="accept"),
            Offer("4", "menu_round", Lead("round_made"), when="round"),
            Offer("5", "menu_keys_taken", Lead("keys_taken"), when="keys_here"),
            Offer("5", "menu_keys_back", Lead("keys_back"), when="keys_away"),
            _COMMENT,
            Offer("7", "menu_police", Lead("guard_police")),
            _ANOTHER,
        ),
    ),
    # --- protective measures of the guard's firm: rounds, keys (D26) ---
    "round_made": Page(
        deed="round_made",
        leads={
            "done": Lead(GUARD, "round_noted", did="menu_round"),
            "moot": Lead(GUARD, "moot"),
        },
    ),
    "keys_taken": Page(deed="keys_taken", leads={"done": Lead(GUARD, "keys_noted")}),
    "keys_back": Page(
        deed="keys_back",
        leads={"done": Lead(GUARD, "keys_returned"), "moot": Lead(GUARD, "moot")},
    ),
    "guard_next": Page(deed="guard_next", leads={"done": _GUARD, "moot": Lead(GUARD, "moot")}),
    "guard_refuse": Page(deed="guard_refuse", leads={"done": Lead(GUARD, "guard_declined")}),
    "guard_police": Page(deed="guard_police", leads={"done": Lead(Exit.HELP, "police_asked")}),
    "report_where": Page(
        say=("report_where",),
        offers=(
            _one("1", "report_inside", "report_traces", where="inside"),
            _one("2", "report_outside", "report_traces", where="outside"),
            _one("3", "report_both", "report_traces", where="everywhere"),
        ),
        back=GUARD,
    ),
    "report_traces": Page(
        offers=(
            _one("1", "report_clear", "report_armed", traces=""),
            _one("2", "report_found", "report_armed", traces="yes"),
        ),
        back=GUARD,
    ),
    "report_armed": Page(
        offers=(
            _one("1", "report_rearmed", "report_now", armed="yes"),
            _one("2", "report_not_rearmed", "report_now", armed=""),
        ),
        back=GUARD,
    ),
    "report_now": Page(
        deed="guard_report",
        leads={"done": Lead(GUARD, "report_kept"), "moot": Lead(GUARD, "moot")},
    ),
}
