"""The first start: from an empty station to the first test alarm on one's own telephone.

Each step's state is read from the rows and from what runs (callflow/core/station/first_start.py);
what can be done here has its form, the rest a link.
"""

import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.alarms.incident import Incident
from callflow.core.sites.site import ANY_KIND, Authority, Role
from callflow.core.station.first_start import Mark, Part, examine
from callflow.handling.base import refusals as base_refusals
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.shape import Site
from callflow.handling.station import first_start
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.records import logbook
from callflow.storage.sites import contacts, sites
from web.access.sessions import Administrator, Visitor
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.alarms import call_views
from web.pages.alarms.call_views import Card
from web.pages.records.entries import EntryShown, entries_shown
from web.pages.station import start_words
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: Entries of the test alarm's logbook that are shown.
_MOST = 40


@router.get("/start")
async def show(
    visitor: Administrator,
    station: Here,
    site: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The steps as they are now; the page asks again by itself."""
    return await _steps(station, visitor, site=site.strip())


@router.post("/start/site")
async def first_site(request: Request, visitor: Administrator, station: Here) -> Response:
    """A site, and its only contact: whoever is to be called."""
    form = await forms.sent(request)
    account, now = forms.line(form, "account").strip(), station.clock()

    def run(tx: Tx) -> None:
        if sites.get(tx, account) is not None:
            raise ProblemError(409, "there is a site of this account already", field="account")
        body = Site.read(_site(form, account, visitor.language))
        sites_sites.put_site(tx, station.vault, account, body, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _steps(station, visitor, wrong=wrong, typed=form)
    return RedirectResponse(f"/start?site={quote(account, safe='')}", 303)


def _site(form: forms.Form, account: str, language: str) -> dict[str, object]:
    phone, code = forms.line(form, "phone").strip(), forms.line(form, "code").strip()
    for field, given in (("phone", phone), ("code", code)):
        if not given:
            raise ProblemError(422, "is missing", field=field)
    contact = {
        "id": secrets.token_hex(8),
        "name": forms.line(form, "contact").strip(),
        "role": Role.KEYHOLDER.value,
        "rank": 1,
        "language": language,
        "phone": phone,
        "code": code,
        "authorities": {ANY_KIND: [Authority.CANCEL.value]},
    }
    return {
        "name": forms.line(form, "name").strip(),
        "language": language,
        "accounts": [{"account": account}],
        "contacts": [contact],
    }


@router.post("/start/alarm")
async def send(request: Request, visitor: Administrator, station: Here) -> Response:
    """The test alarm: the site's people are called, as an exercise."""
    form = await forms.sent(request)
    site_id, now = forms.line(form, "site"), station.clock()

    def run(tx: Tx) -> None:
        first_start.send_test_alarm(tx, site_id, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _steps(station, visitor, site=site_id, wrong=wrong)
    return RedirectResponse(f"/start?site={quote(site_id, safe='')}#h-alarm", 303)


async def _steps(
    station: Station,
    visitor: Visitor,
    *,
    site: str = "",
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, object]:
        unknown = ""
        try:
            facts = first_start.facts(tx, station.settings, now, site)
        except base_refusals.NotFound:
            unknown, facts = site, first_start.facts(tx, station.settings, now)
        checks, chosen = examine(facts), facts.site.id if facts.site else ""
        return {
            **frame(tx, station, visitor, "start"),
            "unknown": unknown,
            "site": facts.site,
            "sites": facts.sites,
            "checks": checks,
            "left": sum(check.mark is not Mark.DONE for check in checks),
            "account": facts.account,
            "plan": facts.plan.id if facts.plan else "",
            "test": _test(tx, chosen) if chosen else None,
            "address": f"/start?site={quote(chosen, safe='')}" if chosen else "/start",
        }

    values = {
        **await station.store.read(read),
        "said": start_words.SAID,
        "titles": start_words.TITLES,
        "parts": Part,
        "marks": Mark,
        **refusals.said(wrong, visitor.language),
        # A code is typed again: it comes out of no page.
        "typed": {k: v for k, v in (typed or {}).items() if k not in ("csrf", "code")},
    }
    if isinstance(wrong, base_refusals.NotFound):  # said beside the field that named it
        values["refused"] = ""
    return page(visitor.language, "station/start.html", values, refusals.status_of(wrong))


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A test alarm as it went: its calls, and what the logbook says."""

    incident: Incident
    calls: list[Card]
    entries: list[EntryShown]


def _test(tx: Tx, site_id: str) -> Rehearsed | None:
    """The site's newest one."""
    incident = first_start.newest_test(tx, site_id)
    if incident is None:
        return None
    names = {contact.id: contact.name for contact in contacts.called(tx, site_id)}
    entries = logbook.page(tx, incident=incident.id, limit=_MOST)
    cards = call_views.shown(tx, calls.of_incident(tx, incident.id), names)
    return Rehearsed(incident, cards, entries_shown(tx, entries))
