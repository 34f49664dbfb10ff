"""``./run check`` (references): what code and documents refer to is in the repository.

A rule (``D`` and its number) is a heading of docs/explanation/rules.md, an invariant a number of
ARCHITECTURE.md's, an activity (mission) a row of docs/explanation/mission.md. A document stands by
its path, with ``#heading`` or with the number that a heading of it begins with behind a comma. An
issue's number leads out of the repository. Links of documents, and in docs/ the paths of modules,
lead to what is there. ``dead`` and ``known`` are pure.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_ROOMS = ("callflow", "ivr", "web", "tests", "asterisk-conf", "docs")
_BESIDE = (
    "run",
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "pyproject.toml",
    ".importlinter",
    "LICENSE",
)
#: Their references are planted.
_PLANTED = ("tests/unit/test_references.py", "tests/unit/test_manual_sources.py")
_READ = frozenset(".py .md .html .js .css .conf .yaml .txt .toml .csv".split())

_RULES, _ACTIVITIES = "docs/explanation/rules.md", "docs/explanation/mission.md"
_INVARIANTS = "ARCHITECTURE.md"
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_RULE = re.compile(r"\bD[0-9]{1,2}\b")
_ACTIVITY = re.compile(r"\bmission ([0-9](?:\.[0-9])?)\b")
_INVARIANT = re.compile(r"\binvariants? ([0-9]+)\b", re.IGNORECASE)
#: Not of another project ("its issue 42").
_ISSUE = re.compile(r"(?<!its )\bissues? #?[0-9]+\b", re.IGNORECASE)
#: A name in quotes is a file that a program opens; what stands behind a slash is somebody else's.
_DOCUMENT = re.compile(
    r"(?<![\w/.\"'-])((?:[\w-]+/)*[A-Za-z][\w-]*\.md)\b(?:#([\w-]+)|, ([0-9]+)\b(?!\.[0-9]))?"
)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"")
_ELSEWHERE = re.compile(r"[a-z]+:")
#: In backticks; with braces, spaces or stars it names several.
_MODULE = re.compile(rf"`((?:{'|'.join(_ROOMS)})/[\w./-]*)`")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What may be referred to. ``paths``: files and folders from the root; ``headings``: {document:
    its headings as links name them}, ``numbers``: {document: what its headings begin with}.
    """

    paths: frozenset[str]
    headings: Mapping[str, frozenset[str]]
    numbers: Mapping[str, frozenset[str]]
    activities: frozenset[str]
    invariants: frozenset[str]


def known(texts: Mapping[str, str], paths: Collection[str]) -> Known:
    """``texts`` are those of the documents, by path."""
    titles = {name: _HEADING.findall(_FENCED.sub("", text)) for name, text in texts.items()}
    invariants = re.split(r"^## Invariants.*$", texts.get(_INVARIANTS, ""), flags=re.MULTILINE)
    listed = invariants[1].partition("\n## ")[0] if len(invariants) > 1 else ""
    return Known(
        paths=frozenset(paths),
        headings={name: frozenset(map(_slug, found)) for name, found in titles.items()},
        numbers={n: frozenset(title.split()[0] for title in found) for n, found in titles.items()},
        activities=frozenset(
            re.findall(r"^\| ([0-9](?:\.[0-9])?) \|", texts.get(_ACTIVITIES, ""), re.MULTILINE)
        ),
        invariants=frozenset(re.findall(r"^([0-9]+)\. ", listed, re.MULTILINE)),
    )


def dead(name: str, text: str, there: Known) -> list[str]:
    """References in the file ``name`` that lead nowhere: ``name:line: what``."""
    found = [*_named(text, there), *_documents(name, text, there)]
    if name.endswith(".md"):
        found += _links(name, text, there)
    return [f"{name}:{text.count(chr(10), 0, at) + 1}: {what}" for at, what in sorted(found)]


_Found = Iterator[tuple[int, str]]


def _named(text: str, there: Known) -> _Found:
    """Rules, activities, invariants, issues."""
    rules = there.numbers.get(_RULES, frozenset())
    for match in _RULE.finditer(text):
        if match[0] not in rules:
            yield match.start(), f"there is no rule {match[0]} in {_RULES}"
    for match in _ACTIVITY.finditer(text):
        if match[1] not in there.activities:
            yield match.start(), f"there is no activity {match[1]} in {_ACTIVITIES}"
    for match in _INVARIANT.finditer(text):
        if match[1] not in there.invariants:
            yield match.start(), f"there is no invariant {match[1]} in {_INVARIANTS}"
    for match in _ISSUE.finditer(text):
        yield match.start(), f"{match[0]!r} leads out of the repository: say what it asks"


def _documents(name: str, text: str, there: Known) -> _Found:
    beside = ""
    if name.endswith(".md"):
        beside, text = posixpath.dirname(name), _LINK.sub(_blank, text)  # those are _links'
    for match in _DOCUMENT.finditer(text):
        path, heading, number = match.groups()
        near = posixpath.normpath(posixpath.join(beside, path))
        document = path if path in there.paths else near
        if document not in there.paths:
            yield match.start(), f"there is no document {path}"
        elif heading and heading not in there.headings.get(document, ()):
            yield match.start(), f"{document} has no heading #{heading}"
        elif number and number not in there.numbers.get(document, ()):
            yield match.start(), f"{document} has no heading that begins with {number}"


def _links(name: str, text: str, there: Known) -> _Found:
    """Of a document, and where it is of docs/ the modules that it names."""
    plain = _FENCED.sub(_blank, text)
    if name.startswith("docs/"):
        for match in _MODULE.finditer(plain):
            if match[1].rstrip("/") not in there.paths:
                yield match.start(), f"there is no {match[1]}"
    for match in _LINK.finditer(_CODE.sub(_blank, plain)):
        path, _, heading = (match[1] or match[2]).partition("#")
        if _ELSEWHERE.match(path):
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        if target not in there.paths:
            yield match.start(), f"the link {path} leads nowhere"
        elif heading and target.endswith(".md") and heading not in there.headings.get(target, ()):
            yield match.start(), f"{target} has no heading #{heading}"


def _blank(match: re.Match[str]) -> str:
    """As long as what it replaces, with its lines."""
    return re.sub(r"[^\n]", " ", match[0])


def _slug(title: str) -> str:
    """A heading as a link to it is written."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _files(root: Path) -> list[Path]:
    found = [root / name for name in _BESIDE]
    found += [file for room in _ROOMS for file in (root / room).rglob("*") if file.is_file()]
    return [file for file in found if "__pycache__" not in file.parts]


def main() -> int:
    """Exit status 1 when a reference leads nowhere."""
    files = {file.relative_to(_ROOT).as_posix(): file for file in _files(_ROOT)}
    folders = {parent.as_posix() for name in files for parent in Path(name).parents}
    texts = {
        name: file.read_text("utf-8")
        for name, file in files.items()
        if (file.suffix in _READ or name in _BESIDE)
        and not name.endswith(".min.js")
        and name not in _PLANTED
    }
    pictures = [file.relative_to(_ROOT).as_posix() for file in (_ROOT / ".pictures").rglob("*")]
    documents = {name: text for name, text in texts.items() if name.endswith(".md")}
    there = known(documents, {*files, *folders, *pictures})
    found = [line for name, text in sorted(texts.items()) for line in dead(name, text, there)]
    print("\n".join(found) if found else f"{len(texts)} files: every reference leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
