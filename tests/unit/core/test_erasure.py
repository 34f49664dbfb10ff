"""A person is found however they are written, and nobody else is."""

from __future__ import annotations

import pytest

from callflow.erasure import GONE, Person, ways_of
from callflow.folding import folded

WHO = Person(
    id="c1",
    name="Mme Zoé Quercy-Martin",
    numbers=("+33639980361",),
    others=("c1", "zoe@exemple.fr"),
)


@pytest.mark.parametrize(
    "text",
    [
        "Mme Zoé Quercy-Martin",
        "MME ZOE QUERCY MARTIN",
        "martin mme zoé quercy",
        "+33639980361",
        "+33 6 39 98 03 61",
        "0033 (0)6.39.98.03.61",
        "06-39-98-03-61",
        "33639980361",
        "Zoe@Exemple.fr",
        "c1",
        "Mme Zoe\u0301 Quercy-Martin",
    ],
)
def test_they_are_gone_wherever_they_stand(text: str) -> None:
    for wording in (WHO.anywhere, WHO.at_home):
        assert wording.without(f"É {text}, oui") == f"É {GONE}, oui"


@pytest.mark.parametrize("text", ["Quercy", "M. MARTIN", "Zoé"])
def test_a_part_of_the_name_is_theirs_at_their_sites_only(text: str) -> None:
    assert GONE in WHO.at_home.without(text)
    assert WHO.anywhere.without(text) == text


@pytest.mark.parametrize(
    "text", ["106399803612", "0639980362", "+3363998036", "Martinique", "c12", "mme", ""]
)
def test_others_stay(text: str) -> None:
    assert WHO.at_home.without(text) == text


def test_a_namesake_is_left_alone_elsewhere() -> None:
    who = Person(id="c1", name="Zoé Quercy", namesake=True)
    assert who.anywhere.without("Zoé Quercy") == "Zoé Quercy"
    assert who.at_home.without("Zoé Quercy") == GONE


def test_keys_and_values_of_json_are_looked_through() -> None:
    before = {"c1.phone": ["0639980361", None, 3], "x": {"y": "Zoé"}}
    assert WHO.at_home.taken_out(before) == {f"{GONE}.phone": [GONE, None, 3], "x": {"y": GONE}}


@pytest.mark.parametrize(
    "line",
    [
        '{"to": "+33639980361"}\n',
        '{"name": "Mme Zo\\u00e9 Quercy-Martin"}\r\n',
        "GET /directory?q=zo%65@exemple.fr",
        "NOTICE Mme Zoé Quercy-Martin\n",
    ],
)
def test_a_line_of_a_log_is_covered_as_long_as_it_was(line: str) -> None:
    before = line.encode()
    covered = WHO.anywhere.covered(before)
    assert len(covered) == len(before)
    assert covered.rstrip(b"\r\n") == b"*" * len(before.rstrip(b"\r\n"))
    assert WHO.anywhere.covered(b"nobody\xff\n") == b"nobody\xff\n"


def test_what_is_compared_is_as_long_as_what_is_written() -> None:
    for text in ("Œuvre ß İ ǅ ﬁ", "é\u0301x", "ASCII"):
        assert len(folded(text)) <= len(text)


@pytest.mark.parametrize(
    ("address", "ways"),
    [
        ("", []),
        ("Quimper", ["Quimper"]),
        ("12 bis rue du Port, 29000 Quimper", ["rue du Port"]),
        ("3, chemin de l'Étang, 29000 Quimper", ["chemin de l'Étang"]),
        ("Zone du Lac, bâtiment B", ["Zone du Lac", "bâtiment B"]),
    ],
)
def test_an_address_is_written_of_without_its_number(address: str, ways: list[str]) -> None:
    assert [way for way in ways_of(address) if way != address or way in ways] == ways


def test_what_names_a_client_at_their_sites_stays_elsewhere() -> None:
    client = Person(id="x", name="Époux Roy", here=("Maison du bourg",))
    assert client.at_home.without("vu : maison du bourg") == f"vu : {GONE}"
    assert client.anywhere.without("vu : maison du bourg") == "vu : maison du bourg"


def test_a_first_name_alone_is_left_to_everybody_else_who_has_it() -> None:
    anne = Person(id="x", name="Anne")
    assert anne.anywhere.without("Anne Morvan rappelle") == "Anne Morvan rappelle"
    assert anne.at_home.without("Anne rappelle") == f"{GONE} rappelle"
