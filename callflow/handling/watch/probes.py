"""Probes and who looks after what, as an administrator sets them. What is wrong raises BadField."""

from dataclasses import replace
from datetime import datetime

from callflow import ids
from callflow.core.watch import care as of
from callflow.core.watch.care import Care
from callflow.core.watch.organs import key_of
from callflow.core.watch.probes import Probe, ProbeError, check
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import storable, tell
from callflow.handling.sites.numbers import e164
from callflow.handling.watch import readings
from callflow.storage import Tx
from callflow.storage.watch import probes as rows
from callflow.vault import Vault

#: Probes that a station may have: all together they must stay cheap.
MOST = 100
_SECRET = 200


def add(tx: Tx, vault: Vault, wanted: Probe, secret: str, who: str, now: datetime) -> str:
    """A new probe, asked within a minute; its id. Raises BadField, Refused."""
    made = replace(wanted, id=ids.new(now))
    _insert(tx, vault, made, secret, who, now)
    return made.id


def _insert(tx: Tx, vault: Vault, wanted: Probe, secret: str, who: str, now: datetime) -> None:
    if len(rows.every(tx)) >= MOST:
        raise Refused("100 probes at most: remove one first")
    made = _checked(tx, wanted)
    rows.insert(tx, made, _kept(vault, secret))
    _tell(tx, "probe_set", made, who, now)


def change(
    tx: Tx, vault: Vault, wanted: Probe, secret: str | None, who: str, now: datetime
) -> None:
    """The probe of this id is so from now on; ``secret`` None: as it was. Raises BadField,
    NotFound."""
    known = get(tx, wanted.id)
    wanted = _checked(tx, wanted)
    if secret is None and _place(known) != _place(wanted):
        secret = ""  # whoever names another host must know the secret anew
    rows.change(tx, wanted, None if secret is None else _kept(vault, secret))
    if _key(known) != _key(wanted) or not wanted.enabled:
        readings.forget(tx, [_key(known)], now)
    _tell(tx, "probe_set", wanted, who, now)


def put(tx: Tx, vault: Vault, wanted: Probe, secret: str | None, who: str, now: datetime) -> None:
    """The probe of this id is so from now on, whether it was there or not; ``secret`` as in
    ``change``. Raises BadField, Refused."""
    if rows.get(tx, wanted.id) is not None:
        change(tx, vault, wanted, secret, who, now)
    else:
        _insert(tx, vault, wanted, secret or "", who, now)


def remove(tx: Tx, probe_id: str, who: str, now: datetime) -> None:
    """It asks no more; what it raised is over. Raises NotFound."""
    known = get(tx, probe_id)
    rows.remove(tx, probe_id)
    readings.forget(tx, [_key(known)], now)
    _tell(tx, "probe_removed", known, who, now)


def get(tx: Tx, probe_id: str) -> Probe:
    """One of them. Raises NotFound."""
    found = rows.get(tx, probe_id)
    if found is None:
        raise NotFound("there is no such probe")
    return found


def _key(probe: Probe) -> str:
    return key_of(probe.part, probe.name, "")


def _place(probe: Probe) -> tuple[str, str, str]:
    return probe.means, probe.target, probe.source


def _checked(tx: Tx, wanted: Probe) -> Probe:
    wanted = replace(
        wanted,
        name=storable(wanted.name.strip()),
        target=storable(wanted.target.strip()),
        asked=storable(wanted.asked.strip()),
        source=wanted.source.strip(),
    )
    try:
        check(wanted)
    except ProbeError as wrong:
        raise BadField(wrong.field, str(wrong)) from None
    if any(_key(one) == _key(wanted) and one.id != wanted.id for one in rows.every(tx)):
        raise BadField("name", "another probe has this name")
    return wanted


def _kept(vault: Vault, secret: str) -> str:
    secret = secret.strip()
    if len(secret) > _SECRET:
        raise BadField("secret", "at most 200 characters")
    return vault.encrypt(secret.encode()).hex() if secret else ""


def clear(vault: Vault, kept: str) -> str:
    """A secret as it is sent; "" for none."""
    return vault.decrypt(bytes.fromhex(kept)).decode() if kept else ""


def _tell(tx: Tx, kind: str, probe: Probe, who: str, now: datetime) -> None:
    """Without its address: that may hold what nobody else is to know."""
    tell(
        tx,
        kind,
        now,
        by=who,
        who_did=who,
        organ=probe.part.value,
        organ_name=probe.name,
        means=probe.means.value,
    )


def set_care(tx: Tx, care: Care, who: str, now: datetime) -> None:
    """Who looks after an organ, and what its failure costs. Raises BadField."""
    care = replace(care, cost=storable(care.cost.strip()), keeper=storable(care.keeper.strip()))
    care = replace(care, phone=e164(care.phone.strip() or None, "phone") or "")
    if len(care.cost) > of.COST:
        raise BadField("cost", "at most 300 characters")
    if len(care.keeper) > of.KEEPER:
        raise BadField("keeper", "at most 64 characters")
    if care.cost or care.keeper or care.phone:
        rows.put_care(tx, care)
    else:
        rows.remove_care(tx, care)
    tell(
        tx,
        "care_set",
        now,
        by=who,
        who_did=who,
        organ=care.part.value,
        organ_name=care.name,
        keeper=care.keeper,
        to=care.phone,
    )
