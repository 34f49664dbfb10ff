"""Fills a station so that every page has something to show.

Everything is done through ``handling``, as the other processes would; nothing rings. What a person
or a device may have written is the word of ``said``: harmless, or hostile.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp

from callflow import clock
from callflow.core.alarms.escalation import GuardEvent
from callflow.core.calls.call import Outcome
from callflow.core.calls.phones import Phone, PhoneKind
from callflow.core.desks.presence import BreakReason, Presence
from callflow.core.desks.roster import Part
from callflow.core.interventions.law import Answer, Finding, Means, Service
from callflow.core.messages.outbox import Channel, MessageState
from callflow.core.messages.proof import Proof, Stage
from callflow.core.messages.subscriptions import Lane
from callflow.core.people.sessions import Passkey, Session
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import Terms
from callflow.core.records.charges import Act, PricedBy
from callflow.core.records.disclosure import Asked
from callflow.core.records.documents import Document, DocumentKind
from callflow.core.records.letters import Letter, LetterKind, letter_id
from callflow.core.records.masking import Requester, Third
from callflow.core.records.retention import Kept, Rule
from callflow.core.signals.signal import Signal
from callflow.core.sites.drawings import Drawing
from callflow.core.sites.drawings import Place as ZonePlace
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.core.sites.site import SiteState
from callflow.core.time.holidays import Place, public
from callflow.core.time.hours import Span
from callflow.core.watch.care import Care
from callflow.core.watch.checks import Check, Done, Period
from callflow.core.watch.organs import Part as OrganPart
from callflow.core.watch.organs import State as OrganState
from callflow.core.watch.probes import Means as ProbeMeans
from callflow.core.watch.probes import Probe
from callflow.core.watch.readings import Reading
from callflow.handling.alarms import operating
from callflow.handling.base import storing
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.desks import presence, rosters
from callflow.handling.interventions import directory, feeds, firms, guards, measures, services
from callflow.handling.interventions.measures import open_measure
from callflow.handling.messages.outbox import insert
from callflow.handling.messages.subscriptions import Wanted, subscribe
from callflow.handling.plans import plans
from callflow.handling.plans.withdrawal import withdraw
from callflow.handling.records import corrections, disclosures, prices
from callflow.handling.records import retention as records_retention
from callflow.handling.sites import contracts, instructions, on_test, own_days, passwords, sites
from callflow.handling.sites.event_rules import set_rule
from callflow.handling.sites.shape import Site
from callflow.handling.station.tokens import add_token, revoke_token
from callflow.handling.station.users import from_directory
from callflow.handling.watch import checks, readings
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import phones as phone_rows
from callflow.storage.desks import shifts
from callflow.storage.messages import outbox as outbox_rows
from callflow.storage.messages import proofs as proof_rows
from callflow.storage.messages import subscriptions as subscription_rows
from callflow.storage.people import access, users
from callflow.storage.records import documents, letters, retention
from callflow.storage.sites import drawings as drawing_rows
from callflow.storage.watch import checks as check_rows
from callflow.storage.watch import probes as probe_rows
from tests.support.outside.cameras import a_still
from tests.support.outside.pictures import a_picture
from tests.support.rows.documents import site_document
from tests.support.stations.full_station import (
    BANK,
    CHECKED,
    FIRM,
    GARAGE,
    GUARDED,
    INES,
    LIFT,
    MAX,
    NORA,
    POLICE,
    QUIET,
    SHOP,
    SPARE,
    STORM,
    STRANGER,
    TWO_SITES,
    WITHDRAWN,
    YVES,
    FullStation,
    number_of,
)
from tests.support.stations.web_station import NAME, WebProcess, WebStation, site_body
from web.access.users import Role

Row = dict[str, Any]

LINES: list[Row] = [
    {"id": "police-35", "service": "police", "name": "CIC 35", "number": POLICE, "place": "35"},
    {"id": "fire-35", "service": "fire", "name": "CTA 35", "number": "+33130000018", "place": "35"},
]

LOOK: Row = {
    "id": "look",
    "kind": "hand_to_operator",
    "text": "Regarder les caméras",
    "checklist": ["portes", "caves"],
    "outcomes": {"done": "end", "confirmed": "police"},
}
STEPS: dict[str, list[Row]] = {
    "look": [
        LOOK,
        {"id": "police", "kind": "emergency_service"},
        {"id": "end", "kind": "close", "code": "nothing_found"},
    ],
    "guard": [
        {"id": "guard", "kind": "send_guard", "outcomes": {"all_clear": "end"}},
        {"id": "end", "kind": "close", "code": "nothing_found"},
    ],
}


def png() -> bytes:
    """The smallest picture."""

    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    line = zlib.compress(b"\0\x20\x40\x60")
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", line) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@contextmanager
def full_web(folder: Path, *, demo: bool = False) -> Iterator[tuple[FullStation, WebProcess]]:
    """``fill``'s station, and a web process of it."""
    station = WebStation(folder, demo=demo)
    full = fill(station)
    process = WebProcess(station)
    process.start()
    yield full, process
    process.kill()
    station.close()


def fill(station: WebStation, said: Callable[[str], str] = str) -> FullStation:
    """The whole of it. Claire is on shift, with a telephone, and holds the shop's alarm."""
    full = FullStation(station)
    _people(full, said)
    _sites(full, said)
    _contract(full, said)
    _alarms(full, said)
    _held(full, said)
    _images(full, said)
    _drawings(full, said)
    _shifts(full, said)
    _retained(full, said)
    for number in (number_of(SHOP, 1), STRANGER):
        full.hangs_up(full.waits(number))
    return full


def _drawings(full: FullStation, said: Callable[[str], str]) -> None:
    """The shop's floor plan, with the zone in alarm on it."""
    vault, content = full.station.vault, a_picture((800, 400), "JPEG")
    plan = Drawing(
        id="plan",
        site_id=SHOP,
        title=said("Rez-de-chaussée"),
        width=800,
        height=400,
        places=(ZonePlace(SHOP, "3", 250, 500), ZonePlace(SHOP, "9", 990, 990)),
        added_by=NAME,
        added_at=clock.now(),
    )
    full.do(lambda tx: drawing_rows.insert(tx, plan, vault.encrypt(content)))


def _letters(tx: Tx, full: FullStation, said: Callable[[str], str], now: datetime) -> None:
    """A mail that was taken and one that came back, letters in the folder and posted."""
    incident = incidents.get(tx, full.incidents["shop"])
    assert incident is not None
    for channel, stages in (
        (Channel.MAIL, (Stage.TAKEN, Stage.RETURNED)),
        (Channel.POST, (Stage.TAKEN,)),
        (Channel.POST, (Stage.TAKEN, Stage.POSTED)),
        (Channel.PRINT, ()),
    ):
        of: dict[str, Any] = dict(channel=channel, to=said("3 rue Haute"), subject=said("Rapport"))
        message = insert(tx, incident, now, **of)
        if stages:
            outbox_rows.end(tx, message, MessageState.SENT, now)
        for stage in stages:
            proof = Proof(
                id=f"{message}-{stage}",
                message_id=message,
                incident_id=incident.id,
                at=now,
                stage=stage,
                text=said("250 OK"),
                who=NAME if stage is Stage.POSTED else "",
            )
            proof_rows.insert(tx, proof)


def _retained(full: FullStation, said: Callable[[str], str]) -> None:
    """How long what alarms leave is kept, one that is held, and programs' tokens."""
    now = clock.now()

    def write(tx: Tx) -> None:
        for days, begun in ((90, now - timedelta(days=2)), (60, now + timedelta(days=2))):
            rule = Rule(f"images-{days}", Kept.IMAGES, days, begun, NAME, now)
            retention.set_rule(tx, rule, now)
        records_retention.place_hold(tx, full.incidents["shop"], said("Plainte"), NAME, now)
        asked = Asked(
            requester=Requester.POLICE,
            name=said("Commissariat"),
            reason=said("Enquête"),
            reference=said("PV 17"),
            also=(Third.STAFF,),
            words=(said("Zoé"),),
        )
        shop = full.incidents["shop"]
        full.disclosure = disclosures.ask(tx, shop, asked, NAME, now).id
        first, _ = (
            add_token(tx, name, Role.READER, _printable(said(name)), now, by=NAME)
            for name in ("erp", "alarmes")
        )
        revoke_token(tx, first, NAME, now)
        name = _printable(said("tableau"))
        wanted = Wanted(name=name, url="https://programme.example.org/h", sites=(SHOP,))
        told, _ = subscribe(tx, full.station.vault, wanted, NAME, now)
        lane = Lane(subscription_id=told, site=SHOP, number=1, since=now, due_at=now)
        subscription_rows.put_lane(tx, told, SHOP, replace(lane, last_error=said("HTTP 503")))
        _letters(tx, full, said, now)
        set_rule(tx, {"code": "AT", "kind": "technical"}, NAME, now)
        _papers(full, tx, said)

    full.do(write)


def _papers(full: FullStation, tx: Tx, said: Callable[[str], str]) -> None:
    """A report that was sent of the shop's alarm, and a letter of the station's own."""
    now, kind = clock.now(), DocumentKind.REPORT_CLIENT
    of = ("paper", kind, said("Rapport.pdf"), "x/paper.pdf", "ab" * 32, 9, NAME, now)
    documents.insert(tx, Document(*of, incident_id=full.incidents["shop"], site_id=SHOP))
    own = letter_id(LetterKind.REPORT_CLIENT, "fr")
    letters.put(tx, Letter(own, said("Rapport"), said("Bonjour"), NAME, now))


def _people(full: FullStation, said: Callable[[str], str]) -> None:
    station, now = full.station, clock.now()
    roles = {INES: Role.OPERATOR, YVES: Role.SUPERVISOR, MAX: Role.OPERATOR, NORA: Role.TECHNICIAN}
    for name, role in {NAME: Role.ADMINISTRATOR, **roles}.items():
        station.user(name, role)

    second = station.vault.lock(pyotp.random_base32())

    def more(tx: Tx) -> None:
        for name in (NAME, INES, MAX, YVES):
            _phone(tx, _user(tx, name), name, now)
        users.update_user(tx, _user(tx, INES), skills=[said("ascenseurs")], totp=second)
        users.update_user(tx, _user(tx, NORA), disabled_at=now)
        from_directory(tx, "f3-1", "paul", Role.READER, now)
        _passkey(tx, _user(tx, INES), INES, said, now)
        _session(tx, _user(tx, INES), said, now)

    full.do(more)


def _user(tx: Tx, name: str) -> str:
    row = users.user_by_name(tx, name)
    assert row is not None
    return str(row.id)


def connected(tx: Tx, name: str, now: datetime) -> None:
    """A user has a telephone, which is registered."""
    _phone(tx, _user(tx, name), name, now)


def _phone(tx: Tx, user: str, name: str, now: datetime) -> None:
    phone_rows.insert(tx, a_phone(f"op-{name}", user, now, state="NOT_INUSE"))


def a_phone(name: str, user: str, now: datetime, *, state: str) -> Phone:
    """A desk phone that is set up."""
    return Phone(name, user, PhoneKind.DESK, "node0", "-", None, now, owner="", state=state)


def _passkey(tx: Tx, user: str, name: str, said: Callable[[str], str], now: datetime) -> None:
    key = Passkey(f"key-{name}", user, said("téléphone")[:64], "-", 0, now, now)
    access.insert_passkey(tx, key)


def _session(tx: Tx, user: str, said: Callable[[str], str], now: datetime) -> None:
    token, until = hashlib.sha256(b"-").hexdigest(), now + timedelta(hours=12)
    given = "192.0.2.7", said("Netscape 4"), "totp"
    access.insert_session(
        tx, Session(token, user, "-", now, until, now, *given, "", "", "", None), now
    )


def _sites(full: FullStation, said: Callable[[str], str]) -> None:
    station, now = full.station, clock.now()
    cameras = [
        {
            "id": "hall",
            "name": _printable(said("Hall")),
            "url": "http://10.0.0.1/snap",
            "zones": ["3"],
        },
        {
            "id": "cour",
            "name": _printable(said("Cour")),
            "url": "rtsp://10.0.0.2/live",
            "pre_alarm": True,
        },
    ]
    station.do(lambda tx: directory.put_directory(tx, LINES, "admin", now))
    for name, steps in STEPS.items():
        body = {"id": name, "name": name, "steps": steps}
        station.do(lambda tx, body=body: plans.publish_plan(tx, body, NAME, now))
    for name, called in ((SPARE, "Rechange"), (WITHDRAWN, "Hiver")):
        hand = {"id": "hand", "kind": "hand_to_operator"}
        body = {"id": name, "name": said(called), "steps": [hand]}
        station.do(lambda tx, body=body: plans.publish_plan(tx, body, NAME, now))
    why = said("Fermé l'hiver")
    station.do(lambda tx: withdraw(tx, WITHDRAWN, "1", why, NAME, now))
    firm = {"name": said("Ouest Garde"), "licence": "AUT-035", "phone": FIRM}
    firm["tariff"] = said("95 €/h")
    station.do(lambda tx: firms.put_firm(tx, station.vault, "firm", firm, "admin", now))
    names = {SHOP: "Boulangerie", GARAGE: "Garage", BANK: "Banque", LIFT: "Résidence"}
    for account, name in {**names, CHECKED: "Usine", GUARDED: "Entrepôt"}.items():
        contacts = [
            {**c, "name": said(c["name"]), "phone": number_of(account, rank)}
            for rank, c in enumerate(site_body(account)["contacts"])
        ]
        contacts[1] |= {"password": "Été indien", "duress_password": "hiver"}
        more: Row = {"contacts": contacts, "postcode": "35000", "name": said(name)}
        if account == SHOP:
            more["cameras"] = cameras
        if account in (CHECKED, GUARDED):
            more["plans"] = {"intrusion": "look" if account == CHECKED else "guard"}
            more["contacts"] = [*contacts, *_deciders(said)]
        station.site(
            account,
            **more,
            address=said("7 rue Saint-Georges, 35000 Rennes"),
            client=said(f"{account} et fils"),
        )
    for account in QUIET:
        both = [{"id": f"{account}-1", "name": said("Gérant"), "role": "keyholder"}]
        both[0] |= {"phone": TWO_SITES, "code": "2580"}
        shop: Row = {"name": said(f"Magasin {account}"), "contacts": both}
        station.site(account, **shop, address=said("2 quai Lamennais"))
    for account in STORM:
        station.site(account, name=said(f"Magasin {account}"), contacts=[])


def _printable(text: str) -> str:
    """A camera's name is refused with anything else."""
    return "".join(letter for letter in text if letter.isprintable())


def _deciders(said: Callable[[str], str]) -> list[Row]:
    decides = {"*": ["send_guard"]}
    return [
        {"id": "firm", "name": said("Ouest Garde"), "role": "guard", "phone": FIRM},
        {"id": "chief", "name": said("Chef"), "role": "manager", "authorities": decides},
    ]


def _contract(full: FullStation, said: Callable[[str], str]) -> None:
    """The shop closes for a week soon, one of its people is called no more, and some of what it
    had is removed."""
    now, vault = clock.now(), full.station.vault
    later: Row = {"reason": said("Congés"), "effective_at": now + timedelta(days=9)}

    def write(tx: Tx) -> None:
        site = site_document(tx, SHOP)
        assert site is not None
        gone = {**site["contacts"][1], "id": f"{SHOP}-9", "name": said("Ancien gérant"), "rank": 9}
        camera = {
            "id": "vieille",
            "name": _printable(said("Ancienne caméra")),
            "url": "http://192.0.2.9/",
        }
        zone = {"account": SHOP, "zone": "99", "name": said("Ancienne réserve")}
        more = {**site, "contacts": [*site["contacts"], gone]}
        more |= {"zones": [*site["zones"], zone], "cameras": [*site["cameras"], camera]}
        more |= {"schedule": site["schedule"] or {"week": {"mon": ["08:00-12:00"]}}}
        sites.put_site(tx, vault, SHOP, Site.read(more), NAME, now)
        sites.put_site(tx, vault, SHOP, Site.read(site), NAME, now, because=said("Parti"))
        state: Row = {"reason": said("Essais"), "effective_at": None, "who": NAME, "now": now}
        contracts.change_contract(tx, SHOP, SiteState.COMMISSIONING, **state)
        contracts.change_contract(tx, SHOP, SiteState.ACTIVE, **state)
        contracts.change_contract(tx, SHOP, SiteState.SUSPENDED, **state | later)

    full.do(write)


def _alarms(full: FullStation, said: Callable[[str], str]) -> None:
    """The shop's, handled by the machine and then by Claire; the garage's three; a hold-up; two
    whose plan asks for something; one parked, one handled; a storm."""
    station, found = full.station, full.incidents
    _instructed(full, said)
    armed = Signal(
        account=SHOP,
        format="SIA-DCS",
        code="CL",
        zone="14",
        user="14",
        partition="1",
        received_at=clock.now(),
        deduplication="armed",
    )
    full.do(lambda tx: storing.store_signals(tx, [armed]))
    station.correlate()
    found["shop"] = station.alarm(SHOP, text=said("Vitrine")).id
    station.call(Outcome.NO_KEY, seconds=3)
    found["garage"] = station.alarm(GARAGE).id
    station.alarm(GARAGE, "FA", "4")
    found["held"] = station.alarm(GARAGE, "MA", "5").id
    found["bank"] = station.alarm(BANK, "HA").id
    found["checked"] = station.alarm(CHECKED).id
    found["guarded"] = station.alarm(GUARDED).id
    found["unknown"] = station.alarm("9999").id
    for account in STORM:
        station.alarm(account, "AT", "")
    station.alarm(STORM[0], "FA", "3")
    station.alarm(STORM[1], "AR", "")
    parts = station.store.read_now(lambda tx: incidents.page(tx, account=STORM[2], limit=9))
    found["storm"] = str(parts[0].storm_id)
    found["part"] = parts[0].id
    found["parked"] = station.alarm(LIFT).id
    park, now = found["parked"], clock.now()
    full.do(lambda tx: operating.claim(tx, park, YVES, now))
    later = now + timedelta(minutes=15)
    full.do(lambda tx: operating.park(tx, park, YVES, later, now, reminder=said("rappeler")))
    found["handled"] = station.alarm(LIFT, "FA", "9").id
    done = found["handled"]
    full.do(lambda tx: operating.claim(tx, done, YVES, clock.now()))
    full.do(
        lambda tx: operating.close_incident(tx, done, YVES, "false_alarm", said("vu"), clock.now())
    )


def _instructed(full: FullStation, said: Callable[[str], str]) -> None:
    """Two instructions for the shop, one of which waits for a signature; the garage on test."""
    now = clock.now()
    made: Row = dict(id="", site_id=SHOP, begins_at=now, ends_at=now + timedelta(hours=5))
    made |= dict(author=YVES, made_at=now, text=said("hospitalisée"))
    absent = Instruction(kind=InstructionKind.ABSENT, contact_id=f"{SHOP}-1", **made)
    number = Instruction(
        kind=InstructionKind.NUMBER, contact_id=f"{SHOP}-2", phone="+33639980199", **made
    )

    def make(tx: Tx) -> None:
        for one in (absent, number):
            instructions.make(tx, SHOP, one, lowers=False, now=now)

    full.do(make)
    test: Row = dict(lasts=timedelta(hours=1), reason=said("maintenance"), who=NAME)
    full.do(
        lambda tx: on_test.set_on_test(
            tx, STORM[-1], zones=["3"], role="operator", contact=None, now=now, **test
        )
    )


def _held(full: FullStation, said: Callable[[str], str]) -> None:
    """What was done by hand: claims, a password, verifications, reports, a guard on the way, a
    measure, a signal with links and blocks, notes."""
    station, now, found = full.station, clock.now(), full.incidents
    shop = found["shop"]

    def acts(tx: Tx) -> None:
        operating.claim(tx, shop, NAME, now)
        operating.claim(tx, found["garage"], INES, now)
        operating.note(tx, shop, NAME, said("voisin prévenu"), now)
        for heard in ("faux", "Été indien"):
            passwords.password_heard(tx, station.vault, shop, NAME, f"{SHOP}-1", heard, now)
        measure = open_measure(
            tx,
            operating.known(tx, shop),
            Measure.GUARD_ON_SITE,
            said("vigile"),
            timedelta(hours=1),
            now,
            terms=Terms(firm_id="firm", rate=3200, report_every=30),
        )
        measures.report(tx, SHOP, measure.id, said("RAS"), NAME, now)
        feeds.make_feed(tx, "0" * 64, "agenda", "fr", NAME, now)
        prices.set_price(tx, Act.LETTER, PricedBy.STATION, "", 800, 1, NAME, now)
        corrections.add(tx, SHOP, Act.LETTER, 100, None, said("courrier"), NAME, now)
        (task,) = tasks.of_incident(tx, found["guarded"])
        guards.guard_event(tx, found["guarded"], task.id, GuardEvent.ACCEPTED, YVES, now)
        operating.claim(tx, found["checked"], NAME, now)

    full.do(acts)
    sent = Signal(
        account=SHOP,
        format="SIA-DCS",
        code="BA",
        zone="3",
        partition="2",
        user="14",
        text=said("Vitrine"),
        received_at=now,
        panel_time=now - timedelta(minutes=40),
        line="surgard/01-03",
        caller="+33639980001",
        extra=f"[X002E21.134][Y48N51.503][Vhttps://192.0.2.1/clip.jpg][{said('Q1')}]",
        deduplication="full",
    )
    full.do(lambda tx: storing.store_signals(tx, [sent]))
    station.correlate()
    report: Row = dict(person=said("Brigadier"), reference=said("2026/1"), note=said("note"))
    full.do(
        lambda tx: services.report_service(
            tx, shop, NAME, Service.POLICE, Answer.DECLINED, now, script=said("script"), **report
        )
    )


def _images(full: FullStation, said: Callable[[str], str]) -> None:
    """Two stills and a clip of the hall, one of a link, and what the yard's camera failed at."""
    station, now, shop = full.station, clock.now(), full.incidents["shop"]
    folder = station.settings.images_dir / shop
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hall.jpg").write_bytes(png())
    hall = {"name": said("Hall")}
    clip = {**hall, "take": "clip", "begins_at": now, "ends_at": now + timedelta(seconds=2)}
    link = {"camera": "", "name": "192.0.2.1", "link": "https://192.0.2.1/clip.jpg"}
    failed = {"camera": "cour", "name": said("Cour"), "problem": "no_decoder", "path": ""}

    def insert(tx: Tx) -> str:
        seen = a_still(tx, shop, now, **hall)
        for more in (hall, clip, link, {**failed, "detail": said("apt-get"), "sha256": None}):
            a_still(tx, shop, now + timedelta(seconds=5), **more)
        return seen

    seen = full.do(insert)
    means: Row = dict(image=seen, person=said("Anne"))
    full.do(
        lambda tx: services.record_verification(
            tx,
            shop,
            NAME,
            Means.IMAGES,
            Finding.CONFIRMED,
            said("deux hommes"),
            clock.now(),
            **means,
        )
    )


def an_ordinary_day() -> date:
    """The first from today on that is no holiday in France."""
    day = clock.now().astimezone(STATION_ZONE).date()
    while day in public(Place("FR"), day.year, "fr"):
        day += timedelta(days=1)
    return day


def _checks(tx: Tx, said: Callable[[str], str], now: datetime) -> None:
    """The usual list and a check of the station's own; one that failed, one with its figure."""
    checks.begin_usual(tx, now)
    of: Row = {"period": Period.WEEK, "who": Role.OPERATOR, "since": now}
    own = Check(id="ronde", title=said("Ronde"), text=said("Faire le tour"), unit=said("m"), **of)
    check_rows.put(tx, own)
    done: Row = {"at": now, "by": NAME, "unit": "m"}
    failed = Done(id="1", check_id="first-aid", ok=False, remark=said("Plus rien"), **done)
    check_rows.note_done(tx, failed)
    well = Done(id="2", check_id="generator-run", ok=True, figure=22.5, **done)
    check_rows.note_done(tx, well)


def _organs(tx: Tx, said: Callable[[str], str], now: datetime) -> None:
    """An organ to look at, with its line, who looks after it, and a probe."""
    of: Row = {"part": OrganPart.POWER, "name": said("Onduleur"), "valid": timedelta(days=1)}
    of |= {"unit": "percent", "limit": 20.0, "detail": said("Batterie basse")}
    for minutes, figure, state in ((20, 98.0, OrganState.OK), (1, 12.0, OrganState.DEGRADED)):
        at = now - timedelta(minutes=minutes)
        readings.take(tx, [Reading(**of, state=state, figure=figure, at=at)], at)
    care: Row = {"part": OrganPart.POWER, "phone": "+33639989931"}
    care |= {"cost": said("Plus de courant"), "keeper": said("Volta")[:64]}
    probe_rows.put_care(tx, Care(**care))
    probe: Row = {"id": "fibre", "part": OrganPart.NETWORK, "means": ProbeMeans.HTTP}
    probe |= {"name": said("Fibre")[:64], "target": "https://box.example.org/", "warn": 1.0}
    probe_rows.insert(tx, Probe(**probe, asked=said("prêt")), "")


def _shifts(full: FullStation, said: Callable[[str], str]) -> None:
    now = clock.now()
    hours = [Span(now - timedelta(hours=n), now + timedelta(hours=9 - n)) for n in (1, 2)]

    def write(tx: Tx) -> None:
        ids = {name: _user(tx, name) for name in (NAME, INES, YVES, MAX)}
        left = shifts.begin(tx, ids[MAX], now)
        shifts.end(tx, left, now, note=said("Clé du 1003"))
        for user in ids.values():
            shifts.begin(tx, user, now)
        own_days.set_days(tx, "FR", None, [an_ordinary_day()], True, said("Pont"), NAME, now)
        rosters.add_duties(tx, Part.TECHNICIAN, said("Loïc")[:64], "+33639989920", hours, NAME, now)
        _checks(tx, said, now)
        _organs(tx, said, now)
        presence.choose(tx, MAX, Presence.BREAK, BreakReason.MEAL, now)

    full.do(write)
