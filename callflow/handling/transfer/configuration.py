"""The text files of ``station/configuration`` taken again: what one station wrote, another reads.

Sites, plans, firms, services, holidays of the station's own, and who logs in. Secrets are not in
them, nor is what a settings file says (``policy.yaml``): both are told, and given anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from callflow.core.people.users import Role
from callflow.core.plans import call_plan, text
from callflow.core.plans.call_plan import PlanError
from callflow.core.sites.files.faults import Fault
from callflow.core.sites.files.sheets import Part
from callflow.core.time.holidays import Place
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import BadField
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import Refused
from callflow.handling.plans import plans, withdrawal
from callflow.handling.sites import own_days
from callflow.handling.station.users import add_user
from callflow.handling.transfer import services, writing
from callflow.handling.transfer.services import Entry
from callflow.handling.transfer.texts import BadText, Files, Sites, listed, loaded
from callflow.handling.transfer.writing import By, InTx, Outcome, Tick, Told, Writing
from callflow.storage import Tx
from callflow.storage.engine.store import savepoint
from callflow.storage.people import users
from callflow.storage.plans import plans as plan_rows
from callflow.storage.sites import own_days as day_rows
from callflow.storage.sites import sites as site_rows
from callflow.vault import Vault

#: What is told of a firm, or of its people, and is no field of theirs.
_TOLD = ("code_set", "duress_code_set", "closed_at", "closed_by", "closed_because", "number_masked")


@dataclass(kw_only=True, slots=True)
class _Read:
    """What the files beside those of sites say."""

    plans: dict[str, dict[str, Any]] = field(default_factory=dict)  # {file: body}
    firms: list[Entry] = field(default_factory=list)
    lines: list[Entry] = field(default_factory=list)
    days: list[Any] = field(default_factory=list)
    people: list[Any] = field(default_factory=list)
    withdrawn: list[Any] = field(default_factory=list)
    policy: Any = None


class Reading:
    """A configuration, tried or written into a station."""

    def __init__(
        self,
        files: Files,
        by: By,
        *,
        read: InTx,
        write: InTx,
        vault: Vault,
        now: Callable[[], datetime],
    ) -> None:
        self._files, self._by, self._vault, self._now = files, by, vault, now
        self._read, self._write = read, write
        self._faults: list[Fault] = []
        self._notes: list[Fault] = []
        self._all = self._beside()

    def go(self, *, dry: bool, tick: Tick = lambda _done, _all: None) -> Outcome:
        """Try or write all that is right; what is not is told."""
        outcome = Outcome(faults=list(self._faults), notes=list(self._notes))
        beside = partial(writing.beside, self._write, dry=dry, outcome=outcome)
        beside(self._station)
        for some in services.by_firm(self._all.firms):
            beside(partial(self._firms, some))
        source = Sites(self._files)
        outcome.rows = source.count()
        sites = Writing(
            self._read,
            self._write,
            self._vault,
            self._by,
            now=self._now,
            dry=dry,
            first=lambda tx: _ignored(self._plans(tx)),
        )
        sites.all(source, outcome, tick)
        if self._all.lines:
            beside(partial(self._lines, source.has if dry else lambda _site: False))
        beside(self._withdrawn)
        if not dry and (outcome.created or outcome.changed):
            sites.told(outcome)
        return outcome

    def _firms(self, entries: Sequence[Entry], tx: Tx) -> Told:
        return services.write_firms(tx, entries, self._vault, self._by.who, self._now())

    def _lines(self, coming: Callable[[str], bool], tx: Tx) -> Told:
        return services.write_lines(tx, self._all.lines, self._by.who, self._now(), coming)

    # --- what the files say -------------------------------------------------------------------

    def _beside(self) -> _Read:
        found = _Read()
        for name in self._files.names():
            if name.startswith("sites/") and name.endswith(".yaml"):
                continue
            try:
                self._one(name, found)
            except (BadText, PlanError, BadField) as error:
                self._faults.append(
                    Fault(row=0, code="bad_text", sheet=name, args={"why": str(error)})
                )
        return found

    def _one(self, name: str, found: _Read) -> None:
        if name.startswith("plans/") and name.endswith(".yaml"):
            found.plans[name] = call_plan.to_json(text.read(self._files.text(name)))
        elif name == "firms.yaml":
            for firm in listed(self._files, name):
                if firm.get("closed_at"):
                    args = {"value": str(firm.get("name"))}
                    self._notes.append(Fault(row=0, code="firm_closed", sheet=name, args=args))
                    continue
                members = firm.pop("members", None) or []
                found.firms.append(_entry(Part.FIRM, firm, name))
                found.firms += [
                    _entry(Part.MEMBER, member, name, firm=firm.get("id")) for member in members
                ]
        elif name == "directory.yaml":
            found.lines += [
                _entry(Part.SERVICE, line, name, lost=("number",))
                for line in listed(self._files, name)
            ]
        elif name == "holidays.yaml":
            found.days = listed(self._files, name)
        elif name == "people.yaml":
            found.people = listed(self._files, name)
        elif name == "withdrawn_plans.yaml":
            found.withdrawn = listed(self._files, name)
        elif name == "policy.yaml":
            found.policy = loaded(self._files, name)
        else:
            self._notes.append(Fault(row=0, code="not_read", sheet=name))

    # --- what is the station's ----------------------------------------------------------------

    def _station(self, tx: Tx) -> Told:
        told = self._plans(tx)
        for work in (self._days, self._people):
            more = work(tx)
            told.faults += more.faults
            told.notes += more.notes
        if self._all.policy is not None:
            here = _plain(asdict(load_policy(tx)))
            said = self._all.policy if isinstance(self._all.policy, dict) else {}
            differ = sorted(name for name in here if said.get(name, here[name]) != here[name])
            if differ:
                args = {"names": ", ".join(differ)}
                told.notes.append(
                    Fault(row=0, code="policy_differs", sheet="policy.yaml", args=args)
                )
        return told

    def _each(self, told: Told, file: str, about: str, work: Callable[[], object], tx: Tx) -> None:
        """Do one thing by itself; why not, where it is refused."""
        try:
            with savepoint(tx):
                work()
        except (BadField, Refused, PlanError, CalendarError, ValueError) as error:
            args = {"why": f"{about}: {error}"}
            told.faults.append(Fault(row=0, code="bad_text", sheet=file, value=about, args=args))

    def _plans(self, tx: Tx) -> Told:
        told = Told([], [])
        for name, body in self._all.plans.items():
            there = site_rows.plan_body(tx, body["id"])
            if there is None or {**there, "version": 0} != {**body, "version": 0}:
                publish = partial(
                    plans.publish_plan, tx, body, self._by.who, self._now(), why=self._by.because
                )
                self._each(told, name, body["id"], publish, tx)
        return told

    def _withdrawn(self, tx: Tx) -> Told:
        told, there = Told([], []), plan_rows.withdrawals(tx)
        for said in self._all.withdrawn:
            id = str(said.get("id"))
            if id not in there:
                self._each(
                    told, "withdrawn_plans.yaml", id, partial(self._withdraw, tx, id, said), tx
                )
        return told

    def _withdraw(self, tx: Tx, id: str, said: Mapping[str, Any]) -> None:
        if site_rows.plan_body(tx, id) is None:
            return  # of a dry run, which published it and undid that
        standing = withdrawal.get_standing(tx, id)
        because = str(said.get("because") or self._by.because)
        withdrawal.withdraw(tx, id, standing.revision, because, self._by.who, self._now())

    def _days(self, tx: Tx) -> Told:
        """Those that are to come; those that are over mean nothing any more."""
        told, now = Told([], []), self._now()
        there = {(one.place, one.day): one.holiday for one in day_rows.every(tx)}
        for said in self._all.days:
            about = f"{said.get('day')} {said.get('place')}"

            def work(said: Mapping[str, Any] = said) -> None:
                day = date.fromisoformat(str(said.get("day")))
                country, _, region = str(said.get("place")).partition("-")
                holiday = said.get("holiday") is True
                known = there.get((Place(country, region or None), day))
                if known is not holiday and day >= now.date():
                    given = (country, region or None, [day], holiday, str(said.get("reason")))
                    own_days.set_days(tx, *given, self._by.who, now)

            self._each(told, "holidays.yaml", about, work, tx)
        return told

    def _people(self, tx: Tx) -> Told:
        """Who is not there yet comes without a password: an administrator gives one."""
        told = Told([], [])
        for said in self._all.people:
            name = str(said.get("name"))
            there = users.user_by_name(tx, name)
            if there is not None:
                if there.role != said.get("role"):
                    args = {"value": there.role, "other": str(said.get("role"))}
                    note = Fault(
                        row=0, code="role_stays", sheet="people.yaml", value=name, args=args
                    )
                    told.notes.append(note)
                continue

            def work(said: Mapping[str, Any] = said, name: str = name) -> None:
                add_user(
                    tx,
                    name,
                    Role(str(said.get("role"))),
                    "",
                    self._now(),
                    by=self._by.who,
                    language=str(said.get("language") or "fr"),
                    languages=_texts(said.get("languages")),
                    skills=_texts(said.get("skills")),
                    shown_name=str(said.get("shown_name") or ""),
                )

            before = len(told.faults)
            self._each(told, "people.yaml", name, work, tx)
            if len(told.faults) == before:
                note = Fault(
                    row=0, code="no_password", sheet="people.yaml", value=name, args={"value": name}
                )
                told.notes.append(note)
        return told


def _ignored(_told: Told) -> None:
    """It was told already."""


def _texts(said: Any) -> list[str]:
    return [str(each) for each in said] if isinstance(said, list) else []


def _plain(value: Any) -> Any:
    """As YAML has it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _entry(
    part: Part, said: Any, file: str, *, firm: Any = None, lost: Sequence[str] = ()
) -> Entry:
    if not isinstance(said, dict):
        raise BadText("is no list of objects")
    given = {name: value for name, value in said.items() if name not in ("id", *_TOLD)}
    if part is Part.MEMBER:
        given["firm"] = firm
    secrets = [
        name.removesuffix("_set") for name, kept in said.items() if name in _TOLD and kept is True
    ]
    id = str(said.get("id") or "")
    return Entry(part=part, id=id, tab=file, row=0, given=given, lost=(*secrets, *lost))
