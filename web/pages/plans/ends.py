"""The ends of a plan's step in its form: in groups, each with where it leads, may lead, and what
becomes of it where nothing is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from callflow.core.calls.call import ANSWERS, Outcome
from callflow.core.plans.call_plan import (
    BY_OPERATOR,
    CALLING,
    CONTINUE,
    ELAPSED,
    ENDS,
    EXHAUSTED,
    NOBODY,
    OVERDUE,
    RESTORED,
    Plan,
    Step,
    StepKind,
)
from callflow.core.plans.picture.words import end_words, titles
from callflow.core.plans.task import TaskOutcome
from callflow.texts.plans import plan_words
from web.pages.plans.views import target_words

#: Ends after which no list goes on.
_NOT_ON = frozenset({EXHAUSTED, NOBODY, OVERDUE})
#: Outcomes of calls: what a person says by a key or a code, and what the line does.
_ANSWERED = tuple(o.value for o in takewhile(lambda o: o is not Outcome.NO_ANSWER, Outcome))
_LINE = (*(o.value for o in Outcome if o not in _ANSWERED), OVERDUE)
#: Ends that are all shown at once.
_FEW = 6
#: Of more ends, those that are shown first: what an administrator decides in any plan.
_LISTED: frozenset[str] = frozenset(
    {Outcome.ACKNOWLEDGED, Outcome.OPERATOR, EXHAUSTED, NOBODY, OVERDUE}
)
_VERIFIED: frozenset[str] = frozenset(
    {
        Outcome.VERIFIED_OK,
        Outcome.KNOWN_CAUSE,
        Outcome.VERIFIED_NO_AUTHORITY,
        Outcome.GOING,
        Outcome.SEND_GUARD,
        EXHAUSTED,
        NOBODY,
        OVERDUE,
    }
)
_COMMON = {StepKind.COUNTER_CALL: _VERIFIED, StepKind.CALL_LIST: _VERIFIED}
#: In which order ends are shown: what people answer, what is found, then what the line does.
ORDER: Mapping[str, int] = {
    end: place
    for place, end in enumerate(
        (*_ANSWERED, *(o.value for o in TaskOutcome), ELAPSED, RESTORED, EXHAUSTED, NOBODY, *_LINE)
    )
}
#: Somebody is in danger, or asks for a person.
_DANGER: frozenset[str] = frozenset(
    {Outcome.HELP, Outcome.OPERATOR, Outcome.WRONG_CODE, Outcome.DURESS, TaskOutcome.TRACES}
)
#: Nothing that anybody did: a fault.
_TECHNICAL: frozenset[str] = frozenset(
    {Outcome.TRUNK_FAILURE, Outcome.UNKNOWN, Outcome.ERROR, TaskOutcome.FAILED}
)
#: Nobody, or nobody who could settle it.
_NOT_REACHED: frozenset[str] = frozenset(
    {
        *(EXHAUSTED, NOBODY, OVERDUE, TaskOutcome.SERVICE_DECLINES),
        *(Outcome.VERIFIED_NO_AUTHORITY, Outcome.NEXT_PERSON, Outcome.DECLINED, Outcome.CALL_BACK),
        *(Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REFUSED, Outcome.UNREACHABLE),
        *(Outcome.NO_KEY, Outcome.HUNG_UP, Outcome.NO_NUMBER),
    }
)


@dataclass(frozen=True, slots=True)
class End:
    """An end of a step in a form: where it leads, may lead, and what becomes of it ``unsaid``.
    ``common``: to be shown though it leads nowhere yet."""

    outcome: str
    words: str
    target: str
    options: list[tuple[str, str]]
    unsaid: str
    common: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Ends of one sort; those that are ``said``, or usually are, stand first."""

    name: str
    words: str
    said: list[End]
    unsaid: list[End]


def groups(shown: Sequence[End], column: int) -> list[Group]:
    """The ends in their groups: settled, not reached, danger, technical; none without an end."""
    found = []
    for name, pair in plan_words.END_GROUPS.items():
        mine = [end for end in shown if group_of(end.outcome) == name]
        first = [end for end in mine if end.target or end.common]
        rest = [end for end in mine if not (end.target or end.common)]
        if mine:
            found.append(Group(name, pair[column], first, rest))
    return found


def group_of(outcome: str) -> str:
    """The group that an end belongs to, a key of ``plan_words.END_GROUPS``."""
    if outcome in _DANGER:
        return "danger"
    if outcome in _TECHNICAL:
        return "technical"
    return "not_reached" if outcome in _NOT_REACHED else "settled"


def ends(step: Step, plan: Plan, column: int) -> list[End]:
    """Each end of a step, the usual ones first.

    An outcome leads further down; a target that stands elsewhere by now is kept, to be seen.
    """
    known = titles(plan, column)
    place = next(n for n, each in enumerate(plan.steps, 1) if each.id == step.id)
    steps = [(each.id, known[each.id]) for each in plan.steps[place:]]
    rows = []
    for outcome in _in_order(step):
        target = step.outcomes.get(outcome, "")
        on = [(CONTINUE, plan_words.GOES_ON[column])]
        options = [*(on if step.kind in CALLING and outcome not in _NOT_ON else []), *steps]
        if target and target not in dict(options):
            options.append((target, target_words(target, known, column)))
        rows.append(
            End(
                outcome=str(outcome),
                words=end_words(step, outcome, column),
                target=target,
                options=options,
                unsaid=_unsaid(step, outcome, column),
                common=_common(step, outcome),
            )
        )
    return rows


def _in_order(step: Step) -> list[str]:
    """The ends of a step as they are shown; answers that a question doesn't have are none."""
    known = set(step.outcomes) | ENDS[step.kind] - set(ANSWERS[len(step.answers) :])
    return sorted(known, key=lambda end: (ORDER.get(end, len(ORDER)), end))


def _unsaid(step: Step, outcome: str, column: int) -> str:
    """What becomes of an end for which nothing is chosen."""
    others = {end: to for end, to in step.outcomes.items() if end != outcome}
    target = replace(step, outcomes=others).target(outcome)
    if target == CONTINUE:
        return plan_words.UNSAID_NEXT[column]
    if target is not None or (outcome == NOBODY and step.kind in CALLING):
        return plan_words.UNSAID_AS[column]
    said = plan_words.UNSAID_KEPT if step.kind in BY_OPERATOR else plan_words.UNSAID_OPERATOR
    return said[column]


def _common(step: Step, outcome: str) -> bool:
    few = len(ENDS[step.kind]) <= _FEW
    return few or outcome in ANSWERS or outcome in _COMMON.get(step.kind, _LISTED)
