"""A call plan: ordered steps, each with a table outcome → next step. Versions are immutable.

``vocabulary`` has the words, ``plan`` the steps and their JSON, ``soundness`` what makes a plan
unusable whatever the site; what else an administrator should know of it:
``callflow.core.plans.check``.
"""

from callflow.core.plans.call_plan.findings import Finding, Level
from callflow.core.plans.call_plan.plan import (
    GUARD_BY_HAND,
    Plan,
    PlanError,
    Step,
    from_json,
    step_asked,
    step_to_json,
    to_json,
)
from callflow.core.plans.call_plan.schema import KINDS, MEANINGS, described, json_schema
from callflow.core.plans.call_plan.soundness import (
    RESERVED_IDS,
    At,
    exits,
    follow,
    impossible,
    problems,
    reachable,
    read,
    sound,
    ungrounded,
)
from callflow.core.plans.call_plan.vocabulary import (
    BOUNDS,
    BY_OPERATOR,
    CALL_BACK_S,
    CALLING,
    CONTINUE,
    ELAPSED,
    ENDS,
    EXHAUSTED,
    FIELDS,
    JUSTIFIED,
    JUSTIFIED_TECHNICAL,
    MUTE,
    NEUTRAL,
    NOBODY,
    OVERDUE,
    RESTORED,
    Channel,
    Measure,
    Mode,
    PanelCommand,
    StepKind,
    Stop,
    WithReport,
    answers_well,
    justifies,
)
