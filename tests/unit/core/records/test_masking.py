"""Who is masked for whom in what is handed over, however they are written."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from callflow.core.records.erasure import Person
from callflow.core.records.masking import (
    SEES,
    Known,
    Masking,
    Requester,
    Scope,
    Third,
    shown_to,
    values_of,
)

ANNE = Known(Third.CONTACTS, Person(id="c1", name="Anne Le Goff", numbers=("+33639981001",)))
YVES = Known(Third.CONTACTS, Person(id="c2", name="Yves Morvan", numbers=("+33639981002",)))
ODILE = Known(Third.STAFF, Person(id="u1", name="odile"))
POLICE = Known(Third.SERVICES, Person(id="l1", name="", numbers=("+33130000017",)))
EVERYBODY = (ANNE, YVES, ODILE, POLICE)


def masking(*shown: Third, **scope: object) -> Masking:
    return Masking(Scope(frozenset(shown), known=EVERYBODY, **scope))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("Anne Le Goff", "[contact 1]"),
        ("MORVAN, Yves", "[contact 2]"),
        ("ânne le-goff", "[contact 1]"),
        ("M. MORVAN est là", "M. [contact 2] est là"),
        ("06 39 98 10 01", "[contact 1]"),
        ("+33639981001", "[contact 1]"),
        ("0033 6 39 98 10 02", "[contact 2]"),
        ("pris par Odile à 3 h", "pris par [opérateur 1] à 3 h"),
        ("CIC au 01.30.00.00.17", "CIC au [service 1]"),
        ("rappelle du 06.39.98.99.98.", "rappelle du [numéro 1]."),
        ("Accueil (06 39 98 10 00), tentative 1", "Accueil ([numéro 1]), tentative 1"),
        ("+33 (0)6 39 98 55 55", "[numéro 1]"),
        ("Porte ouverte le 2026-11-30 à 03:00:12", "Porte ouverte le 2026-11-30 à 03:00:12"),
        ("zone 3, code 1130, compte 1001", "zone 3, code 1130, compte 1001"),
        ("0639981001234567", "0639981001234567"),
        ("", ""),
    ],
)
def test_a_third_person_is_masked_however_they_are_written(written: str, masked: str) -> None:
    assert masking().text(written) == masked


def test_who_is_in_scope_is_not_masked() -> None:
    said = "Anne Le Goff (06 39 98 10 01) et odile"
    assert masking(*Third).text(said) == said
    assert masking(Third.CONTACTS).text(said) == "Anne Le Goff (06 39 98 10 01) et [opérateur 1]"


def test_the_same_person_has_the_same_label_everywhere() -> None:
    one = masking()
    assert one.text("Morvan") == one.value({"who": ["Yves Morvan"]})["who"][0] == "[contact 2]"
    other = "06 39 98 77 77"
    assert one.text(other) == one.text("+33639987777") == "[numéro 1]"
    assert one.text("06 39 98 77 78") == "[numéro 2]"


def test_what_the_station_does_not_know_is_masked_by_a_word() -> None:
    one = masking(words=("Zoé Tanguy", " "), elsewhere=("Banque du Port",))
    said = "avec ZOE  TANGUY, comme à la banque du port"
    assert one.text(said) == "avec [masqué], comme à la [autre site]"


def test_numbers_that_are_no_persons_stay() -> None:
    said = "Accueil 06 39 98 10 00"
    assert masking(ours=frozenset({"+33639981000"})).text(said) == said


@dataclass(frozen=True)
class Line:
    who: str
    third: Third
    parts: tuple[str, ...] = ()


def test_values_are_masked_to_their_last_text() -> None:
    one = Line("odile", Third.STAFF, ("Anne Le Goff", "3"))
    assert masking().value(one) == Line("[opérateur 1]", Third.STAFF, ("[contact 1]", "3"))
    told = {"Morvan": 3, "at": None, "of": [{"to": "+33639981001"}], "yes": True, "s": 1.5}
    masked = {"[contact 2]": 3, "at": None, "of": [{"to": "[contact 1]"}], "yes": True, "s": 1.5}
    assert masking().value(told) == masked


def test_the_law_says_who_sees_what() -> None:
    """The police all of it, an insurer nobody; reserved numbers no court's reader."""
    assert SEES[Requester.POLICE] == frozenset(Third)
    assert SEES[Requester.INSURER] == frozenset()
    assert Third.SERVICES not in SEES[Requester.COURT]
    assert shown_to(Requester.INSURER, [Third.CONTACTS]) == {Third.CONTACTS}


def test_texts_under_a_name_are_found() -> None:
    data = {"site": "1002", "of": {"sites": ["1003", {"x": "1004"}]}, "zone": "1005"}
    assert set(values_of(data, ("site", "sites"))) == {"1002", "1003", "1004"}
    assert set(values_of(data)) == {"1002", "1003", "1004", "1005"}
