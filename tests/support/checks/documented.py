"""The commands of the documentation: fenced ``sh`` blocks of README.md and ``docs/``.

A block is run as it stands (tests/acceptance/whole), in a folder with a real station; its first
line may say why it is not: ``# Needs root.`` and the like, one of ``REASONS``, which is looked at.
A block of another language whose fence names a file (```` ```yaml night.yaml ````) is that file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?: +(?P<file>[\w.-]+))?[ \t]*\n"
    r"(?P<text>.*?)^(?P=indent)```[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_REASON = re.compile(r"# (Needs [^.\n]+|Takes minutes)\.\n")
_COMMAND = re.compile(r"(?:\./run |(?<![\w./\"'-])callflow )")
_LONG = ("test", "soak", "bench", "film", "check", "package")
#: What keeps a block from being run, and what must stand in it then.
REASONS: dict[str, Callable[[str], bool]] = {
    "Needs root": lambda text: bool(
        re.search(r"\b(sudo|apt|apt-get|dpkg|systemctl|chattr|useradd|install -o)\b", text)
    ),
    "Needs several machines": lambda text: "DATABASE-MACHINE" in text or "MACHINE" in text,
    "Needs a carrier": lambda text: "CALLFLOW_TRUNKS" in text or "carrier" in text,
    "Takes minutes": lambda text: all(
        line.startswith(tuple(f"./run {name}" for name in _LONG)) for line in lines(text)
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One fenced block. ``line`` is that of its first line in the document."""

    document: str
    line: int
    language: str
    file: str
    text: str

    @property
    def reason(self) -> str:
        """Why it is not run; "": it is."""
        found = _REASON.match(self.text)
        return found[1] if found else ""

    @property
    def reaches_out(self) -> bool:
        """It names a place of the machine's, where a test must write nothing."""
        return bool(re.search(r"(?<![\w.:/-])/(etc|var|mnt|usr|root|opt|srv)/", self.text))

    @property
    def is_run(self) -> bool:
        return self.language == "sh" and not self.reason


def documents() -> list[str]:
    """Those that people read, by their path from the root."""
    docs = (path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return ["README.md", *sorted(docs)]


def blocks(document: str) -> list[Block]:
    """Every fenced block of a document."""
    text = (ROOT / document).read_text("utf-8")
    return [
        Block(
            document=document,
            line=text.count("\n", 0, match.start("text")) + 1,
            language=match["language"],
            file=match["file"] or "",
            text=re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE),
        )
        for match in _FENCE.finditer(text)
    ]


def lines(text: str) -> list[str]:
    """A block's commands: what goes on behind a backslash is one, remarks are none."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def has_commands(text: str) -> bool:
    """Whether a block, whatever it is called, holds commands of ours."""
    return any(_COMMAND.match(line) for line in lines(text))


def calls(text: str) -> Iterator[list[str]]:
    """Every call of ours in a block: ``["run", "demo"]``, ``["callflow", "plan", "schema"]``."""
    for words in _sentences(text):
        call: list[str] = []
        begins = True
        for word in [*words, ";"]:
            if set(word) <= _BETWEEN:
                if call:
                    yield call
                call, begins = [], True
            elif call:
                call.append(word)
            elif begins:
                call = [word.removeprefix("./")] if word in _OURS else []
                begins = word in _BEFORE or "=" in word


_OURS, _BETWEEN = ("./run", "callflow"), frozenset(";|&<>()")
#: Words of a shell after which a command begins.
_BEFORE = frozenset({"sudo", "exec", "time", "until", "while", "if", "do", "then", "else", "!"})


def _sentences(text: str) -> Iterator[list[str]]:
    """A block's lines as words; what is quoted over several lines is one."""
    whole = ""
    for line in lines(text):
        whole += f"{line}\n"
        lexer = shlex.shlex(whole, posix=True, punctuation_chars=";|&<>()")
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # the quotation goes on
            continue
        yield words
        whole = ""
    assert not whole, whole
