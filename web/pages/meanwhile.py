"""Two people change the same thing at once: the second save is refused, nothing is overwritten."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from web.pages.forms import Form
from web.problems import ProblemError

CHANGED = "somebody changed this meanwhile: look at it as it is now, and change it again"


def stamp(shown: Any) -> str:
    """What a form's page showed, as its field ``as_of`` carries it."""
    said = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def unchanged(form: Form, now: Any) -> None:
    """What is ``now`` is what the form's page showed; a form that says nothing of it saw nothing.
    Raises a problem."""
    if form.get("as_of") != stamp(now):
        raise ProblemError(409, CHANGED)
