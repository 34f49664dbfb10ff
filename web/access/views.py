"""Users and sessions as the pages of people show them."""

import re
from dataclasses import replace
from typing import Any

from callflow.core.people.sessions import Session
from callflow.storage import Tx
from web.access.sessions import Visitor
from web.access.users import Right
from web.kit import i18n
from web.pages.alarms import views
from web.station import Station

#: In the order in which they are looked for: each one's name also says the later ones'.
_BROWSERS = (
    ("Edge", re.compile(r"Edg/(\d+)")),
    ("Firefox", re.compile(r"Firefox/(\d+)")),
    ("Chromium", re.compile(r"Chrome/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).* Safari/")),
)
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "CrOS", "Linux")


def frame(tx: Tx, station: Station, visitor: Visitor, here: str) -> dict[str, Any]:
    """What every page of people has around it; the station's state for those who may read it."""
    reads = Right.READ in visitor.rights and not visitor.held_back
    return {
        "visitor": visitor,
        "here": here,
        "now": station.clock(),
        "zone": i18n.STATION_ZONE,
        "strip": views.strip(station.look(tx)) if reads else None,
    }


def browser(agent: str) -> str:
    """What a browser says that it is, in a few words."""
    found = next(
        (f"{name} {match[1]}" for name, asks in _BROWSERS if (match := asks.search(agent))), None
    )
    system = next((name for name in _SYSTEMS if name in agent), None)
    return ", ".join(filter(None, (found, system))) or agent[:60]


def session_lines(found: list[Session]) -> list[Session]:
    """Sessions, each with its browser in words."""
    return [replace(session, browser=browser(session.browser)) for session in found]
