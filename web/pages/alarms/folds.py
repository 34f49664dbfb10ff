"""A site's alarms in one row of a list: the most urgent stands for the others.
``static/console/queue.js`` unfolds them, and folds what the stream brings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from web.pages.alarms.views import Line


@dataclass(frozen=True, slots=True)
class Folds:
    """``behind``: how many others a row stands for, by its id; ``hidden``: the ids of those."""

    behind: Mapping[str, int]
    hidden: frozenset[str]


def folds(lines: Iterable[Line]) -> Folds:
    """Of ``lines`` in the order of the console. A vital alarm that nobody took is never hidden."""
    heads: dict[tuple[str, str], str] = {}
    behind: dict[str, int] = {}
    hidden = set()
    for line in lines:
        if line.site is None:
            continue
        head = heads.setdefault((line.group, line.site), line.id)
        is_loud = line.priority == 1 and line.target_at is not None
        if head != line.id and not is_loud:
            behind[head] = behind.get(head, 0) + 1
            hidden.add(line.id)
    return Folds(behind, frozenset(hidden))
