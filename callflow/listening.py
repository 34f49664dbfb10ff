"""Sockets to listen at: addresses that this machine has, for whom the kernel lets through."""

import ctypes
import errno
import socket
import struct
from collections.abc import Sequence

from callflow.core.station.addresses import LOOPBACK, Network
from callflow.settings.listeners import LISTENERS, ListenerSettings

#: Linux' asm-generic/socket.h; Python doesn't name it.
_SO_ATTACH_FILTER = 26


def listener(
    host: str, port: int, allowed: Sequence[Network] = (), *, shared: bool = False
) -> socket.socket:
    """A TCP socket bound there, for who is of ``allowed`` (or this machine); none: for everybody.

    Not listening yet. ``shared``: our next process may have the port as well, while this one ends.
    Raises OSError, which says what is wrong with the address.
    """
    sock = socket.socket(_family(host), socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _bind(sock, host, port)
        if allowed:
            keep_out(sock, (*allowed, *LOOPBACK))
    except BaseException:
        sock.close()
        raise
    return sock


def datagrams(host: str, port: int) -> socket.socket:
    """A UDP socket bound there. Raises OSError, which says what is wrong with the address."""
    sock = socket.socket(_family(host), socket.SOCK_DGRAM)
    try:
        _bind(sock, host, port)
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


def is_here(host: str) -> bool:
    """True where this machine can listen at an address."""
    with socket.socket(_family(host), socket.SOCK_DGRAM) as probe:
        try:
            _bind(probe, host, 0)
        except OSError as error:
            return error.errno != errno.EADDRNOTAVAIL
    return True


def absent(settings: ListenerSettings) -> list[str]:
    """What is wrong with the addresses of the settings: those that no interface has."""
    wanted = {
        (settings.bound_by(name), host) for name in LISTENERS for host in settings.binds(name)
    }
    return [
        f"{setting}: no interface of this machine has the address {host}: write one that it has"
        for setting, host in sorted(wanted)
        if not is_here(host)
    ]


def is_free(host: str, port: int) -> bool:
    """True where nobody listens there for TCP."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            _bind(probe, host, port)
        except OSError:
            return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bind(sock: socket.socket, host: str, port: int) -> None:
    if sock.family == socket.AF_INET6:  # ``::`` is IPv6 alone: 0.0.0.0 may be there beside it
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        raise OSError(error.errno, f"{_why(error)}: {shown(host, port)}") from None


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return "no interface of this machine has the address"
    if error.errno == errno.EADDRINUSE:
        return "another program has the port"
    return error.strerror or str(error)


def shown(host: str, port: int) -> str:
    """An address and a port as a person writes them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# --- the kernel's filter ------------------------------------------------------------------

#: Classic BPF (bpf(4), linux/filter.h): load a word or a byte, and, shift, compare, jump, return.
_LOAD, _LOAD_BYTE, _AND, _SHIFT, _EQUALS, _JUMP, _RETURN = 0x20, 0x30, 0x54, 0x74, 0x15, 0x05, 0x06
#: From where the packet's IP header begins: SKF_NET_OFF.
_HEADER = 0xFFF00000
#: Where the sender stands in it.
_SENDER = {4: 12, 6: 8}
_TAKE, _DROP = 0xFFFFFFFF, 0
_Step = tuple[int, int, int, int]  # code, steps to jump where true and where false, value


def keep_out(sock: socket.socket, allowed: Sequence[Network]) -> None:
    """Have the kernel drop, unseen by any program, what comes from elsewhere than ``allowed``.

    Of a socket that listens for TCP already the first packet of a handshake is dropped: a stranger
    sees a port that doesn't answer, and costs us nothing. What it accepts has the same filter.
    """
    steps = _program(allowed)
    kept = b"".join(struct.pack("HBBI", *step) for step in steps)
    code = ctypes.create_string_buffer(kept, len(kept))
    program = struct.pack("HP", len(steps), ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _program(allowed: Sequence[Network]) -> list[_Step]:
    four = _of_version(4, allowed)
    return [
        (_LOAD_BYTE, 0, 0, _HEADER),
        (_SHIFT, 0, 0, 4),
        (_EQUALS, 1, 0, 4),
        (_JUMP, 0, 0, len(four)),
        *four,
        *_of_version(6, allowed),
    ]


def _of_version(version: int, allowed: Sequence[Network]) -> list[_Step]:
    steps = [step for net in allowed if net.version == version for step in _from(net)]
    return [*steps, (_RETURN, 0, 0, _DROP)]


def _from(network: Network) -> list[_Step]:
    """Take what comes from one network, else go on behind."""
    size = network.max_prefixlen // 8
    words = zip(
        struct.unpack(f"!{size // 4}I", network.network_address.packed),
        struct.unpack(f"!{size // 4}I", network.netmask.packed),
        strict=True,
    )
    compared = [(at, word, mask) for at, (word, mask) in enumerate(words) if mask]
    begin = _HEADER + _SENDER[network.version]
    steps: list[_Step] = []
    for left, (at, word, mask) in zip(range(len(compared) - 1, -1, -1), compared, strict=True):
        steps += [
            (_LOAD, 0, 0, begin + 4 * at),
            (_AND, 0, 0, mask),
            (_EQUALS, 0, 3 * left + 1, word),
        ]
    return [*steps, (_RETURN, 0, 0, _TAKE)]
