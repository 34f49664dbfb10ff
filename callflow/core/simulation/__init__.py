"""A plan run in virtual time: the same ``next_steps`` as production, without a phone or a row.

``applied`` does what is decided, and ``world`` what happens, as ``handling`` does in rows;
``behaviour`` says what people do, ``run`` puts all together, ``worst`` bounds how long it can last
until a human knows.
"""

from callflow.core.simulation.applied import Entry, new_incident
from callflow.core.simulation.behaviour import (
    NOBODY_ANSWERS,
    Answer,
    BehaviourError,
    Behaviours,
    Chance,
    Doing,
    Guard,
    RandomPeople,
    Script,
    possible,
    usual,
)
from callflow.core.simulation.example import example_site
from callflow.core.simulation.picture import draw
from callflow.core.simulation.run import Ring, Run, Timeline, simulate
from callflow.core.simulation.words import lines, timeline_to_json
from callflow.core.simulation.world import World
from callflow.core.simulation.worst import Worst, worst_case
