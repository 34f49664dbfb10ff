"""This machine's supplies of power, asked of NUT's servers."""

from collections import Counter

from callflow.core.watch import power
from callflow.probes import nut
from callflow.settings.power import Device, PowerSettings, Sign


def supplies(settings: PowerSettings) -> list[power.Supply]:
    """Each UPS as it is. Blocks, for seconds where a server does not answer."""
    devices = settings.supplies
    alike = Counter(device.name for device in devices)
    names = [each.name if alike[each.name] == 1 else str(each) for each in devices]
    return [_supply(settings, *each) for each in zip(names, devices, strict=True)]


def _supply(settings: PowerSettings, name: str, device: Device) -> power.Supply:
    try:
        return power.supply(name, nut.variables(device, nut.access(settings)))
    except (nut.NutError, OSError) as error:
        return power.unasked(name, str(error))


def generator(settings: PowerSettings) -> power.Generator | None:
    """The generator as it is; None where nothing is set that would tell. Blocks."""
    runs, fuel = settings.generator_sign, settings.fuel_sign
    first = runs or fuel
    if first is None:
        return None
    try:
        return power.Generator(
            name=first.device.name,
            runs=None if runs is None else _value(settings, runs) == runs.value,
            fuel=None if fuel is None else float(_value(settings, fuel)),
            fuel_limit=None if fuel is None else fuel.limit,
        )
    except (nut.NutError, OSError, ValueError) as error:
        return power.Generator(name=first.device.name, problem=str(error)[:120])


def _value(settings: PowerSettings, sign: Sign) -> str:
    """Raises ValueError where its device does not tell it."""
    told = nut.variables(sign.device, nut.access(settings))
    if sign.variable not in told:
        raise ValueError(f"{sign.device} has no {sign.variable}")
    return told[sign.variable]
