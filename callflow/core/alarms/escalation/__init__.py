"""Deciding, purely: what the machine does next for an incident, and for people who wait.

``run`` follows the plan, ``turns`` says whose turn it is in a list, ``guards`` sends guards,
``actions`` is what comes out, ``desk`` brings humans to who and what waits.
"""

from callflow.core.alarms.escalation.actions import (
    Action,
    Close,
    Decision,
    EndTask,
    EnterStep,
    Finish,
    HandToHuman,
    NoNumber,
    OpenTask,
    PlaceCall,
    Withdraw,
)
from callflow.core.alarms.escalation.desk import (
    BRIDGE_PAUSE,
    Desk,
    DeskCall,
    bridge_step,
    queue_number,
    with_first,
)
from callflow.core.alarms.escalation.guards import GuardEvent, progressed
from callflow.core.alarms.escalation.run import (
    ENDLESS_AFTER,
    STUCK_AFTER,
    UNPLACED_AFTER,
    UNREAD,
    SiteNeeded,
    next_steps,
)
from callflow.core.alarms.escalation.turns import (
    BUSY_AFTER_UNKNOWN,
    BUSY_RETRIES,
    BUSY_RETRY,
    CALL_BACK_AFTER,
    TRUNK_RETRIES,
    TRUNK_RETRY,
    may_call_back,
)
