"""A day of ours beside the old system's: each difference, and none that is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.station.comparison import (
    BadComparison,
    Columns,
    Ours,
    Theirs,
    What,
    compare,
    read,
)

AT = datetime(2026, 11, 30, 3, 12, 5, tzinfo=UTC)
COLUMNS = Columns(
    account="Abonné",
    at="Heure",
    code="Code",
    zone="Zone",
    priority="Prio",
    first_person="Appelé",
    first_call_at="Appel",
    priorities={"A": 1, "B": 2},
)
LIST = (
    "Abonné;Heure;Code;Zone;Prio;Appelé;Appel\r\n"
    "01001;30/11/2026 04:12:05;BA;03;A;Anne Le Goff;30/11/2026 04:12:30\r\n"
)
OURS = Ours(
    id="s1",
    account="1001",
    at=AT,
    code="BA",
    zone="3",
    alarm=True,
    priority=1,
    first_name="Le Goff, Anne",
    first_number="+33639981234",
    first_call_at=AT + timedelta(seconds=20),
)


def whats(ours: list[Ours], text: str = LIST, columns: Columns = COLUMNS) -> list[What]:
    theirs, refused = read(text.encode(), columns)
    assert refused == []
    return [one.what for one in compare(ours, theirs, columns).differences]


def test_the_same_signal_decided_alike_is_no_difference() -> None:
    assert whats([OURS]) == []


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"priority": 2}, What.PRIORITY),
        ({"first_name": "Marc Ollivier"}, What.PERSON),
        ({"first_name": "", "first_number": ""}, What.PERSON),
        ({"first_call_at": AT + timedelta(seconds=90)}, What.TIME),
        ({"first_call_at": None}, What.TIME),
    ],
)
def test_what_is_decided_otherwise_is_told(changed: dict[str, object], what: What) -> None:
    assert whats([replace(OURS, **changed)]) == [what]  # type: ignore[arg-type]


def test_a_person_is_known_by_the_end_of_a_number_too() -> None:
    assert whats([OURS], LIST.replace("Anne Le Goff", "06 39 98 12 34")) == []
    assert whats([OURS], LIST.replace("Anne Le Goff", "06 39 98 12 35")) == [What.PERSON]


def test_what_only_one_of_them_has_is_told() -> None:
    assert whats([]) == [What.MISSING]
    later = replace(OURS, id="s2", at=AT + timedelta(hours=1))
    assert whats([OURS, later]) == [What.EXTRA]
    quiet = replace(later, alarm=False)
    assert whats([OURS, quiet]) == []
    assert whats([OURS, quiet], columns=replace(COLUMNS, alarms_only=False)) == [What.EXTRA]


def test_of_several_near_ones_the_same_code_and_zone_is_it() -> None:
    other = replace(OURS, id="s0", code="FA", zone="9", priority=4)
    theirs, _ = read(LIST.encode(), COLUMNS)
    found = compare([other, OURS], theirs, COLUMNS)
    assert [(one.what, one.code) for one in found.differences] == [(What.EXTRA, "FA")]
    assert found.compared == 1


def test_a_list_in_another_encoding_with_rows_that_cannot_be_read_is_read_as_far_as_it_can() -> (
    None
):
    text = LIST + "1002;le matin;BA;1;A;;\r\n1003;30/11/2026 04:00:00;BA;1;Z;;\r\n"
    theirs, refused = read(text.encode("cp1252"), COLUMNS)
    assert [one.account for one in theirs] == ["01001"]
    assert [line.partition(":")[0] for line in refused] == ["3", "4"]


def test_a_list_without_a_named_column_says_which_it_has() -> None:
    with pytest.raises(BadComparison, match="no column of this name: Prio"):
        read(b"Abonn\xe9;Heure;Code;Zone\r\n", COLUMNS)
    with pytest.raises(BadComparison, match="empty"):
        read(b"", COLUMNS)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "must be an object"),
        ({"acount": "x"}, "no such column can be named: acount"),
        ({"account": 3}, "at most 100 characters"),
        ({"at": ""}, "account and of the time"),
        ({"priorities": {"A": 9}}, "ours are 1 to 4"),
        ({"late": -1}, "write seconds"),
        ({"zone_name": "Paris"}, "time zone"),
        ({"alarms_only": "yes"}, "true or false"),
    ],
)
def test_columns_that_are_no_use_say_what_to_write(body: object, said: str) -> None:
    with pytest.raises(BadComparison, match=said):
        Columns.from_json(body)


def test_columns_are_kept_as_they_were_written() -> None:
    assert Columns.from_json(COLUMNS.to_json()) == COLUMNS


def test_their_times_are_of_their_zone_in_summer_too() -> None:
    text = LIST.replace("30/11/2026", "30/06/2026")
    (their,), _ = read(text.encode(), COLUMNS)
    assert their.at == datetime(2026, 6, 30, 2, 12, 5, tzinfo=UTC)
    assert isinstance(their, Theirs)
