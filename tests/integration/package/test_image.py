"""A container's image, as its readers check it: each digest, each size, what it runs."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from callflow.package import image

WHAT = image.Image(
    name="some:1.2",
    architecture="amd64",
    created="2026-12-04T00:00:00+00:00",
    user="callflow",
    entrypoint=("/usr/bin/callflow",),
    command=("serve",),
    environment={"CALLFLOW_ASTERISK_APART": "false"},
    volumes=("/var/lib/callflow",),
    working_dir="/var/lib/callflow",
)


def blob(archive: tarfile.TarFile, told: dict[str, Any]) -> bytes:
    """What a descriptor tells of."""
    kind, _, digest = told["digest"].partition(":")
    file = archive.extractfile(f"blobs/{kind}/{digest}")
    assert file is not None
    content = file.read()
    assert len(content) == told["size"]
    assert hashlib.sha256(content).hexdigest() == digest
    return content


def plain(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    assert file is not None
    return json.load(file)


def test_its_parts_are_what_they_are_said_to_be(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/callflow").write_text("#!/bin/sh\n")
    (root / "bin").symlink_to("usr/bin")
    made = tmp_path / "some.oci.tar"
    image.write(root, WHAT, made, 1_700_000_000)
    first = made.read_bytes()
    image.write(root, WHAT, made, 1_700_000_000)
    assert made.read_bytes() == first, "the same folder, the same bytes"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["root", "some.oci.tar"]
    with tarfile.open(made) as archive:
        assert plain(archive, "oci-layout") == {"imageLayoutVersion": "1.0.0"}
        (named,) = plain(archive, "index.json")["manifests"]
        assert named["annotations"] == {"org.opencontainers.image.ref.name": "some:1.2"}
        manifest = json.loads(blob(archive, named))
        config = json.loads(blob(archive, manifest["config"]))
        layer = gzip.decompress(blob(archive, manifest["layers"][0]))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    assert (config["config"]["User"], config["config"]["Cmd"]) == ("callflow", ["serve"])
    with tarfile.open(fileobj=io.BytesIO(layer)) as files:
        names = files.getnames()
        assert {"./usr/bin/callflow", "./bin"} <= set(names)
        assert max(entry.mtime for entry in files) <= 1_700_000_000
