"""A site's contract on its forms: what it is, was and will be, and who was called once (D2)."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from callflow.core.sites import contract
from callflow.core.sites.contract import ContractChange
from callflow.core.sites.site import SiteState
from callflow.handling.sites import contracts as acts
from callflow.handling.sites.shape import Site
from callflow.storage import Tx
from callflow.storage.sites import contracts, sites
from web.access.sessions import Visitor
from web.kit import forms
from web.pages.sites import saving
from web.station import Station


class Shown(NamedTuple):
    """A contract as the page shows it."""

    next: list[SiteState]
    since: datetime | None
    quarantined_until: datetime | None
    planned: list[ContractChange]
    made: list[ContractChange]


def shown(tx: Tx, site: Site) -> dict[str, object]:
    """The site's contract, and who was called there once."""
    kept = sites.get(tx, site.id)
    state = site.state
    since = kept.state_since if kept else None
    changes = contracts.changes(tx, site.id)
    planned = [change for change in changes if change.planned]
    return {
        "contract": Shown(
            next=_next(state, [change.state for change in planned]),
            since=since,
            quarantined_until=contract.quarantined_until(state, since) if since else None,
            planned=planned,
            made=[change for change in changes if change.done_at is not None][::-1],
        ),
        "former": contracts.former(tx, site.id),
    }


def _next(state: SiteState, planned: list[SiteState]) -> list[SiteState]:
    """What the contract may become: now, or once what is planned has been done."""
    return list(
        dict.fromkeys(each for before in (state, *planned) for each in contract.NEXT[before])
    )


def change(
    station: Station, visitor: Visitor, site_id: str, form: forms.Form
) -> Callable[[Tx], None]:
    """What is to be done for the form: the contract becomes another."""
    now = station.clock()

    def run(tx: Tx) -> None:
        site = saving.unchanged(tx, site_id, form)
        acts.change_contract(
            tx,
            site_id,
            forms.one_of(SiteState, form, "state"),
            reason=form.get("reason", ""),
            effective_at=forms.moment(form, "effective_at", ZoneInfo(site.timezone)),
            who=visitor.name,
            now=now,
        )

    return run
