"""Which of an entry's data is somebody of the station: told by the name that is shown."""

from __future__ import annotations

import string

from callflow.texts import ENTRIES, entry_text
from callflow.texts.staff import OTHERS, called

NAMES = {"nadia": "Nadia Brémond", "omar": "Omar Haddad"}


def fields(kind: str) -> set[str]:
    return {
        name.partition(":")[0]
        for template in ENTRIES[kind]
        for _, name, _, _ in string.Formatter().parse(template)
        if name
    }


def test_each_field_that_names_somebody_is_told() -> None:
    wrong = {kind: set(named) - fields(kind) for kind, named in OTHERS.items()}
    assert {kind: lost for kind, lost in wrong.items() if lost} == {}


def test_who_acted_and_who_it_is_about_are_told_by_their_names() -> None:
    told = called("user_role", {"name": "omar", "before": "operator", "role": "reader"}, NAMES)
    assert "Omar Haddad" in entry_text("user_role", told)
    told = called("claimed", {"by": "nadia"}, NAMES)
    assert entry_text("claimed", told, "en") == "Taken by Nadia Brémond"
    told = called("shift_ended", {"by": "nadia", "passed": 2, "left": "omar, zoé"}, NAMES)
    assert "Omar Haddad, zoé" in entry_text("shift_ended", told)


def test_a_telephone_is_told_by_whose_it_is() -> None:
    data = {"to": "op-1", "desks": {"to": "nadia"}}
    assert "Nadia Brémond" in entry_text("desk_taken", called("desk_taken", data, NAMES))
    assert data["desks"] == {"to": "nadia"}


def test_a_contact_who_is_called_as_somebody_logs_in_stays_a_contact() -> None:
    data = {"who": "omar", "to": "+33639980301", "attempt": 1, "note": "omar"}
    assert called("call_requested", data, NAMES) == data
