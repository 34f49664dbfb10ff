"""A code is short, its text has blanks, and the station's own stands instead of the product's."""

from __future__ import annotations

from callflow.core.records.mnemonics import (
    BLANK,
    CODE,
    LONGEST,
    Mnemonic,
    in_force,
    offered,
    standard,
)
from callflow.core.signals.signal import Kind


def test_the_products_own_are_well_made_in_both_languages() -> None:
    french, english = standard("fr"), standard("en")
    assert {"RAS", "GAR", "POL"} <= set(french) == set(english)
    for one in (*french.values(), *english.values()):
        assert CODE.fullmatch(one.code)
        assert one.blanks
        assert len(one.text) <= LONGEST
        assert not set("[]") & set(BLANK.sub("", one.text))
    for code, one in french.items():
        assert len(one.blanks) == len(english[code].blanks)


def test_the_stations_own_stand_instead_and_take_away() -> None:
    own = [
        Mnemonic(code="RAS", text="Rien, [qui]"),
        Mnemonic(code="POL", text=""),
        Mnemonic(code="ZZZ", text="Sieste"),
    ]
    known = {one.code: one.text for one in in_force(own, "fr")}
    assert known["RAS"] == "Rien, [qui]"
    assert "POL" not in known
    assert list(known) == sorted(known)
    assert known["ZZZ"] == "Sieste"


def test_those_of_the_alarms_kind_come_first_then_those_of_any() -> None:
    codes = [one.code for one in offered(in_force([], "fr"), Kind.FLOOD)]
    assert codes[0] == "EAU"
    assert codes.index("RAS") < codes.index("GAR")
