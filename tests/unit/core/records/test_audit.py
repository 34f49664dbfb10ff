"""Which entries the audit shows."""

from __future__ import annotations

from callflow.core.records import audit
from callflow.texts import ENTRIES


def test_each_kind_stands_in_one_group_and_has_words() -> None:
    kinds = audit.GROUPS[""]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) <= set(ENTRIES)
    assert set(kinds) == {*audit.GROUPS[audit.CHANGED], *audit.GROUPS[audit.LOOKED]}


def test_differences_are_those_of_the_fields_and_of_a_role() -> None:
    fields = {"name": ["a", "b"], "contacts.1.code": None}
    assert list(audit.differences({"fields": fields})) == [("name", "a", "b"), ("contacts.1.code",)]
    said = {"name": "bea", "before": "reader", "role": "operator"}
    assert list(audit.differences(said)) == [("role", "reader", "operator")]
    assert list(audit.differences({"note": "x"})) == []
