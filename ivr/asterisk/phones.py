"""The operators' phones as Asterisk reads them: a file beside its others, loaded again alone."""

import re
from collections.abc import Iterable
from typing import Protocol

from callflow.core.calls.phones import CALLED, PhoneKind, is_phone
from ivr.asterisk.configuration import UnsafeSetting, write
from ivr.asterisk.instance import Instance

#: The templates of pjsip.conf.
_TEMPLATE = {PhoneKind.SOFTPHONE: "softphone", PhoneKind.DESK: "desk-phone"}
_SECRET = re.compile(r"[0-9A-Za-z_-]{16,64}")


class Phone(Protocol):
    """What is written of one."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> PhoneKind: ...
    @property
    def secret(self) -> str: ...


def render_phones(instance: Instance, phones: Iterable[Phone]) -> None:
    """Writes the file, of mode 0600. Raises UnsafeSetting on a name or secret that isn't ours."""
    write(instance.operators, "\n".join(_sections(phone) for phone in phones))


def _sections(phone: Phone) -> str:
    if not is_phone(phone.name) or not _SECRET.fullmatch(phone.secret):
        raise UnsafeSetting("a telephone's name or secret cannot stand in Asterisk's configuration")
    name = phone.name
    return (
        f"[{name}]({_TEMPLATE[phone.kind]})\nauth = {name}\naors = {name}\n"
        f"[{name}{CALLED}]({_TEMPLATE[phone.kind]},called-phone)\naors = {name}\n"
        f"[{name}](operator-auth)\nusername = {name}\npassword = {phone.secret}\n"
        f"[{name}](operator-aor)\n"
    )
