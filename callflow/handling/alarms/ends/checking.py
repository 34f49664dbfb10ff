"""What is looked at before an alarm is filed, read from its rows (mission 5.2)."""

from datetime import datetime

from callflow.core.alarms import checks
from callflow.core.alarms.checks import Check, Handled
from callflow.core.alarms.filing import Standing
from callflow.core.alarms.incident import Incident
from callflow.core.plans import call_plan
from callflow.handling.base.policy import load_policy
from callflow.storage import Tx
from callflow.storage.alarms import open_ends, tasks
from callflow.storage.calls import calls
from callflow.storage.interventions import services


def check_list(tx: Tx, incident: Incident, stands: Standing) -> tuple[Check, ...]:
    """Every line, for its page and its report. ``stands``: how its site does."""
    return checks.checks(incident, handled(tx, incident, stands))


def handled(tx: Tx, incident: Incident, stands: Standing) -> Handled:
    """How it was handled, as its rows say."""
    its_tasks = tasks.of_incident(tx, incident.id)
    its_calls = calls.of_incident(tx, incident.id)
    claimed = open_ends.told_at(tx, incident.id, ("claimed",), first=True)
    placed = [call.placed_at for call in its_calls if call.placed_at is not None]
    first: list[datetime] = [*placed, *([claimed] if claimed is not None else [])]
    out = [one for one in its_tasks if "accepted_at" in one.data]
    return Handled(
        plan=call_plan.from_json(incident.plan),
        stands=stands,
        target=load_policy(tx).target(incident.category),
        taken_at=min(first, default=None),
        calls=its_calls,
        tasks=its_tasks,
        verifications=services.verifications(tx, incident.id),
        called=services.calls_of(tx, incident.id),
        reports=services.reports_of(tx, incident.id),
        counted=open_ends.count_charges(tx, incident.id) if out else 0,
        chargeable=len(out),
    )
