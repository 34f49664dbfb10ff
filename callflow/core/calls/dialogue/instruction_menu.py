"""A client leaves a provisional instruction (D19): what, until when, said back, confirmed.

Nothing counts before the last 1. The deeds are in ``callflow.handling.callers.instructions``.
"""

from collections.abc import Mapping

from callflow.core.calls.dialogue.pages import Lead, Offer, Page

FIRST = "instruct"
#: The page of whoever leaves this menu (``caller_menu.CLIENT``).
_HOME = "client"
_BACK = {"not_allowed": Lead(_HOME, "not_allowed"), "not_possible": Lead(_HOME, "not_possible")}


def _what(key: str, say: str, what: str, to: str) -> Offer:
    return Offer(key, say, Lead(to, keep={"what": what}))


def _confirm(say: str, again: str) -> Page:
    return Page(
        offers=(
            Offer("1", "confirm_it", Lead("instruct_now")),
            Offer("2", say, Lead(again)),
        ),
        back=_HOME,
    )


PAGES: Mapping[str, Page] = {
    FIRST: Page(
        offers=(
            _what("1", "instruct_absent", "absent", "instruct_own"),
            _what("2", "instruct_number", "number", "instruct_own"),
            _what("3", "instruct_note", "note", "instruct_from"),
        ),
        back=_HOME,
    ),
    # Only of oneself, and never of what answers at the premises.
    "instruct_own": Page(
        deed="instruct_own",
        leads={"absent": Lead("instruct_from"), "number": Lead("instruct_number"), **_BACK},
    ),
    "instruct_number": Page(
        say=("ask_other_number",),
        reads="number",
        digits=16,
        deed="instruct_number",
        leads={
            "good": Lead("instruct_number_right"),
            "bad": Lead("instruct_number", "bad_number"),
        },
    ),
    "instruct_number_right": Page(
        offers=(
            Offer("1", "number_right", Lead("instruct_from")),
            Offer("2", "number_again", Lead("instruct_number")),
        ),
        back=_HOME,
    ),
    "instruct_from": Page(
        offers=(
            Offer("1", "from_now", Lead("instruct_last_day", keep={"begins": ""})),
            Offer("2", "from_later", Lead("instruct_first_day")),
        ),
        back=_HOME,
    ),
    "instruct_first_day": Page(
        say=("ask_first_day",),
        reads="first_day",
        digits=4,
        leads={"typed": Lead("instruct_first_hour")},
    ),
    "instruct_first_hour": Page(
        say=("ask_first_hour",),
        reads="first_hour",
        digits=4,
        deed="instruct_begins",
        leads={
            "good": Lead("instruct_last_day"),
            "bad_moment": Lead("instruct_first_day", "bad_moment"),
            "past": Lead("instruct_first_day", "moment_past"),
        },
    ),
    "instruct_last_day": Page(
        say=("ask_last_day",),
        reads="last_day",
        digits=4,
        leads={"typed": Lead("instruct_last_hour")},
    ),
    "instruct_last_hour": Page(
        say=("ask_last_hour",),
        reads="last_hour",
        digits=4,
        deed="instruct_ends",
        leads={
            "said": Lead("instruct_confirm"),
            "note": Lead("instruct_speak"),
            "bad_moment": Lead("instruct_last_day", "bad_moment"),
            "past": Lead("instruct_last_day", "moment_past"),
            "order": Lead("instruct_last_day", "moment_order"),
            "far": Lead("instruct_last_day", "moment_far"),
        },
    ),
    "instruct_speak": Page(
        say=("ask_speak",),
        records="voice",
        back=_HOME,
        deed="instruct_heard",
        leads={"heard": Lead("instruct_heard", "you_said")},
    ),
    "instruct_confirm": _confirm("dates_again", "instruct_from"),
    "instruct_heard": _confirm("say_again", "instruct_speak"),
    "instruct_now": Page(
        deed="instruct",
        leads={
            "done": Lead(_HOME, "instruct_done", did="menu_instruct"),
            "waits": Lead(_HOME, "instruct_waits", did="menu_instruct"),
            **_BACK,
        },
    ),
}
