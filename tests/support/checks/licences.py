"""``python -m tests.support.checks.licences``: the licence of every part that is shipped, listed.

Callflow is under Apache-2.0. What goes out with it must be free to go with that: permissive, or
copyleft of single files or libraries (MPL, LGPL), which are shipped as they came, each a file of
its own that anybody may replace. A library under GPL or AGPL would make the whole theirs: it fails,
and so does a part whose licence nobody can tell. Programs of their own (Asterisk, ffmpeg) are begun
and spoken with over sockets and pipes: beside us on a disk, not part of us. ``goes_with`` and
``stated`` are pure.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement

_ROOT = Path(__file__).resolve().parents[3]
_GROUPS = {
    "requirements.lock": "shipped",
    "requirements-transcription.lock": "on request",
    "requirements-dev.lock": "tests",
    "requirements-phones.lock": "tests",
}
#: Whatever may be asked of us for them (a notice, a text beside it) the package keeps with each;
#: CC-BY-4.0 is of data, whose authors the page that shows it names.
PERMISSIVE = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CC-BY-4.0 CC0-1.0 ISC MIT MIT-0 MIT-CMU OFL-1.1"
    " PSF-2.0 Python-2.0 Unlicense Zlib".split()
)
#: Files or libraries that stay under their own, which ours does not touch.
OF_THEIR_OWN_FILES = frozenset(
    "LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MPL-1.1 MPL-2.0".split()
)
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
#: Where metadata leaves a doubt: what the part's own files say, read by a person.
_READ = {
    "cssselect2": "BSD-3-Clause",
    "grimp": "BSD-2-Clause",
    "import-linter": "BSD-2-Clause",
    "jinja2": "BSD-3-Clause",
    "py-nanotts": "Apache-2.0",
    "pyasn1-modules": "BSD-2-Clause",
    "pydyf": "BSD-3-Clause",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
    "pyphen": "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1",
    "python-dateutil": "Apache-2.0 AND BSD-3-Clause",
    "pysnmp": "BSD-2-Clause",
    "segno": "BSD-3-Clause",
    "soundfile": "BSD-3-Clause AND LGPL-2.1-or-later",  # its wheel brings libsndfile
    "tinycss2": "BSD-3-Clause",
    "weasyprint": "BSD-3-Clause",
    "webencodings": "BSD-3-Clause",
}
#: npm's metadata is not always SPDX's.
_ON_NPM = {"BSD-0-Clause": "0BSD"}
#: What is neither on PyPI nor npm's: (part, its licence, where it lies).
_BESIDE = (("Inter", "OFL-1.1", "callflow/paper/fonts"),)
_TOKEN = re.compile(r"\(|\)|[\w.+-]+")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of somebody else's, and what it is needed for: shipped, on request, tests."""

    name: str
    licence: str
    use: str


def goes_with(licence: str) -> bool:
    """True where a part under this SPDX expression may be shipped with a work under Apache-2.0."""
    tokens = _TOKEN.findall(licence)
    whole = bool(tokens) and tokens[-1] not in {"AND", "OR"}
    return whole and _alternatives(tokens) and not tokens


def _alternatives(tokens: list[str]) -> bool:
    good = _together(tokens)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        good = _together(tokens) or good
    return good


def _together(tokens: list[str]) -> bool:
    good = _one(tokens)
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        good = _one(tokens) and good
    return good


def _one(tokens: list[str]) -> bool:
    token = tokens.pop(0) if tokens else ""
    if token == "(":
        good = _alternatives(tokens)
        return bool(tokens) and tokens.pop(0) == ")" and good
    return token in PERMISSIVE | OF_THEIR_OWN_FILES


def stated(name: str, told: Message) -> str:
    """The SPDX expression of a distribution, of its metadata; "" where that doesn't say."""
    if expression := told.get("License-Expression"):
        return str(expression)
    if name in _READ:
        return _READ[name]
    words = str(told.get("License", ""))
    if words in PERMISSIVE | OF_THEIR_OWN_FILES:
        return words
    prefix = "License :: OSI Approved :: "
    classifiers = [str(each) for each in told.get_all("Classifier", ())]
    known = {_CLASSIFIERS.get(c.removeprefix(prefix), "") for c in classifiers if prefix in c}
    return known.pop() if len(known) == 1 else ""


def parts() -> list[Part]:
    """Everything that the locks name for this platform, npm's parts and what lies beside."""
    found: dict[str, Part] = {}
    for lock, use in _GROUPS.items():
        for name in _named((_ROOT / lock).read_text(encoding="utf-8")):
            found.setdefault(name, Part(name=name, licence=_licence(name), use=use))
    return [*found.values(), *_of_the_pages(), *(_beside())]


def _named(lock: str) -> Iterable[str]:
    for line in lock.splitlines():
        if re.match(r"[a-z0-9]", line):
            wanted = Requirement(line.removesuffix("\\").strip())
            if wanted.marker is None or wanted.marker.evaluate():
                yield wanted.name


def _licence(name: str) -> str:
    try:
        return stated(name, cast("Message", metadata.metadata(name)))
    except metadata.PackageNotFoundError:
        return ""


def _of_the_pages() -> Iterable[Part]:
    lock = json.loads((_ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    for path, package in lock["packages"].items():
        if path and not path.startswith("node_modules/@esbuild/"):  # one a platform
            use = "tests" if package.get("dev") else "shipped"
            name = path.removeprefix("node_modules/")
            licence = package.get("license", "")
            yield Part(name=f"{name} (npm)", licence=_ON_NPM.get(licence, licence), use=use)


def _beside() -> Iterable[Part]:
    for name, licence, place in _BESIDE:
        assert (_ROOT / place).is_dir(), f"{name}: there is no {place}"
        yield Part(name=name, licence=licence, use="shipped")


def refused(found: Iterable[Part]) -> list[str]:
    """Each shipped part that doesn't go with Apache-2.0, and why; ours to mend."""
    return [
        f"{part.name}: {part.licence or 'nobody can tell its licence: read its files, and _READ'}"
        for part in found
        if part.use == "shipped" and not goes_with(part.licence)
    ]


def listing(found: Iterable[Part], use: str) -> str:
    """The parts of one use by their licences, a line each."""
    by_licence: Mapping[str, list[str]] = defaultdict(list)
    for part in found:
        if part.use == use:
            by_licence[part.licence or "not told, or not installed here"].append(part.name)
    return "\n".join(f"  {one}: {', '.join(sorted(by_licence[one]))}" for one in sorted(by_licence))


_TITLES = {
    "shipped": "in the package",
    "on request": "not in it: brought by a station that wants drafts (./run transcription)",
    "tests": "of the tests and checks alone, never shipped",
}


def main() -> int:
    """Print every part; 1 where one that is shipped must not be."""
    found = parts()
    for use, title in _TITLES.items():
        print(f"{title}:\n{listing(found, use)}")
    print(
        "programs beside, begun by us and not linked: Asterisk (GPL-2.0), ffmpeg (GPL-2.0 or later)"
    )
    wrong = refused(found)
    for line in wrong:
        print(f"does not go with Apache-2.0: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
