"""Sentences with a count say "1 site" and "2 sites", and in French "0 site" too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from callflow import texts
from web.kit import i18n

_CATALOGUE = Path(i18n.__file__).parents[1] / "locale" / "fr" / "LC_MESSAGES" / "web.po"

#: A value, and after it a word that may be a noun in the plural.
_COUNTED = re.compile(r"(?:%\((\w+)\)s|\{(\w+)\}) ([^\W\d_]{2,}s)\b")
#: What is counted so and is never 0 or 1; why.
MANY = {
    "%(count)s channels": "a recording of one channel, or of two, is taken",
    "%(rows)s rows": "the most that a file may have",
    "%(rows)s lignes": "the most that a file may have",
    "{most} rows": "the most that a file may have",
    "{most} lignes": "the most that a file may have",
    "{most} characters": "the most that a cell may have",
    "{most} caractères": "the most that a cell may have",
    "%(most)s premiers": "the most that are shown",
    "%(most)s premières": "the most that are shown",
    "%(nth)s times": "two times, and more",
    "%(nth)s fois": "two times, and more",
    "{days} days": "the least that may be set is 30 days",
    "{days} jours": "the least that may be set is 30 days",
    "{count} appels": "the most that are told one by one",
    "{count} fois": "the word has no plural",
}
#: What is filled in and is no count: names, codes, channels, times.
NAMES = frozenset(
    (
        *("account", "by", "channel", "contract", "desk", "from_node", "key", "line", "link"),
        *("name", "node", "person", "to", "value", "who", "n", "first", "other"),
    )
)


def counted() -> list[tuple[str, str, tuple[str, str]]]:
    """(one, several, both in French) of each sentence that has a plural."""
    with _CATALOGUE.open("rb") as file:
        read = read_po(file, locale="fr")
    found = []
    for message in read:
        if message.pluralizable:
            one, several = map(str, message.id)
            singular, plural = map(str, message.string or ())
            found.append((one, several, (singular, plural)))
    return found


def said(language: str, one: str, several: str, count: int) -> str:
    """What a page says of ``count``: what ``ngettext`` of a template does."""
    return i18n.catalogue(language).ngettext(one, several, count) % {"num": count}


@pytest.mark.parametrize(("one", "several", "french"), counted())
def test_nothing_one_and_two_are_said_right(
    one: str, several: str, french: tuple[str, str]
) -> None:
    singular, plural = french
    assert [said("en", one, several, n) for n in (0, 1, 2)] == [
        several % {"num": 0},
        one % {"num": 1},
        several % {"num": 2},
    ]
    assert [said("fr", one, several, n) for n in (0, 1, 2)] == [
        singular % {"num": 0},
        singular % {"num": 1},
        plural % {"num": 2},
    ]


@pytest.mark.parametrize("text", [text for one, _, fr in counted() for text in (one, fr[0])])
def test_one_is_no_plural(text: str) -> None:
    assert not re.search(r"%\(num\)s [^\W\d_]+(?<!s)s\b", text)


def sentences() -> list[str]:
    """Every sentence without a plural of its own: the pages', and the logbook's."""
    with _CATALOGUE.open("rb") as file:
        read = read_po(file, locale="fr")
    plain = [each for each in read if each.id and not each.pluralizable]
    pages = [text for each in plain for text in (str(each.id), str(each.string))]
    return [*pages, *(text for both in texts.ENTRIES.values() for text in both)]


def test_no_other_sentence_counts_in_the_plural() -> None:
    found = [
        f"{each[0]} — {sentence}"
        for sentence in sentences()
        for each in _COUNTED.finditer(sentence)
        if (each[1] or each[2]) not in NAMES and each[0] not in MANY
    ]
    assert found == []
