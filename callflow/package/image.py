"""A container's image (OCI image format 1.0) of a root folder: one layer, in one archive.

``skopeo``, ``podman load`` and ``ctr images import`` read it.
"""

import hashlib
import io
import json
import subprocess
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_STEP = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Image:
    """What a container of it runs, as whom, and where it keeps what must stay."""

    name: str
    architecture: str
    created: str
    """UTC, RFC 3339."""
    user: str
    entrypoint: Sequence[str]
    command: Sequence[str]
    environment: Mapping[str, str]
    volumes: Sequence[str]
    working_dir: str


@dataclass(frozen=True, kw_only=True)
class _Blob:
    digest: str
    size: int

    def described(self, kind: str) -> dict[str, Any]:
        return {"mediaType": kind, "digest": f"sha256:{self.digest}", "size": self.size}


def write(root: Path, image: Image, made: Path, epoch: int) -> None:
    """Write the archive ``made`` of everything in ``root``; files get the time ``epoch`` at most.
    Raises CalledProcessError, OSError."""
    layer_file = made.with_name(f"{made.name}.layer")
    try:
        layer, unpacked = _layer(root, layer_file, epoch)
        config = json.dumps(_config(image, unpacked)).encode()
        config_blob = _blob(config)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": config_blob.described(_CONFIG),
                "layers": [layer.described(_LAYER)],
            }
        ).encode()
        manifest_blob = _blob(manifest)
        reference = {"org.opencontainers.image.ref.name": image.name}
        named = {**manifest_blob.described(_MANIFEST), "annotations": reference}
        index = json.dumps({"schemaVersion": 2, "manifests": [named]}).encode()
        with tarfile.open(made, "w") as archive:
            _add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}', epoch)
            _add(archive, "index.json", index, epoch)
            _add(archive, f"blobs/sha256/{config_blob.digest}", config, epoch)
            _add(archive, f"blobs/sha256/{manifest_blob.digest}", manifest, epoch)
            archive.add(layer_file, f"blobs/sha256/{layer.digest}", filter=_plain(epoch))
    finally:
        layer_file.unlink(missing_ok=True)


def _layer(root: Path, file: Path, epoch: int) -> tuple[_Blob, str]:
    """The layer, and the SHA-256 of what is in it before it is compressed."""
    packed, plain = hashlib.sha256(), hashlib.sha256()
    squeeze = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)  # gzip, without a time
    command = ["tar", "-C", str(root), "--sort=name", "--numeric-owner", "--format=gnu"]
    same = [f"--mtime=@{epoch}", "--clamp-mtime", "-cf", "-", "."]
    with (
        file.open("wb") as out,
        subprocess.Popen([*command, *same], stdout=subprocess.PIPE) as packing,
    ):
        assert packing.stdout is not None
        while chunk := packing.stdout.read(_STEP):
            plain.update(chunk)
            _take(out, packed, squeeze.compress(chunk))
        _take(out, packed, squeeze.flush())
    if packing.returncode:
        raise subprocess.CalledProcessError(packing.returncode, "tar")
    return _Blob(digest=packed.hexdigest(), size=file.stat().st_size), plain.hexdigest()


def _take(out: io.BufferedWriter, digest: Any, some: bytes) -> None:
    out.write(some)
    digest.update(some)


def _config(image: Image, unpacked: str) -> dict[str, Any]:
    return {
        "created": image.created,
        "architecture": image.architecture,
        "os": "linux",
        "config": {
            "User": image.user,
            "Entrypoint": list(image.entrypoint),
            "Cmd": list(image.command),
            "Env": [f"{name}={value}" for name, value in image.environment.items()],
            "Volumes": {volume: {} for volume in image.volumes},
            "WorkingDir": image.working_dir,
            "StopSignal": "SIGTERM",
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{unpacked}"]},
        "history": [{"created": image.created, "created_by": "callflow.package"}],
    }


def _blob(content: bytes) -> _Blob:
    return _Blob(digest=hashlib.sha256(content).hexdigest(), size=len(content))


def _add(archive: tarfile.TarFile, name: str, content: bytes, epoch: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(content), epoch, 0o644
    archive.addfile(entry, io.BytesIO(content))


def _plain(epoch: int) -> Any:
    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = epoch, 0, 0, "", ""
        return entry

    return plain
