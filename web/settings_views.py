"""What the pages of settings have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Response

from callflow import handling
from callflow.storage import Tx
from web.access_views import frame, refusal
from web.auth import Visitor
from web.problems import ProblemError
from web.rendering import page
from web.station import Station

Row = dict[str, Any]
Wrong = handling.Refused | ProblemError


async def setting(
    station: Station,
    visitor: Visitor,
    part: str,
    read: Callable[[Tx], Row],
    wrong: Wrong | None = None,
    **values: Any,
) -> Response:
    """The page of one setting, with what ``read`` finds; ``wrong``: why an act was refused."""

    def everything(tx: Tx) -> Row:
        return {**frame(tx, station, visitor, "settings"), **read(tx)}

    shown = {
        **values,
        **await station.store.read(everything),
        "part": part,
        "refused": refusal(wrong, visitor.language),
        "field": wrong.field if isinstance(wrong, ProblemError) else "",
    }
    status = 200
    if wrong is not None:
        missing = isinstance(wrong, handling.NotFound)
        status = wrong.status if isinstance(wrong, ProblemError) else 404 if missing else 409
    return page(visitor.language, f"settings_{part}.html", shown, status)
