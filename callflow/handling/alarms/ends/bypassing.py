"""Zones that panels leave out, and have back: told by their signals, and by nothing else."""

from collections.abc import Iterable

from callflow.core.alarms.promise import Bypass
from callflow.core.signals.signal import Kind
from callflow.core.sites.zones import zone_key
from callflow.handling.alarms.surroundings import Seen
from callflow.storage import Tx
from callflow.storage.alarms import open_ends


def note(tx: Tx, seen: Iterable[Seen]) -> None:
    """Write down what these signals say of zones that are out; what proves nothing ends none."""
    for one in seen:
        if one.site is None:
            continue
        signal, zone = one.signal, zone_key(one.signal.zone)
        if one.meaning.restores is Kind.BYPASS or _is_back(one):
            if one.proven:
                open_ends.active_again(tx, signal.account, zone)
        elif one.meaning.kind is Kind.BYPASS:
            zone_out = Bypass(
                account=signal.account,
                zone=zone,
                site_id=one.site,
                since=one.at,
                panel_user=signal.panel_user,
            )
            open_ends.bypassed(tx, zone_out)


def _is_back(one: Seen) -> bool:
    """SIA DC-03 has a code for a zone that is active again: its second letter is U."""
    code = one.signal.code
    return one.meaning.kind is Kind.BYPASS and len(code) == 2 and code.endswith("U")
