"""Facts of alarms that reports are made of: those of every shift, and what must not be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call, CallState, Outcome, Recording
from callflow.core.interventions.directory import ServiceReport
from callflow.core.interventions.firm import VisitBy
from callflow.core.interventions.law import Answer, Finding, Means, Service, Verification, Weight
from callflow.core.messages.outbox import Image, Take
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.core.records.logbook import MACHINE, Entry
from callflow.core.records.reports.facts import Facts, Party
from callflow.core.signals.signal import Category, Kind, StoredSignal, Treatment
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.site import Role
from callflow.core.time.instants import to_iso
from tests.support.rows.values import example

#: Two in the night of Paris, before its clock is changed.
NIGHT = datetime(2026, 11, 30, 2, 0, 12, tzinfo=UTC)
KEYHOLDER, SECOND = "+33639980102", "+33639980103"
OPERATOR, CHIEF = "ines", "odile"
#: What no client reads, wherever somebody typed it.
SECRETS = (KEYHOLDER, "0639980199", "06 39 98 01 99", "2580", OPERATOR, CHIEF, "Garage du voisin")
PEOPLE = {
    "p": Party("Boulangerie", Role.PREMISES),
    "k1": Party("Gérante", Role.KEYHOLDER),
    "k2": Party("Premier vendeur", Role.KEYHOLDER),
    "g": Party("Ouest Garde", Role.GUARD),
    "m": Party("Alarmes de l’Ouest", Role.MAINTENANCE),
}


def after(seconds: float) -> datetime:
    return NIGHT + timedelta(seconds=seconds)


class Told:
    """Facts that grow."""

    def __init__(self, kind: Kind, category: Category, priority: int, **incident: Any) -> None:
        self.incident = Incident(
            id="3f2c9a71b0de4d55a2c4",
            account="1001",
            kind=kind,
            category=category,
            priority=priority,
            zones={"3": "alarm"},
            plan={"name": "Commerce, nuit", "version": 4, "steps": []},
            opened_at=after(0.4),
            site_id="1001",
            **incident,
        )
        self.lists: dict[str, list[Any]] = {
            name: []
            for name in (
                *("signals", "calls", "verifications", "service_reports", "tasks", "visits"),
                *("measures", "images", "entries"),
            )
        }
        self.recordings: dict[str, Recording] = {}

    def entry(self, at: float, kind: str, author: str = MACHINE, /, **data: Any) -> None:
        number = len(self.lists["entries"]) + 1
        told = example(Entry, number=number, at=after(at), kind=kind, who=author, data=data)
        self.lists["entries"].append(replace(told, hash=f"{number:064x}"))

    def signal(self, at: float, code: str, zone: str, kind: Kind, **more: Any) -> None:
        told: dict[str, Any] = dict(account="1001", format="SIA-DCS", line="dc09", number=1)
        told |= dict(code=code, zone=zone, kind=kind, received_at=after(at), encrypted=True)
        self.lists["signals"].append(example(StoredSignal, **(told | more)))

    def call(
        self, at: float, whom: str, to: str, rang: float, talked: float, end: Outcome, **more: Any
    ) -> None:
        number = len(self.lists["calls"]) + 1
        answered = after(at + rang) if talked else None
        made = Call(
            id=f"call-{number}",
            step="keyholders",
            to=to,
            attempt=1,
            state=CallState.ENDED,
            requested_at=after(at - 0.3),
            contact_id=whom,
            placed_at=after(at),
            answered_at=answered,
            ended_at=after(at + rang + talked),
            outcome=end,
        )
        self.lists["calls"].append(replace(made, **more))
        if talked:
            kept = dict(call_id=made.id, path="x.wav", sha256=f"{number:02x}" * 32)
            self.recordings[made.id] = example(Recording, **kept, duration=talked)

    def facts(self) -> Facts:
        site = example(
            DeclaredSite,
            id="1001",
            name="Boulangerie des Halles",
            client_name="Pains et Cie",
            address="7 rue Saint-Georges, 35000 Rennes",
            timezone="Europe/Paris",
            language="fr",
        )
        return Facts(
            incident=self.incident,
            site=site,
            zones={("1001", "3"): "Vitrine", ("1001", "4"): "Réserve", ("1001", "9"): "Fournil"},
            signal_count=len(self.lists["signals"]),
            recordings=self.recordings,
            people=PEOPLE,
            service_calls=(),
            target=timedelta(seconds=90),
            called={},
            **{name: tuple(found) for name, found in self.lists.items()},
        )

    def closed(self, at: float, resolution: str, text: str) -> None:
        ends = dict(state=State.FILED, closed_at=after(at), resolution_code=resolution)
        self.incident = replace(self.incident, **ends, resolution_text=text)  # type: ignore[arg-type]
        self.entry(at, "closed", OPERATOR, resolution=resolution, text=text)


def intrusion() -> Facts:
    """Somebody came in: a guard found traces, the police came, a guard stays."""
    told = Told(Kind.INTRUSION, Category.SECURITY, 2, confirmed=True)
    told.signal(0, "BA", "3", Kind.INTRUSION, treatment=Treatment.OPENED, text="VITRINE")
    told.entry(0.4, "incident_opened", alarm="intrusion", priority=2, plan="Commerce, nuit")
    told.signal(14, "BA", "4", Kind.INTRUSION, treatment=Treatment.JOINED, text="RESERVE")
    told.entry(14.2, "incident_confirmed")
    told.call(1.1, "p", "+33639980101", 25, 0, Outcome.NO_ANSWER, step="counter_call")
    told.call(28, "k1", KEYHOLDER, 9, 31, Outcome.SEND_GUARD)
    told.entry(70, "human", reason="plan", text="interne : voir le voisin")
    told.entry(82, "claimed", OPERATOR, by=OPERATOR)
    told.entry(95, "note", OPERATOR, note="Garage du voisin prévenu au 06 39 98 01 99, code 2580")
    told.entry(96, "storm_grew", sites="Garage du voisin")
    told.entry(101, "guard_by_hand", OPERATOR, by=OPERATOR, who="Ouest Garde")
    data = {"accepted_at": after(140), "on_site_at": after(1290), "left_at": after(3120)}
    told.lists["tasks"].append(
        Task(
            id="t",
            incident_id="i",
            step="guard_by_hand",
            kind="send_guard",
            state=TaskState.ENDED,
            requested_at=after(101),
            outcome=TaskOutcome.TRACES,
            subject="g",
            text="Vitrine brisée, tiroir-caisse ouvert, personne sur place",
            data={name: to_iso(at) for name, at in data.items()},
            ended_at=after(1710),
        )
    )
    told.entry(140, "guard_accepted", who="Ouest Garde", until=to_iso(after(1500)))
    told.entry(1290, "guard_on_site", who="Ouest Garde", until=to_iso(after(2500)))
    report = dict(who="Ouest Garde", outcome="traces", where="everywhere", armed="not_rearmed")
    told.entry(1710, "guard_report", note="Vitrine brisée. Rappeler le 0639980199.", **report)
    told.lists["verifications"].append(
        Verification(
            means=Means.GUARD,
            result=Finding.CONFIRMED,
            weight=Weight.STRONG,
            by=OPERATOR,
            at=after(1712),
            person="Ouest Garde",
            note="Vitrine brisée, tiroir-caisse ouvert",
        )
    )
    told.entry(1712, "verification", OPERATOR, means="guard", finding="confirmed")
    told.entry(1730, "service_asked", OPERATOR, service="police", line="CORG 35", gate="verified")
    told.lists["service_reports"].append(
        example(
            ServiceReport,
            service=Service.POLICE,
            line_name="CORG 35",
            person="Brigadier",
            reference="2026/4471",
            answer=Answer.ACCEPTED,
            counter_order=False,
            by=OPERATOR,
            said_at=after(1782),
            at=after(1790),
            note="Accès par la cour, code 2580",
        )
    )
    answer = dict(service="police", line="CORG 35", person="Brigadier", reference="2026/4471")
    told.entry(1790, "service_report", OPERATOR, answer="accepted", **answer)
    told.lists["measures"].append(
        ProtectiveMeasure(
            id="m",
            site_id="1001",
            kind=Measure.GUARD_ON_SITE,
            text="Garde de la vitrine jusqu'au vitrier",
            opened_by=OPERATOR,
            began_at=after(1800),
            ends_at=after(6 * 3600),
            incident_id="i",
            firm_id="g",
        )
    )
    until, note = to_iso(after(6 * 3600)), "Garde de la vitrine jusqu'au vitrier"
    told.entry(1800, "measure_opened", OPERATOR, until=until, note=note)
    for number, at in enumerate((0.8, 3, 6), 1):
        told.lists["images"].append(
            example(
                Image,
                id=f"still-{number}",
                camera="hall",
                name="Hall",
                taken_at=after(at),
                take=Take.STILL,
                path=f"i/still-{number}.jpg",
                sha256=None,
            )
        )
    told.entry(3120, "guard_left", who="Ouest Garde")
    told.entry(3400, "message_sent", channel="mail", to="gerance@example.org")
    text = "Effraction de la vitrine. Vitrier à 8 h. Joindre le 06 39 98 01 99, code 2580."
    told.closed(3700, "authorities", text)
    told.entry(3760, "filed")
    told.entry(9000, "document_made", CHIEF, document="d", paper="report_full", name="x")
    return told.facts()


def fire() -> Facts:
    """Smoke in the bakehouse, and the fire brigade on its way within two minutes."""
    told = Told(Kind.FIRE, Category.VITAL, 1)
    told.signal(0, "FA", "9", Kind.FIRE, treatment=Treatment.OPENED, text="FUMEE FOURNIL")
    told.entry(0.4, "incident_opened", alarm="fire", priority=1, plan="Incendie")
    told.entry(0.5, "human", reason="vital", text="")
    told.entry(11, "claimed", OPERATOR, by=OPERATOR)
    told.call(13, "p", "+33639980101", 6, 22, Outcome.HELP, step="by_hand", operator=OPERATOR)
    told.entry(40, "verification", OPERATOR, means="call_with_code", finding="confirmed")
    told.lists["verifications"].append(
        Verification(
            means=Means.CALL_WITH_CODE,
            result=Finding.CONFIRMED,
            weight=Weight.STRONG,
            by=OPERATOR,
            at=after(40),
            person="Gérante",
            note="Fumée épaisse, tout le monde est sorti",
        )
    )
    told.lists["service_reports"].append(
        example(
            ServiceReport,
            service=Service.FIRE,
            line_name="CTA 35",
            person="",
            reference="A-118",
            answer=Answer.ACCEPTED,
            counter_order=False,
            by=OPERATOR,
            said_at=after(86),
            at=after(92),
        )
    )
    told.entry(92, "service_report", OPERATOR, service="fire", answer="accepted", reference="A-118")
    told.signal(2400, "FR", "9", Kind.RESTORE, treatment=Treatment.RESTORED)
    told.closed(2600, "authorities", "Feu de hotte éteint par les sapeurs-pompiers.")
    told.entry(2610, "filed")
    return told.facts()


def technical() -> Facts:
    """A battery fails, and a technician of the maintenance firm changes it."""
    told = Told(Kind.BATTERY, Category.TECHNICAL, 3)
    told.signal(0, "YT", "", Kind.BATTERY, treatment=Treatment.OPENED, text="BATTERIE BASSE 10,4V")
    told.entry(0.4, "incident_opened", alarm="battery", priority=3, plan="Technique")
    told.call(3, "m", "+33639980300", 12, 40, Outcome.ACCEPTED)
    told.call(60, "k1", KEYHOLDER, 9, 15, Outcome.ACKNOWLEDGED, step="message")
    told.entry(56, "technician_accepted", who="Technicien")
    told.entry(5400, "technician_on_site", who="Technicien")
    told.signal(6900, "YR", "", Kind.RESTORE, treatment=Treatment.RESTORED, text="BATTERIE OK")
    there = (after(56), after(5400), after(7200))
    told.lists["visits"].append(
        VisitBy("v", "1001", "m", "i", *there, name="Technicien", phone="+33639980301")
    )
    told.entry(7200, "technician_left", who="Technicien")
    told.closed(7300, "technical", "Batterie remplacée")
    told.entry(7310, "filed")
    return told.facts()


def forty_calls() -> Facts:
    """Nobody is there, for a long time."""
    told = Told(Kind.INTRUSION, Category.SECURITY, 2)
    told.signal(0, "BA", "3", Kind.INTRUSION, treatment=Treatment.OPENED)
    told.entry(0.4, "incident_opened", alarm="intrusion", priority=2, plan="Commerce, nuit")
    for number in range(40):
        whom, to = (("k1", KEYHOLDER), ("k2", SECOND))[number % 2]
        end = Outcome.BUSY if number % 5 == 3 else Outcome.NO_ANSWER
        told.call(2 + 45 * number, whom, to, 25, 0, end, attempt=1 + number // 2)
    told.call(1810, "k1", KEYHOLDER, 8, 44, Outcome.VERIFIED_OK, attempt=21)
    told.closed(1870, "false_alarm", "Chat dans la réserve")
    told.entry(1880, "filed")
    return told.facts()
