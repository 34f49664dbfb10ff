"""The manual's sources: documents of the repository, their links turned to what the manual has.

Pure: texts in, texts out. A document keeps its path below ``docs/``; a folder's README
is its index. What stands elsewhere in the repository and is read by people has a place of its
own (``ELSEWHERE``); a link to anything else keeps its words and leads nowhere.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping

#: Documents outside of docs/, and where they stand in the manual.
ELSEWHERE = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "explanation/architecture.md",
    "CHANGELOG.md": "reference/changes.md",
    "web/security.md": "explanation/security.md",
}
PICTURES = ".pictures/"
_FENCE = re.compile(r"^(```+|~~~+).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
#: A link, or what stands in backticks and is none.
_LINK = re.compile(
    r"`[^`\n]*`"
    r"|(?P<image>!?)\[(?P<words>(?:!\[[^\]]*\]\([^)]*\)|[^\]])*)\]\((?P<to>[^)\s]+)\)"
)
_OUTSIDE = re.compile(r"[a-z]+:")


def place(path: str) -> str | None:
    """Where a file of the repository stands in the manual; None: nowhere."""
    if path in ELSEWHERE:
        return ELSEWHERE[path]
    if path.startswith("docs/") and path.endswith(".md"):
        inside = path.removeprefix("docs/")
        return re.sub(r"(^|/)README\.md$", r"\1index.md", inside)
    if path.startswith(PICTURES):
        return f"pictures/{path.removeprefix(PICTURES)}"
    return None


def staged(path: str, text: str) -> str:
    """A document as the manual has it: each link leads from its new place to the other's."""
    here = place(path)
    assert here is not None, path
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(lambda m: _link(m, path, here), text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, _LINK.sub(lambda m: _link(m, path, here), text[at:])])


def _link(match: re.Match[str], path: str, here: str) -> str:
    if match["to"] is None:
        return match[0]
    words = _LINK.sub(lambda inner: _link(inner, path, here), match["words"])
    target, mark, heading = match["to"].partition("#")
    if _OUTSIDE.match(match["to"]) or not target:
        return f"{match['image']}[{words}]({match['to']})"
    there = place(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    if there is None:
        return words
    near = posixpath.relpath(there, posixpath.dirname(here) or ".")
    return f"{match['image']}[{words}]({near}{mark}{heading})"


def with_contents(pages: Mapping[str, str]) -> dict[str, str]:
    """Each index with the list of what is below it, in the order in which it links there."""
    found = dict(pages)
    for name in pages:
        if posixpath.basename(name) == "index.md":
            found[name] = pages[name] + _contents(_below(name, pages))
    return found


def _contents(names: Iterable[str]) -> str:
    entries = "\n".join(name.removesuffix(".md") for name in names)
    return f"\n\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n" if entries else ""


def _below(index: str, pages: Mapping[str, str]) -> list[str]:
    """Pages of the index's folder, and indexes of the folders in it, from there."""
    folder = posixpath.dirname(index)
    mine = [name for name in pages if name != index and _index_of(name, pages) == index]
    near = [posixpath.relpath(name, folder or ".") for name in mine]
    links = [(m["to"] or "").partition("#")[0] for m in _LINK.finditer(pages[index])]
    order = {name: at for at, name in reversed(list(enumerate(links)))}
    return sorted(near, key=lambda name: (order.get(name, len(order)), name))


def _index_of(name: str, pages: Mapping[str, str]) -> str:
    """The index that a page is listed in: the nearest above it."""
    folder = posixpath.dirname(name)
    if posixpath.basename(name) == "index.md":
        folder = posixpath.dirname(folder)
    while folder and f"{folder}/index.md" not in pages:
        folder = posixpath.dirname(folder)
    return f"{folder}/index.md" if folder else "index.md"
