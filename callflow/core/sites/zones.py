"""What names a zone, however a panel writes its number. Pure."""

from collections.abc import Mapping


def zone_key(zone: str) -> str:
    """``zone`` without leading zeros, so that all formats' numbers of one zone are equal."""
    return zone.lstrip("0")


def zone_name(names: Mapping[tuple[str, str], str], account: str, zone: str) -> str:
    """A zone's name among ``names`` {(account, zone's key): name}; "" where it has none."""
    return names.get((account, zone_key(zone)), "") if zone else ""
