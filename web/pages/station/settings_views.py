"""Common to the pages of settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Response

from callflow.storage import Tx
from web.access.sessions import Visitor
from web.access.views import frame
from web.kit import refusals
from web.kit.refusals import Wrong
from web.kit.rendering import page
from web.station import Station

Row = dict[str, Any]


async def setting(
    station: Station,
    visitor: Visitor,
    part: str,
    read: Callable[[Tx], Row] | None = None,
    wrong: Wrong | None = None,
    *,
    one: str = "",
    **values: Any,
) -> Response:
    """The page of one setting, or of ``one`` thing of it, with what ``read`` finds; ``wrong``: why
    an act was refused."""

    def everything(tx: Tx) -> Row:
        return {**frame(tx, station, visitor, "settings"), **(read(tx) if read else {})}

    shown = {
        **values,
        **await station.store.read(everything),
        "part": part,
        **refusals.said(wrong, visitor.language),
    }
    return page(
        visitor.language, f"station/settings_{one or part}.html", shown, refusals.status_of(wrong)
    )
