"""web/asvs.csv answers every item of OWASP ASVS 5.0.0, levels 1 and 2, and what it names is there.

A row is ``applies`` (met, and a test shows it), ``accepted: …`` (not met as it is written; why, and
what stands in for it, which a test shows), or ``not here: …`` (there is nothing that it is about).
"""

from __future__ import annotations

import ast
import csv
import functools
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "web" / "asvs.csv"
#: The level of each item, by section, in the order of the items: 5.0.0 of May 2025.
LEVELS = {
    "1.1": "22",
    "1.2": "1111122223",
    "1.3": "112222222223",
    "1.4": "222",
    "1.5": "123",
    "2.1": "122",
    "2.2": "112",
    "2.3": "12223",
    "2.4": "23",
    "3.1": "3",
    "3.2": "113",
    "3.3": "12223",
    "3.4": "11222233",
    "3.5": "11122333",
    "3.6": "3",
    "3.7": "22333",
    "4.1": "12233",
    "4.2": "23333",
    "4.3": "22",
    "4.4": "1222",
    "5.1": "2",
    "5.2": "112333",
    "5.3": "113",
    "5.4": "222",
    "6.1": "122",
    "6.2": "111111112222",
    "6.3": "11223333",
    "6.4": "112233",
    "6.5": "22222333",
    "6.6": "2223",
    "6.7": "33",
    "6.8": "2222",
    "7.1": "222",
    "7.2": "1111",
    "7.3": "22",
    "7.4": "11222",
    "7.5": "223",
    "7.6": "22",
    "8.1": "1233",
    "8.2": "1123",
    "8.3": "133",
    "8.4": "23",
    "9.1": "111",
    "9.2": "1222",
    "10.1": "22",
    "10.2": "223",
    "10.3": "22223",
    "10.4": "1111122222233333",
    "10.5": "22222",
    "10.6": "22",
    "10.7": "222",
    "11.1": "2233",
    "11.2": "22233",
    "11.3": "11233",
    "11.4": "1222",
    "11.5": "23",
    "11.6": "23",
    "11.7": "33",
    "12.1": "12233",
    "12.2": "11",
    "12.3": "22223",
    "13.1": "2333",
    "13.2": "222223",
    "13.3": "2233",
    "13.4": "1222233",
    "14.1": "22",
    "14.2": "12223333",
    "14.3": "122",
    "15.1": "12233",
    "15.2": "12233",
    "15.3": "1222222",
    "15.4": "3333",
    "16.1": "2",
    "16.2": "22222",
    "16.3": "2222",
    "16.4": "222",
    "16.5": "2223",
    "17.1": "23",
    "17.2": "22223333",
    "17.3": "22",
}
#: Words that a reason has at least.
_REASON = 3


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def items() -> dict[str, str]:
    """Every item of levels 1 and 2, with its level."""
    return {
        f"{section}.{number}": level
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, start=1)
        if level in "12"
    }


@functools.cache
def named_in(path: str) -> frozenset[str]:
    """The names of a file's tests, those of its classes too; none where it is not there."""
    file = ROOT / path
    if not (path.startswith("tests/") and file.is_file()):
        return frozenset()
    tree = ast.parse(file.read_text("utf-8"), path)
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(f.name for f in functions if f.name.startswith("test_"))


def faults(row: dict[str, str]) -> list[str]:
    """What keeps a row from being an answer."""
    answer, _, reason = row["answer"].partition(": ")
    named = row["tests"].split()
    found = [f"there is no {test}" for test in named if not is_there(test)]
    if answer not in ("applies", "accepted", "not here"):
        found.append(f"{answer!r} is no answer")
    if answer in ("applies", "accepted") and not named:
        found.append("no test shows it")
    if answer in ("accepted", "not here") and len(reason.split()) < _REASON:
        found.append("no reason")
    if not row["requirement"].strip():
        found.append("what is asked for is not said")
    return found


def is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    return name in named_in(path)


def test_every_item_is_answered_once() -> None:
    wanted = items()
    assert [list(wanted.values()).count(level) for level in "12"] == [70, 183]
    assert [row["item"] for row in rows()] == list(wanted)
    assert {row["item"]: row["level"] for row in rows()} == wanted


def test_each_answer_has_its_reason_or_a_test_that_is_there() -> None:
    wrong = [f"{row['item']}: {fault}" for row in rows() for fault in faults(row)]
    assert wrong == []


def test_what_is_no_answer_is_found() -> None:
    row = {"item": "1.2.4", "level": "1", "requirement": "Queries carry values apart"}
    here = "tests/unit/web/test_asvs.py::test_what_is_no_answer_is_found"
    assert faults({**row, "answer": "applies", "tests": here}) == []
    assert faults({**row, "answer": "not here: nothing asks a database", "tests": ""}) == []
    for answer, tests in (
        ("applies", ""),
        ("applies", here + "s"),
        ("applies", "tests/unit/web/test_nothing.py::test_nothing"),
        ("applies", "web/app.py::create_app"),
        ("accepted: because it is as it is", ""),
        ("accepted", here),
        ("not here", ""),
        ("not here: no", here),
        ("yes", here),
    ):
        assert faults({**row, "answer": answer, "tests": tests}), (answer, tests)
