"""What every sheet is made of: tables, their cells, and what things are called in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callflow.core.calls.prompts import KINDS
from callflow.core.records.figures import Step, day_of
from callflow.core.records.plots import Drawing
from callflow.texts import word
from callflow.texts.statistics import CATEGORIES, STEPS, TITLES, WORDS

#: What stands in a table: nothing, words, a number.
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table; ``site`` where it is about one."""

    cells: Sequence[Cell]
    site: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its head; ``shares``: the columns that are per cents."""

    name: str
    title: str
    head: Sequence[str]
    lines: Sequence[Line]
    shares: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one page shows. ``tables``: the first one is its file."""

    plots: Sequence[Drawing] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called. ``zones``: {(account, zone's key): name}; ``called``: {log-in: shown
    name}."""

    language: str
    sites: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[tuple[str, str], str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)

    def say(self, name: str, *more: object) -> str:
        """A word of the statistics."""
        return word(WORDS, name, self.language).format(*more)

    def title(self, name: str, *more: object) -> str:
        """A title."""
        return word(TITLES, name, self.language).format(*more)

    def head(self, *names: str) -> list[str]:
        """Heads of columns, with capitals."""
        return [capital(self.say(name)) for name in names]

    def step(self, step: Step) -> str:
        """A step."""
        return word(STEPS, step.value, self.language)

    def category(self, name: str) -> str:
        """A category of alarms."""
        return word(CATEGORIES, name, self.language)

    def kind(self, name: str) -> str:
        """What an alarm is about."""
        said = next((texts for known, texts in KINDS.items() if known.value == name), None)
        return said[self.language] if said else name

    def day(self, number: int) -> str:
        """A day, short."""
        day = day_of(number)
        return f"{day:%d/%m}" if self.language == "fr" else f"{day:%d %b}"

    def number(self, value: float) -> str:
        """A number, short, with the language's comma."""
        said = f"{value:g}"
        return said.replace(".", ",") if self.language == "fr" else said

    def person(self, name: str) -> str:
        """An operator as people call them; nobody where an alarm was never taken."""
        return self.called.get(name, name) or self.say("nobody")


def capital(text: str) -> str:
    """``text`` with a capital."""
    return text[:1].upper() + text[1:]


def seconds(ms: float | None) -> float | None:
    """Milliseconds as seconds, to a tenth."""
    return None if ms is None else round(ms / 1000, 1)


def share(part: float, whole: float) -> float | None:
    """Per cents, to a tenth; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def edge_word(edge: int) -> str:
    """The end of a bar: 45 s, 2 min, 1 h."""
    if edge < 120:
        return f"{edge} s"
    return f"{edge // 60} min" if edge < 3600 else f"{edge // 3600} h"
