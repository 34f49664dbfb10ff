"""The pages with something to do on each, for walking them by keyboard."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from playwright.sync_api import Page

from callflow import clock
from callflow.core.alarms.escalation import GuardEvent
from callflow.core.alarms.incident import Incident
from callflow.core.alarms.incident import State as IncidentState
from callflow.core.alarms.promise import PromiseKind
from callflow.core.calls.call import CallState, Outcome
from callflow.core.desks.roster import Part
from callflow.core.interventions.law import Finding, Means
from callflow.core.messages.outbox import Channel
from callflow.core.people.users import Role as UserRole
from callflow.core.plans import call_plan, standard
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ONE
from callflow.core.records.charges import Act
from callflow.core.records.letters import LetterKind
from callflow.core.records.monthly import Subject
from callflow.core.records.retention import Kept
from callflow.core.sites.drawings import Place
from callflow.core.sites.site import Role, SiteState
from callflow.core.time.hours import Span
from callflow.core.time.instants import to_iso
from callflow.core.watch.checks import Check, Done, Period, Proof
from callflow.core.watch.organs import Part as OrganPart
from callflow.core.watch.probes import Means as ProbeMeans
from callflow.core.watch.probes import Probe
from callflow.handling.alarms import operating
from callflow.handling.alarms.ends.signing import promise
from callflow.handling.alarms.operating import known
from callflow.handling.base import policy
from callflow.handling.base.telling import tell
from callflow.handling.calls import control
from callflow.handling.desks import rosters
from callflow.handling.interventions import directory, feeds, firms, members, services
from callflow.handling.interventions.firms import close_firm
from callflow.handling.interventions.measures import open_measure, protect_site
from callflow.handling.messages import delivery
from callflow.handling.messages.outbox import insert
from callflow.handling.messages.subscriptions import Wanted, pause, subscribe
from callflow.handling.plans import plans
from callflow.handling.plans.withdrawal import withdraw
from callflow.handling.records import corrections, letters, mnemonics, monthly, retention
from callflow.handling.sites import (
    contracts,
    drawings,
    event_rules,
    faults,
    instructions,
    on_test,
    own_days,
)
from callflow.handling.sites import sites as sites_sites
from callflow.handling.sites.drawings import Picture
from callflow.handling.station import restored
from callflow.handling.watch import probes
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.desks import shifts
from callflow.storage.messages import subscriptions as subscription_rows
from callflow.storage.records import logbook
from callflow.storage.records import monthly as monthly_rows
from callflow.storage.sites import contacts, sites
from callflow.storage.sites import contacts as contact_rows
from callflow.storage.watch import checks as check_rows
from ivr.speech.places import announcements_of
from tests.integration.web.alarms.test_tasks import END, GUARD, LOOK, SERVICE
from tests.integration.web.desks.test_desk import missed, waits
from tests.integration.web.walks import keyboard_people as people
from tests.integration.web.walks.keyboard_people import csrf_of
from tests.integration.web.walks.keyboard_world import CHIEF, COLLEAGUE, THIRD, World
from tests.support.outside.pictures import a_picture
from tests.support.outside.studio import recording
from tests.support.phones.dictated import dictated, plays
from tests.support.rows.full_rows import an_ordinary_day


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A page with something to do. ``prepare`` makes its rows and answers with its address; it may
    use the page of whoever looks, and answer "" where it is on it already. ``visitor``: who looks;
    None: nobody who is logged in yet."""

    name: str
    prepare: Callable[[World, Page], str]
    visitor: str | None = CHIEF
    keys: str = ""  # what is pressed to come to it
    ready: str = "main"  # what is there when it is
    # What is typed into fields here.
    values: dict[str, str | Callable[[], str]] = field(default_factory=dict)


def at(path: str) -> Callable[[World, Page], str]:
    """No rows: the page as it is."""
    return lambda world, page: path


def _of(incident: str, *, pane: bool = False) -> str:
    return f"/?incident={incident}" if pane else f"/incidents/{incident}"


# --- the console and an incident ---------------------------------------------------------------


def _queue(world: World, page: Page) -> str:
    world.alarm("FA")
    world.alarm("BA", held_by=COLLEAGUE)
    for _ in range(2):
        world.given_back()
    return "/"


def _unclaimed(world: World, page: Page) -> str:
    return _of(world.alarm(), pane=True)


def _just_taken(world: World, page: Page) -> str:
    return _of(world.alarm(held_by=CHIEF))


def _held(world: World, page: Page) -> str:
    account = world.site()
    incident = world.alarm(account=account, held_by=CHIEF)
    world.send_link(account)
    world.images_come(incident)
    return _of(incident)


def _verified(world: World, page: Page) -> str:
    incident = world.alarm(held_by=CHIEF)
    world.do(
        lambda tx: services.record_verification(
            tx, incident, CHIEF, Means.GUARD, Finding.CONFIRMED, "vitrine", clock.now()
        )
    )
    return _of(incident)


def _machine_stopped(world: World, page: Page) -> str:
    incident = world.alarm()
    world.station.call(None)
    world.do(lambda tx: operating.claim(tx, incident, CHIEF, clock.now()))
    return _of(incident)


def _recorded(world: World, page: Page) -> str:
    incident = world.alarm()
    world.station.call(Outcome.NO_KEY, seconds=2)
    return _of(incident)


def _several(world: World, page: Page) -> str:
    account = world.site()
    first = world.alarm(account=account, held_by=CHIEF)
    world.alarm("FA", account=account)
    return _of(first)


def _parked(world: World, page: Page) -> str:
    incident = world.alarm(held_by=CHIEF)
    until = clock.now() + timedelta(minutes=5)
    world.do(lambda tx: operating.park(tx, incident, CHIEF, until, clock.now(), reminder="clé"))
    return _of(incident)


def _promised(world: World, page: Page) -> str:
    incident, kind = world.alarm(held_by=CHIEF), PromiseKind.PROMISE
    world.do(lambda tx: promise(tx, incident, CHIEF, kind, "rappeler", clock.now()))
    return _of(incident)


def _filed(world: World, page: Page) -> str:
    """Its zone is normal again."""
    account = world.site()
    incident = world.alarm(account=account, held_by=CHIEF)
    world.alarm("BR", account=account)
    of: Any = (incident, CHIEF, "false_alarm", "Fausse manœuvre", clock.now())
    filed = world.do(lambda tx: operating.close_incident(tx, *of))
    assert isinstance(filed, Incident)
    assert filed.state is IncidentState.FILED
    return _of(incident)


def _storm(world: World, page: Page) -> str:
    for _ in range(21):
        world.station.alarm(world.site(), "AT", "")

    def newest(tx: Tx) -> str:
        rows = tx.execute(t.incident.select().where(t.incident.c.kind == "storm")).all()
        return str(max(rows, key=lambda row: row._mapping["opened_at"])._mapping["id"])

    return _of(world.station.store.read_now(newest))


def _look(world: World, page: Page) -> str:
    return _of(world.with_plan(LOOK, SERVICE, END))


def _guard(*events: GuardEvent) -> Callable[[World, Page], str]:
    def prepare(world: World, page: Page) -> str:
        incident = world.with_plan(GUARD, END)
        for event in events:
            world.guard_does(incident, event)
        return _of(incident)

    return prepare


def _measure(world: World, page: Page) -> str:
    account = world.site()
    incident = world.alarm(account=account)
    hour = timedelta(hours=1)
    world.do(
        lambda tx: open_measure(tx, known(tx, incident), Measure.OTHER, "vigile", hour, clock.now())
    )
    return _of(incident)


def _an_opening(world: World, page: Page) -> str:
    question = {"text": "Le facteur ?", "answers": ["Oui", "Non"], "right": 2}
    account = world.site(schedule={"arrived_within": 5, "question": question})
    return _of(str(world.station.not_arrived(account).id))


def _on_test(world: World, page: Page) -> str:
    account, now = world.site(), clock.now()
    asked: dict[str, Any] = {"who": CHIEF, "role": "administrator", "contact": None}
    world.do(
        lambda tx: on_test.set_on_test(
            tx, account, zones=None, lasts=timedelta(hours=1), reason="pose", now=now, **asked
        )
    )
    return f"/sites/{account}/tests"


def _drawings(world: World, page: Page) -> str:
    """Two pictures; a zone is on them, another one is not."""
    account, now = world.site(), clock.now()
    zones = [{"account": account, "zone": zone, "name": f"Zone {zone}"} for zone in ("3", "4")]
    world.station.site(account, zones=zones)

    def draw(tx: Tx) -> None:
        picture = Picture(a_picture(kind="JPEG"), 4, 2)
        vault, place = world.station.vault, Place(account, "3", 9, 9)
        for title in ("Cave", "Plan"):
            made = drawings.add(tx, vault, account, title, picture, CHIEF, now)
            drawings.place_zone(tx, account, made, place, CHIEF, now)

    world.do(draw)
    return f"/sites/{account}/drawings"


# --- the telephone ------------------------------------------------------------------------------


def _somebody_waits(world: World, page: Page) -> str:
    waits(world.station, f"+3363998{next(world._accounts):04d}")
    return "/"


def _somebody_waits_for_anybody(world: World, page: Page) -> str:
    """No telephone of ours rings for them."""
    _on_a_break(world, page)
    return _somebody_waits(world, page)


def _a_conversation(world: World, page: Page) -> str:
    world.talk(CHIEF)
    return "/"


def _two_persons(world: World, page: Page) -> str:
    world.second_person(world.talk(CHIEF))
    person = world.person_of(CHIEF)
    world.do(lambda tx: control.hold(tx, CHIEF, person, clock.now()))
    return "/"


def _muted(world: World, page: Page) -> str:
    world.talk(CHIEF)
    world.do(lambda tx: control.mute(tx, CHIEF, True, clock.now()))
    return "/"


def _a_colleague_is_asked(world: World, page: Page) -> str:
    world.talk(CHIEF)
    world.do(lambda tx: control.hand_on(tx, CHIEF, COLLEAGUE, clock.now(), attended=True))
    world.picks_up(f"op-{COLLEAGUE}")
    return "/"


def _a_colleague_talks(world: World, page: Page) -> str:
    world.talk(COLLEAGUE)
    return "/"


def _a_machine_speaks(world: World, page: Page) -> str:
    """Nobody is left in the room of the chief's telephone."""
    world.talk(CHIEF)
    person = world.person_of(CHIEF)
    over = {"state": CallState.ENDED.value, "outcome": "hung_up", "ended_at": clock.now()}
    world.do(lambda tx: tx.execute(t.call.update().where(t.call.c.id == person).values(**over)))
    return "/"


# --- shifts, people, the rest --------------------------------------------------------------------


def _before_the_shift(world: World, page: Page) -> str:
    world.alarm("FA")
    return "/shift"


def _on_shift(world: World, page: Page) -> str:
    on_shift_again(world, THIRD)
    world.alarm("FA", held_by=COLLEAGUE)
    return "/shift"


def _leaving(world: World, page: Page) -> str:
    on_shift_again(world, THIRD)
    world.alarm("BA", held_by=THIRD)
    return "/shift/end"


def _leaving_alone(world: World, page: Page) -> str:
    on_shift_again(world, THIRD)
    _only(world, THIRD)
    return "/shift/end"


def _alone(world: World, page: Page) -> str:
    _only(world, CHIEF)
    often = {"dead_man_day": 1, "dead_man_night": 1, "dead_man_grace": 600}
    settings = world.station.settings.model_copy(update=often)
    world.do(lambda tx: policy.save_policy(tx, settings))
    return "/lines"


def on_shift_again(world: World, name: str) -> None:
    world.do(lambda tx: shifts.begin(tx, world.user_id(name), clock.now()))


def _only(world: World, name: str) -> None:
    def end(tx: Tx) -> None:
        for row in shifts.on_shift(tx):
            if row.name != name:
                shifts.end(tx, row.id, clock.now())

    world.do(end)


def _roster(world: World, page: Page) -> str:
    now = clock.now()
    spans = [Span(now - timedelta(hours=1), now + timedelta(hours=8))]
    world.do(
        lambda tx: rosters.add_duties(
            tx, Part.TECHNICIAN, COLLEAGUE, "+33639989920", spans, CHIEF, now
        )
    )
    return "/roster"


def _holidays(world: World, page: Page) -> str:
    now, day = clock.now(), an_ordinary_day()

    def said(tx: Tx) -> None:
        tx.execute(t.own_day.delete())
        own_days.set_days(tx, "FR", None, [day], True, "Pont", CHIEF, now)

    world.do(said)
    return f"/holidays?year={day.year}"


def _sites(world: World, page: Page) -> str:
    """So many that there is a second page."""
    there = world.station.store.read_now(lambda tx: sites.site_ids(tx, limit=51))
    for _ in range(51 - len(there)):
        world.site()
    return "/sites?sort=-changed"


def _site_forms(world: World, page: Page) -> str:
    account, now = world.site(), clock.now()

    def write(tx: Tx) -> None:
        site = sites_sites.get_site(tx, account)
        assert site is not None
        fewer = contracts.without(site, f"{account}-1", Role.KEYHOLDER)
        sites_sites.put_site(tx, world.station.vault, account, fewer, CHIEF, now, because="parti")
        later: dict[str, Any] = dict(reason="congés", effective_at=now + timedelta(days=9))
        contracts.change_contract(tx, account, SiteState.SUSPENDED, who=CHIEF, now=now, **later)

    world.do(write)
    return f"/sites/{account}/edit"


def _site_tables(world: World, page: Page) -> str:
    """A zone was removed, and another is to be changed."""
    account = world.site()
    _removed(world, account, zones=[{"account": account, "zone": "8", "name": "Quai"}])
    return f"/sites/{account}/edit/panels?row=zones:{account}/3"


def _plans(world: World, page: Page) -> str:
    """So many that there is a second page."""
    hand = {"id": "hand", "kind": "hand_to_operator"}

    def write(tx: Tx) -> None:
        for number in range(51):
            body = {"id": f"plan-{number}", "name": f"Consigne {number}", "steps": [hand]}
            plans.publish_first(tx, body, CHIEF, clock.now())

    world.do(write)
    return "/plans?sort=-changed"


def _whom_a_plan_calls(world: World, page: Page) -> str:
    return f"/plans/intrusion/called?site={world.site()}&when=holiday"


#: Where a plan is simulated: its people are fields by their ids.
SIMULATED_AT = [""]


def _a_plan_simulated(world: World, page: Page) -> str:
    SIMULATED_AT[0] = SIMULATED_AT[0] or world.site()
    return f"/plans/intrusion/simulate?site={SIMULATED_AT[0]}"


#: The site that is made to follow a plan, that is charged, that is protected; its client.
NEXT_SITE, NEXT_CLIENT = [""], [""]


def _plan_sites(world: World, page: Page) -> str:
    NEXT_SITE[0] = world.site()
    return "/plans/operator/sites"


def _plan_at_a_site(world: World, page: Page) -> str:
    """It chose the plan, and has something otherwise."""
    own = {"keyholders": {"attempts": 4}}
    account = world.site(plans={"intrusion": "intrusion"}, plan_overrides={"intrusion": own})
    return f"/plans/intrusion/sites/{account}?step=1"


def _versions(world: World, page: Page) -> str:
    now = clock.now()
    body = call_plan.to_json(standard.INTRUSION)

    def write(tx: Tx) -> None:
        for name in ("Intrusion, la nuit", body["name"]):
            plans.publish_plan(tx, {**body, "name": name}, CHIEF, now, why="Essai")

    world.do(write)
    return "/plans/intrusion/versions?before=1&after=2"


def _site_hours(world: World, page: Page) -> str:
    account = world.site()
    _removed(world, account, schedule={"week": {"mon": ["08:00-12:00"]}})
    return f"/sites/{account}/edit/hours"


def _removed(world: World, account: str, **more: Any) -> None:
    """The site had something, which was removed."""
    vault, now = world.station.vault, clock.now()

    def write(tx: Tx) -> None:
        site = sites_sites.get_site(tx, account)
        assert site is not None
        had = {n: [*getattr(site, n), *v] if isinstance(v, list) else v for n, v in more.items()}
        sites_sites.put_site(tx, vault, account, site.changed(**had), CHIEF, now)
        sites_sites.put_site(tx, vault, account, site, CHIEF, now, because="déposé")

    world.do(write)


def _site_person(world: World, page: Page) -> str:
    """They are away for a while."""
    account, now = world.site(), clock.now()
    span = {"from": to_iso(now), "until": to_iso(now + timedelta(days=2))}
    there = {"leaves": [span]}
    world.do(lambda tx: contact_rows.write_availability(tx, f"{account}-1", there))
    return f"/sites/{account}/people/{account}-1"


def _plan_draft(*, behind: bool = False) -> Callable[[World, Page], str]:
    """A draft of a plan of its own, with the form of a step; ``behind``: of another version."""
    hand = {"id": "hand", "kind": "hand_to_operator", "limit_s": 600}
    call = {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "hand"}}

    def prepare(world: World, page: Page) -> str:
        name, now = f"draft-{next(world._accounts)}", clock.now()
        body = {"id": name, "name": "Nuit", "steps": [call, hand]}

        def write(tx: Tx) -> None:
            plans.publish_plan(tx, body, CHIEF, now)
            plans.save_draft(tx, {**body, "name": "Nuit, brouillon"}, CHIEF, now)
            if behind:
                plans.publish_plan(tx, {**body, "name": "Nuit, suite"}, CHIEF, now)

        world.do(write)
        return f"/plans/{name}/edit?step=2"

    return prepare


def _spare(*, withdrawn: bool = False) -> Callable[[World, Page], str]:
    """A plan that no site follows."""

    def prepare(world: World, page: Page) -> str:
        name, now = f"spare-{next(world._accounts)}", clock.now()
        body = {"id": name, "name": "Hiver", "steps": [{"id": "hand", "kind": "hand_to_operator"}]}

        def write(tx: Tx) -> None:
            plans.publish_plan(tx, body, CHIEF, now)
            if withdrawn:
                withdraw(tx, name, "1", "Essai", CHIEF, now)

        world.do(write)
        return f"/plans/{name}"

    return prepare


def _known(world: World, page: Page) -> str:
    _firm(world)
    return f"/sites/{world.site()}/edit?known=Ouest"


def _firm(world: World) -> str:
    """A firm with somebody, who is to be changed."""
    firm_id, now = f"firm-{next(world._accounts)}", clock.now()
    body: dict[str, Any] = {"name": "Ouest Garde", "licence": "AUT-035"}

    def write(tx: Tx) -> None:
        firms.put_firm(tx, world.station.vault, firm_id, body, CHIEF, now)
        member = f"{firm_id}-1"
        members.put_member(tx, world.station.vault, firm_id, member, {"name": "Tom"}, CHIEF, now)

    world.do(write)
    return firm_id


def _a_firm(world: World, page: Page) -> str:
    firm_id = _firm(world)
    return f"/firms/{firm_id}?member={firm_id}-1"


def _a_closed_firm(world: World, page: Page) -> str:
    firm_id = _firm(world)
    world.do(lambda tx: close_firm(tx, firm_id, "fin", CHIEF, clock.now()))
    return f"/firms/{firm_id}"


#: The site that a form names.
_NAMED = {"site": ""}


def _services(world: World, page: Page) -> str:
    _NAMED["site"] = world.site()
    line = {"id": "cic", "service": "police", "name": "CIC", "number": "+33299001122"}
    world.do(lambda tx: directory.put_directory(tx, [line], CHIEF, clock.now()))
    return "/services?line=cic"


def _client_of(world: World, account: str) -> str:
    def read(tx: Tx) -> str:
        site = sites.get(tx, account)
        assert site is not None
        return str(site.client_id)

    return world.station.store.read_now(read)


def _client(world: World, page: Page, **changes: Any) -> str:
    return f"/clients/{_client_of(world, world.site(**changes))}"


def _charged(world: World, page: Page) -> str:
    """A client who is charged for something at a site."""
    NEXT_SITE[0] = account = world.site()
    done: Any = (Act.LETTER, ONE, 450, "relance", CHIEF, clock.now())
    world.do(lambda tx: corrections.add(tx, account, *done))
    return f"/charges/clients/{_client_of(world, account)}"


def _measures(world: World, page: Page) -> str:
    """One that runs, and somebody who reads them."""
    NEXT_SITE[0], now = world.site(), clock.now()
    NEXT_CLIENT[0] = _client_of(world, NEXT_SITE[0])
    kind, hour = Measure.OTHER, timedelta(hours=1)

    def write(tx: Tx) -> None:
        protect_site(tx, NEXT_SITE[0], kind, "vigile", hour, now, who=CHIEF)
        feeds.make_feed(tx, f"hash of {NEXT_SITE[0]}", "agenda", "fr", CHIEF, now)

    world.do(write)
    return "/measures"


def _faults(world: World, page: Page) -> str:
    account = world.site()
    world.do(lambda tx: faults.begin(tx, account, "3", "ne répond plus", CHIEF, clock.now()))
    return f"/faults?site={account}"


def _restored(world: World, page: Page) -> str:
    world.do(lambda tx: restored.hold(tx, clock.now(), clock.now()))
    return "/settings/backup"


def _logbook(world: World, page: Page) -> str:
    """So many entries that there are older ones."""
    account = world.site()

    def write(tx: Tx) -> None:
        for number in range(60):
            tell(tx, "note", clock.now(), site=account, note=f"Ronde {number}")

    world.do(write)
    return f"/logbook?site={account}"


def _entry(world: World, page: Page) -> str:
    account = world.site()
    world.do(lambda tx: tell(tx, "note", clock.now(), site=account, note="Ronde"))
    (entry,) = world.station.store.read_now(lambda tx: logbook.last(tx, limit=1))
    return f"/logbook/{entry.id}"


def _audit(world: World, page: Page) -> str:
    """So many entries that there are older ones, one of them with fields that were changed."""
    account = world.site()

    def write(tx: Tx) -> None:
        for _ in range(60):
            fields = {"name": ["Ronde", "Rondes"]}
            tell(tx, "site_changed", clock.now(), site=account, by=CHIEF, fields=fields)

    world.do(write)
    return f"/audit?q={account}"


_BOUNDS: dict[str, str | Callable[[], str]] = {"lowest": "1", "highest": "2", "figure-run": "1,5"}


#: What an administrator types of a probe: the first limit is reached before the second.
_PROBE: dict[str, str | Callable[[], str]] = {
    "name": "Sonde",
    "target": "http://example.org/",
    "asked": "",
    "source": "",
    "every": "60",
    "warn": "1",
    "fail": "2",
}


def _no_probes(world: World, page: Page) -> str:
    def write(tx: Tx) -> None:
        tx.execute(t.probe.delete())

    world.do(write)
    return "/station/probes"


def _probes(world: World, page: Page) -> str:
    path, vault = _no_probes(world, page), world.station.vault
    one = Probe(
        id="", name="Fibre", part=OrganPart.NETWORK, means=ProbeMeans.TCP, target="a.example:25"
    )
    world.do(lambda tx: probes.add(tx, vault, one, "", CHIEF, clock.now()))
    return path


def _no_checks(world: World, page: Page) -> str:
    def write(tx: Tx) -> None:
        tx.execute(t.check_done.delete())
        tx.execute(t.station_check.delete())

    world.do(write)
    return "/station/checks"


def _checks(world: World, page: Page) -> str:
    """One of each proof, due."""
    path, now = _no_checks(world, page), clock.now() - timedelta(minutes=1)

    def write(tx: Tx) -> None:
        for name, proof in (
            ("run", Proof.FIGURE),
            ("report", Proof.FILE),
            ("kit", Proof.SIGNATURE),
        ):
            of: dict[str, Any] = {"period": Period.DAY, "who": UserRole.OPERATOR, "since": now}
            check_rows.put(tx, Check(id=name, title=name, proof=proof, **of))

    world.do(write)
    return path


def _check(world: World, page: Page) -> str:
    """One that was done."""
    path, now = _checks(world, page), clock.now()
    done = Done(id="1", check_id="run", at=now, by=CHIEF, ok=True, figure=1.5, unit="m")
    world.do(lambda tx: check_rows.note_done(tx, done))
    return f"{path}/run"


def _tokens(world: World, page: Page) -> str:
    world.station.token(name="erp")
    return "/settings/tokens"


def _monthly_reports(world: World, page: Page) -> str:
    def write(tx: Tx) -> None:
        for one in monthly_rows.subscriptions(tx):
            monthly_rows.unsubscribe(tx, one.id)
        monthly.subscribe(tx, Subject.STATION, "", "a@example.org", "fr", CHIEF, clock.now())

    world.do(write)
    return "/statistics/reports"


def _webhooks(world: World, page: Page) -> str:
    """One that is told, one that is not for now."""
    wanted = Wanted(name="erp", url="https://erp.example.org/h")
    vault = world.station.vault

    def write(tx: Tx) -> None:
        for one in subscription_rows.every(tx):
            subscription_rows.remove(tx, one.id)
        subscribe(tx, vault, wanted, CHIEF, clock.now())
        other, _ = subscribe(tx, vault, replace(wanted, name="crm"), CHIEF, clock.now())
        pause(tx, other, CHIEF, clock.now())

    world.do(write)
    return "/settings/webhooks"


def _letter(world: World, page: Page) -> str:
    def write(tx: Tx) -> None:
        now = clock.now()
        message = insert(tx, None, now, channel=Channel.POST, to="Rennes", subject="Lettre")
        delivery.message_sent(tx, message, now)

    world.do(write)
    return "/post"


def _own_text(world: World, page: Page) -> str:
    now = clock.now()
    world.do(lambda tx: mnemonics.change(tx, "RAM", "Ramassage", [], CHIEF, now))
    return "/settings/texts?code=RAM"


def _own_code(world: World, page: Page) -> str:
    rule = {"code": "AT", "kind": "technical"}
    world.do(lambda tx: event_rules.set_rule(tx, rule, CHIEF, clock.now()))
    return "/settings/events?code=AT"


#: A contact's, whom nobody calls.
NUMBER = [""]


def _trunks(world: World, page: Page) -> str:
    _somebody(world)
    return "/settings/trunks"


def _somebody(world: World) -> None:
    account = world.site()
    contact = world.station.store.read_now(lambda tx: contacts.called(tx, account))[1]
    NUMBER[0] = str(contact.phone)


NEXT_ALARM = [""]
OVER = "Frères Dupont"


def _held_by_law(world: World, page: Page) -> str:
    incident, NEXT_ALARM[0], now = world.alarm(), world.alarm("FA"), clock.now()
    world.do(lambda tx: retention.place_hold(tx, incident, "plainte", CHIEF, now))
    tomorrow = now.date() + timedelta(days=2)
    for what in (Kept.SIGNALS, Kept.PEOPLE, Kept.INCIDENTS):  # 100 days are too few there
        set_days = partial(retention.set_days, what=what, days=400, since=tomorrow)
        world.do(partial(set_days, by=CHIEF, now=now))
    return "/settings/retention?what=images&days=90"


def _letters(world: World, page: Page) -> str:
    kind, text = LetterKind.REPORT_FIRM, ("fr", "Rapport", "{site}", CHIEF)
    world.do(lambda tx: letters.set_text(tx, kind, *text, clock.now()))
    return "/settings/letters?kind=report_firm"


def _missed(world: World, page: Page) -> str:
    missed(world.station, f"+3363998{next(world._accounts):04d}")
    return "/call-backs"


def _on_a_break(world: World, page: Page) -> str:
    csrf = csrf_of(page)
    form: people.Form = {"csrf": csrf, "state": "break", "reason": "meal"}
    assert page.request.post("/presence", form=form).ok
    return "/presence"


def _waiting_at_the_desks(world: World, page: Page) -> str:
    world.talk(COLLEAGUE)
    waits(world.station, f"+3363998{next(world._accounts):04d}")
    return "/desk"


def _many_lines(world: World, page: Page) -> str:
    return "/lines?account=6"


def _test_alarm(world: World, page: Page) -> str:
    return f"/start?site={world.site()}"


def _beside(world: World, page: Page) -> str:
    NEXT_SITE[0] = world.site()
    return "/settings/shadow"


#: Two people are not called alike, nor do two faults have one zone.
_NAMES, _ZONES = itertools.count(1), itertools.count(20)


def _people(world: World, page: Page) -> str:
    world.somebody()
    return "/people"


def _somebody_disabled(world: World, page: Page) -> str:
    name = world.somebody()
    world.do(
        lambda tx: tx.execute(
            t.user.update().where(t.user.c.name == name).values(disabled_at=clock.now())
        )
    )
    return "/people"


def _dictated(world: World, page: Page) -> str:
    account = world.site()
    dictated(world.station, account, f"1795200000.{account}")
    plays(world.station, account, CHIEF)
    return f"/sites/{account}"


def _to_countersign(world: World, page: Page) -> str:
    account = world.site()
    made = dictated(world.station, account, f"1795200000.{account}")
    plays(world.station, account, COLLEAGUE)
    by: dict[str, Any] = dict(
        who=COLLEAGUE, now=clock.now(), text="Personne cette nuit", lowers=True
    )
    world.do(lambda tx: instructions.transcribe(tx, account, made, **by))
    return f"/sites/{account}"


def _site_file(world: World, page: Page) -> str:
    return _sent(page, f"abonné;nom du site\n{world.site()};Boulangerie\n".encode())


def _other_list(world: World, page: Page) -> str:
    return _sent(page, f"nom du site;N\nBoulangerie;{world.site()}\n".encode())


def _sent(page: Page, text: bytes) -> str:
    file: Any = {"name": "town.csv", "mimeType": "text/csv", "buffer": text}
    sent: Any = {"csrf": csrf_of(page), "file": file}
    answer = page.context.request.post("/site-files", multipart=sent, max_redirects=0)
    return answer.headers["location"]


def _announcement(world: World, page: Page) -> str:
    _somebody(world)
    announcements_of(world.station.settings).put("goodbye", "fr", recording(440))
    return "/announcements/goodbye"


def _personal(world: World, page: Page) -> str:
    world.site()
    return "/personal?q=a"


_ASKED = {"name": "Assurances", "reason": "sinistre", "reference": "S-117"}


def _evidence(world: World, page: Page) -> str:
    return f"/incidents/{world.alarm()}/evidence"


def _evidence_file(world: World, page: Page) -> str:
    """Made, and there to be taken."""
    incident, csrf = world.alarm(), csrf_of(page)
    chosen = {"requester": "police", "recordings": "rule", "images": "rule"}
    form: people.Form = {"csrf": csrf, **chosen, **_ASKED}
    asked = page.request.post(f"/incidents/{incident}/evidence", form=form, max_redirects=0)
    return asked.headers["location"]


def _person(world: World, page: Page) -> str:
    return f"/personal/{world.site()}-1"


def _client_data(world: World, page: Page) -> str:
    """Of a client whose contract is over."""
    return f"{_client(world, page, client=OVER, state='terminated')}/personal"


def _walk(*steps: str) -> Callable[[World, Page], str]:
    return at(f"/dialogues/incoming/walk?steps={'.'.join(steps).replace('#', '%23')}")


#: What is typed into a week's fields.
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS: dict[str, str | Callable[[], str]] = {
    **dict.fromkeys(_DAYS, "08:00-12:00"),
    "country": "FR",
    "region": "Alsace",
}
SCENES: tuple[Scene, ...] = (
    Scene(name="log in", prepare=at("/login"), visitor=None, values={"name": CHIEF}),
    Scene(name="second factor", prepare=people.second_factor, visitor=None),
    Scene(name="passkey at the door", prepare=people.second_factor_by_passkey, visitor=None),
    Scene(name="account", prepare=people.account, visitor=None),
    Scene(name="enrolling", prepare=people.enrolling, visitor=None, ready=".enrol"),
    Scene(name="authenticator", prepare=people.authenticator, visitor=None),
    Scene(name="passkey", prepare=people.passkey, visitor=None, ready=".keys"),
    Scene(name="before the shift", prepare=_before_the_shift, visitor=THIRD),
    Scene(name="on shift", prepare=_on_shift),
    Scene(name="leaving the shift", prepare=_leaving, visitor=THIRD),
    Scene(name="leaving it alone", prepare=_leaving_alone, visitor=THIRD),
    Scene(name="not on shift", prepare=at("/shift/end"), visitor=THIRD),
    Scene(name="alone", prepare=_alone, ready="[data-presence]"),
    Scene(name="roster", prepare=_roster, values={"name": COLLEAGUE}),
    Scene(name="the roster's year", prepare=at("/roster/year")),
    Scene(
        name="holidays",
        prepare=_holidays,
        # The twelfth of December, in whatever order this browser asks for it.
        values={"day": lambda: f"1212{clock.now().year + 1}", "reason": "Pont", "years": "1"},
    ),
    Scene(
        name="first start",
        prepare=at("/start"),
        values={"account": "first", "code": "2580"},
    ),
    Scene(name="test alarm", prepare=_test_alarm),
    Scene(name="people", prepare=_people, values={"shown_name": lambda: f"Ana {next(_NAMES)}"}),
    Scene(name="somebody has a factor", prepare=people.somebody_with_a_factor),
    Scene(name="somebody is disabled", prepare=_somebody_disabled),
    Scene(name="sessions", prepare=at("/people/sessions")),
    Scene(name="lines", prepare=at("/lines")),
    Scene(name="the station's organs", prepare=at("/station")),
    Scene(name="the station's wall", prepare=at("/station/wall")),
    Scene(name="the wallboard", prepare=at("/wallboard")),
    Scene(name="the map", prepare=at("/map")),
    Scene(
        name="an organ",
        prepare=at("/station/organs/process:engine@"),
        values={"phone": "06 39 98 01 77"},
    ),
    Scene(name="no probes yet", prepare=_no_probes, values=_PROBE),
    Scene(name="probes", prepare=_probes, values=_PROBE),
    Scene(name="no checks yet", prepare=_no_checks, values=_BOUNDS),
    Scene(name="checks", prepare=_checks, ready="[name=file-report]", values=_BOUNDS),
    Scene(name="a check", prepare=_check, ready="#h-retire", values=_BOUNDS),
    Scene(name="the auditor's report", prepare=at("/station/report")),
    Scene(name="lines, many", prepare=_many_lines),
    Scene(
        name="sites",
        prepare=_sites,
        ready="#after",
        values={"account": "7777", "name": "Atelier"},
    ),
    Scene(
        name="a site's forms",
        prepare=_site_forms,
        ready="form.grid",
        values={
            "name": "Atelier",
            "latitude": "48.11",
            "longitude": "-1.68",
            "timezone": "Europe/Paris",
            "phone": "06 39 98 01 77",
            "code": "8642",
            "duress_code": "8643",
            "reason": "parti",
        },
    ),
    Scene(
        name="a site's tables",
        prepare=_site_tables,
        ready="form.grid",
        values={
            "account": "77777",
            "zone": "77",
            "name": "Cave",
            "number": "12",
            "phone": "06 39 98 01 79",
            "dc09_key": "00112233445566778899AABBCCDDEEFF",
            "poll_every_s": "90",
            "test_every_h": "24",
        },
    ),
    Scene(
        name="plans",
        prepare=_plans,
        ready="#after",
        values={"id": "essai", "name": "Essai"},
    ),
    Scene(name="a plan", prepare=at("/plans/intrusion?check=1")),
    Scene(name="a plan that nobody follows", prepare=_spare(), values={"why": "Essai"}),
    Scene(name="a withdrawn plan", prepare=_spare(withdrawn=True), values={"why": "Essai"}),
    Scene(name="whom a plan calls", prepare=_whom_a_plan_calls, ready="ol.called"),
    Scene(
        name="a plan simulated",
        prepare=_a_plan_simulated,
        ready="#h-done",
        values={"seed": "2", "restored_s": "60"},
    ),
    Scene(name="a plan replayed", prepare=at("/plans/intrusion/backtest?run=1")),
    Scene(name="a plan's sites", prepare=_plan_sites, values={"site": lambda: NEXT_SITE[0]}),
    Scene(
        name="a plan at a site",
        prepare=_plan_at_a_site,
        ready="form.grid",
        values={"limit_s": "900", "ring_s": "30"},
    ),
    Scene(
        name="a plan's versions",
        prepare=_versions,
        ready="#scroll-compare",
        values={"why": "Essai"},
    ),
    Scene(
        name="a site's hours",
        prepare=_site_hours,
        ready="form.grid",
        values={**HOURS, "cancel_within": "90", "swinger_after": "3", "exceptions": "2026-12-24"}
        | {"early": "15", "late": "30", "arrived_within": "5"},
    ),
    Scene(
        name="somebody's authorities and calendar",
        prepare=_site_person,
        ready="form.grid",
        values=HOURS,
    ),
    Scene(
        name="a plan's draft",
        prepare=_plan_draft(),
        ready="form.grid",
        values={"why": "Essai", "accept": "Essai", "id": "suite"},
    ),
    Scene(name="a draft that is behind", prepare=_plan_draft(behind=True), ready="p.note"),
    Scene(
        name="somebody who is known",
        prepare=_known,
        ready="form.grid",
        values={
            "latitude": "48.11",
            "longitude": "-1.68",
            "timezone": "Europe/Paris",
            "phone": "06 39 98 01 77",
            "code": "8642",
            "duress_code": "8643",
            "known": "Ouest",
        },
    ),
    Scene(name="clients", prepare=at("/clients")),
    Scene(name="a client", prepare=_client, values={"name": "Autre client"}),
    Scene(
        name="charges",
        prepare=_charged,
        ready="[action$=correct]",
        values={"site": lambda: NEXT_SITE[0], "price": "32,50", "quantity": "2"},
    ),
    Scene(
        name="prices",
        prepare=at("/charges/prices"),
        values={"price": "32,50", "included": "3"},
    ),
    Scene(
        name="measures",
        prepare=_measures,
        ready="[action$=revoke]",
        values={
            "site": lambda: NEXT_SITE[0],
            "client": lambda: NEXT_CLIENT[0],
            "report_every": "60",
            "zone": "3",
        },
    ),
    Scene(
        name="faults",
        prepare=_faults,
        ready="[action$=change]",
        values={"zone": lambda: str(next(_ZONES)), "mail": "client@example.org"},
    ),
    Scene(name="firms", prepare=at("/firms"), values={"licence": "AUT-036"}),
    Scene(
        name="a firm",
        prepare=_a_firm,
        ready="form.grid",
        values={
            "code": "258001",
            "duress_code": "258002",
            "rank": "2",
            "sectors": "35",
            **HOURS,
            "mail": "tom@ouest.test",
            "phone": "06 39 98 01 78",
        },
    ),
    Scene(name="a closed firm", prepare=_a_closed_firm),
    Scene(
        name="services",
        prepare=_services,
        ready="form.grid",
        values={**HOURS, "number": "02 99 00 11 33", "place": "35", "site": lambda: _NAMED["site"]},
    ),
    Scene(name="logbook", prepare=_logbook, ready="#older"),
    Scene(name="entry of the logbook", prepare=_entry, values={"text": "Ronde à 3 h"}),
    Scene(name="settings", prepare=at("/settings"), values={"address": "/sites"}),
    Scene(
        name="retention",
        prepare=_held_by_law,
        ready="[action$=lift]",
        values={"days": "100", "incident": lambda: NEXT_ALARM[0], "text": "plainte"},
    ),
    Scene(name="letters", prepare=_letters, ready="[action$=reset]"),
    Scene(
        name="coded texts",
        prepare=_own_text,
        ready="[action$=reset]",
        values={"text": "Ramassage à [heure]"},
    ),
    Scene(name="tokens", prepare=_tokens, ready="[action$=revoke]", values={"token": "cf_x"}),
    Scene(
        name="monthly reports",
        prepare=_monthly_reports,
        ready="[action$=remove]",
        values={"to": "chief@example.org"},
    ),
    Scene(
        name="webhooks",
        prepare=_webhooks,
        ready="[action$=pause]",
        values={
            "url": "https://programme.example.org/h",
            "sites": "1001",
            "kinds": "closed",
            "since": "2026-11-30T03:00",
        },
    ),
    Scene(name="trunks", prepare=_trunks, values={"number": lambda: NUMBER[0]}),
    Scene(
        name="event table",
        prepare=_own_code,
        ready="[action$=reset]",
        values={"raw": "BA", "account": "6001"},
    ),
    Scene(name="letters", prepare=_letter, ready="[action$=stamp]", values={"number": "1A"}),
    Scene(name="dial policy", prepare=at("/settings/dialling"), values={"number": "17"}),
    Scene(name="audit", prepare=_audit, ready="#older"),
    Scene(name="personal data", prepare=_personal),
    Scene(
        name="a client's data",
        prepare=_client_data,
        values={"reason": "letter", "name": OVER},
    ),
    Scene(name="evidence", prepare=_evidence, values={**_ASKED, "words": "anne"}),
    Scene(name="an evidence file", prepare=_evidence_file, ready="[action$=file]"),
    Scene(name="evidence files", prepare=at("/evidence")),
    Scene(name="configuration", prepare=at("/settings/configuration")),
    Scene(name="backups", prepare=at("/settings/backup")),
    Scene(name="restored from a backup", prepare=_restored, ready="[action$=release]"),
    Scene(
        name="beside another system",
        prepare=_beside,
        values={"sites": lambda: NEXT_SITE[0], "priorities": "A=1,B=2"},
    ),
    Scene(name="a person's data", prepare=_person, values={"reason": "letter", "name": "anne"}),
    Scene(name="presence", prepare=at("/presence")),
    Scene(name="on a break", prepare=_on_a_break),
    Scene(name="desks", prepare=_waiting_at_the_desks, ready="[data-phone=join]"),
    Scene(name="call-backs", prepare=_missed, ready="#call-backs-box li"),
    Scene(name="dictated", prepare=_dictated, ready="form.heard"),
    Scene(name="to countersign", prepare=_to_countersign, ready="form.inline"),
    Scene(name="files of sites", prepare=at("/site-files")),
    Scene(name="a file of sites", prepare=_site_file, ready="#h-found"),
    Scene(name="another system's list", prepare=_other_list, ready="#h-heads"),
    Scene(
        name="an announcement",
        prepare=_announcement,
        ready="main audio",
        values={"number": lambda: NUMBER[0]},
    ),
    Scene(name="a walk", prepare=_walk(), ready="[data-pad] input"),
    Scene(name="a walk: a deed", prepare=_walk("k1001#", "k2580#"), ready="[data-pad]"),
    Scene(
        name="a walk: the last words",
        prepare=_walk("k1001#", "k2580#", "!alarm", "k3"),
        ready="[data-pad] [data-key]",
    ),
    Scene(name="nowhere", prepare=at("/nowhere")),
    Scene(name="queue", prepare=_queue, ready="#list-queue .row"),
    Scene(name="unclaimed", prepare=_unclaimed, ready="#incident"),
    Scene(name="just taken", prepare=_just_taken, ready="#undo form"),
    Scene(name="held", prepare=_held, ready="#incident"),
    Scene(name="verified", prepare=_verified, ready="#incident"),
    Scene(name="the machine is stopped", prepare=_machine_stopped, ready="#incident"),
    Scene(name="recorded", prepare=_recorded, ready="#incident audio"),
    Scene(name="several of a site", prepare=_several, ready="#incident .siblings"),
    Scene(name="parked", prepare=_parked, ready="#incident"),
    Scene(name="promised", prepare=_promised, ready="#incident"),
    Scene(name="filed", prepare=_filed, ready="#form-reopen"),
    Scene(name="storm", prepare=_storm, ready="[data-choose-all]"),
    Scene(name="a check list", prepare=_look, ready=".task.open"),
    Scene(name="a guard", prepare=_guard(), ready=".task.open"),
    Scene(name="a guard on site", prepare=_guard(GuardEvent.ACCEPTED, GuardEvent.ON_SITE)),
    Scene(name="a measure", prepare=_measure, ready="#h-measures"),
    Scene(name="a bank's opening", prepare=_an_opening, ready="#form-opening"),
    Scene(
        name="a site's floor plan",
        prepare=_drawings,
        ready="#place",
        values={"x": "100", "y": "200", "title": "Étage"},
    ),
    Scene(name="a site's tests", prepare=_on_test, values={"zones": "3"}),
    Scene(name="somebody waits", prepare=_somebody_waits, ready="#calls .waiting"),
    Scene(
        name="somebody waits on a break",
        prepare=_somebody_waits_for_anybody,
        ready="#calls [data-phone=join]",
    ),
    Scene(name="a conversation", prepare=_a_conversation, ready="#calls .handon"),
    Scene(name="two persons", prepare=_two_persons, ready="[data-phone=together]"),
    Scene(name="muted", prepare=_muted, ready="[data-phone=unmute]"),
    Scene(
        name="a colleague is asked", prepare=_a_colleague_is_asked, ready="[data-phone=call-off]"
    ),
    Scene(
        name="a colleague talks",
        prepare=_a_colleague_talks,
        ready="#calls:not(:has(.leg)) [data-phone=listen]",
    ),
    Scene(name="a machine speaks", prepare=_a_machine_speaks, ready="[data-phone-form=own-keys]"),
    Scene(name="help", prepare=at("/"), keys="?", ready="#help[open]"),
)
