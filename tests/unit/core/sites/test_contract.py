"""What a contract may become, and who gets an account after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.sites.contract import NEXT, QUARANTINE, may_become, quarantined_until
from callflow.core.sites.site import SiteState

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_every_contract_can_end_and_none_becomes_what_it_is() -> None:
    assert set(NEXT) == set(SiteState)
    for state, then in NEXT.items():
        assert state not in then
        assert SiteState.TERMINATED in then or state is SiteState.TERMINATED


def test_a_terminated_one_is_tested_anew_before_it_is_active_again() -> None:
    assert not may_become(SiteState.TERMINATED, SiteState.ACTIVE)
    assert may_become(SiteState.TERMINATED, SiteState.COMMISSIONING)
    assert may_become(SiteState.COMMISSIONING, SiteState.ACTIVE)


@pytest.mark.parametrize("state", [s for s in SiteState if s is not SiteState.TERMINATED])
def test_only_terminated_sites_are_in_quarantine(state: SiteState) -> None:
    assert quarantined_until(state, NOW) is None


def test_quarantine_lasts_a_year_and_where_its_beginning_is_unknown_for_ever() -> None:
    assert quarantined_until(SiteState.TERMINATED, NOW) == NOW + QUARANTINE
    unknown = quarantined_until(SiteState.TERMINATED, None)
    assert unknown is not None
    assert unknown > NOW + timedelta(days=365 * 1000)
