"""A plan run in virtual time: the same ``next_steps`` as production, without a phone or a row.

``world`` applies what is decided as ``handling`` does, ``behaviour`` says what people do, ``run``
puts both together, ``worst`` bounds how long it can last until a human knows.
"""

from callflow.simulation.behaviour import (
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
)
from callflow.simulation.run import Ring, Timeline, simulate
from callflow.simulation.words import lines, timeline_to_json
from callflow.simulation.world import Entry, World, new_incident
from callflow.simulation.worst import Worst, worst_case

__all__ = [
    "NOBODY_ANSWERS",
    "Answer",
    "BehaviourError",
    "Behaviours",
    "Chance",
    "Doing",
    "Entry",
    "Guard",
    "RandomPeople",
    "Ring",
    "Script",
    "Timeline",
    "World",
    "Worst",
    "lines",
    "new_incident",
    "possible",
    "simulate",
    "timeline_to_json",
    "worst_case",
]
