"""Where we are registered with carriers, as Asterisk's own list has it. Pure."""

import re

#: One line a registration: its name before the slash, its state after what it answers with.
_LINE = re.compile(
    r"^ (?P<name>[a-z][a-z0-9-]{0,15})/sips?:\S*\s.*?"
    r"\b(?P<state>Registered|Unregistered|Rejected|Stopped|Unregistering|Stopping)\b"
)
#: The command whose answer is read.
COMMAND = "pjsip show registrations"


def registrations(told: str) -> dict[str, bool]:
    """Of each registration, by its trunk's name, whether the carrier has it now."""
    found = (_LINE.match(line) for line in told.splitlines())
    return {line["name"]: line["state"] == "Registered" for line in found if line}
