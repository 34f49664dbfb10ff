"""Two people change the same thing at once: the second save is refused, nothing is overwritten."""

from typing import Any

from callflow.core.changes import stamp as stamp  # what a page showed, as ``as_of`` carries it
from web.kit.forms import Form
from web.kit.problems import ProblemError

CHANGED = "somebody changed this meanwhile: look at it as it is now, and change it again"


def unchanged(form: Form, now: Any) -> None:
    """What is ``now`` is what the form's page showed; a form that says nothing of it saw nothing.
    Raises a problem."""
    if form.get("as_of") != stamp(now):
        raise ProblemError(409, CHANGED)
