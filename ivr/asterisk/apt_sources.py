"""The host's own apt sources: which mirrors it trusts for Debian, with their options.

Both forms are read, `*.sources` (deb822) and `*.list` (one line each); see sources.list(5).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RELEASES = frozenset(
    "bullseye bookworm trixie forky duke sid oldoldstable oldstable stable testing unstable".split()
)
_WHAT_AND_WHERE = frozenset({"types", "uris", "suites", "components", "enabled"})
_OPTION_NAMES = {"arch": "Architectures", "lang": "Languages", "target": "Targets"}


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """One Debian mirror and the options (deb822 names, e.g. Signed-By) of its entry."""

    uri: str
    options: tuple[tuple[str, str], ...] = ()

    def stanza(self, suite: str) -> str:
        """A `.sources` entry for another suite of the same mirror, trusted in the same way."""
        lines = ["Types: deb", f"URIs: {self.uri}", f"Suites: {suite}", "Components: main"]
        lines += [f"{name}: {value}" for name, value in self.options]
        return "\n".join(lines) + "\n"


def debian_mirrors(etc: Path = Path("/etc/apt")) -> list[Mirror]:
    """The mirrors that serve Debian's main archive to this host, each once, in order."""
    mirrors: list[Mirror] = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if path.suffix == ".sources":
            mirrors += _deb822(text)
        elif path.suffix == ".list":
            mirrors += _one_line(text)
    return list(dict.fromkeys(mirrors))


def _deb822(text: str) -> Iterator[Mirror]:
    uncommented = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for paragraph in re.split(r"\n\s*\n", uncommented):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t") and name:
                fields[name] += "\n" + line  # a key block may stand in Signed-By itself
            elif ":" in line:
                name, value = line.split(":", 1)
                fields[name] = value.strip()
        yield from _mirrors_of(fields)


def _mirrors_of(fields: dict[str, str]) -> Iterator[Mirror]:
    lower = {name.lower(): value for name, value in fields.items()}
    if lower.get("enabled", "yes").lower() in ("no", "false", "0"):
        return
    if "deb" not in lower.get("types", "").split() or "main" not in lower.get("components", ""):
        return
    if not RELEASES.intersection(lower.get("suites", "").split()):
        return
    options = tuple((n, v) for n, v in fields.items() if n.lower() not in _WHAT_AND_WHERE)
    for uri in lower.get("uris", "").split():
        if not uri.startswith("cdrom:"):
            yield Mirror(uri=uri, options=options)


def _one_line(text: str) -> Iterator[Mirror]:
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if not found:
            continue
        options = dict(option.split("=", 1) for option in (found[1] or "").split() if "=" in option)
        named = {_OPTION_NAMES.get(n, n.title()): v.replace(",", " ") for n, v in options.items()}
        yield from _mirrors_of(
            {"Types": "deb", "URIs": found[2], "Suites": found[3], "Components": found[4], **named}
        )
