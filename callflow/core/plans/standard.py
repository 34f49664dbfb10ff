"""The plans every station starts with, and which kind of alarm gets which."""

from collections.abc import Mapping
from dataclasses import replace

from callflow.core.calls.call import Outcome
from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import (
    ELAPSED,
    EXHAUSTED,
    OVERDUE,
    RESTORED,
    Mode,
    Plan,
    Step,
    StepKind,
    Stop,
)
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.schedule import Question
from callflow.core.sites.site import ANY_KIND, Role

_FALSE_ALARM = Step(id="false_alarm", kind=StepKind.CLOSE, code="false_alarm")
_OPERATOR = Step(id="operator", kind=StepKind.HAND_TO_OPERATOR)

#: Counter-call twice, a little apart (D15), then the keyholders until one settles it.
INTRUSION = Plan(
    id="intrusion",
    version=1,
    name="Intrusion",
    steps=(
        Step(
            id="counter_call",
            kind=StepKind.COUNTER_CALL,
            attempts=2,
            delay_s=20,
            outcomes={
                Outcome.VERIFIED_OK: "false_alarm",
                Outcome.VERIFIED_NO_AUTHORITY: "keyholders",
                EXHAUSTED: "keyholders",
            },
        ),
        Step(
            id="keyholders",
            kind=StepKind.CALL_LIST,
            name="Dépositaires de clés",
            attempts=2,
            delay_s=120,
            outcomes={Outcome.VERIFIED_OK: "false_alarm", EXHAUSTED: "operator"},
        ),
        _OPERATOR,
        _FALSE_ALARM,
    ),
)

#: Premises, then every keyholder whatever anybody answers; a human has it from the start (D5).
FIRE = Plan(
    id="fire",
    version=1,
    name="Incendie",
    steps=(
        Step(
            id="counter_call",
            kind=StepKind.COUNTER_CALL,
            stop=Stop.ALL,
            outcomes={EXHAUSTED: "keyholders"},
        ),
        Step(
            id="keyholders",
            kind=StepKind.CALL_LIST,
            name="Dépositaires de clés",
            stop=Stop.ALL,
            outcomes={EXHAUSTED: "operator"},
        ),
        _OPERATOR,
    ),
)

_CALLED_OFF = Step(id="arrived_well", kind=StepKind.CLOSE, code="nothing_found")

#: "Arrived well" did not come (D18): one counter-call asks the question that was agreed, the code.
#: Anything but the right one, silence included, takes the path of a personal alarm.
BANK = Plan(
    id="bank",
    version=1,
    name="Ouverture d’agence",
    steps=(
        Step(
            id="counter_call",
            kind=StepKind.COUNTER_CALL,
            outcomes={Outcome.VERIFIED_OK: "arrived_well", EXHAUSTED: "operator"},
        ),
        _OPERATOR,
        _CALLED_OFF,
    ),
)

#: The step that asks a bank's own conventional question.
_QUESTION = "question"


def bank(question: Question) -> Plan:
    """The same where a question was agreed with the bank: the code first, then the question, and
    only its right answer is well."""
    answers = range(1, len(question.answers) + 1)
    wrong = {f"answer_{n}": _OPERATOR.id for n in answers}
    asked = Step(
        id=_QUESTION,
        kind=StepKind.QUESTION,
        who=(Who(role=Role.PREMISES),),
        limit_s=BANK.first.limit,
        text=question.text,
        answers=question.answers,
        outcomes={
            **wrong,
            f"answer_{question.right}": _CALLED_OFF.id,
            EXHAUSTED: _OPERATOR.id,
        },
    )
    return replace(BANK, steps=(asked, _OPERATOR, _CALLED_OFF))


def question_of(plan: Plan) -> Question | None:
    """The conventional question that a bank's plan asks; None: only the code is asked."""
    step = next((step for step in plan.steps if step.id == _QUESTION), None)
    if step is None or not step.answers:
        return None
    right = (n for n in range(1, len(step.answers) + 1) if _is_right(step, n))
    return Question(text=step.text, answers=step.answers, right=next(right, 0))


def _is_right(step: Step, answer: int) -> bool:
    return step.outcomes.get(f"answer_{answer}") == _CALLED_OFF.id


#: Nothing rings on site (D7), or nothing is worth waking somebody for (D9): an operator decides.
OPERATOR = Plan(id="operator", version=1, name="Opérateur", steps=(_OPERATOR,))

_PRESENT = "present"
#: The operator alone on shift gives no sign of presence: the desks all at once, where a key ends
#: it; then whoever is on duty, then a supervisor. Their key ends nothing: somebody goes and sees.
DEAD_MAN = Plan(
    id="dead_man",
    version=1,
    name="Homme mort",
    steps=(
        Step(
            id="desk",
            kind=StepKind.MESSAGE,
            name="Postes de la station",
            who=(Who(role=Role.PREMISES),),
            mode=Mode.ALL_AT_ONCE,
            text="Seul en poste, vous n’avez pas confirmé votre présence. Tout va bien ?",
            outcomes={Outcome.ACKNOWLEDGED: _PRESENT, EXHAUSTED: "duty"},
        ),
        Step(
            id="duty",
            kind=StepKind.MESSAGE,
            name="Technicien d’astreinte",
            who=(Who(role=Role.MAINTENANCE),),
            attempts=2,
            text="L’opérateur seul en poste ne répond ni à l’écran ni au téléphone."
            " Quelqu’un doit se rendre à la station.",
            outcomes={Outcome.ACKNOWLEDGED: _OPERATOR.id, EXHAUSTED: "supervisor"},
        ),
        Step(
            id="supervisor",
            kind=StepKind.MESSAGE,
            name="Chef de salle",
            who=(Who(role=Role.MANAGER),),
            attempts=2,
            text="L’opérateur seul en poste ne répond pas, le technicien d’astreinte non plus."
            " Quelqu’un doit se rendre à la station.",
            outcomes={Outcome.ACKNOWLEDGED: _OPERATOR.id, EXHAUSTED: _OPERATOR.id},
        ),
        _OPERATOR,
        Step(id=_PRESENT, kind=StepKind.CLOSE, code=_PRESENT),
    ),
)

_BACK = Step(id="works_again", kind=StepKind.CLOSE, code="restored")
#: A part of the station fails: who looks after it, and whoever is on duty; who said that they see
#: to it has an hour, then the hierarchy hears of it. Works again: it ends by itself.
ORGAN = Plan(
    id="organ",
    version=1,
    name="Panne à la station",
    steps=(
        Step(
            id="duty",
            kind=StepKind.MESSAGE,
            name="Technicien d’astreinte",
            who=(Who(role=Role.MAINTENANCE),),
            attempts=2,
            delay_s=120,
            limit_s=900,
            text="Un organe de la station est en panne. Confirmez que vous vous en chargez.",
            outcomes={
                Outcome.ACKNOWLEDGED: "repair",
                EXHAUSTED: "supervisor",
                OVERDUE: "supervisor",
            },
        ),
        Step(
            id="repair",
            kind=StepKind.WAIT,
            name="Attente du rétablissement",
            restore=True,
            limit_s=3600,
            outcomes={RESTORED: _BACK.id, ELAPSED: "supervisor"},
        ),
        Step(
            id="supervisor",
            kind=StepKind.MESSAGE,
            name="Chef de salle",
            who=(Who(role=Role.MANAGER),),
            attempts=2,
            delay_s=120,
            limit_s=900,
            text="Un organe de la station est en panne et n’est pas rétabli dans le délai.",
            outcomes={
                Outcome.ACKNOWLEDGED: "deadline",
                EXHAUSTED: _OPERATOR.id,
                OVERDUE: _OPERATOR.id,
            },
        ),
        Step(
            id="deadline",
            kind=StepKind.WAIT,
            name="Attente, hiérarchie prévenue",
            restore=True,
            limit_s=4 * 3600,
            outcomes={RESTORED: _BACK.id, ELAPSED: _OPERATOR.id},
        ),
        _OPERATOR,
        _BACK,
    ),
)

_CALLED_TESTER = Step(id="told", kind=StepKind.CLOSE, code="test")


def test_over(tester: str) -> Plan:
    """Somebody's time on test is over (D17): the contact ``tester`` is told so, on the phone, and
    where they can't be reached an operator does it."""
    call = Step(
        id="tester",
        kind=StepKind.MESSAGE,
        name="Qui a mis en essai",
        who=(Who(contact=tester),),
        attempts=2,
        delay_s=120,
        identify=False,
        text="Votre mise en essai est terminée. Ce qui est encore en alarme est traité à présent.",
        outcomes={Outcome.ACKNOWLEDGED: _CALLED_TESTER.id, EXHAUSTED: _OPERATOR.id},
    )
    steps = (call, _OPERATOR, _CALLED_TESTER)
    return Plan(id="test_over", version=1, name="Fin d’essai", steps=steps)


STANDARD_PLANS: tuple[Plan, ...] = (INTRUSION, FIRE, BANK, OPERATOR)
#: Their ids: what ``plan_id`` gives where a site says nothing.
FALLBACKS = frozenset(plan.id for plan in STANDARD_PLANS)
#: What alarms of the station itself follow, {kind: plan}; the others are an operator's.
OF_STATION: Mapping[Kind, Plan] = {
    Kind.DEAD_MAN: DEAD_MAN,
    Kind.ORGAN: ORGAN,
    Kind.TRUNK: ORGAN,
    Kind.RECEIVER: ORGAN,
}
#: Of those, what administrators change as any plan.
EDITED: tuple[Plan, ...] = (ORGAN,)

_BY_CATEGORY: Mapping[Category, str] = {
    Category.VITAL: FIRE.id,
    Category.SECURITY: INTRUSION.id,
    Category.TECHNICAL: OPERATOR.id,
    Category.INFORMATION: OPERATOR.id,
}
#: Voice first (D8) and things that nobody declared: a human from the first moment.
_HUMAN_KINDS = PERSONAL | {
    Kind.MEDICAL,
    Kind.LIFT,
    Kind.UNKNOWN,
    Kind.UNENCRYPTED,
    Kind.UNPROVED,
    Kind.TERMINATED,
    Kind.MISMATCH,
    Kind.MISSING_TEST,
    Kind.PANEL_USER,  # whoever is there may know a code that was true once
    Kind.RECEIVER,
    Kind.TRUNK,
    Kind.ORGAN,
    Kind.PEER,
    Kind.GUESSING,
    Kind.LOGBOOK,
}


def is_usual(kind: Kind, category: Category) -> bool:
    """True where a plan for any kind is meant for such an alarm."""
    return category is Category.SECURITY and kind not in _HUMAN_KINDS


def plan_id(site_plans: Mapping[str, str], kind: Kind, category: Category) -> str:
    """Which plan an alarm gets: the site's for its kind or category, else the standard one.

    The site's plan for any kind ("*") serves security alarms only: a technical fault at 03:00
    wakes nobody by mistake (D9), and a personal alarm is never called back (D7).
    """
    if kind in PERSONAL:
        return site_plans.get(kind.value, OPERATOR.id)
    if kind is Kind.BANK_OPENING:  # asked at the site, by a plan of its own, and nobody else
        return site_plans.get(kind.value, BANK.id)
    named = site_plans.get(kind.value) or site_plans.get(category.value)
    if named is None and is_usual(kind, category):
        named = site_plans.get(ANY_KIND)
    if named is not None:
        return named
    return OPERATOR.id if kind in _HUMAN_KINDS else _BY_CATEGORY[category]
