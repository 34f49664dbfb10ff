"""What a site lacks for a plan that serves it: people, numbers, hours, lines, cameras."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from callflow.core.calls.call import Outcome
from callflow.core.calls.dial_policy import refusal
from callflow.core.calls.on_call import nobody
from callflow.core.interventions.directory import ServiceLine
from callflow.core.plans.call_plan import (
    CALLING,
    CONTINUE,
    MUTE,
    NEUTRAL,
    At,
    Finding,
    Plan,
    Step,
    StepKind,
    Stop,
    justifies,
    reachable,
    ungrounded,
)
from callflow.core.plans.overrides import Own, applied, lost
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.site import Authority, Contact, Role, Site
from callflow.core.time.availability import ALWAYS, gaps
from callflow.core.time.hours import Span

#: How far ahead calendars are looked at, in days.
_YEAR = 365
#: Where no hour is looked at.
_NEVER = datetime.min.replace(tzinfo=UTC)
#: Kinds of alarm that a finding names.
_SHOWN = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """A site that a plan serves, and for which alarms. ``lines`` are those of the directory."""

    site: Site
    alarms: frozenset[tuple[Kind, Category]]
    postcode: str = ""
    lines: tuple[ServiceLine, ...] = ()
    cameras: int = 0
    own: Own = field(default_factory=dict)  # settings of the plan that the site has otherwise

    @property
    def ringing(self) -> list[Kind]:
        """The kinds about which people may be called, in their order."""
        return sorted({kind for kind, _ in self.alarms} - PERSONAL)


def at_site(plan: Plan, use: Use, now: datetime) -> Iterator[Finding]:
    """What is found for a sound plan at one site, from ``now`` (UTC) for a year."""
    for where in lost(plan, use.own):
        args = {"where": where}
        yield Finding(code="override_lost", site=use.site.id, args=args)
    here = _Here(applied(plan, use.own), use, now)
    yield from here.found()


def reaching(plan: Plan, use: Use) -> dict[str, bool]:
    """{step: whether it may call anybody at the site, at any hour} of a sound plan's steps that
    call."""
    plan = applied(plan, use.own)
    here, done = _Here(plan, use, _NEVER), reachable(plan)
    return {
        step.id: any(
            contact.phone is not None and refusal(contact.phone) is None
            for contact in here.listed(step)
        )
        for step in plan.steps
        if step.id in done and _calls(step)
    }


def reaches_somebody(plan: Plan, use: Use) -> bool:
    """True where any step of a sound plan may call anybody at the site, at any hour."""
    return any(reaching(plan, use).values())


def rings(plan: Plan) -> bool:
    """True where a sound plan is there to call people at all."""
    done = reachable(plan)
    return any(_calls(step) for step in plan.steps if step.id in done)


@dataclass(slots=True)
class _Here:
    plan: Plan
    use: Use
    now: datetime
    told: set[tuple[str, str]] = field(default_factory=set)  # (code, whose), once a site
    missing: dict[frozenset[str], list[Span]] = field(default_factory=dict)
    lists: dict[str, list[Contact]] = field(default_factory=dict)  # by step, as ``listed`` said

    def found(self) -> Iterator[Finding]:
        done = reachable(self.plan)
        steps = [At(s, place) for place, s in enumerate(self.plan.steps) if s.id in done]
        for at in steps:
            yield from self._personal(at)
            if self.use.ringing:
                yield from self._people(at)
            yield from self._means(at)
        if self.use.ringing:
            yield from self._twice([at for at in steps if _calls(at.step)])
        yield from self._never_closes()

    def _of(self, at: At, code: str, name: str = "", /, **args: object) -> Finding:
        found = at.found(code, name, **args)
        return Finding(
            code=code, step=found.step, site=self.use.site.id, args=found.args, field=found.field
        )

    def _once(self, whose: str, finding: Finding) -> Iterator[Finding]:
        if (finding.code, whose) not in self.told:
            self.told.add((finding.code, whose))
            yield finding

    def _personal(self, at: At) -> Iterator[Finding]:
        kinds = sorted({kind for kind, _ in self.use.alarms} & PERSONAL)
        if kinds and at.step.kind not in MUTE:
            yield self._of(at, "rings_personal", "kind", kind=", ".join(kinds))

    def listed(self, step: Step) -> list[Contact]:
        """Whom the step may call there, about any alarm that it serves, in order."""
        if step.id not in self.lists:
            selectors, site = step.selectors, self.use.site
            found = (
                contact
                for kind in self.use.ringing
                for who in selectors
                for contact in who.of(site, kind)
            )
            self.lists[step.id] = list({(c.id, c.role): c for c in found}.values())
        return self.lists[step.id]

    def _people(self, at: At) -> Iterator[Finding]:
        step = at.step
        if not _calls(step):
            return
        known = {contact.id for contact in self.use.site.contacts}
        for who in step.who:
            if who.contact is not None and who.contact not in known:
                yield self._of(at, "unknown_contact", "who", contact=who.contact)
        listed = self.listed(step)
        if not listed:
            guards = step.kind is StepKind.SEND_GUARD
            yield self._of(at, "no_guard" if guards else "nobody_listed", "who")
            return
        for contact in listed:
            yield from self._number(at, contact)
        people = len({contact.id for contact in listed})
        if step.stop is Stop.N_VALID and people < step.valid:
            yield self._of(at, "too_few_people", "valid", valid=step.valid, people=people)
        yield from self._authority(at, listed)
        yield from self._calendars(at, listed)

    def _number(self, at: At, contact: Contact) -> Iterator[Finding]:
        if contact.phone is None:
            yield from self._once(contact.id, self._of(at, "no_number", "who", name=contact.name))
        elif refusal(contact.phone) is not None:
            told = {"name": contact.name, "number": contact.phone}
            yield from self._once(contact.id, self._of(at, "refused_number", "who", **told))

    def _authority(self, at: At, listed: Sequence[Contact]) -> Iterator[Finding]:
        """Where a right code leads on, somebody must be able to give one that cancels."""
        target = at.step.outcomes.get(Outcome.VERIFIED_OK, CONTINUE)
        if target == CONTINUE:
            return
        kinds = [
            kind
            for kind in self.use.ringing
            if not any(contact.may(Authority.CANCEL, kind) for contact in listed)
        ]
        if kinds:
            told = {"kind": _some(kinds), "outcome": Outcome.VERIFIED_OK.value}
            yield self._of(at, "no_authority", "who", **told)

    def _calendars(self, at: At, listed: Sequence[Contact]) -> Iterator[Finding]:
        if any(contact.availability == ALWAYS for contact in listed):
            return
        for kind in self.use.ringing:
            missing = self._nobody(at.step, kind)
            if missing:
                yield self._of(at, "nobody_there", "who", **_hours(missing, self.use.site))
                return

    def _nobody(self, step: Step, kind: Kind) -> list[Span]:
        """When nobody can be called; each group of people is looked at once."""
        site, who = self.use.site, step.selectors
        group = frozenset(contact.id for each in who for contact in each.of(site, kind))
        if group not in self.missing:
            self.missing[group] = nobody(site, who, kind, self.now, _YEAR)
        return self.missing[group]

    def _twice(self, steps: Iterable[At]) -> Iterator[Finding]:
        roles: dict[str, Role] = {}
        numbers: dict[str, Contact] = {}
        for at in steps:
            for contact in self.listed(at.step):
                if roles.setdefault(contact.id, contact.role) is not contact.role:
                    found = self._of(at, "person_twice", "who", name=contact.name)
                    yield from self._once(contact.id, found)
                other = numbers.setdefault(contact.phone or contact.id, contact)
                if other.id != contact.id:
                    told = {"name": contact.name, "other": other.name}
                    found = self._of(at, "number_twice", "who", **told)
                    yield from self._once(contact.id, found)

    def _means(self, at: At) -> Iterator[Finding]:
        match at.step.kind:
            case StepKind.EMERGENCY_SERVICE:
                yield from self._service(at)
            case StepKind.FETCH_IMAGES if not self.use.cameras:
                yield from self._once("", self._of(at, "no_camera", "kind"))
            case StepKind.LISTEN_IN if not self.use.site.by_role(Role.LISTEN_IN):
                yield from self._once("", self._of(at, "no_listening_line", "kind"))

    def _service(self, at: At) -> Iterator[Finding]:
        site, service = self.use.site, at.step.service
        lines = [
            line
            for line in self.use.lines
            if line.service is service and line.covers(site.id, self.use.postcode)
        ]
        hours = [line.hours for line in lines]
        missing = gaps(hours, ZoneInfo(site.timezone), self.now, _YEAR)
        if missing:
            told = {"service": service.value, **_hours(missing, site)}
            yield from self._once(service, self._of(at, "no_service_line", "service", **told))

    def _never_closes(self) -> Iterator[Finding]:
        """Closures of the plan that the machine makes for no such alarm (D3, D9)."""
        found: dict[Category, list[tuple[At, str]]] = {}
        for kind, category in sorted(self.use.alarms):
            if kind in PERSONAL:
                continue  # said already
            if category not in found:
                found[category] = list(ungrounded(self.plan, partial(_held, category)))
            for at, outcome in found[category]:
                told = {"kind": kind.value, "outcome": outcome}
                name = f"outcomes.{outcome}" if outcome else "to"
                closes = self._of(at, "never_closes", name, **told)
                yield from self._once(f"{at.place}/{outcome}", closes)


def _held(category: Category, step: Step, outcome: str, grounds: bool) -> bool:
    """As deciding weighs it, for an alarm of ``category``."""
    if step.kind in NEUTRAL:
        return grounds
    technical = category in (Category.TECHNICAL, Category.INFORMATION)
    from_afar = step.off_site and category is Category.VITAL
    return justifies(step.kind, outcome, technical=technical) and not from_afar


def _calls(step: Step) -> bool:
    return step.kind in CALLING or step.kind is StepKind.SEND_GUARD


def _some(kinds: Sequence[Kind]) -> str:
    """A few of them: a plan for everything has thirty."""
    shown = ", ".join(kinds[:_SHOWN])
    return shown if len(kinds) <= _SHOWN else f"{shown}, …"


def _hours(missing: Sequence[Span], site: Site) -> dict[str, object]:
    total = sum((span.end - span.start for span in missing), timedelta())
    first = missing[0].start.astimezone(ZoneInfo(site.timezone))
    return {
        "hours": round(total / timedelta(hours=1), 1),
        "first": first.strftime("%Y-%m-%d %H:%M"),
    }
