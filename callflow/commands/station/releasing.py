"""``release``: a station that was restored from a backup acts from now on."""

import json

from callflow import clock
from callflow.commands.base import AsJson, open_rows, settings_of_this_run
from callflow.handling.station import restored
from callflow.texts.station.access import BY_COMMAND


def release(json_: AsJson = False) -> None:
    """Let a restored station act: calls and messages leave from now on.

    Do it once the station that the backup was made of is off: two that act call everybody twice.
    """
    with open_rows(settings_of_this_run()) as (store, _):
        now = clock.now()
        done = store.write_now(lambda tx: restored.release(tx, BY_COMMAND, now))
    if json_:
        print(json.dumps({"released": True, "alarms": done.alarms, "late": done.late}))
        return
    print("released: calls and messages leave from now on")
    print("where a trunk registers with its carrier, restart the station: it does so at its start")
    print(f"{done.alarms} alarms wait for a person; {done.late} messages were too late")
