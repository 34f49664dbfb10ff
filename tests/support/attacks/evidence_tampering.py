"""Ways to tamper with an evidence file, each with what a forger may have: the file alone, a key of
their own, the original words of what is masked, or (the worst) the station's own key."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from callflow.core.records.disclosure import told
from callflow.core.records.logbook import Entry
from callflow.disclosure import verify
from callflow.disclosure.archive import Packer

Files = dict[str, bytes]
Json = dict[str, Any]


@dataclass(frozen=True)
class Genuine:
    """A file as it was made; ``entries`` are the logbook's, unmasked; ``sign`` is the station's."""

    raw: bytes
    entries: Mapping[int, Entry]
    sign: Callable[[bytes], bytes]
    key: bytes
    files: Files = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", unpacked(self.raw))

    @property
    def manifest(self) -> Json:
        read: Json = json.loads(self.files[verify.MANIFEST])
        return read

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.files[verify.LOGBOOK].splitlines()]


def unpacked(raw: bytes) -> Files:
    """{name: content}, in their order."""
    with zipfile.ZipFile(io.BytesIO(raw)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def packed(files: Files) -> bytes:
    """A well-formed archive of them."""
    return _packed(files.items())


def _packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    packer = Packer(out)
    for name, content in files:
        packer.add(name, [content])
    packer.finish()
    return out.getvalue()


def with_manifest(of: Genuine, files: Files, manifest: Json | None = None) -> Files:
    """The files with a manifest that tells their hashes; it is signed as it was."""
    manifest = manifest or of.manifest
    for one in manifest["files"]:
        content = files.get(one["name"], b"")
        one["size"], one["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    raw = (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    return {**files, verify.MANIFEST: raw}


def signed(files: Files, sign: Callable[[bytes], bytes], key: bytes) -> bytes:
    """An archive of them, signed anew."""
    text = verify.signed_text(files[verify.MANIFEST], files.get(verify.STAMP))
    said = f"{text}key {key.hex()}\nsignature {sign(text.encode()).hex()}\n"
    return packed({**files, verify.SIGNATURE: said.encode()})


def in_order(changed: Files, of: Genuine) -> Files:
    return {name: changed[name] for name in of.files if name in changed}


def _lines(lines: list[Json]) -> bytes:
    return b"".join(
        json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n" for line in lines
    )


# --- bytes --------------------------------------------------------------------------------


def bit(of: Genuine, random: Random) -> bytes:
    raw = bytearray(of.raw)
    raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return bytes(raw)


def bit_of_end(of: Genuine, random: Random) -> bytes:
    raw = bytearray(of.raw)
    raw[-1 - random.randrange(400)] ^= 1 << random.randrange(8)
    return bytes(raw)


def cut(of: Genuine, random: Random) -> bytes:
    begin = random.randrange(len(of.raw))
    return of.raw[:begin] + of.raw[begin + 1 + random.randrange(200) :]


def put_in(of: Genuine, random: Random) -> bytes:
    begin = random.randrange(len(of.raw))
    return of.raw[:begin] + random.randbytes(1 + random.randrange(20)) + of.raw[begin:]


def before_it(of: Genuine, random: Random) -> bytes:
    return random.randbytes(1 + random.randrange(40)) + of.raw


def behind_it(of: Genuine, random: Random) -> bytes:
    return of.raw + random.randbytes(1 + random.randrange(40))


def comment(of: Genuine, random: Random) -> bytes:
    text = b"vu " * (1 + random.randrange(5))
    return of.raw[:-2] + struct.pack("<H", len(text)) + text


# --- the archive --------------------------------------------------------------------------


def _zipped(files: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for info, content in files:
            zipped.writestr(info, content)
    return out.getvalue()


def _infos(of: Genuine) -> list[tuple[zipfile.ZipInfo, bytes]]:
    with zipfile.ZipFile(io.BytesIO(of.raw)) as zipped:
        return [(info, zipped.read(info)) for info in zipped.infolist()]


def zipped_again(of: Genuine) -> bytes:
    """As other programs pack it: the very same bytes."""
    return _zipped(_infos(of))


def extra_field(of: Genuine, random: Random) -> bytes:
    infos = _infos(of)
    random.choice(infos)[0].extra = struct.pack("<HH4s", 0xCAFE, 4, random.randbytes(4))
    return _zipped(infos)


def comment_of_a_file(of: Genuine, random: Random) -> bytes:
    infos = _infos(of)
    random.choice(infos)[0].comment = random.randbytes(5)
    return _zipped(infos)


def time_of_a_file(of: Genuine, random: Random) -> bytes:
    infos = _infos(of)
    random.choice(infos)[0].date_time = (2026, 11, 1 + random.randrange(28), 3, 0, 0)
    return _zipped(infos)


def compressed(of: Genuine, random: Random) -> bytes:
    infos = _infos(of)
    random.choice(infos)[0].compress_type = zipfile.ZIP_DEFLATED
    return _zipped(infos)


def twice(of: Genuine, random: Random) -> bytes:
    files = list(of.files.items())
    name, content = random.choice(files)
    other = content if random.random() < 0.5 else b"other"
    files.insert(random.randrange(len(files) + 1), (name, other))
    return _packed(files)


def order_of_files(of: Genuine, random: Random) -> bytes:
    names = list(of.files)
    one, two = random.sample(range(len(names)), 2)
    names[one], names[two] = names[two], names[one]
    return packed({name: of.files[name] for name in names})


# --- files --------------------------------------------------------------------------------


def removed(of: Genuine, random: Random) -> bytes:
    gone = random.choice(list(of.files))
    return packed({name: content for name, content in of.files.items() if name != gone})


def added(of: Genuine, random: Random) -> bytes:
    folder = random.choice(["", "images/", "recordings/"])
    name = f"{folder}{random.randbytes(4).hex()}.wav"
    where = random.randrange(len(of.files) + 1)
    items = list(of.files.items())
    return packed(dict([*items[:where], (name, random.randbytes(50)), *items[where:]]))


def renamed(of: Genuine, random: Random) -> bytes:
    old = random.choice(list(of.files))
    return packed({(f"{name}x" if name == old else name): c for name, c in of.files.items()})


def exchanged(of: Genuine, random: Random) -> bytes:
    one, two = random.sample(list(of.files), 2)
    return packed({**of.files, one: of.files[two], two: of.files[one]})


def other_content(of: Genuine, random: Random) -> bytes:
    name = random.choice(list(of.files))
    return packed({**of.files, name: random.randbytes(random.randrange(1, 500))})


def other_content_told(of: Genuine, random: Random) -> bytes:
    """The manifest tells the new hash; the signature is the old one."""
    names = [one["name"] for one in of.manifest["files"]]
    name = random.choice(names)
    return packed(with_manifest(of, {**of.files, name: random.randbytes(60)}))


def other_sound_signed(of: Genuine, random: Random) -> bytes:
    """With the station's own key: the logbook's chain still tells what came."""
    names = [one["name"] for one in of.manifest["files"] if "of" in one]
    name = random.choice(names)
    return _signed(of, {**of.files, name: random.randbytes(60)})


def _signed(of: Genuine, files: Files, manifest: Json | None = None) -> bytes:
    return signed(with_manifest(of, files, manifest), of.sign, of.key)


# --- the logbook --------------------------------------------------------------------------


def _either(of: Genuine, random: Random, lines: list[Json], manifest: Json | None = None) -> bytes:
    """As the file alone allows it, or signed anew with the station's own key."""
    files = {**of.files, verify.LOGBOOK: _lines(lines)}
    way = random.randrange(3)
    if way == 0:
        return packed(files)
    if way == 1:
        return packed(with_manifest(of, files, manifest))
    return _signed(of, files, manifest)


def _shown(of: Genuine) -> list[int]:
    masked = {one["seq"] for one in of.manifest["masked"]}
    return [place for place, line in enumerate(of.lines) if line["seq"] not in masked]


def words(of: Genuine, random: Random) -> bytes:
    lines = of.lines
    lines[random.choice(_shown(of))]["text"] += " !"
    return _either(of, random, lines)


def words_rehashed(of: Genuine, random: Random) -> bytes:
    """Its own hash is right again, and those of the entries behind it too."""
    lines = of.lines
    place = random.choice(_shown(of))
    lines[place]["text"] += " !"
    if random.random() < 0.5:
        lines[place]["hash"] = verify.entry_digest(lines[place])
        return _either(of, random, lines)
    manifest = of.manifest
    masked = {one["seq"] for one in manifest["masked"]}
    previous = lines[place]["previous"]
    for line in lines[place:]:
        line["previous"] = previous
        if line["seq"] not in masked:
            line["hash"] = verify.entry_digest(line)
        previous = line["hash"]
    return packed(with_manifest(of, {**of.files, verify.LOGBOOK: _lines(lines)}, manifest))


def date(of: Genuine, random: Random) -> bytes:
    lines = of.lines
    line = lines[random.choice(_shown(of))]
    line["at"] = line["at"].replace("2", "3", 1) if random.random() < 0.5 else _an_hour(line["at"])
    return _either(of, random, lines)


def _an_hour(at: str) -> str:
    hour = (int(at[11:13]) + 1) % 24
    return f"{at[:11]}{hour:02d}{at[13:]}"


def date_of_masked(of: Genuine, random: Random) -> bytes:
    lines, masked = of.lines, {one["seq"] for one in of.manifest["masked"]}
    line = random.choice([line for line in lines if line["seq"] in masked])
    line["at"] = _an_hour(line["at"])
    return _either(of, random, lines)


def entry_removed(of: Genuine, random: Random) -> bytes:
    lines = of.lines
    del lines[random.randrange(len(lines))]
    return _either(of, random, lines)


def end_removed(of: Genuine, random: Random) -> bytes:
    lines = of.lines
    return _either(of, random, lines[: random.randrange(1, len(lines))])


def entry_twice(of: Genuine, random: Random) -> bytes:
    lines = of.lines
    lines.insert(random.randrange(len(lines)), random.choice(lines))
    return _either(of, random, lines)


def order_of_entries(of: Genuine, random: Random) -> bytes:
    lines = of.lines
    one, two = random.sample(range(len(lines)), 2)
    lines[one], lines[two] = lines[two], lines[one]
    return _either(of, random, lines)


def order_of_signals(of: Genuine, random: Random) -> bytes:
    raw = of.files[verify.SIGNALS]
    lines = raw.splitlines(keepends=True)
    changed = [] if random.random() < 0.5 else [*lines, *lines]
    return _signed(of, {**of.files, verify.SIGNALS: b"".join(changed)})


# --- masking ------------------------------------------------------------------------------


def undone(of: Genuine, random: Random) -> bytes:
    """What was told stands there again, with its salt or without it."""
    lines, manifest = of.lines, of.manifest
    one = random.choice(manifest["masked"])
    entry = of.entries[one["seq"]]
    line = told(entry) | {"hash": entry.hash}
    if random.random() < 0.3:
        del line["salt"]
    place = next(place for place, each in enumerate(lines) if each["seq"] == one["seq"])
    lines[place] = line
    return _either(of, random, lines)


def undone_and_undeclared(of: Genuine, random: Random) -> bytes:
    """Nor does the manifest say any more that it is masked."""
    lines, manifest = of.lines, of.manifest
    one = random.choice(manifest["masked"])
    place = next(place for place, each in enumerate(lines) if each["seq"] == one["seq"])
    entry = of.entries[one["seq"]]
    lines[place] = told(entry) | {"hash": entry.hash}
    manifest["masked"].remove(one)
    return packed(with_manifest(of, {**of.files, verify.LOGBOOK: _lines(lines)}, manifest))


def masked_otherwise(of: Genuine, random: Random) -> bytes:
    lines, manifest = of.lines, of.manifest
    seqs = {one["seq"] for one in manifest["masked"]}
    line = random.choice([line for line in lines if line["seq"] in seqs])
    line["text"] += " [contact 9]"
    return _either(of, random, lines)


def undeclared(of: Genuine, random: Random) -> bytes:
    """With the station's own key: an entry is masked, and nothing says so."""
    manifest = of.manifest
    manifest["masked"].remove(random.choice(manifest["masked"]))
    return _signed(of, of.files, manifest)


def declared_too_many(of: Genuine, random: Random) -> bytes:
    lines, manifest = of.lines, of.manifest
    line = lines[random.choice(_shown(of))]
    left = verify.entry_digest(line)
    manifest["masked"].append({"seq": line["seq"], "why": "third_person", "left": left})
    return _signed(of, of.files, manifest)


# --- the manifest, and who signed it ------------------------------------------------------


def manifest_changed(of: Genuine, random: Random) -> bytes:
    manifest = of.manifest
    name = random.choice(["disclosure", "incident", "left_out", "faults", "seals", "made_at"])
    manifest[name] = {"disclosure": {}, "incident": {}, "made_at": "2026-01-01T00:00:00Z"}.get(
        name, [{"what": "image", "name": "x", "why": "choice"}]
    )
    return packed(with_manifest(of, of.files, manifest))


def seals_changed(of: Genuine, random: Random) -> bytes:
    """With the station's own key."""
    manifest = of.manifest
    seal = random.choice(manifest["seals"])
    seal["hash"] = "0" * 64 if random.random() < 0.5 else of.lines[0]["hash"][::-1]
    return _signed(of, of.files, manifest)


def another_key(of: Genuine, random: Random) -> bytes:
    """Everything is consistent, and signed by somebody else."""
    key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
    files = dict(of.files)
    if random.random() < 0.5:
        sounds = [one["name"] for one in of.manifest["files"] if "of" in one]
        del files[random.choice(sounds)]
        manifest = of.manifest
        manifest["files"] = [one for one in manifest["files"] if one["name"] in files]
        files = with_manifest(of, files, manifest)
    return signed(files, key.sign, key.public_key().public_bytes_raw())


def old_key_named(of: Genuine, random: Random) -> bytes:
    """Signed by somebody else, who says that they are the station."""
    key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
    return signed(of.files, key.sign, of.key)


def same_number_again(of: Genuine, random: Random) -> bytes:
    """The signature's number written another way (RFC 8032, 5.1.7), or one bit of it."""
    said = of.files[verify.SIGNATURE].decode()
    head, _, last = said.rpartition("signature ")
    raw = bytes.fromhex(last.strip())
    number = int.from_bytes(raw[32:], "little") + verify.ORDER
    other = raw[:32] + number.to_bytes(32, "little")
    if random.random() < 0.5:
        other = raw[:5] + bytes([raw[5] ^ 1 << random.randrange(8)]) + raw[6:]
    return packed({**of.files, verify.SIGNATURE: f"{head}signature {other.hex()}\n".encode()})


def signature_spaced(of: Genuine, random: Random) -> bytes:
    said = of.files[verify.SIGNATURE]
    where = random.randrange(len(said))
    return packed({**of.files, verify.SIGNATURE: said[:where] + b" " + said[where:]})


KINDS: tuple[Callable[[Genuine, Random], bytes], ...] = (
    *(bit, bit_of_end, cut, put_in, before_it, behind_it, comment),
    *(extra_field, comment_of_a_file, time_of_a_file, compressed, twice, order_of_files),
    *(removed, added, renamed, exchanged, other_content, other_content_told, other_sound_signed),
    *(words, words_rehashed, date, date_of_masked, entry_removed, end_removed, entry_twice),
    *(order_of_entries, order_of_signals, undone, undone_and_undeclared, masked_otherwise),
    *(undeclared, declared_too_many, manifest_changed, seals_changed, another_key, old_key_named),
    *(same_number_again, signature_spaced),
)
