"""A site set up by an administrator: what it is, and who is called, in which order.

Each form changes its own part of the site as it is read now, and is refused where somebody else
changed the site since the form was shown.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.interventions.directory import ServiceLine, competent, masked
from callflow.core.interventions.law import Service
from callflow.core.sites.site import ANY_KIND, Authority, Role
from callflow.handling.calls import trial_calls
from callflow.handling.sites import contracts
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.contacts import SECRETS
from callflow.handling.sites.shape import Contact, Site
from callflow.storage import Tx
from callflow.storage.interventions import services
from callflow.storage.sites import contacts, search, sites
from web.access.sessions import Configurer, Visitor
from web.kit import forms
from web.kit.listing import Words
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.words import LANGUAGES
from web.pages.sites import contract, saving
from web.pages.sites import sites as site_list
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


_GENERAL = ("name", "client", "address", "postcode", "timezone")
#: Which way a contact goes in the order of those of its role.
_MOVES = {"up": -1, "down": 1}
ACTS = (*_MOVES, "close")


@router.post("/sites")
async def create(request: Request, visitor: Configurer, station: Here) -> Response:
    """A site with one account, which is its id; its forms are shown then."""
    form = await forms.sent(request)
    account, name = forms.line(form, "account").strip(), forms.line(form, "name").strip()
    now = station.clock()

    def run(tx: Tx) -> None:
        if sites.get(tx, account) is not None:
            raise ProblemError(409, "there is a site of this account already", field="account")
        body = Site.read({"name": name, "accounts": [{"account": account}]})
        sites_sites.put_site(tx, station.vault, account, body, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await site_list.answer(station, visitor, wrong=wrong, typed=form)
    return RedirectResponse(f"/sites/{account}/edit?saved=general", 303)


@router.get("/sites/{site_id}/edit")
async def show(
    site_id: str,
    visitor: Configurer,
    station: Here,
    known: Words = "",
) -> Response:
    """The site's forms; with ``known`` firms and other sites' people who are called so."""
    return await _forms(station, visitor, site_id, known=known)


@router.post("/sites/{site_id}/edit")
async def change(site_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """What the site is."""
    form = await forms.sent(request)

    def changed(site: Site) -> Site:
        said = {name: forms.line(form, name).strip() for name in _GENERAL}
        said["postcode"] = said["postcode"].upper()
        where = {name: forms.number(form, name) for name in ("latitude", "longitude")}
        kept = _secrets(form, ("recognition_word", "password", "duress_password"))
        return site.changed(**said, **where, language=_language(form, site.language), **kept)

    return await _save(station, visitor, site_id, form, changed, part="general")


@router.post("/sites/{site_id}/contacts")
async def write_contact(
    site_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """A contact of the site, changed or, without an ``id``, added after the others."""
    form = await forms.sent(request)

    def changed(site: Site) -> Site:
        known = forms.line(form, "id")
        before = next((c for c in site.contacts if c.id == known), None)
        if known and before is None:
            raise ProblemError(409, saving.CHANGED)
        if before is not None:
            after = before.changed(**_contact(before, form))
            return site.changed(contacts=[after if c is before else c for c in site.contacts])
        new = Contact.read({"id": secrets.token_hex(8), **_contact(None, form)})
        ranks = [c.rank for c in site.contacts if c.role == new.role]
        new = new.changed(rank=max(ranks, default=0) + 1)
        return site.changed(contacts=[*site.contacts, new])

    return await _save(station, visitor, site_id, form, changed)


@router.post("/sites/{site_id}/contacts/{contact_id}/{act}")
async def move_contact(
    site_id: str,
    contact_id: str,
    act: str,
    request: Request,
    visitor: Configurer,
    station: Here,
) -> Response:
    """``up`` and ``down`` among those of its role, or ``close`` with a reason: called no more."""
    if act not in ACTS:
        raise not_found("act")
    form = await forms.sent(request)

    def changed(site: Site) -> Site:
        this = next((c for c in site.contacts if c.id == contact_id), None)
        if this is None:
            raise ProblemError(409, saving.CHANGED)
        if act == "close":
            contracts.a_reason(form.get("reason", ""))
            return contracts.without(site, contact_id, this.role)
        order = [c for c in site.contacts if c.role == this.role]
        place = order.index(this)
        order.insert(max(0, place + _MOVES[act]), order.pop(place))
        ranks = {c.id: rank for rank, c in enumerate(order, 1)}
        moved = [c.changed(rank=ranks[c.id]) if c.role == this.role else c for c in site.contacts]
        return site.changed(contacts=moved)

    return await _save(station, visitor, site_id, form, changed)


def _contact(before: Contact | None, form: forms.Form) -> dict[str, object]:
    """What the form says; a code left empty stays, for all kinds of alarms alike."""
    granted = [a for a in Authority if form.get(f"may_{a.value}")]
    authorities = {**(before.authorities if before else {}), ANY_KIND: granted}
    return {
        "name": forms.line(form, "name").strip(),
        "role": forms.one_of(Role, form, "role"),
        "phone": forms.line(form, "phone").strip() or None,
        "fax": forms.line(form, "fax").strip() or None,
        "language": _language(form, before.language if before else ""),
        "authorities": {k: may for k, may in authorities.items() if may or k != ANY_KIND},
        "keys_held": bool(form.get("keys_held")),
        **_secrets(form, SECRETS),
    }


def _secrets(form: forms.Form, names: tuple[str, ...]) -> dict[str, str | None]:
    """What is typed; nothing where a tick removes it. One that is left empty stays as it is."""
    typed = {name: forms.line(form, name).strip() for name in names}
    return {name: said or None for name, said in typed.items() if said or form.get(f"{name}_gone")}


def _language(form: forms.Form, before: str) -> str:
    said = form.get("language", "")
    if said not in (*LANGUAGES, before):
        raise ProblemError(422, f"choose one of {', '.join(LANGUAGES)}", field="language")
    return said


async def _save(
    station: Station,
    visitor: Visitor,
    site_id: str,
    form: forms.Form,
    change: Callable[[Site], Site],
    *,
    part: str = "contacts",
) -> Response:
    """Write the site as ``change`` makes it; say why not, with what was typed, where it's wrong."""
    return await saving.save(
        station,
        visitor,
        site_id,
        form,
        change,
        back=_back(site_id, part),
        again=lambda wrong: _forms(station, visitor, site_id, wrong, form),
    )


@router.post("/sites/{site_id}/known")
async def add_known(site_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """A firm, or somebody of another site, is called for this one too, with all that they have."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        site, role = saving.unchanged(tx, site_id, form), forms.one_of(Role, form, "role")
        body = contracts.called_too(tx, site, form.get("contact", ""), role)
        sites_sites.put_site(tx, station.vault, site_id, body, visitor.name, now)

    return await _done(station, visitor, site_id, form, run)


@router.post("/sites/{site_id}/contract")
async def change_contract(
    site_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """The site's contract becomes another, now or from a moment on, with a reason (D2)."""
    form = await forms.sent(request)
    run = contract.change(station, visitor, site_id, form)
    return await _done(station, visitor, site_id, form, run, part="contract")


@router.post("/sites/{site_id}/contract/{change_id}/drop")
async def drop_change(
    site_id: str, change_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """What is planned for the contract is not done."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        contracts.drop_change(tx, site_id, change_id, visitor.name, now)

    return await _done(station, visitor, site_id, form, run, part="contract")


@router.post("/sites/{site_id}/former/{former_id}/restore")
async def restore(
    site_id: str, former_id: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """Somebody who was called once is called again."""
    form, now = await forms.sent(request), station.clock()

    def run(tx: Tx) -> None:
        site = saving.unchanged(tx, site_id, form)
        body = contracts.back(tx, site, former_id, visitor.name, now)
        sites_sites.put_site(tx, station.vault, site_id, body, visitor.name, now)

    return await _done(station, visitor, site_id, form, run)


def _back(site_id: str, part: str) -> str:
    """The part of the page that a form saved."""
    return f"/sites/{quote(site_id, safe='')}/edit?saved={part}#h-{part}"


async def _done(
    station: Station,
    visitor: Visitor,
    site_id: str,
    form: forms.Form,
    run: Callable[[Tx], None],
    *,
    part: str = "contacts",
) -> Response:
    return await saving.done(
        station,
        run,
        back=_back(site_id, part),
        again=lambda wrong: _forms(station, visitor, site_id, wrong, form),
    )


async def _forms(
    station: Station,
    visitor: Visitor,
    site_id: str,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
    *,
    known: str = "",
) -> Response:
    now = station.clock()

    def values(tx: Tx, site: Site) -> dict[str, Any]:
        text = known.replace("\0", "").strip()
        found = search.known(tx, text, limit=20) if text else []
        called = {(contact.id, contact.role) for contact in site.contacts}
        return {
            "known": known,
            "police": _police(tx, site, now),
            "masked": masked,
            "tested": trial_calls.results(tx, site_id),
            "elsewhere": contacts.other_sites(tx, [c.id for c in site.contacts], site_id),
            "found": [one for one in found if (one.id, one.role) not in called],
            "roles": [role.value for role in Role],
            "authorities": [authority.value for authority in Authority],
            "any_kind": ANY_KIND,
            **contract.shown(tx, site),
        }

    return await saving.shown(
        station, visitor, site_id, "sites/site_edit.html", values, wrong=wrong, typed=typed
    )


def _police(tx: Tx, site: Site, now: datetime) -> ServiceLine | None:
    """The police's line for this site at this hour (D23)."""
    zone, lines = ZoneInfo(site.timezone), services.lines(tx)
    of: dict[str, Any] = {"site": site.id, "postcode": site.postcode, "at": now, "zone": zone}
    return competent(lines, Service.POLICE, **of)
