"""What is found in a plan, in its page's words: nobody has to know a plan's file to read them."""

from __future__ import annotations

import re

import pytest

from callflow.core.plans.call_plan import ENDS, FIELDS, StepKind
from callflow.core.signals.signal import Kind
from tests.unit.core.plans.test_check import EXAMPLES, a_plan, found
from web.pages.plans import views

#: Words of a plan's file with which no sentence would say anything.
ONLY_IN_FILES = {"exhausted", "n_valid"} | {
    word
    for word in (
        *(word for kind in StepKind for word in (kind, *FIELDS[kind], *map(str, ENDS[kind]))),
        *Kind,
    )
    if "_" in word
}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("code", EXAMPLES)
def test_no_finding_is_said_in_words_of_a_file(code: str, language: str) -> None:
    plan = a_plan(EXAMPLES[code]["has"])
    rows = views.findings(found(EXAMPLES[code]["has"]), language, plan)
    assert code in {row.code for row in rows}
    named = {step.id for step in plan.steps} | {"go_to"}  # what a step back is called in a file
    for row in rows:
        assert not set(re.findall(r"[\w-]+", row.text)) & (ONLY_IN_FILES - named), row.text
