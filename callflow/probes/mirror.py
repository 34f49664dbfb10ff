"""The other site of a station that has two, as this site's keeper wrote it down last."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from callflow.core.time.instants import from_iso
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading

#: In the folder of the roles' sockets: what the keeper says of both sites, written every second.
STATUS = "mirror.json"
#: What it wrote is believed for so long.
_VALID = timedelta(seconds=60)


def look(run_dir: Path) -> Reading | None:
    """How the mirror is; None: nothing was written, or something else."""
    try:
        said = json.loads((run_dir / STATUS).read_text(encoding="utf-8"))
        return reading(said)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def reading(said: Mapping[str, Any]) -> Reading:
    """What the keeper's words mean. Raises ValueError, KeyError, TypeError where they are none."""
    at: datetime = from_iso(said["at"])
    behind = said["behind"]
    state, reason = State.OK, None
    if not said["in_step"]:
        state, reason = State.FAILED, Reason.NOT_IN_STEP
    elif said["files_missing"]:
        state, reason = State.DEGRADED, Reason.FILES_MISSING
    return Reading(
        part=Part.MIRROR,
        name=str(said["other"]["name"]),
        state=state,
        reason=reason,
        detail=str(said["problem"]),
        figure=None if behind is None else float(behind),
        unit="bytes",
        at=at,
        valid=_VALID,
    )
