"""An archive of map tiles as somebody brings it: PMTiles, version 3, of one vector tile of the
whole world, with land everywhere and a town."""

import json
import struct
from collections.abc import Sequence
from itertools import chain

_EXTENT = 4096
_MVT, _PLAIN = 1, 1


def archive(attribution: str = "somebody's survey") -> bytes:
    """The file."""
    tile = _layer("earth", _LAND, kind=3) + _layer("places", _TOWN, kind=1, name="Rennes")
    said = {"attribution": attribution, "vector_layers": [{"id": "earth"}, {"id": "places"}]}
    about = json.dumps(said).encode()
    directory = b"".join(map(_varint, (1, 0, 1, len(tile), 1)))
    at, lies = [127], (directory, about, b"", tile)
    for part in lies:
        at.append(at[-1] + len(part))
    places = [(place, len(part)) for place, part in zip(at, lies, strict=False)]
    head = struct.pack("<7sB8Q3Q", b"PMTiles", 3, *chain(*places), 1, 1, 1)
    head += struct.pack("<6B", 1, _PLAIN, _PLAIN, _MVT, 0, 0)
    head += struct.pack("<4iB2i", *(round(1e7 * each) for each in (-180, -85, 180, 85)), 0, 0, 0)
    return head + b"".join(lies)


def _zigzag(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


_MOVE, _LINE, _CLOSE = 9, 26, 15  # once; three times; once
_LAND = (
    *(_MOVE, 0, 0),
    *(_LINE, _zigzag(_EXTENT), 0, 0, _zigzag(_EXTENT), _zigzag(-_EXTENT), 0),
    _CLOSE,
)
_TOWN = (_MOVE, _zigzag(2029), _zigzag(1422))


def _layer(id: str, geometry: Sequence[int], *, kind: int, name: str = "") -> bytes:
    """A layer of one feature, in the words of the Mapbox Vector Tile specification, 2.1."""
    tags = _field(2, _varint(0) + _varint(0)) if name else b""
    feature = tags + _varint(3 << 3) + _varint(kind) + _field(4, b"".join(map(_varint, geometry)))
    layer = _varint(15 << 3) + _varint(2) + _field(1, id.encode()) + _field(2, feature)
    if name:
        layer += _field(3, b"name") + _field(4, _field(1, name.encode()))
    return _field(3, layer + _varint(5 << 3) + _varint(_EXTENT))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*made, value))
