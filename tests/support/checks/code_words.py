"""How code names things: what nobody reads on a page, hears in a prompt or finds in the logbook."""

from __future__ import annotations

import re

from callflow.core.alarms.incident import State
from callflow.core.calls.call import CallState, Mode, Outcome
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import TaskOutcome

#: In any language.
_CODE = re.compile(
    r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b"  # a field, a state, a step
    r"|\bCALLFLOW_[A-Z_]+|\b[A-Z]{2,}_[A-Z_]+\b"  # a setting
    r"|\bop-[0-9a-z]+\b"  # a telephone
    r"|\((?:totp|oidc)\)"
    r"|\bcli\b|^(?:None|True|False|null)$"
)
#: Members of vocabularies that are no words of French; "operator" is a plan's own id, too, which
#: who writes plans chooses and reads.
_MEMBERS = {
    member.value
    for vocabulary in (CallState, Mode, Outcome, StepKind, State, TaskOutcome)
    for member in vocabulary
} - {"question", "message", "parking", "close", "traces", "operator"}
_ENGLISH = re.compile(
    r"\b(?:" + "|".join(sorted(_MEMBERS)) + r")\b|\((?:password|passkey|recovery)\)"
)


def code_words(said: str, language: str) -> list[str]:
    """The words of the code in a sentence of a language (``fr``, ``en``)."""
    found = [*_CODE.finditer(said), *(_ENGLISH.finditer(said) if language == "fr" else ())]
    return [word[0] for word in found]
