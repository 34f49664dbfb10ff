"""Who calls: a number is a hint, a code is proof, and guessing codes gets nobody far (D3, D12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow import call_plan, guessing, supervision
from callflow.handling.acting import hand_to_human, is_mute
from callflow.handling.deciding import raise_duress
from callflow.handling.storing import store_signals
from callflow.handling.telling import tell
from callflow.incident import Machine, State
from callflow.on_call import as_called, on_call
from callflow.signal import Category, Kind
from callflow.site import Authority, Contact, Role, Site, SiteState
from callflow.storage import Tx, calls, contacts, guesses, incidents, locks, sites
from callflow.storage import supervision as rows
from callflow.vault import Vault, equal
from ivr.dialogue import WRONG_CODES_AT_MOST, Deed, Done, Phrase

Row = dict[str, Any]

#: Where a caller's codes count for nothing: nobody monitors the site any more.
_OVER = frozenset({SiteState.TERMINATED.value, SiteState.SUSPENDED.value})


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Somebody whose code was right, at a site."""

    site: Site
    person: Contact

    def may(self, authority: Authority, kind: Kind = Kind.INTRUSION) -> bool:
        """Whether they have ``authority``, in any of the parts they play at the site."""
        parts = [one for one in self.site.contacts if one.id == self.person.id]
        return any(part.may(authority, kind) for part in parts)


def known(tx: Tx, site_id: str, person_id: str) -> Known | None:
    """Who they are as things stand now; None: they, or their site, are no more."""
    site = sites.load_site(tx, site_id)
    person = site.person(person_id) if site is not None else None
    return Known(site=site, person=person) if site is not None and person is not None else None


def hint(tx: Tx, number: str, incident_row: Row | None) -> str:
    """The site of whoever has ``number`` and a code; "" where it is no site's, or several's."""
    if incident_row is not None:
        return str(incident_row["site_id"] or "")
    owners = contacts.owners_of(tx, [number]).get(number, set())
    coded = {site for contact, site in owners if (contacts.get(tx, contact) or {}).get("code")}
    return coded.pop() if len(coded) == 1 else ""


def open_alarms(tx: Tx, site_id: str) -> list[Row]:
    """The site's open incidents, locked, the most urgent first."""
    found = [
        row for row in incidents.unfiled(tx, [site_id], []) if row["state"] == State.OPEN.value
    ]
    return sorted(found, key=lambda row: (row["priority"], row["opened_at"]))


def identify(tx: Tx, vault: Vault, call: Row, deed: Deed, now: datetime) -> Done:
    """Whose code was typed, among those who have one at the site that was named."""
    site_id = _site_named(tx, deed)
    coded = [row for row in _people(tx, site_id) if row["code"] or row["duress_code"]]
    coded.sort(key=lambda row: row["phone"] != call["to"])  # two who chose one code
    if site_id:
        locks.hold(tx, locks.Lock.GUESS, site_id)
    spent = guesses.spent(tx, site_id, call["to"], now)
    verdict, coded, worth = _looked_at(spent, coded, call["to"], len(deed.typed))
    if verdict is not guessing.Verdict.MAY:
        tell(tx, "codes_locked", now, site=site_id, to=call["to"], call=call["id"])
        return Done(result=verdict.value)
    for row in coded:
        typed = vault.code(row["id"], deed.typed)
        if row["duress_code"] and equal(typed, row["duress_code"]):
            return _identified(tx, call, site_id, row, now, duress=True)
        if row["code"] and equal(typed, row["code"]):
            return _identified(tx, call, site_id, row, now)
    return _wrong(tx, call, deed, site_id, worth, spent, now)


def _looked_at(
    spent: guessing.Spent, coded: list[Row], number: str, digits: int
) -> tuple[guessing.Verdict, list[Row], float]:
    """Whose codes one of so many ``digits`` is held against: everybody's of the site, else, where
    these are too many for one more guess, those of whoever has the caller's ``number``."""
    own = [row for row in coded if row["phone"] == number]
    worth = guessing.worth(_codes(coded), digits)
    verdict = guessing.verdict(spent, worth, known=bool(own))
    if verdict is guessing.Verdict.LOCKED and own:
        coded, worth = own, guessing.worth(_codes(own), digits)
        verdict = guessing.verdict(spent, worth, known=True)
    return verdict, coded, worth


def _codes(people: list[Row]) -> int:
    return sum(bool(row["code"]) + bool(row["duress_code"]) for row in people)


def _site_named(tx: Tx, deed: Deed) -> str | None:
    account = deed.kept.get("account", "")
    named = sites.site_of_accounts(tx, [account]).get(account) if account else deed.kept.get("site")
    row = sites.site_row(tx, named) if named else None
    return row["id"] if row is not None and row["state"] not in _OVER else None


def _people(tx: Tx, site_id: str | None) -> list[Row]:
    """The site's contacts, each once."""
    found = contacts.rows_of(tx, site_id) if site_id else []
    return list({row["id"]: row for row in found}.values())


def _wrong(
    tx: Tx,
    call: Row,
    deed: Deed,
    site_id: str | None,
    worth: float,
    spent: guessing.Spent,
    now: datetime,
) -> Done:
    guesses.insert(tx, site_id, call["to"], worth, now)
    tell(tx, "code_wrong", now, site=site_id, to=call["to"], call=call["id"])
    if guessing.is_attack(spent.of_all + 1) and not incidents.open_ones(tx, kind=Kind.GUESSING):
        text = f"{spent.of_all + 1} codes faux en dix minutes"
        store_signals(
            tx, [supervision.station_signal("CODES_GUESSED", "", call["id"], now, text=text)]
        )
    if deed.wrong_codes + 1 >= WRONG_CODES_AT_MOST:
        return Done(result="wrong_again")
    return Done(result="wrong" if "account" in deed.kept else "wrong_here")


def _identified(
    tx: Tx, call: Row, site_id: str | None, row: Row, now: datetime, *, duress: bool = False
) -> Done:
    assert site_id is not None, "who has a code has it at a site"
    found = known(tx, site_id, row["id"])
    assert found is not None, "a contact of the site"
    alarms = open_alarms(tx, site_id)
    calls.change(tx, call["id"], contact_id=row["id"])
    of: Row = {} if alarms else {"site": site_id}
    told = of | {"who": row["name"], "to": call["to"], "call": call["id"]}
    tell(tx, "caller_known", now, alarms[0] if alarms else None, **told)
    if alarms:
        calls.change(tx, call["id"], incident_id=alarms[0]["id"])
        _join_plan(tx, call, alarms[0], found, now)
    if duress:
        _raise(tx, site_id, alarms, call, now)
    free = all(may_cancel(found, alarm) for alarm in alarms)  # as it was before any duress
    heard = [] if not alarms or is_mute(alarms[0]) else [Kind(alarms[0]["kind"])]
    return Done(
        result="alarm" if alarms else "client",
        say=tuple(Phrase("state_alarm", {"kind": kind}) for kind in heard),
        keep={"site": site_id, "person": row["id"], "cancels": _yes(free)},
        may=may(tx, found, alarms, now),
        language=row["language"],
        duress=duress,
    )


def _yes(fact: bool) -> str:
    return "yes" if fact else ""


def _join_plan(tx: Tx, call: Row, alarm: Row, who: Known, now: datetime) -> None:
    """Whoever the plan is calling, or would, and calls us is asked here: it waits for what they say
    and calls nobody meanwhile (D20)."""
    plan = call_plan.from_json(alarm["plan"])
    step = next((step for step in plan.steps if step.id == alarm["step"]), None)
    if (
        step is None
        or step.kind not in call_plan.CALLING
        or alarm["machine"] != Machine.RUNNING.value
    ):
        return
    people = on_call(who.site, step.selectors, Kind(alarm["kind"]), now)
    if any(person.id == who.person.id for person in people):
        attempt = 1 + calls.of_step(tx, alarm["id"], step.id)
        calls.change(tx, call["id"], step=step.id, attempt=attempt)


def _raise(tx: Tx, site_id: str, alarms: list[Row], call: Row, now: datetime) -> None:
    """Somebody is threatened, silently: of an alarm that is on, or one of its own (D7)."""
    if alarms:
        raise_duress(tx, alarms[0], now)
        return
    account = rows.first_account(tx, site_id)
    if account is not None:
        signal = supervision.station_signal("DURESS_CODE", account, call["id"], now)
        store_signals(tx, [signal])


def may(tx: Tx, who: Known, alarms: list[Row], now: datetime) -> frozenset[str]:
    """What is offered to somebody known, as things stand."""
    offered = set()
    if alarms:
        offered |= _answers(who, alarms[0], now)
    elif who.may(Authority.SET_ON_TEST):
        tested = rows.running_tests(tx, [who.site.id], now).get(who.site.id)
        offered.add("end_test" if tested else "test")
    row = sites.site_row(tx, who.site.id)
    if who.may(Authority.INSTRUCT) and row is not None and row["schedule"]:
        offered.add("late")
    return frozenset(offered | ({"cancel"} if alarms else set()))


def _answers(who: Known, alarm: Row, now: datetime) -> set[str]:
    """What somebody whom a plan calls could answer, too."""
    called = as_called(who.site, who.person.id, now) or who.person
    if called.role is Role.PREMISES:
        return set()
    sends = called.may(Authority.SEND_GUARD, Kind(alarm["kind"]))
    return {"going", "next_person"} | ({"send_guard"} if sends else set())


def may_cancel(who: Known, alarm: Row) -> bool:
    """Whether this alarm ends by a code on the phone: never a personal or a vital one, nor one that
    an operator has (D3, D7, D20)."""
    vital = alarm["category"] == Category.VITAL.value
    free = alarm["holder"] is None and not is_mute(alarm) and not vital
    return free and who.may(Authority.CANCEL, Kind(alarm["kind"]))


def asks_to_cancel(tx: Tx, who: Known, alarms: list[Row], now: datetime) -> None:
    """An operator looks at what the caller may not cancel alone."""
    for row in alarms:
        tell(tx, "cancel_asked", now, row, who=who.person.name)
        if row["holder"] is None:
            hand_to_human(tx, row, "cancel_by_phone", now)
