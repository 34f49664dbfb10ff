"""People of the station in the logbook's entries: which of an entry's data is what one logs in by.

An entry keeps the log-in, and is hashed with it; who reads it may be told the name instead.
"""

from collections.abc import Mapping
from typing import Any

#: In every kind of entry.
_ALWAYS = ("by", "operator")
#: {entry kind: what else of its data is somebody of ours}.
OTHERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("transferred", "call_handed_on", "desk_taken"), ("to",)),
    **dict.fromkeys(
        (
            *("shift_ended_for", "call_back_given", "closing_signed", "end_signed_by_two"),
            *("awaiting_end", "promise_noted", "instruction_given", "plan_draft_taken_over"),
            *("roster_added", "roster_removed"),
        ),
        ("who",),
    ),
    **dict.fromkeys(
        (
            *("user_added", "user_role", "user_changed", "user_disabled", "user_enabled"),
            *("password_changed", "session_ended", "factor_added", "factor_removed"),
            *("factors_reset", "recovery_codes", "recovery_code_used"),
        ),
        ("name",),
    ),
    "shift_unattended": ("supervisor",),
}


def called(kind: str, data: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """``data`` of an entry, with each of ours by the name that ``names`` has for their log-in."""
    said = dict(data)
    if not names:
        return said
    for field in (*_ALWAYS, *OTHERS.get(kind, ())):
        if isinstance(known := said.get(field), str):
            said[field] = names.get(known, known)
    if desks := said.get("desks"):
        said["desks"] = {field: names.get(owner, owner) for field, owner in desks.items()}
    if kind == "shift_ended" and isinstance(said.get("left"), str):
        said["left"] = ", ".join(names.get(one, one) for one in said["left"].split(", "))
    return said
