"""A list that is searched, sorted and paged where the rows are: what its page asks and shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from callflow.storage.engine.listing import Page
from web.kit.problems import ProblemError

#: Rows of one page.
MOST = 50
#: Words and a day as a query may hold them, of any page.
Words = Annotated[str, Query(max_length=100)]
Day = Annotated[str, Query(max_length=10)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for, by what it is sorted (- before it: the other way round), which page."""

    q: str = ""
    sort: str = ""
    n: int = 1
    state: str = ""
    usual: str = ""  # how it is sorted where nobody says it

    def among(self, sorts: Sequence[str], states: Iterable[str] = ()) -> Asked:
        """The same of a list with these columns, by the first of them where none is named, and
        with these states. Raises a problem."""
        asked = replace(self, sort=self.sort or sorts[0], usual=sorts[0])
        if asked.by not in sorts:
            raise ProblemError(422, f"choose one of {', '.join(sorts)}", field="sort")
        if self.state and self.state not in (known := tuple(states)):
            raise ProblemError(422, f"choose one of {', '.join(known)}", field="state")
        return asked

    @property
    def text(self) -> str:
        """What is looked for, as rows may hold it."""
        return self.q.replace("\0", "").strip()

    @property
    def by(self) -> str:
        """The column."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """True where the last one comes first."""
        return self.sort.startswith("-")

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.n - 1) * MOST

    @property
    def page(self) -> Page:
        """The page, as rows are asked for it."""
        return Page(self.text, self.state, self.by, self.descending, self.offset, MOST)

    def address(self, **changed: str | int) -> str:
        """The query of the same list, asked otherwise."""
        asked = {"q": self.q, "state": self.state, "sort": self.sort, "n": 1, **changed}
        plain = {"q": "", "state": "", "sort": self.usual, "n": 1}
        return "?" + urlencode({name: asked[name] for name in plain if asked[name] != plain[name]})

    def pages(self, count: int) -> int:
        """How many pages so many rows have."""
        return max(1, -(-count // MOST))


def _asked(
    q: Words = "",
    state: Words = "",
    sort: Words = "",
    n: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Asked:
    return Asked(q, sort, n, state)


Listed = Annotated[Asked, Depends(_asked)]
