"""Vérifie un dossier de preuves de Callflow, sans Callflow : Python 3.9 ou plus récent suffit.

    python3 verify.py                      le dossier où ce programme se trouve
    python3 verify.py DOSSIER.zip          l'archive telle qu'elle a été remise (le plus sûr)
    python3 verify.py … --key EMPREINTE    la clé que la station publie, ou son empreinte
    python3 verify.py … --lang en          in English

Exits 0 where all is as the station signed it, 1 at the first wrong thing, which it names.

Looked at: the archive's own bytes, the signature (Ed25519, RFC 8032) over the manifest, each file's
SHA-256, the logbook's hash chain, its order and its seals, what is masked, that sounds and images
are those that the chain tells of, and that the time stamp (RFC 3161) is over this manifest.
The standard library only, and one file: it is part of what it verifies.
"""

from __future__ import annotations

import argparse
import binascii
import hashlib
import json
import re
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Union

FORMAT = "callflow evidence 1"
MANIFEST, STAMP, SIGNATURE = "manifest.json", "manifest.tsr", "manifest.sig"
LOGBOOK, SIGNALS = "logbook.jsonl", "signals.jsonl"
#: ``previous`` of a chain's first entry.
GENESIS = "0" * 64
#: Names in an archive: no path leads out of it.
NAME = re.compile(r"(?:(?:recordings|images)/)?[0-9A-Za-z][0-9A-Za-z._-]{0,150}")
#: What systems leave in folders by themselves.
LEFT_BY_SYSTEMS = (".DS_Store", "Thumbs.db", "desktop.ini")
#: Clocks of a station's machines and of a time stamp's service differ by no more.
CLOCKS = timedelta(hours=1)
PIECE = 1 << 20

Json = dict[str, Any]
#: In French and in English.
Said = tuple[str, str]
#: A file's name, CRC, size, and where its header begins.
Placed = tuple[str, int, int, int]
Point = tuple[int, int, int, int]


class Wrong(Exception):
    """The first wrong thing; in French and in English."""

    def __init__(self, french: str, english: str) -> None:
        super().__init__(english)
        self.said = (french, english)


# --- the archive: every byte of it is accounted for -----------------------------------------------


def local_header(name: str, crc: int, size: int) -> bytes:
    """What stands before a file: nothing compressed, no time, nothing extra."""
    raw = name.encode("ascii")
    fields = (0x04034B50, 20, 0, 0, 0, 0x21, crc, size, size, len(raw), 0)
    return struct.pack("<IHHHHHIIIHH", *fields) + raw


def central_directory(files: Sequence[Placed]) -> bytes:
    """The end of an archive of ``files``: (name, crc, size, offset of its header)."""
    entries = b""
    for name, crc, size, offset in files:
        raw = name.encode("ascii")
        fields = (0x02014B50, 0x0314, 20, 0, 0, 0, 0x21, crc, size, size, len(raw), 0, 0, 0, 0)
        entries += struct.pack("<IHHHHHHIIIHHHHH", *fields)
        entries += struct.pack("<II", 0o100644 << 16, offset) + raw
    last = files[-1]
    begin = last[3] + len(local_header(*last[:3])) + last[2]
    count = len(files)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entries), begin, 0)
    return entries + end


class Archive:
    """A ZIP file as it was handed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: dict[str, tuple[int, int]] = {}
        self.names: list[str] = []
        with path.open("rb") as file:
            files = list(self._files(file, path.stat().st_size))
            rest = file.read()
        if not files or rest != central_directory(files):
            raise Wrong(
                "l'archive : sa fin n'est pas celle que la station a écrite",
                "the archive: its end is not the one that the station wrote",
            )

    def _files(self, file: BinaryIO, total: int) -> Iterator[Placed]:
        while True:
            offset = file.tell()
            head = file.read(30)
            if head[:4] != b"PK\x03\x04" or len(head) < 30:
                file.seek(offset)
                return
            crc, size, _, length = struct.unpack_from("<IIIH", head, 14)
            raw = file.read(length)
            name = raw.decode("ascii", "replace")
            if not NAME.fullmatch(name) or head + raw != local_header(name, crc, size):
                raise Wrong(
                    f"l'archive : l'en-tête de « {name} » a été changé",
                    f"the archive: the header of “{name}” was changed",
                )
            if name in self._at:
                raise Wrong(f"{name} : deux fois dans l'archive", f"{name}: twice in the archive")
            begin = file.tell()
            if begin + size > total:
                raise Wrong(f"{name} : coupé", f"{name}: cut")
            self._at[name] = (begin, size)
            self.names.append(name)
            found = 0
            for piece in _pieces(file, size):
                found = binascii.crc32(piece, found)
            if found != crc:
                raise Wrong(f"{name} : changé", f"{name}: changed")
            yield name, crc, size, offset

    def pieces(self, name: str) -> Iterator[bytes]:
        """The file, a piece at a time."""
        begin, size = self._at[name]
        with self._path.open("rb") as file:
            file.seek(begin)
            yield from _pieces(file, size)

    def __contains__(self, name: str) -> bool:
        return name in self._at


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(PIECE, size))
        if not piece:
            return
        size -= len(piece)
        yield piece


class Folder:
    """The same, unpacked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.names: list[str] = []
        for whole in sorted(path.rglob("*")):
            relative = whole.relative_to(path).as_posix()
            if whole.is_symlink():
                raise Wrong(f"{relative} : un lien", f"{relative}: a link")
            if whole.is_dir():
                if relative not in ("recordings", "images"):
                    raise Wrong(f"{relative} : dossier ajouté", f"{relative}: an added folder")
            elif whole.name not in LEFT_BY_SYSTEMS:
                self.names.append(relative)
        self._known = frozenset(self.names)

    def pieces(self, name: str) -> Iterator[bytes]:
        """The file, a piece at a time."""
        with (self._path / name).open("rb") as file:
            yield from iter(lambda: file.read(PIECE), b"")

    def __contains__(self, name: str) -> bool:
        return name in self._known


Source = Union[Archive, Folder]


def read(source: Source, name: str) -> bytes:
    """A small file whole."""
    if name not in source:
        raise Wrong(f"{name} : il manque", f"{name}: missing")
    return b"".join(source.pieces(name))


# --- Ed25519, RFC 8032 ----------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point, number = _add(point, point), number >> 1
    return found


def _point(raw: bytes) -> Point | None:
    """The point that 32 bytes stand for; None: none (5.1.3)."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _bytes(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


#: Its y is 4/5, its x even.
BASE: Point = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """True where ``signature`` (64 bytes) over ``message`` is by ``key`` (32 bytes)."""
    point = _point(key) if len(key) == 32 and len(signature) == 64 else None
    number = int.from_bytes(signature[32:], "little")
    if point is None or number >= ORDER:  # a second writing of the same number is refused
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    back = ORDER - int.from_bytes(digest, "little") % ORDER
    return _bytes(_add(_times(number, BASE), _times(back, point))) == signature[:32]


def fingerprint(key: bytes) -> str:
    """A key (32 bytes) as people compare it: eight groups of four."""
    digest = hashlib.sha256(key).hexdigest()[:32]
    return " ".join(digest[i : i + 4] for i in range(0, 32, 4))


def signed_text(manifest: bytes, stamp: bytes | None) -> str:
    """What the station signs: the manifest, and its time stamp where there is one."""
    lines = [FORMAT, f"{MANIFEST} {hashlib.sha256(manifest).hexdigest()}"]
    if stamp is not None:
        lines.append(f"{STAMP} {hashlib.sha256(stamp).hexdigest()}")
    return "".join(line + "\n" for line in lines)


class Signed(NamedTuple):
    """A manifest, its bytes, those of its time stamp, and who signed it."""

    manifest: Json
    raw: bytes
    stamp: bytes | None
    key: bytes


def check_signature(source: Source, pinned: str | None) -> Signed:
    """What is signed. Raises Wrong."""
    raw = read(source, MANIFEST)
    stamp = read(source, STAMP) if STAMP in source else None
    said = read(source, SIGNATURE).decode("ascii", "replace")
    found = re.fullmatch(r"(.*\n)key ([0-9a-f]{64})\nsignature ([0-9a-f]{128})\n", said, re.DOTALL)
    text = signed_text(raw, stamp)
    if found is None or found[1] != text:
        which = "" if found is None else _first_other(found[1], text)
        raise Wrong(
            f"{which or SIGNATURE} : pas ce que la station a signé",
            f"{which or SIGNATURE}: not what the station signed",
        )
    key = bytes.fromhex(found[2])
    if not is_signed(key, text.encode(), bytes.fromhex(found[3])):
        raise Wrong(f"{SIGNATURE} : signature fausse", f"{SIGNATURE}: a wrong signature")
    wanted = re.sub(r"[\s:]", "", pinned or "").lower()
    if wanted and wanted not in (key.hex(), fingerprint(key).replace(" ", "")):
        raise Wrong(
            f"{SIGNATURE} : signé par une autre clé, {fingerprint(key)}",
            f"{SIGNATURE}: signed by another key, {fingerprint(key)}",
        )
    manifest = _json(raw, MANIFEST)
    if manifest.get("format") != FORMAT:
        raise Wrong(f"{MANIFEST} : format inconnu", f"{MANIFEST}: an unknown format")
    return Signed(manifest, raw, stamp, key)


def _first_other(said: str, text: str) -> str:
    """The file of the first line that differs."""
    mine, theirs = text.splitlines(), said.splitlines()
    for number in range(max(len(mine), len(theirs))):
        pair = [lines[number] if number < len(lines) else "" for lines in (mine, theirs)]
        if pair[0] != pair[1]:
            return (pair[1] or pair[0]).split(" ")[0]
    return ""


def _json(raw: bytes, name: str) -> Any:
    try:
        return json.loads(raw.decode("utf-8"))
    except ValueError:
        raise Wrong(f"{name} : illisible", f"{name}: unreadable") from None


# --- files ----------------------------------------------------------------------------------------


def check_files(source: Source, manifest: Json, stamped: bool) -> None:
    """Each file that is named is there, as it was, and no other."""
    expected = [one["name"] for one in manifest["files"]]
    expected += [MANIFEST, *([STAMP] if stamped else []), SIGNATURE]
    for name in source.names:
        if name not in expected:
            raise Wrong(f"{name} : ajouté", f"{name}: added")
    for one in manifest["files"]:
        name, digest, size = one["name"], hashlib.sha256(), 0
        if not NAME.fullmatch(name):
            raise Wrong(f"{name!r} : nom interdit", f"{name!r}: a forbidden name")
        if name not in source:
            raise Wrong(f"{name} : il manque", f"{name}: missing")
        for piece in source.pieces(name):
            digest.update(piece)
            size += len(piece)
        if (size, digest.hexdigest()) != (one["size"], one["sha256"]):
            raise Wrong(f"{name} : changé", f"{name}: changed")
    if isinstance(source, Archive) and source.names != expected:
        raise Wrong("l'archive : ordre changé", "the archive: another order")


# --- the logbook ----------------------------------------------------------------------------------


def entry_digest(line: Json) -> str:
    """The hash of what a line of the logbook tells."""
    told = {name: value for name, value in line.items() if name != "hash"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def lines_of(source: Source, name: str) -> list[Json]:
    """The lines of a file of JSON lines."""
    return [_json(line, name) for line in read(source, name).split(b"\n") if line]


def check_chain(source: Source, manifest: Json) -> list[Json]:
    """Every entry follows the one before it, and is what was told; masked ones as declared."""
    lines = lines_of(source, LOGBOOK)
    masked = {one["seq"]: one["left"] for one in manifest["masked"]}
    seq, previous = 0, GENESIS
    number: int | None = None
    for line in lines:
        where = f"{LOGBOOK}, {line.get('seq')} ({line.get('at')})"
        if line["chain"] != manifest["chain"]["name"]:
            raise Wrong(f"{where} : d'une autre chaîne", f"{where}: of another chain")
        if line["seq"] != seq + 1 or line["previous"] != previous:
            raise Wrong(
                f"{where} : ne suit pas l'écriture {seq}", f"{where}: does not follow entry {seq}"
            )
        if number is not None and line.get("number", number + 1) <= number:
            raise Wrong(f"{where} : hors d'ordre", f"{where}: out of order")
        _check_entry(line, masked, where)
        seq, previous, number = line["seq"], line["hash"], line.get("number", number)
    if masked.keys() - {line["seq"] for line in lines}:
        raise Wrong(f"{LOGBOOK} : écriture masquée absente", f"{LOGBOOK}: a masked entry is gone")
    if (seq, previous) != (manifest["chain"]["entries"], manifest["chain"]["head"]):
        raise Wrong(f"{LOGBOOK} : coupé après {seq}", f"{LOGBOOK}: cut after entry {seq}")
    return lines


def _check_entry(line: Json, masked: Mapping[int, str], where: str) -> None:
    digest = entry_digest(line)
    if line["seq"] in masked:
        if "salt" in line or digest == line["hash"]:
            raise Wrong(f"{where} : le masquage est défait", f"{where}: masking is undone")
        if digest != masked[line["seq"]]:
            raise Wrong(f"{where} : masquage changé", f"{where}: masking was changed")
    elif digest != line["hash"]:
        raise Wrong(f"{where} : écriture changée", f"{where}: the entry was changed")


def check_seals(manifest: Json, lines: Sequence[Json]) -> int:
    """What seals hold of this chain is there; how many entries no seal holds yet."""
    hashes = {line["seq"]: line["hash"] for line in lines}
    sealed = 0
    before: tuple[int, str] | None = None
    for one in manifest["seals"]:
        where = f"{MANIFEST}, scellé {one['number']}", f"{MANIFEST}, seal {one['number']}"
        if hashes.get(one["seq"]) != one["hash"] or one["seq"] < sealed:
            raise Wrong(f"{where[0]} : d'autre chose", f"{where[1]}: of something else")
        if before is not None and (one["number"], one["at"]) <= before:
            raise Wrong(f"{where[0]} : hors d'ordre", f"{where[1]}: out of order")
        sealed, before = one["seq"], (one["number"], one["at"])
    return len(lines) - sealed


def check_told(manifest: Json, lines: Sequence[Json]) -> int:
    """Sounds and images are those that the logbook told of when they came; how many it tells."""
    told = {}
    for line in lines:
        data = line["data"] if isinstance(line["data"], dict) else {}
        name = data.get("voice") or data.get("image") or data.get("call")
        if name and data.get("sha256"):
            told[name] = data["sha256"]
    proven = 0
    for one in manifest["files"]:
        if "of" in one:
            if told.get(one["of"], one["sha256"]) != one["sha256"]:
                name = one["name"]
                raise Wrong(
                    f"{name} : pas ce que la main courante a noté",
                    f"{name}: not what the logbook told",
                )
            proven += one["of"] in told
    return proven


def check_signals(source: Source, manifest: Json) -> int:
    """As many signals as were declared, in their order."""
    lines = lines_of(source, SIGNALS)
    numbers = [line["number"] for line in lines]
    if len(lines) != manifest["signals"] or numbers != sorted(set(numbers)):
        raise Wrong(f"{SIGNALS} : nombre ou ordre changé", f"{SIGNALS}: count or order changed")
    return len(lines)


def check_dates(manifest: Json, lines: Sequence[Json]) -> None:
    """Nothing was told after the file was made."""
    made = instant(manifest["made_at"])
    for line in lines:
        if instant(line["at"]) > made + CLOCKS:
            where = f"{LOGBOOK}, {line['seq']}"
            raise Wrong(f"{where} : après la remise", f"{where}: later than the file itself")


def instant(text: str) -> datetime:
    """An instant of ISO 8601 in UTC."""
    text = text.replace("Z", "+00:00")
    head, dot, rest = text.partition(".")
    if dot:  # Python 3.9 reads three or six digits
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6]:0<6}{rest[digits:]}"
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found


# --- the time stamp, RFC 3161 ---------------------------------------------------------------------

SHA256 = bytes.fromhex("608648016503040201")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")


def der(raw: bytes) -> list[tuple[int, bytes]]:
    """The values of DER one after the other: (tag, content)."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(raw):
        tag, length, at = raw[at], raw[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(raw[at : at + count], "big"), at + count
        if at + length > len(raw):
            raise ValueError("cut")
        found.append((tag, raw[at : at + length]))
        at += length
    return found


def stamped_at(raw: bytes, stamp: bytes) -> datetime:
    """When a time stamp's service saw these bytes. Its own signature is not looked at."""
    try:
        status, token = der(der(stamp)[0][1])[:2]
        kind, inside = der(token[1])[:2]
        signed = der(der(inside[1])[0][1])
        what, content = der(signed[2][1])[:2]
        told = der(content[1])[0][1]
        info = der(der(told)[0][1])
        imprint, moment = der(info[2][1]), info[4][1].decode("ascii")
        algorithm = der(imprint[0][1])[0][1]
        granted = der(status[1])[0][1] in (b"\0", b"\1")
        attributes = [
            der(der(one[1])[1][1])[0][1]
            for signer in der(signed[-1][1])
            for each in der(signer[1])
            if each[0] == 0xA0
            for one in der(each[1])
            if der(one[1])[0][1] == MESSAGE_DIGEST
        ]
        at = datetime.strptime(moment[:14], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    except (ValueError, IndexError):
        raise Wrong(f"{STAMP} : illisible", f"{STAMP}: unreadable") from None
    known = kind[1] == SIGNED_DATA and what[1] == TST_INFO and algorithm == SHA256 and granted
    if not known or imprint[1][1] != hashlib.sha256(raw).digest():
        raise Wrong(f"{STAMP} : pas de ce manifeste", f"{STAMP}: not over this manifest")
    if attributes != [hashlib.sha256(told).digest()]:
        raise Wrong(f"{STAMP} : altéré", f"{STAMP}: altered")
    return at


def check_stamp(raw: bytes, stamp: bytes, manifest: Json) -> datetime:
    """The same, of a manifest that was made about then."""
    at = stamped_at(raw, stamp)
    if abs(at - instant(manifest["made_at"])) > CLOCKS:
        raise Wrong(f"{STAMP} : d'une autre heure, {at}", f"{STAMP}: of another time, {at}")
    return at


# --- all of it ------------------------------------------------------------------------------------


def verify(path: Path, pinned: str | None = None) -> list[Said]:
    """What was found, pair by pair in French and English. Raises Wrong at the first wrong thing."""
    source: Source = Folder(path) if path.is_dir() else Archive(path)
    signed = check_signature(source, pinned)
    try:
        return list(_verified(source, signed, pinned))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"{MANIFEST}, {LOGBOOK}, {SIGNALS} : {type(error).__name__}: {error}"
        raise Wrong(what, what) from None


def _verified(source: Source, signed: Signed, pinned: str | None) -> Iterator[Said]:
    manifest = signed.manifest
    check_files(source, manifest, signed.stamp is not None)
    lines = check_chain(source, manifest)
    unsealed = check_seals(manifest, lines)
    proven, count = check_told(manifest, lines), check_signals(source, manifest)
    check_dates(manifest, lines)
    if manifest["faults"]:
        first = manifest["faults"][0]
        raise Wrong(f"la station le déclare : {first}", f"the station says so itself: {first}")
    files, masked = len(manifest["files"]), len(manifest["masked"])
    yield (
        f"intacts : {files} fichier(s), {len(lines)} écriture(s), {count} signal(aux)",
        f"whole: {files} file(s), {len(lines)} entries, {count} signal(s)",
    )
    yield (
        f"son(s) et image(s) tels que la main courante les a notés à leur arrivée : {proven}",
        f"sounds and images that are what the logbook told of when they came: {proven}",
    )
    if masked:
        yield (
            f"écriture(s) masquée(s) : {masked} ; leur place est prouvée par la chaîne, ce qu'il en"
            " reste par la seule signature",
            f"masked entries: {masked}; the chain proves their place, the signature alone what is"
            " left of them",
        )
    for (what, why), number in sorted(_left_out(manifest).items()):
        french = f"laissé de côté : {number} {WHAT[what]}, {WHY[why]}"
        yield french, f"left out: {number} {what}(s), {why.replace('_', ' ')}"
    yield from _unchecked(signed, pinned, unsealed)


WHAT = {
    "report": "rapport",
    "recording": "enregistrement(s)",
    "voice": "message(s) vocal(aux)",
    "image": "image(s)",
}
WHY = {
    "third_person": "voix ou image de tiers",
    "choice": "par choix",
    "retention": "durée de conservation échue",
    "elsewhere": "sur une autre machine de la station",
    "problem": "jamais reçu(s) entier(s)",
}


def _left_out(manifest: Json) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for one in manifest["left_out"]:
        pair = one["what"], one["why"]
        found[pair] = found.get(pair, 0) + 1
    return found


def _unchecked(signed: Signed, pinned: str | None, unsealed: int) -> Iterator[Said]:
    seals, key = len(signed.manifest["seals"]), fingerprint(signed.key)
    if signed.stamp is not None:
        at = check_stamp(signed.raw, signed.stamp, signed.manifest)
        how = f"openssl ts -verify -data {MANIFEST} -in {STAMP} -CAfile …"
        yield (
            f"horodaté le {at} ; non vérifié ici : la signature de ce service ({how})",
            f"stamped at {at}; not checked here: that service's signature ({how})",
        )
    else:
        yield "sans horodatage d'un tiers", "without a third party's time stamp"
    yield (
        f"scellé(s) : {seals}, écriture(s) pas encore scellée(s) : {unsealed} ; non vérifié"
        " ici : le code de ces scellés, dont la station seule a la clé",
        f"seals: {seals}, entries not sealed yet: {unsealed}; not checked here: the"
        " seals' codes, of which the station alone has the key",
    )
    if pinned:
        yield f"clé attendue : {key}", f"the key that was asked for: {key}"
    else:
        yield (
            f"non vérifié ici : de qui est la clé {key} ; comparez-la à celle que la"
            " station publie, ou donnez-la avec --key",
            f"not checked here: whose key {key} is; compare it with the one that the"
            " station publishes, or give it with --key",
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = Path(__file__).resolve().parent
    options.add_argument("path", nargs="?", type=Path, default=here)
    options.add_argument("--key", help="la clé publiée, ou son empreinte (hexadécimal)")
    options.add_argument("--lang", choices=("fr", "en"), default="fr")
    given = options.parse_args(arguments)
    language = ("fr", "en").index(given.lang)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        for pair in verify(given.path, given.key):
            print("-", pair[language])
    except Wrong as wrong:
        print(("FAUX : ", "WRONG: ")[language] + wrong.said[language])
        return 1
    except OSError as error:
        print(("FAUX : ", "WRONG: ")[language] + f"{error.filename}: {error.strerror}")
        return 1
    print(("intact", "whole")[language])
    return 0


if __name__ == "__main__":
    sys.exit(main())
