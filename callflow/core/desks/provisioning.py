"""A desk telephone's settings as its maker's file: the telephone reads it, and nobody types.

Pure. A file holds the telephone's password: whoever is given it hands it on and keeps none.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from html import escape

#: Seconds: ours takes 20 to 120 (asterisk-conf/station/pjsip.conf), and a NAT forgets after 30.
_REGISTERS_FOR, _KEEPS_OPEN = 60, 20
_LINE = re.compile(r"[^\x00-\x1f\x7f]*")


class Make(StrEnum):
    """Whose telephones read the file."""

    YEALINK = "yealink"
    SNOM = "snom"


@dataclass(frozen=True, kw_only=True, slots=True)
class Handset:
    """What a telephone is set up with. ``owner`` is shown on it; ``secure``: TLS and SRTP alone."""

    name: str
    secret: str
    owner: str
    host: str
    port: int
    secure: bool


def file_name(make: Make, handset: Handset) -> str:
    """What its maker's telephones call such a file, with the telephone's name before it."""
    return f"{handset.name}.{'cfg' if make is Make.YEALINK else 'xml'}"


def file_of(make: Make, handset: Handset) -> str:
    """The file's text. Raises ValueError where a value is more than a line."""
    if not all(map(_LINE.fullmatch, (handset.name, handset.secret, handset.owner, handset.host))):
        raise ValueError("a telephone's settings are lines")
    return _WRITTEN[make](handset)


def _yealink(handset: Handset) -> str:
    account = {
        "enable": 1,
        "label": handset.owner,
        "display_name": handset.owner,
        "user_name": handset.name,
        "auth_name": handset.name,
        "password": handset.secret,
        "sip_server.1.address": handset.host,
        "sip_server.1.port": handset.port,
        "sip_server.1.transport_type": 2 if handset.secure else 0,
        "sip_server.1.expires": _REGISTERS_FOR,
        "nat.rport": 1,
        "nat.udp_update_enable": 1,
        "nat.udp_update_time": _KEEPS_OPEN,
        "srtp_encryption": 2 if handset.secure else 0,
        "dtmf.type": 1,
        "auto_answer": 0,
    }
    lines = [f"account.1.{name} = {value}" for name, value in account.items()]
    return "\n".join(["#!version:1.0.0.1", *lines, "call_waiting.enable = 0", ""])


def _snom(handset: Handset) -> str:
    way = ";transport=tls" if handset.secure else ";transport=udp"
    line = {
        "user_active": "on",
        "user_realname": handset.owner,
        "user_idle_text": handset.owner,
        "user_name": handset.name,
        "user_pname": handset.name,
        "user_pass": handset.secret,
        "user_host": handset.host,
        "user_outbound": f"sip:{handset.host}:{handset.port}{way}",
        "user_expiry": _REGISTERS_FOR,
        "keepalive_interval": _KEEPS_OPEN,
        "user_srtp": "on" if handset.secure else "off",
        "user_savp": "mandatory" if handset.secure else "off",
        "codec_priority_list": "pcma,pcmu,telephone-event",
        "user_dtmf_info": "off",
    }
    settings = [
        f'    <{name} idx="1" perm="R">{escape(str(value))}</{name}>'
        for name, value in line.items()
    ]
    whole = ['    <call_waiting perm="R">off</call_waiting>']
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            "<settings>",
            '  <phone-settings e="2">',
            *settings,
            *whole,
            "  </phone-settings>",
            "</settings>",
            "",
        ]
    )


_WRITTEN = {Make.YEALINK: _yealink, Make.SNOM: _snom}
