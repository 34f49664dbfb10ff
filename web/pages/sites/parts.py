"""A site's tables: its accounts, zones and panel users, its plans, codes and cameras.

Each row is added, changed or removed alone; the rest of the site stays as it is.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from callflow.core.folding import folded
from callflow.core.signals.signal import Kind
from callflow.core.sites.zones import zone_key
from callflow.core.time.hours import DAYS
from callflow.core.watch.supervision import user_key
from callflow.handling.sites import contracts
from callflow.handling.sites.shape import (
    Account,
    Camera,
    EventOverride,
    PanelUser,
    Shape,
    Site,
    Zone,
)
from callflow.storage import Tx
from callflow.storage.sites import sites
from web.access.sessions import Configurer, Visitor
from web.kit import forms, hours_forms, i18n, words
from web.kit.listing import Words
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong
from web.kit.words import N_
from web.pages.sites import removed, saving
from web.pages.sites.fields import ALARMS, Ask, Asked, Choices, Field, Offered, Part, label
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


#: Rows of one table on a page; more are found by searching.
MOST = 200


def _of(table: Mapping[str, str]) -> Choices:
    def choices(offered: Offered, language: str) -> Mapping[str, str]:
        translate = i18n.catalogue(language).gettext
        return {name: translate(text) for name, text in table.items()}

    return choices


def _kinds(offered: Offered, language: str) -> Mapping[str, str]:
    return {kind.value: words.kind(kind.value, language) for kind in Kind}


def _alarms(offered: Offered, language: str) -> Mapping[str, str]:
    return {kind.value: words.kind(kind.value, language) for kind in ALARMS}


def _accounts(offered: Offered, language: str) -> Mapping[str, str]:
    return {account: account for account in offered.site.numbers}


def _contacts(offered: Offered, language: str) -> Mapping[str, str]:
    return {contact.id: contact.name for contact in offered.site.contacts}


def _known_lines(offered: Offered, language: str) -> Mapping[str, str]:
    return {name: name for name in offered.lines}


def _put_accounts(site: Site, rows: Sequence[Account]) -> Site:
    needed = {zone.account for zone in site.zones} | {user.account for user in site.panel_users}
    if needed - {each.account for each in rows}:
        raise ProblemError(409, "this account has zones or panel users: remove them first")
    return site.changed(accounts=rows)


def _in_order(zone: Zone) -> tuple[str, int, str]:
    """2 before 10."""
    return zone.account, len(zone_key(zone.zone)), zone.zone


ACCOUNTS = Part(
    name="accounts",
    title=N_("Accounts"),
    adding=N_("Add an account"),
    fields=(
        Field(name="account", longest=16, required=True, fixed=True),
        Field(name="line", longest=32, choices=_known_lines),
        Field(name="phone", longest=40),
        Field(name="maker", longest=40),
        Field(name="dc09_key", ask=Ask.KEPT),
        Field(name="poll_every_s", ask=Ask.NUMBER),
        Field(name="test_every_h", ask=Ask.NUMBER),
    ),
    shape=Account,
    known_by=lambda item: (item.account,),
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
    shape=Zone,
    known_by=lambda item: (item.account, zone_key(item.zone)),
    listed=lambda site: sorted(site.zones, key=_in_order),
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
    shape=PanelUser,
    known_by=lambda item: (item.account, user_key(item.number)),
    hint=N_("Once a panel has users here, an opening by any other user is an incident."),
)


def _alarms_of_plans(offered: Offered, language: str) -> Mapping[str, str]:
    translate = i18n.catalogue(language).gettext
    every = {"*": translate(N_("any other alarm"))}
    of_category = {
        name: f"{translate(N_('category'))}{translate(':')} {translate(said)}"
        for name, said in words.CATEGORIES.items()
    }
    return {**every, **of_category, **_alarms(offered, language)}


def _known_plans(offered: Offered, language: str) -> Mapping[str, str]:
    known = offered.plans.items()
    return {plan: f"{name} ({plan})" if name else plan for plan, name in known}


class Choice(Shape):
    """A plan for some alarms, as a row."""

    alarm: str
    plan: str


class Week(Shape):
    """The hours of each day, as they are typed."""

    mon: str = ""
    tue: str = ""
    wed: str = ""
    thu: str = ""
    fri: str = ""
    sat: str = ""
    sun: str = ""


class Rule(Week):
    """A rule as a row: its place, its zones as account/zone, its hours by day."""

    plan: str
    kinds: Sequence[str] = ()
    categories: Sequence[str] = ()
    rule_zones: Sequence[str] = ()
    armed: bool | None = None
    when: dict[str, Any] = {}  # noqa: RUF012 - a model copies it
    place: int | None = None


PLANS = Part(
    name="plans",
    title=N_("Which plan for which alarm"),
    adding=N_("Choose a plan for some alarms"),
    fields=(
        Field(name="alarm", ask=Ask.CHOICE, required=True, choices=_alarms_of_plans),
        Field(name="plan", ask=Ask.CHOICE, required=True, checked=False, choices=_known_plans),
    ),
    shape=Choice,
    known_by=lambda item: (item.alarm,),
    listed=lambda site: [Choice(alarm=alarm, plan=plan) for alarm, plan in site.plans.items()],
    put=lambda site, rows: site.changed(plans={each.alarm: each.plan for each in rows}),
    hint=N_("What is not here gets the station's usual plan. Rules by hour and zone come first."),
)


def _rule(kept: Mapping[str, Any], place: int | None) -> Rule:
    return Rule(
        plan=kept["plan"],
        kinds=kept.get("kinds", []),
        categories=kept.get("categories", []),
        rule_zones=[f"{each['account']}/{each['zone']}" for each in kept.get("zones", ())],
        armed=kept.get("armed"),
        when=kept.get("when", {}),
        place=place,
        **hours_forms.typed_week(kept.get("when", {}).get("week")),
    )


def _written(rule: Rule, site: Site) -> dict[str, Any]:
    """As the site keeps it; what its row does not show stays."""
    week = hours_forms.week({day: getattr(rule, day) or "" for day in DAYS})
    when = {k: v for k, v in rule.when.items() if k != "week"}
    only = site.accounts[0].account if site.accounts else ""
    zones = [each.rpartition("/")[::2] for each in rule.rule_zones]
    made = {
        "plan": rule.plan,
        "kinds": rule.kinds,
        "categories": rule.categories,
        "zones": [{"account": account or only, "zone": zone} for account, zone in zones],
        "armed": rule.armed,
        "when": {**when, **({"week": week} if week else {})},
    }
    return {name: value for name, value in made.items() if value not in (None, [], (), {})}


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
        *(Field(name=day, column=False, empty="") for day in DAYS),
    ),
    shape=Rule,
    known_by=lambda item: ("" if item.place is None else str(item.place),),
    listed=lambda site: [_rule(rule, place) for place, rule in enumerate(site.plan_rules)],
    put=lambda site, rows: site.changed(plan_rules=[_written(each, site) for each in rows]),
    row=lambda item: _rule(item, None),
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
    shape=EventOverride,
    known_by=lambda item: (item.code, item.zone),
    meant=lambda typed: {**typed, "code": typed["code"].upper()},
    hint=N_("What is left empty is as the station's table of events says."),
)


def _camera(typed: dict[str, Any]) -> dict[str, Any]:
    """``user:password``, as a form has them, as a camera takes them."""
    said = typed.get("credentials")
    if not isinstance(said, str):
        return typed
    user, colon, password = said.partition(":")
    if not (user and colon and password):
        raise ProblemError(422, "must be user:password", field="credentials")
    return {**typed, "credentials": {"user": user, "password": password}}


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
    shape=Camera,
    known_by=lambda item: (item.id,),
    fresh=lambda: {"id": secrets.token_hex(4)},
    meant=_camera,
    hint=N_("Asked at vital and security alarms, where no kinds are ticked."),
)


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


@router.get("/sites/{site_id}/edit/{tab}")
async def show(
    site_id: str,
    tab: str,
    visitor: Configurer,
    station: Here,
    q: Words = "",
    row: Words = "",
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


def _changed(site: Site, table: Part, form: forms.Form, *, remove: bool) -> Site:
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

    def values(tx: Tx, site: Site) -> dict[str, Any]:
        plans = {plan["id"]: plan["name"] for plan in sites.plan_bodies(tx, withdrawn=False)}
        offered = Offered(site, plans, station.settings.line_names)
        tables = [
            _table(each, offered, visitor.language, q, opened.get(each.name, ""))
            for each in TABS[tab].parts
        ]
        gone = removed.shown(tx, site, TABS[tab].parts, visitor.language, q)
        return {"tab": tab, "tables": tables, "q": q, "most": MOST, "gone": gone}

    return await saving.shown(
        station, visitor, site_id, "sites/site_tables.html", values, wrong=wrong, typed=typed
    )


class Line(NamedTuple):
    """A row of a table; ``key``: what its form calls it by."""

    key: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the page shows it: the rows that hold a text, and the one to be changed."""

    part: Part
    labels: list[str]
    count: int
    found: int
    rows: list[Line]
    key: str  # of the row to be changed
    called: str
    named_by: Sequence[str]
    last: bool  # it is the site's only account
    fields: list[Asked]


def _table(part: Part, offered: Offered, language: str, text: str, key: str) -> Table:
    items, site = part.rows(offered.site), offered.site
    columns = [field for field in part.fields if field.column]
    rows = [
        Line(part.key(item), [f.said(item, offered, language) for f in columns]) for item in items
    ]
    found = [row for row in rows if folded(text) in folded(" ".join(row.cells))]
    this = next((item for item in items if key and part.key(item) == key), None)
    return Table(
        part=part,
        labels=[label(field.name, language, brief=True) for field in columns],
        count=len(items),
        found=len(found),
        rows=found[:MOST],
        key=key if this is not None else "",
        called=part.fields[0].said(this, offered, language) if this else "",
        named_by=removed.naming(site, key) if this and part is ZONES else (),
        last=bool(this) and part is ACCOUNTS and len(items) == 1,
        fields=[f.asked(this, offered, language) for f in part.fields if not f.told],
    )
