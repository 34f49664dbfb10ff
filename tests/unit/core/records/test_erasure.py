"""A person is found however they are written, and nobody else is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.folding import folded
from callflow.core.records.erasure import GONE, Likely, Person, texts_in, ways_of

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


# --- many people at once --------------------------------------------------------------------

_NAMES = st.text("aéÉOoß_-' 9\u0301", min_size=1, max_size=8)
_NUMBERS = st.sampled_from(["+33639980361", "+390612345678", "+33112", "112", "abc", "+1"])
_OTHERS = st.sampled_from(["c1", "1002-q", "a_b", "_x_", "--", "zoé@exemple.fr", "é"])
_PEOPLE = st.builds(
    Person,
    id=_OTHERS,
    name=st.one_of(_NAMES, st.just("Mme Zoé Quercy-Martin"), st.just("li wu")),
    numbers=st.lists(_NUMBERS, max_size=2).map(tuple),
    others=st.lists(_OTHERS, max_size=2).map(tuple),
    here=st.lists(st.sampled_from(["3 quai d'Été", "(x)", "quai d'Été"]), max_size=2).map(tuple),
)


@given(people=st.lists(_PEOPLE, min_size=1, max_size=4), data=st.data())
def test_nobody_who_is_named_is_missed(people: list[Person], data: st.DataObject) -> None:
    pieces = [
        piece
        for person in people
        for text in (person.name, *person.numbers, *person.others, *person.here)
        for piece in (text, *re.findall(r"\w+|\W", text), text.upper(), ".".join(text))
    ]
    apart = st.sampled_from(["", " ", "\n", "_", ".", "0", "33", "é", "x", "\u0301", "\u00a0"])
    piece = st.sampled_from(pieces)
    drawn = data.draw(st.lists(st.tuples(piece, apart), max_size=6))
    text = "".join(part for both in drawn for part in both)
    named = {
        place
        for place, person in enumerate(people)
        if any(wording.without(text) != text for wording in (person.anywhere, person.at_home))
    }
    assert Likely(people).of(text) >= named


def test_others_texts_name_none_of_them() -> None:
    people = [WHO, Person(id="c2", name="Anne Roy", numbers=("+33639980777",), others=("c2",))]
    likely = Likely(people)
    assert likely.of("Mme Martin a rappelé") == {0}
    assert likely.of("06 39 98 07 77, Anne ou Martin") == {0, 1}
    assert likely.of("M. Petit, 06 39 98 03 62, rappelle dans 10 min") == set()


def test_texts_of_json_are_all_there() -> None:
    value = {"a": ["b", {"c": "d", 5: None}], "e": 3}
    assert list(texts_in(value)) == ["a", "b", "c", "d", "5", "e"]
