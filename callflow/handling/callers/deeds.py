"""What known callers do in the menu: each deed in one transaction with how far the call is.

A deed under duress is done and undone again: it sounds like success, and nothing is changed
(invariant 4).
"""

import itertools
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from callflow.core.calls.dialogue import Deed, Done, Phrase, Progress
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import Terms
from callflow.core.sites.schedule import Schedule
from callflow.core.sites.site import Authority, Role
from callflow.core.time.hours import CalendarError
from callflow.handling.alarms.acting import close, withdraw
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.callers import codes, identity, instructions, member_deeds, site_state
from callflow.handling.callers.requests import Asked, done
from callflow.handling.interventions.measures import open_measure
from callflow.handling.sites import on_test
from callflow.handling.sites.contacts import new_code
from callflow.storage import Tx, savepoint
from callflow.storage.calls import calls
from callflow.storage.sites import contacts, own_days, sites
from callflow.storage.watch import supervision
from callflow.vault import Vault, equal


class _Pretended(Exception):
    """Carries what a deed under duress would have answered past its undoing."""

    def __init__(self, done: Done) -> None:
        super().__init__("under duress")
        self.done = done


def perform(
    tx: Tx, vault: Vault, call_id: str, deed: Deed, progress: Progress, now: datetime
) -> Done:
    """Do what the menu of this call asks for; what it leads to.

    Raises LookupError where the caller, or their site, is none any more.
    """
    call = calls.get(tx, call_id, lock=True)
    if call is None:
        raise LookupError("a deed of a call that no row names")
    if deed.name in _IDENTIFYING:
        return _IDENTIFYING[deed.name](tx, vault, call, deed, now)
    duress = progress.duress
    if "firm" in deed.kept:

        def member_does() -> Done:
            return member_deeds.perform(tx, call_id, deed, now, duress=duress)

        return _done_or_pretended(tx, progress, deed, call_id, now, member_does)
    who = identity.known(tx, deed.kept["site"], deed.kept["person"])
    if who is None:
        raise LookupError("the caller is no contact of the site any more")
    asked = Asked(who=who, deed=deed, vault=vault, call_id=call_id, now=now, duress=duress)
    return _done_or_pretended(
        tx, progress, deed, call_id, now, lambda: _DEEDS[deed.name](tx, asked)
    )


_IDENTIFYING = {
    "identify": codes.identify,
    "identify_member": codes.identify_member,
}


def _done_or_pretended(
    tx: Tx,
    progress: Progress,
    deed: Deed,
    call_id: str,
    now: datetime,
    doing: Callable[[], Done],
) -> Done:
    """What ``doing`` answers; under duress it is undone again, and the logbook says who asked."""
    if not progress.duress:
        return doing()
    try:
        with savepoint(tx):
            raise _Pretended(doing())
    except _Pretended as pretended:
        name = contacts.names_of(tx, [deed.kept["person"]]).get(deed.kept["person"], "")
        site = deed.kept.get("site")
        tell(tx, "deed_under_duress", now, site=site, who=name, deed=deed.name, call=call_id)
        return pretended.done


# --- the alarm in progress ----------------------------------------------------------------


def _cancel(tx: Tx, asked: Asked) -> Done:
    alarms = identity.open_alarms(tx, asked.who.site.id)
    if not alarms:
        return done(tx, asked, "nothing")
    allowed = all(identity.may_cancel(asked.who, incident) for incident in alarms)
    if not (asked.deed.kept["cancels"] if asked.duress else allowed):
        identity.asks_to_cancel(tx, asked.who, alarms, asked.now)
        return Done(result="to_human")
    name = asked.who.person.name
    for incident in alarms:
        withdraw(tx, incident, asked.now)
        text = f"Annulée au téléphone par {name}"
        close(tx, incident, asked.deed.kept["reason"], text, asked.now, who=name)
    return done(tx, asked, "done")


def _state(tx: Tx, asked: Asked) -> Done:
    said = site_state.read_out(tx, asked.who.site, asked.now, duress=asked.duress)
    return done(tx, asked, "told", *said)


# --- on test (D17), closing late ----------------------------------------------------------


def _set_on_test(tx: Tx, asked: Asked) -> Done:
    site, zone = asked.who.site, asked.deed.kept["zone"]
    if identity.open_alarms(tx, site.id):
        return Done(result="in_alarm")
    if not asked.who.may(Authority.SET_ON_TEST):
        return Done(result="not_allowed")
    try:
        test = on_test.set_on_test(
            tx,
            site.id,
            zones=[zone] if zone else None,
            lasts=timedelta(hours=int(asked.deed.kept["hours"])),
            reason="Demandé par téléphone",
            who=asked.who.person.name,
            role="contact",
            contact=asked.who.person.id,
            now=asked.now,
        )
    except BadField as error:
        return Done(result="no_such_zone" if error.field.startswith("zones") else "not_possible")
    except Refused:
        return Done(result="not_allowed")
    until = asked.local(test.ends_at)
    said = Phrase("test_zone_set", {"zone": zone, "at": until}) if zone else None
    return done(tx, asked, "done", said or Phrase("test_set", {"at": until}))


def _end_test(tx: Tx, asked: Asked) -> Done:
    site, who = asked.who.site.id, asked.who.person.name
    running = supervision.running_tests(tx, [site], asked.now).get(site, [])
    if not running or not asked.who.may(Authority.SET_ON_TEST):
        return Done(result="not_possible")
    for test in running:
        on_test.end(tx, site, test.id, who=who, now=asked.now)
    return done(tx, asked, "done")


def _close_late(tx: Tx, asked: Asked) -> Done:
    site = sites.get(tx, asked.who.site.id)
    if site is None or not site.schedule:
        return Done(result="not_possible")
    if not asked.who.may(Authority.INSTRUCT):
        return Done(result="not_allowed")
    closing = _next(asked, asked.deed.typed)
    try:
        if closing is None:
            return Done(result="bad_time")
        own = own_days.for_calendars(tx, [site.schedule])
        schedule = Schedule.from_json(site.schedule, own)
        changed = schedule.closing_at(closing, asked.now, asked.zone)
    except CalendarError:
        return Done(result="bad_time")
    due = changed.next_closing(asked.now, asked.zone)
    supervision.write_schedule(tx, site.id, changed.to_json(), due, asked.now)
    who, until = asked.who.person.name, asked.local(closing).strftime("%H:%M")
    tell(tx, "closing_late", asked.now, site=site.id, who_did=who, who=who, until=until)
    return done(tx, asked, "done", Phrase("late_set", {"at": asked.local(closing)}))


def _next(asked: Asked, typed: str) -> datetime | None:
    """When the clock at the site shows the four digits next; None: it never does."""
    if len(typed) != 4 or not typed.isdigit() or int(typed[:2]) > 23 or int(typed[2:]) > 59:
        return None
    here = asked.local(asked.now)
    at = here.replace(hour=int(typed[:2]), minute=int(typed[2:]), second=0, microsecond=0)
    return at if at > here else at + timedelta(days=1)


# --- their code, their list ---------------------------------------------------------------


def _new_code(tx: Tx, asked: Asked) -> Done:
    """Neither of the kinds that are tried first, nor anybody's at the site."""
    typed, person = asked.deed.typed, asked.who.person.id
    try:
        kept = new_code(asked.vault, person, typed, "code")
    except BadField:
        return Done(result="bad_code")
    steps = {int(b) - int(a) for a, b in itertools.pairwise(typed)}
    taken = any(
        asked.vault.code(row.id, typed) in (row.code, row.duress_code)
        for row in contacts.called(tx, asked.who.site.id)
    )
    if taken or steps in ({0}, {1}, {-1}):
        return Done(result="bad_code")
    return Done(result="good", keep={"new_code": kept})


def _change_code(tx: Tx, asked: Asked) -> Done:
    person = asked.who.person
    typed = asked.vault.code(person.id, asked.deed.typed)
    if not equal(typed, asked.deed.kept["new_code"]):
        return Done(result="differs", keep={"new_code": ""})
    contacts.write_code(tx, person.id, typed)
    site = asked.who.site.id
    told = {"who": person.name, "contact": person.id, "call": asked.call_id}
    tell(tx, "code_changed", asked.now, None, site=site, who_did=person.name, **told)
    return done(tx, asked, "done", new_code="")


def _call_list(tx: Tx, asked: Asked) -> Done:
    people = asked.who.site.by_role(Role.KEYHOLDER)
    said = [
        Phrase("call_list_person", {"rank": str(place), "name": person.name})
        for place, person in enumerate(people, start=1)
    ]
    return done(tx, asked, "told", *(said or [Phrase("call_list_empty")]))


# --- a guard keeps the site (D22, D26) ----------------------------------------------------


def _guard_stays(tx: Tx, asked: Asked) -> Done:
    """Whoever may send a guard has the one who is there stay: a protective measure."""
    who = asked.who.person.name
    for alarm in identity.open_alarms(tx, asked.who.site.id):
        task = identity.guard_there(tx, alarm)
        if task is None or not asked.who.may(Authority.SEND_GUARD, alarm.kind):
            continue
        lasts = timedelta(hours=int(asked.deed.kept["hours"]))
        firm = contacts.names_of(tx, [task.subject]).get(task.subject, "")
        text, terms = f"{firm}, {who}"[:200], Terms(firm_id=task.subject)
        of = alarm, Measure.GUARD_ON_SITE, text, lasts, asked.now
        measure = open_measure(tx, *of, who=who, terms=terms)
        until = asked.local(measure.ends_at)
        return done(tx, asked, "done", Phrase("guard_kept", {"at": until}))
    return done(tx, asked, "not_possible")


_DEEDS: Mapping[str, Callable[[Tx, Asked], Done]] = {
    "guard_stays": _guard_stays,
    "cancel": _cancel,
    "state": _state,
    "set_on_test": _set_on_test,
    "end_test": _end_test,
    "close_late": _close_late,
    "new_code": _new_code,
    "change_code": _change_code,
    "call_list": _call_list,
    **instructions.DEEDS,
}
