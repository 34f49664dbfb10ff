"""Cells of workbooks and of other systems' lists: what they mean, and how a value is said."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import date, time
from typing import Any

import openpyxl
import pytest

from callflow.core.sites.files import meanings, tables
from callflow.core.sites.files.mapping import BadMapping, Mapping
from callflow.core.sites.files.meanings import LONGEST, UNCHANGED, BadCell, Dated
from callflow.core.sites.files.sheets import (
    BY_KEY,
    SHEETS,
    USERS,
    Cell,
    column_of,
    plain,
    sheet_of,
)
from callflow.core.sites.files.tables import BadFile, Unread
from callflow.core.watch import supervision


def meant(key: str, cell: str) -> tuple[Any, list[str]]:
    """What a cell means, and what was mended."""
    notes: list[str] = []
    return meanings.value(BY_KEY[key], cell, notes.append), notes


@pytest.mark.parametrize(
    ("key", "cell", "value", "note"),
    [
        ("contact.phone", "639980016", "0639980016", "zero_back"),
        ("contact.phone", "33639980016", "+33639980016", "plus_back"),
        ("contact.phone", "06.39.98.00.16", "06.39.98.00.16", ""),
        ("account.poll_every_s", "90,5", 90.5, "decimal_comma"),
        ("account.poll_every_s", " 1 800 ", 1800, ""),
        ("contact.keys_held", "Oui", True, ""),
        ("contact.keys_held", "0", False, ""),
        ("zone.kind", "Incendie", "fire", ""),
        ("plan.alarm", "*", "*", ""),
        ("hours.week.mon", "8h-12h, 13h30-18:30", ["08:00-12:00", "13:30-18:30"], ""),
        ("hours.week.mon", "fermé", [], ""),
        ("hours.exceptions", "46380 08:00-12:00", {"2026-12-24": ["08:00-12:00"]}, "serial_day"),
        ("hours.exceptions", "24/12/2026 fermé", {"2026-12-24": []}, ""),
        ("hours.exceptions", Dated("2026-12-24"), {"2026-12-24": []}, ""),
        ("camera.kinds", "incendie; intrusion", ["fire", "intrusion"], ""),
        ("contact.code", "gardé", UNCHANGED, ""),
        ("contact.code", "none", None, ""),
        ("contact.code", "0042", "0042", ""),
    ],
)
def test_a_cell_means(key: str, cell: str, value: Any, note: str) -> None:
    assert meant(key, cell) == (value, [note] if note else [])


@pytest.mark.parametrize(
    ("key", "cell", "code"),
    [
        ("account.poll_every_s", "beaucoup", "number"),
        ("account.poll_every_s", "1e9", "number"),
        ("zone.kind", "incendi", "one_of"),
        ("zone.kind", "!!", "one_of"),
        ("contact.authorities", "tout", "no_authority"),
        ("contact.availability", "{", "json"),
        ("contact.availability", "NaN", "json"),
        ("contact.availability", "[" * 30_000, "json"),
        ("hours.week.mon", "le matin", "hours"),
        ("hours.exceptions", "31/02/2026", "day"),
        ("site.name", Dated("2026-12-24"), "date"),
        ("site.name", "a" * (LONGEST + 1), "too_long"),
    ],
)
def test_a_cell_is_refused(key: str, cell: str, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        meant(key, cell)
    assert refused.value.code == code


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_said_of_a_value_means_it_again(language: str) -> None:
    values: dict[str, Any] = {
        "zone.kind": "hold_up",
        "plan.alarm": "*",
        "contact.keys_held": False,
        "contact.authorities": {"*": ["cancel"], "fire": []},
        "contact.availability": {"week": {"mon": ["08:00-18:00"]}},
        "camera.zones": ["Hall", "Réserve"],
        "camera.kinds": ["fire"],
        "hours.week.mon": ["22:00-06:00"],
        "hours.exceptions": {"2026-12-24": [], "2026-12-31": ["08:00-12:00"]},
        "account.poll_every_s": 90.5,
        "user.part": "duress",
        "service.service": "medical",
    }
    for key, value in values.items():
        cell = meanings.said(BY_KEY[key], value, language)
        assert meant(key, cell)[0] == value, key


def test_each_head_and_each_word_means_one_thing() -> None:
    for place in (0, 1):
        heads = Counter(plain(column.called[place]) for column in BY_KEY.values())
        assert [head for head, many in heads.items() if many > 1] == []
        for column in BY_KEY.values():
            words = Counter(plain(pair[place]) for pair in (column.words or {}).values())
            assert [word for word, many in words.items() if many > 1] == [], column.key
    assert all(column_of(c.called[0]) == column_of(c.called[1]) == c for c in BY_KEY.values())
    assert all(sheet_of(s.called[0]) == sheet_of(s.called[1]) == s for s in SHEETS)


def test_words_are_those_of_the_house() -> None:
    assert {part: french for part, (french, _) in USERS.items()} == supervision.PARTS
    secret = {c.key for c in BY_KEY.values() if c.cell is Cell.SECRET}
    assert {"account.dc09_key", "contact.code", "service.number", "site.password"} <= secret


# --- files ------------------------------------------------------------------------------------


def rows(data: bytes, name: str = "x.csv") -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {}
    for raw in tables.tables(io.BytesIO(data), name):
        found[raw.name] = [list(cells) for _, cells in raw.rows]
        for note in raw.notes:
            found[raw.name].append([note])
    return found


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(f"{name}.csv", data)
    return made.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        "abonné;nom\n0417;Élan\n".encode(),
        "\ufeffabonné;nom\n0417;Élan\n".encode(),
        "abonné;nom\r\n0417;Élan\r\n".encode("cp1252"),
        "abonné\tnom\n0417\tÉlan\n".encode("utf-16"),
        "abonné|nom\n0417|Élan\n".encode(),
    ],
)
def test_a_csv_file_of_any_office_is_read(data: bytes) -> None:
    assert rows(data)["x.csv"][:2] == [["abonné", "nom"], ["0417", "Élan"]]


def test_what_is_no_file_of_ours_is_said() -> None:
    for data, code in (
        (b"", "empty"),
        (b"\0" * 100, "unreadable"),
        (b"PK\3\4 cut", "unreadable"),
        (b'a;b\n"x;', "quote"),
        (b"a;b\n" + b"x" * 1_000_000, "too_long"),
    ):
        with pytest.raises(BadFile) as refused:
            rows(data)
        assert refused.value.code == code, data[:20]


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(BadFile) as refused:
        rows(zipped(sites=b"0" * 2_000_000))
    assert refused.value.code == "unpacked"
    monkeypatch.setattr(tables, "MOST_PARTS", 10)
    with pytest.raises(BadFile):
        rows(zipped(**{f"n{n}": b"a" for n in range(11)}))


def workbook(*lines: list[Any], merge: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sites"
    for line in lines:
        sheet.append(line)
    if merge:
        sheet.merge_cells(merge)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_workbook_s_cells_are_texts_or_said_to_be_none() -> None:
    data = workbook(
        ["site id", "site name"],
        [417, "=1+1"],
        [1.5, date(2026, 12, 24)],
        [True, time(8, 30)],
        ["0417", "_x0041_"],
        merge="A2:A3",
    )
    found = rows(data)["Sites"]
    assert found[1][0] == "417"
    assert isinstance(found[1][1], Unread)
    assert found[1][1].bad.code == "formula"
    assert found[2][1] == Dated("2026-12-24")
    assert found[3][0] == "yes"
    assert isinstance(found[3][1], Unread)
    assert found[4] == ["0417", "A", ""]
    assert found[-1] == [("merged", {"cells": "A2:A3"})]
    assert tables.holds_whole(io.BytesIO(data))
    assert not tables.holds_whole(io.BytesIO(b"abonn\xe9;nom"))


def test_a_row_far_down_is_no_million_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 1000)
    data = workbook(["site id"], ["a"])
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part.filename, text.replace(b'r="2"', b'r="99999999"'))
    with pytest.raises(BadFile) as refused:
        rows(made.getvalue())
    assert refused.value.code == "too_many_rows"


# --- mappings ---------------------------------------------------------------------------------


def test_a_mapping_says_what_other_heads_and_words_are() -> None:
    mapping = Mapping.from_json(
        {
            "tables": {
                "ABONNES.csv": {
                    "columns": {"N° ABO": "account.account", "RAISON": "site.name", "X": ""},
                    "values": {"contact.role": {"DEP": "keyholder"}},
                    "widths": {"account.account": 4},
                }
            }
        }
    )
    table = mapping.of("abonnes")
    assert [c and c.key for c in map(table.column, ("N° abo", "Raison", "x", "client"))] == [
        "account.account",
        "site.name",
        None,
        "site.client",
    ]
    assert table.cell(BY_KEY["account.account"], "42") == "0042"
    assert table.cell(BY_KEY["contact.role"], "dep") == "keyholder"
    assert Mapping.from_json(mapping.to_json()) == mapping
    assert mapping.of("autre").column("nom du site") == BY_KEY["site.name"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"tabels": {}},
        {"tables": {"x": {"columns": {"a": "site.nom"}}}},
        {"tables": {"x": {"columns": {"a": "site.name", "b": "site.name"}}}},
        {"tables": {"x": {"columns": {1: "site.name"}}}},
        {"tables": {"x": {"widths": {"account.account": 99}}}},
        {"tables": {"x": {"head": 0}}},
        {"tables": {"x": {"values": {"contact.role": "DEP"}}}},
    ],
)
def test_a_mapping_that_is_none_is_refused(body: Any) -> None:
    with pytest.raises(BadMapping):
        Mapping.from_json(body)
