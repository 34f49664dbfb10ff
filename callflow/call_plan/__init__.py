"""A call plan: ordered steps, each with a table outcome → next step. Versions are immutable.

``vocabulary`` has the words, ``plan`` the steps and their JSON, ``soundness`` what makes a plan
unusable whatever the site; what else an administrator should know of it: ``callflow.plan_check``.
"""

from callflow.call_plan.findings import Finding, Level
from callflow.call_plan.plan import Plan, PlanError, Step, from_json, step_to_json, to_json
from callflow.call_plan.schema import KINDS, MEANINGS, described, json_schema
from callflow.call_plan.soundness import RESERVED_IDS, At, exits, follow, problems, read, ungrounded
from callflow.call_plan.vocabulary import (
    BOUNDS,
    BY_OPERATOR,
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
    justifies,
)

__all__ = [
    "BOUNDS",
    "BY_OPERATOR",
    "CALLING",
    "CONTINUE",
    "ELAPSED",
    "ENDS",
    "EXHAUSTED",
    "FIELDS",
    "JUSTIFIED",
    "JUSTIFIED_TECHNICAL",
    "KINDS",
    "MEANINGS",
    "MUTE",
    "NEUTRAL",
    "NOBODY",
    "OVERDUE",
    "RESERVED_IDS",
    "RESTORED",
    "At",
    "Channel",
    "Finding",
    "Level",
    "Measure",
    "Mode",
    "PanelCommand",
    "Plan",
    "PlanError",
    "Step",
    "StepKind",
    "Stop",
    "described",
    "exits",
    "follow",
    "from_json",
    "json_schema",
    "justifies",
    "problems",
    "read",
    "step_to_json",
    "to_json",
    "ungrounded",
]
