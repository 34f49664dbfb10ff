"""A technician's walk test: the site on test, what it sends read out, a summary by mail (D17)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callflow.core.calls.dialogue import Deed, Done, Phrase
from callflow.core.signals.signal import StoredSignal
from callflow.core.sites.zones import zone_key
from callflow.core.time.instants import from_iso, to_iso
from callflow.core.watch.supervision import OnTest
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.callers import identity, members
from callflow.handling.callers.members import Member
from callflow.handling.messages.outbox import post_for_site
from callflow.handling.sites import on_test
from callflow.storage import Tx
from callflow.storage.sites import sites
from callflow.storage.watch import supervision
from callflow.texts import walk_test

#: So many signals are read out in one go; the others follow.
_AT_ONCE = 4
#: Whoever trips nothing for so long is asked again what they want; the test goes on.
_IDLE = timedelta(minutes=10)
#: So many zones that sent nothing are named on the phone; the mail names all.
_NAMED = 5


def _begin(tx: Tx, who: Member, deed: Deed, now: datetime) -> Done:
    if identity.open_alarms(tx, who.site.id):
        return Done(result="in_alarm")
    try:
        test = on_test.set_on_test(
            tx,
            who.site.id,
            zones=None,
            lasts=timedelta(hours=int(deed.kept["hours"])),
            reason="Essai de la télésurveillance, demandé par téléphone",
            who=who.name,
            role="contact",
            contact=who.person.firm_id,
            tester=who.person.id if who.person.phone else None,
            now=now,
        )
    except BadField:
        return Done(result="not_possible")
    except Refused:
        return Done(result="not_allowed")
    until = test.ends_at.astimezone(ZoneInfo(who.site.timezone))
    keep = {"test": test.id, "told": "0", "heard_at": to_iso(now)}
    said = (Phrase("test_set", {"at": until}),)
    offered = members.may(tx, who, now)
    return Done(result="done", say=said, keep=keep, may=offered, served=True)


def _go_on(tx: Tx, who: Member, deed: Deed, now: datetime) -> Done:
    """Listen to a test that is on already: from what comes now."""
    test = next(iter(supervision.running_tests(tx, [who.site.id], now).get(who.site.id, [])), None)
    if test is None:
        return _over(tx, who, now)
    sent = _sent(tx, who, test.began_at)
    keep = {"test": test.id, "told": str(len(sent)), "heard_at": to_iso(now)}
    return Done(result="done", keep=keep)


def _heard(tx: Tx, who: Member, deed: Deed, now: datetime) -> Done:
    """What came since the last words."""
    test = supervision.get_test(tx, deed.kept["test"])
    if test is None or not test.runs(now):
        return _over(tx, who, now)
    told = int(deed.kept["told"])
    new = _sent(tx, who, test.began_at)[told : told + _AT_ONCE]
    if new:
        names = sites.zone_names(tx, who.site.id)
        said = [phrase for signal in new for phrase in _said(signal, names, who.site.language)]
        keep = {"told": str(told + len(new)), "heard_at": to_iso(now)}
        return Done(result="told", say=tuple(said), keep=keep)
    idle = now - from_iso(deed.kept["heard_at"]) > _IDLE
    return Done(result="idle" if idle else "told")


def _sent(tx: Tx, who: Member, since: datetime) -> list[StoredSignal]:
    """What the panel sent since then, in the order it came."""
    came = supervision.signals_since(tx, who.site.id, since)
    return [signal for signal in came if not signal.of_station]


def _said(
    signal: StoredSignal, names: Mapping[tuple[str, str], str], language: str
) -> list[Phrase]:
    said = [Phrase("walk_signal", {"kind": signal.kind})]
    zone = signal.zone
    name = names.get((signal.account, zone_key(zone)), "")
    if name:
        said.append(Phrase("zone_named", {"zone": zone, "name": name, "written": language}))
    elif zone:
        said.append(Phrase("zone", {"zone": zone}))
    return said


def _end(tx: Tx, who: Member, deed: Deed, now: datetime) -> Done:
    test = supervision.get_test(tx, deed.kept["test"])
    if test is None or not test.runs(now):
        return _over(tx, who, now)
    sent = _sent(tx, who, test.began_at)
    unheard = _unheard(tx, who, sent)
    on_test.end(tx, who.site.id, test.id, who=who.name, now=now)
    said = [Phrase("test_ended"), Phrase("walk_count", {"count": str(len(sent))})]
    said += [Phrase("walk_unheard", {"count": str(len(unheard))})] if unheard else []
    said += [Phrase("zone", {"zone": zone}) for zone in list(unheard)[:_NAMED]]
    said.append(
        Phrase("walk_mailed" if _mail(tx, who, test, sent, unheard, now) else "walk_unsent")
    )
    return Done(result="done", say=tuple(said), may=members.may(tx, who, now), served=True)


def _over(tx: Tx, who: Member, now: datetime) -> Done:
    """Its time, or somebody else, ended the test."""
    offered = members.may(tx, who, now)
    return Done(result="over", say=(Phrase("walk_over"),), may=offered)


def _unheard(tx: Tx, who: Member, sent: Sequence[StoredSignal]) -> dict[str, str]:
    """The zones that sent nothing during the test: {zone: name}."""
    heard = {(row.account, zone_key(row.zone)) for row in sent}
    return {
        row.zone: row.name
        for row in sites.zones(tx, who.site.id)
        if (row.account, zone_key(row.zone)) not in heard
    }


def _mail(
    tx: Tx,
    who: Member,
    test: OnTest,
    sent: Sequence[StoredSignal],
    unheard: Mapping[str, str],
    now: datetime,
) -> bool:
    """The summary, to whoever walked; whether they have an address."""
    if not who.person.mail:
        return False
    zone, names = ZoneInfo(who.site.timezone), sites.zone_names(tx, who.site.id)
    subject, text = walk_test.summary(
        who.person.language,
        site=who.site.name,
        who=who.name,
        began=test.began_at.astimezone(zone),
        ended=now.astimezone(zone),
        signals=[
            walk_test.Line(
                at=signal.received_at.astimezone(zone),
                kind=signal.kind,
                code=signal.code,
                zone=signal.zone,
                name=names.get((signal.account, zone_key(signal.zone)), ""),
            )
            for signal in sent
        ],
        unheard=unheard,
    )
    return post_for_site(tx, who.site.id, who.person.mail, subject, text, now) is not None


DEEDS: Mapping[str, Callable[[Tx, Member, Deed, datetime], Done]] = {
    "walk_begin": _begin,
    "walk_on": _go_on,
    "walk_heard": _heard,
    "walk_end": _end,
}
