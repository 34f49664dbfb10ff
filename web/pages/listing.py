"""A list that is searched, sorted and paged where the rows are: what its page asks and shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from web.problems import ProblemError

#: Rows of one page.
MOST = 50
_Line = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for, by what it is sorted (- before it: the other way round), which page."""

    q: str = ""
    sort: str = ""
    n: int = 1

    def sorted_by(self, sorts: tuple[str, ...]) -> str:
        """The column, the first of ``sorts`` where none is named. Raises a problem."""
        by = self.sort.removeprefix("-") or sorts[0]
        if by not in sorts:
            raise ProblemError(422, f"choose one of {', '.join(sorts)}", field="sort")
        return by

    @property
    def text(self) -> str:
        """What is looked for, as rows may hold it."""
        return self.q.replace("\0", "").strip()

    @property
    def descending(self) -> bool:
        """Whether the last one comes first."""
        return self.sort.startswith("-")

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.n - 1) * MOST

    def address(self, **changed: str | int) -> str:
        """The query of the same list, asked otherwise."""
        asked = {"q": self.q, "sort": self.sort, "n": 1, **changed}
        return "?" + urlencode({k: v for k, v in asked.items() if v not in ("", 1)})

    def pages(self, count: int) -> int:
        """How many pages so many rows have."""
        return max(1, -(-count // MOST))


def _asked(q: _Line = "", sort: _Line = "", n: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Asked:
    return Asked(q, sort, n)


Listed = Annotated[Asked, Depends(_asked)]
