"""ETags: who changes something names the revision that they saw, in If-Match (RFC 9110, 13.1.1)."""

from typing import Annotated

from fastapi import Header

from web.kit.problems import ProblemError

IfMatch = Annotated[
    str | None,
    Header(description="The ETag that GET gave; for what is new it is left out", max_length=100),
]


def tag(revision: str) -> str:
    """A revision as its ETag."""
    return f'"{revision}"'


def named(if_match: str | None) -> str | None:
    """The revision that an ETag names; None where none is named. Raises ProblemError."""
    if if_match is None:
        return None
    tag = if_match.strip()
    if len(tag) < 3 or tag[0] != '"' or tag[-1] != '"':
        raise ProblemError(412, 'If-Match takes the one ETag that GET gave, such as "5f2a…"')
    return tag[1:-1]


def needed(if_match: str | None, what: str = "draft") -> str:
    """The revision that an ETag names. Raises ProblemError where none is named."""
    revision = named(if_match)
    if revision is None:
        raise ProblemError(428, f"name the {what}'s ETag in If-Match: somebody may have changed it")
    return revision
