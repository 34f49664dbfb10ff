"""Common to the pages of settings."""

from collections.abc import Callable, Mapping

from fastapi import Response

from callflow.storage import Tx
from web.access.sessions import Visitor
from web.access.views import frame
from web.kit import refusals
from web.kit.refusals import Wrong
from web.kit.rendering import page
from web.station import Station


async def setting(
    station: Station,
    visitor: Visitor,
    part: str,
    read: Callable[[Tx], Mapping[str, object]] | None = None,
    wrong: Wrong | None = None,
    *,
    one: str = "",
    **values: object,
) -> Response:
    """The page of one setting, or of ``one`` thing of it, with what ``read`` finds; ``wrong``: why
    an act was refused."""

    def everything(tx: Tx) -> dict[str, object]:
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
