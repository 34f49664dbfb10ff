"""A site's tables: its accounts, zones and panel users, its plans, codes and cameras.

Each row is added, changed or removed alone; the rest of the site stays as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

from callflow.core.alarms.correlation import zone_key
from callflow.core.folding import folded
from callflow.core.signals.signal import Kind
from callflow.core.time.hours import DAYS
from callflow.core.watch.supervision import user_key
from callflow.handling.sites import contracts
from callflow.storage import Tx
from callflow.storage.sites import sites
from web.access.sessions import Visitor, allowed
from web.access.users import Right
from web.kit import forms, hours_forms, i18n, words
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong
from web.kit.words import N_
from web.pages.sites import removed, saving
from web.pages.sites.fields import ALARMS, Ask, Choices, Field, Part, label
from web.pages.sites.saving import Body
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

Here = Annotated[Station, Depends(station_of)]
Configurer = Annotated[Visitor, Depends(allowed(Right.CONFIGURE))]

#: Rows of one table on a page; more are found by searching.
MOST = 200


def _of(table: Mapping[str, str]) -> Choices:
    def choices(site: Body, language: str) -> Mapping[str, str]:
        translate = i18n.catalogue(language).gettext
        return {name: translate(text) for name, text in table.items()}

    return choices


def _kinds(site: Body, language: str) -> Mapping[str, str]:
    return {kind.value: words.kind(kind.value, language) for kind in Kind}


def _alarms(site: Body, language: str) -> Mapping[str, str]:
    return {kind.value: words.kind(kind.value, language) for kind in ALARMS}


def _accounts(site: Body, language: str) -> Mapping[str, str]:
    return {account["account"]: account["account"] for account in site["accounts"]}


def _contacts(site: Body, language: str) -> Mapping[str, str]:
    return {contact["id"]: contact["name"] for contact in site["contacts"]}


def _known_lines(site: Body, language: str) -> Mapping[str, str]:
    """Lines of this machine; another of the station's may have others, hence no choice."""
    return {name: name for name in site.get("known_lines", ())}


def _listed(name: str) -> Callable[[Body], list[Body]]:
    return lambda site: list(site[name])


def _put(name: str) -> Callable[[Body, list[Body]], Body]:
    return lambda site, items: {**site, name: items}


def _put_accounts(site: Body, items: list[Body]) -> Body:
    kept = {each["account"] for each in items}
    if any(each["account"] not in kept for each in (*site["zones"], *site["panel_users"])):
        raise ProblemError(409, "this account has zones or panel users: remove them first")
    return {**site, "accounts": items}


def _in_order(zone: Body) -> tuple[str, int, str]:
    """2 before 10."""
    number = str(zone["zone"])
    return str(zone["account"]), len(zone_key(number)), number


ACCOUNTS = Part(
    name="accounts",
    title=N_("Accounts"),
    adding=N_("Add an account"),
    fields=(
        Field(name="account", longest=16, required=True, fixed=True),
        Field(name="line", longest=32, choices=_known_lines),
        Field(name="phone", longest=40),
        Field(name="dc09_key", ask=Ask.KEPT),
        Field(name="poll_every_s", ask=Ask.NUMBER),
        Field(name="test_every_h", ask=Ask.NUMBER),
    ),
    known_by=lambda item: (str(item["account"]),),
    listed=_listed("accounts"),
    put=_put_accounts,
    hint=N_("A lift is tested at least every 72 hours, whatever is written here."),
)
ZONES = Part(
    name="zones",
    title=N_("Zones"),
    adding=N_("Add a zone"),
    fields=(
        Field(name="zone", longest=16, required=True),
        Field(name="name", required=True),
        Field(name="account", ask=Ask.CHOICE, required=True, choices=_accounts),
        Field(name="kind", ask=Ask.CHOICE, choices=_kinds),
    ),
    known_by=lambda item: (str(item["account"]), zone_key(str(item["zone"]))),
    listed=lambda site: sorted(site["zones"], key=_in_order),
    put=_put("zones"),
    hint=N_("A kind is only chosen where the zone means something else than its codes say."),
)
PANEL_USERS = Part(
    name="panel_users",
    title=N_("Panel users"),
    adding=N_("Add a panel user"),
    fields=(
        Field(name="number", longest=16, required=True),
        Field(name="contact", ask=Ask.CHOICE, choices=_contacts),
        Field(name="part", ask=Ask.CHOICE, required=True, choices=_of(words.PANEL_PARTS)),
        Field(name="account", ask=Ask.CHOICE, required=True, choices=_accounts),
        Field(name="revoked", ask=Ask.TICK),
    ),
    known_by=lambda item: (str(item["account"]), user_key(str(item["number"]))),
    listed=_listed("panel_users"),
    put=_put("panel_users"),
    hint=N_("Once a panel has users here, an opening by any other user is an incident."),
)


def _alarms_of_plans(site: Body, language: str) -> Mapping[str, str]:
    translate = i18n.catalogue(language).gettext
    every = {"*": translate(N_("any other alarm"))}
    of_category = {
        name: f"{translate(N_('category'))} : {translate(said)}"
        for name, said in words.CATEGORIES.items()
    }
    return {**every, **of_category, **_alarms(site, language)}


def _known_plans(site: Body, language: str) -> Mapping[str, str]:
    known = site.get("known_plans", {})
    return {plan: f"{name} ({plan})" if name else plan for plan, name in known.items()}


PLANS = Part(
    name="plans",
    title=N_("Which plan for which alarm"),
    adding=N_("Choose a plan for some alarms"),
    fields=(
        Field(name="alarm", ask=Ask.CHOICE, required=True, choices=_alarms_of_plans),
        Field(name="plan", ask=Ask.CHOICE, required=True, checked=False, choices=_known_plans),
    ),
    known_by=lambda item: (str(item["alarm"]),),
    listed=lambda site: [{"alarm": a, "plan": plan} for a, plan in site["plans"].items()],
    put=lambda site, items: {**site, "plans": {each["alarm"]: each["plan"] for each in items}},
    hint=N_("What is not here gets the station's usual plan. Rules by hour and zone come first."),
)


def _rules(site: Body) -> list[Body]:
    """The rules, each as a row: its place, its zones as account/zone, its hours by day."""
    return [
        {
            **rule,
            "place": place,
            "rule_zones": [f"{z['account']}/{z['zone']}" for z in rule.get("zones", [])],
            **hours_forms.typed_week(rule.get("when", {}).get("week")),
        }
        for place, rule in enumerate(site["plan_rules"])
    ]


def _put_rules(site: Body, items: list[Body]) -> Body:
    return {**site, "plan_rules": [_rule(each, site) for each in items]}


def _rule(item: Body, site: Body) -> Body:
    """As PUT takes it; what its row does not show stays."""
    week = hours_forms.week({day: item.get(day) or "" for day in DAYS})
    when = {k: v for k, v in item.get("when", {}).items() if k != "week"}
    armed, only = item.get("armed"), site["accounts"][0]["account"] if site["accounts"] else ""
    zones = [each.rpartition("/")[::2] for each in item.get("rule_zones", ())]
    made = {
        "plan": item["plan"],
        "kinds": item.get("kinds"),
        "categories": item.get("categories"),
        "zones": [{"account": account or only, "zone": zone} for account, zone in zones],
        "armed": armed if armed is None or isinstance(armed, bool) else armed == "yes",
        "when": {**when, **({"week": week} if week else {})},
    }
    return {name: value for name, value in made.items() if value not in (None, [], {})}


RULES = Part(
    name="plan_rules",
    title=N_("Plans by hour, zone and arming"),
    adding=N_("Add a rule"),
    fields=(
        Field(name="plan", ask=Ask.CHOICE, required=True, checked=False, choices=_known_plans),
        Field(name="kinds", ask=Ask.TICKS, choices=_alarms),
        Field(name="categories", ask=Ask.TICKS, choices=_of(words.CATEGORIES)),
        Field(name="rule_zones", ask=Ask.SEVERAL, longest=4000),
        Field(name="armed", ask=Ask.CHOICE, choices=_of(words.YES_NO)),
        Field(name="when", told=True, choices=_of({day: words.SITE_FIELDS[day] for day in DAYS})),
        *(Field(name=day, column=False) for day in DAYS),
    ),
    known_by=lambda item: (str(item.get("place", "")),),
    listed=_rules,
    put=_put_rules,
    called=(("zones", "rule_zones"),),
    hint=N_(
        "The first rule that fits counts. One without kinds and categories means security alarms;"
        " a personal alarm is only meant where its kind is ticked."
    ),
)
CODES = Part(
    name="event_overrides",
    title=N_("Codes that mean something else here"),
    adding=N_("Add a code"),
    fields=(
        Field(name="code", longest=16, required=True),
        Field(name="zone", longest=16, empty=""),
        Field(name="kind", ask=Ask.CHOICE, choices=_kinds),
        Field(name="category", ask=Ask.CHOICE, choices=_of(words.CATEGORIES)),
        Field(
            name="priority",
            ask=Ask.CHOICE,
            choices=_of({str(n): text for n, text in words.PRIORITIES.items()}),
        ),
        Field(name="opens", ask=Ask.CHOICE, choices=_of(words.YES_NO)),
    ),
    known_by=lambda item: (str(item["code"]), zone_key(str(item["zone"]))),
    listed=_listed("event_overrides"),
    put=lambda site, items: {**site, "event_overrides": [_override(each) for each in items]},
    hint=N_("What is left empty is as the station's table of events says."),
)


def _override(item: Body) -> Body:
    """As PUT takes it, of a row as it is or as a form has it."""
    priority, opens = item["priority"], item["opens"]
    return {
        **item,
        "code": str(item["code"]).upper(),
        "priority": int(priority) if priority else None,
        "opens": opens if opens is None or isinstance(opens, bool) else opens == "yes",
    }


CAMERAS = Part(
    name="cameras",
    title=N_("Cameras"),
    adding=N_("Add a camera"),
    fields=(
        Field(name="name", required=True),
        Field(name="url", longest=2000, required=True, empty=""),
        Field(name="zones", ask=Ask.SEVERAL, longest=4000),
        Field(name="kinds", ask=Ask.TICKS, choices=_alarms),
        Field(name="clip_url", longest=2000, empty="", column=False),
        Field(name="noticeable", ask=Ask.TICK, column=False),
        Field(name="pre_alarm", ask=Ask.TICK),
        Field(name="credentials", ask=Ask.KEPT, column=False),
    ),
    known_by=lambda item: (str(item["id"]),),
    listed=_listed("cameras"),
    put=lambda site, items: {**site, "cameras": [_camera(each) for each in items]},
    fresh=lambda: {"id": secrets.token_hex(4)},
    hint=N_("Asked at vital and security alarms, where no kinds are ticked."),
)


def _camera(item: Body) -> Body:
    """``user:password``, as a form has them, as PUT takes them."""
    said = item.get("credentials")
    if not isinstance(said, str):
        return item
    user, colon, password = said.partition(":")
    if not (user and colon and password):
        raise ProblemError(422, "must be user:password", field="credentials")
    return {**item, "credentials": {"user": user, "password": password}}


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of tables."""

    title: str
    parts: tuple[Part, ...]


TABS = {
    "panels": Tab(N_("Panels, zones, users"), (ACCOUNTS, ZONES, PANEL_USERS)),
    "codes": Tab(N_("Plans, codes, cameras"), (PLANS, RULES, CODES, CAMERAS)),
}
ACTS = ("save", "remove", "back")
_TAB_OF = {part.name: (name, part) for name, tab in TABS.items() for part in tab.parts}

_Line = Annotated[str, Query(max_length=100)]


@router.get("/sites/{site_id}/edit/{tab}")
async def show(
    site_id: str,
    tab: str,
    visitor: Configurer,
    station: Here,
    q: _Line = "",
    row: _Line = "",
) -> Response:
    """The tables of a tab; ``q`` is looked for in them, ``row`` (table:key) is to be changed."""
    if tab not in TABS:
        raise not_found("tab")
    return await _tables(station, visitor, site_id, tab, q=q, row=row)


@router.post("/sites/{site_id}/tables/{part}/{act}")
async def write(
    site_id: str, part: str, act: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """Adds a row, or changes the one that ``key`` names; or removes that, or brings back one that
    was ``removed``."""
    if part not in _TAB_OF or act not in ACTS:
        raise not_found("table")
    tab, table = _TAB_OF[part]
    form = await forms.sent(request)
    back = f"/sites/{quote(site_id, safe='')}/edit/{tab}?saved={part}#{part}"
    if act == "back":
        return await saving.bring_back(
            station,
            visitor,
            site_id,
            form,
            back=back,
            again=lambda wrong: _tables(station, visitor, site_id, tab, wrong=wrong),
        )
    return await saving.save(
        station,
        visitor,
        site_id,
        form,
        lambda site: _changed(site, table, form, remove=act == "remove"),
        renaming=act == "save",
        back=back,
        again=lambda wrong: _tables(
            station, visitor, site_id, tab, wrong=wrong, typed={**form, "part": part}
        ),
    )


def _changed(site: Body, table: Part, form: forms.Form, *, remove: bool) -> Body:
    """The site with a row written, or taken away for a reason (``reason``, which the audit has)."""
    if remove:
        contracts.a_reason(form.get("reason", ""))
    return table.changed(site, form, remove=remove)


async def _tables(
    station: Station,
    visitor: Visitor,
    site_id: str,
    tab: str,
    *,
    q: str = "",
    row: str = "",
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    if typed is not None and isinstance(wrong, ProblemError):
        wrong.field = dict(_TAB_OF[typed["part"]][1].called).get(wrong.field or "", wrong.field)
    part, _, key = row.partition(":")
    opened = {part: key} if typed is None else {typed["part"]: typed.get("key", "")}

    def values(tx: Tx, site: Body) -> dict[str, Any]:
        site = {
            **site,
            "known_plans": {
                plan["id"]: plan["name"] for plan in sites.plan_bodies(tx, withdrawn=False)
            },
            "known_lines": station.settings.line_names,
        }
        tables = [
            _table(each, site, visitor.language, q, opened.get(each.name, ""))
            for each in TABS[tab].parts
        ]
        gone = removed.shown(tx, site, TABS[tab].parts, visitor.language, q)
        return {"tab": tab, "tables": tables, "q": q, "most": MOST, "gone": gone}

    return await saving.shown(
        station, visitor, site_id, "sites/site_tables.html", values, wrong=wrong, typed=typed
    )


def _table(part: Part, site: Body, language: str, text: str, key: str) -> Body:
    """What the page shows of a table: the rows that hold ``text``, and the one to be changed."""
    items = part.listed(site)
    columns = [field for field in part.fields if field.column]
    rows = [
        {"key": part.key(item), "cells": [f.said(item, site, language) for f in columns]}
        for item in items
    ]
    found = [row for row in rows if folded(text) in folded(" ".join(row["cells"]))]
    this = next((item for item in items if key and part.key(item) == key), None)
    translate = i18n.catalogue(language).gettext
    return {
        "name": part.name,
        "title": translate(part.title),
        "adding": translate(part.adding),
        "hint": translate(part.hint) if part.hint else "",
        "labels": [label(field.name, language, brief=True) for field in columns],
        "count": len(items),
        "found": len(found),
        "rows": found[:MOST],
        "key": key if this is not None else "",
        "called": part.fields[0].said(this, site, language) if this else "",
        "named_by": removed.naming(site, key) if this and part is ZONES else (),
        "last": bool(this) and part is ACCOUNTS and len(items) == 1,
        "fields": [f.asked(this, site, language) for f in part.fields if not f.told],
    }
