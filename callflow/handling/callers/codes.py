"""What a typed code proves, and that guessing codes gets nobody far (D3, D12)."""

from datetime import datetime

from callflow.core.callers import guessing
from callflow.core.calls.call import Call
from callflow.core.calls.dialogue import WRONG_CODES_AT_MOST, Deed, Done
from callflow.core.interventions.firm import FirmMember
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Coded, SiteState
from callflow.core.watch import supervision
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import tell
from callflow.handling.callers import identity, members
from callflow.handling.interventions.members import SHORTEST_CODE
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.callers import guesses
from callflow.storage.engine import locks
from callflow.storage.interventions import firms
from callflow.storage.sites import contacts, sites
from callflow.vault import Vault, equal

#: Where a caller's codes count for nothing: nobody monitors the site any more.
_OVER = frozenset({SiteState.TERMINATED, SiteState.SUSPENDED})


def identify(tx: Tx, vault: Vault, call: Call, deed: Deed, now: datetime) -> Done:
    """Whose code was typed, among those who have one at the site that was named."""
    site_id = _site_named(tx, deed)
    coded = [one for one in _people(tx, site_id, len(deed.typed)) if guessing.codes_of([one])]
    coded.sort(key=lambda one: one.phone != call.to)  # two who chose one code
    if site_id:
        locks.hold(tx, locks.Lock.GUESS, site_id)
    spent = guesses.spent(tx, site_id, call.to, now)
    verdict, coded, worth = _looked_at(spent, coded, call.to, len(deed.typed))
    if verdict is not guessing.Verdict.MAY:
        tell(tx, "codes_locked", now, site=site_id, to=call.to, call=call.id)
        return Done(result=verdict.value)
    for one in coded if site_id else ():
        duress = _is_code_of(vault, one, deed.typed)
        if duress is not None and isinstance(one, FirmMember):
            return members.identified(tx, call, one, now, site=site_id, duress=duress)
        if duress is not None:
            return identity.identified(tx, call, str(site_id), one, now, duress=duress)
    return _wrong(tx, call, deed, site_id, worth, spent, now)


def identify_member(tx: Tx, vault: Vault, call: Call, deed: Deed, now: datetime) -> Done:
    """Look whether it is the code of the firm's member whose number this is."""
    who = firms.member(tx, deed.kept["person"])
    spent = guesses.spent(tx, None, call.to, now)
    worth = guessing.worth(guessing.codes_of([who]) if who else 0, len(deed.typed))
    verdict = guessing.verdict(spent, worth, known=True)
    if verdict is not guessing.Verdict.MAY:
        tell(tx, "codes_locked", now, to=call.to, call=call.id)
        return Done(result=verdict.value)
    duress = _is_code_of(vault, who, deed.typed) if who else None
    if who is None or duress is None:
        return _wrong(tx, call, deed, None, worth, spent, now)
    return members.identified(tx, call, who, now, duress=duress)


def _is_code_of(vault: Vault, who: Coded, digits: str) -> bool | None:
    """True where it is their code under duress; None: it is none of theirs."""
    typed = vault.code(who.id, digits)
    if who.duress_code and equal(typed, who.duress_code):
        return True
    return False if who.code and equal(typed, who.code) else None


def _looked_at(
    spent: guessing.Spent, coded: list[Coded], number: str, digits: int
) -> tuple[guessing.Verdict, list[Coded], float]:
    """Whose codes one of so many ``digits`` is held against: everybody's of the site, else, where
    these are too many for one more guess, those of whoever has the caller's ``number``."""
    own = [one for one in coded if one.phone == number]
    worth = guessing.worth(guessing.codes_of(coded), digits)
    verdict = guessing.verdict(spent, worth, known=bool(own))
    if verdict is guessing.Verdict.LOCKED and own:
        coded, worth = own, guessing.worth(guessing.codes_of(own), digits)
        verdict = guessing.verdict(spent, worth, known=True)
    return verdict, coded, worth


def _site_named(tx: Tx, deed: Deed) -> str | None:
    account = deed.kept.get("account", "")
    return site_of(tx, account) if account else _monitored(tx, deed.kept.get("site"))


def site_of(tx: Tx, account: str) -> str | None:
    """The site of an account that somebody typed; None: there is none, or nobody monitors it."""
    return _monitored(tx, sites.site_of_accounts(tx, [account]).get(account))


def _monitored(tx: Tx, site_id: str | None) -> str | None:
    site = sites.get(tx, site_id) if site_id else None
    return site.id if site is not None and site.state not in _OVER else None


def _people(tx: Tx, site_id: str | None, digits: int) -> list[Coded]:
    """The site's contacts, each once, and the people of its firms, whose codes are longer."""
    if not site_id:
        return []
    found: list[Coded] = [*contacts.called(tx, site_id)]
    if digits >= SHORTEST_CODE:
        found += firms.members_at(tx, site_id)
    return list({one.id: one for one in found}.values())


def _wrong(
    tx: Tx,
    call: Call,
    deed: Deed,
    site_id: str | None,
    worth: float,
    spent: guessing.Spent,
    now: datetime,
) -> Done:
    guesses.insert(tx, site_id, call.to, worth, now)
    tell(tx, "code_wrong", now, site=site_id, to=call.to, call=call.id)
    if guessing.is_attack(spent.of_all + 1) and not incidents.open_ones(tx, kinds=[Kind.GUESSING]):
        text = f"{spent.of_all + 1} codes faux en dix minutes"
        store_signals(
            tx, [supervision.station_signal("CODES_GUESSED", "", call.id, now, text=text)]
        )
    if deed.wrong_codes + 1 >= WRONG_CODES_AT_MOST:
        return Done(result="wrong_again")
    return Done(result="wrong" if "account" in deed.kept else "wrong_here")
