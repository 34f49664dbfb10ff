"""``evidence``: an alarm's evidence file of many calls and images, asked for over HTTP, and
verified by its own program on the oldest Python of this machine.

Each call's recording is a minute of two sides, each image a still of a camera. *first_ms*: until
the page says how far it is; *looks*: how often it did, each time further. *busy*: how much longer
than its own work a fixed piece of computing took because others used the processors.
"""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import soundfile
from PIL import Image

from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, say, seeds
from tests.bench.kit.living import Busy
from tests.support.pages.visitors import FarPerson
from tests.support.rows import evidence
from tests.support.stations.web_station import WebProcess, WebStation
from web.access.users import Role

NAME = "evidence"
CALLS, IMAGES = 40, 200
#: Seconds of each recording; what the whole file may take.
RECORDED, LIMIT_S = 60.0, 10.0
_FORM = {
    "requester": "court",
    "name": "Tribunal",
    "reason": "instruction",
    "reference": "RG 26",
    "recordings": "all",
    "images": "all",
}


def run(rounds: int = 3, only: str = "") -> Report:
    """One file, ``rounds`` times."""
    report = Report(NAME, ("calls",))
    for seed in seeds(rounds):
        with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
            station = WebStation(Path(folder, "station"))
            try:
                row, broken = _round(station, Path(folder), seed)
            finally:
                station.close()
        report.rounds.append(row)
        report.broken += broken
    report.notes.append(f"Asked: {CALLS} calls and {IMAGES} images in {LIMIT_S:.0f} s.")
    return report


def _round(station: WebStation, folder: Path, seed: int) -> tuple[Row, list[str]]:
    station.user("odile", Role.SUPERVISOR)
    station.site()
    incident = evidence.a_break_in(station).id
    say(f"{CALLS} calls, {IMAGES} images")
    _fill(station, incident, seed)
    web = WebProcess(station)
    web.start()
    try:
        row, content = asyncio.run(_asked(web, incident))
    finally:
        web.kill()
    path = folder / "dossier.zip"
    path.write_bytes(content)
    begun = time.perf_counter()
    verified = evidence.run(evidence.PROGRAM, str(path), "--key", station.vault.public_key.hex())
    row |= {"verify_ms": round((time.perf_counter() - begun) * 1000, 1)}
    row |= {"mb": round(len(content) / 1e6, 1)}
    broken = [] if verified.returncode == 0 else [verified.stdout]
    limit = LIMIT_S * 1000 * float(row["busy"])
    if float(row["made_ms"]) > limit:
        broken.append(f"{row['made_ms']} ms, more than {limit:.0f}")
    return row, broken


def _fill(station: WebStation, incident: str, seed: int) -> None:
    noise = np.random.default_rng(seed)
    for number in range(CALLS):
        sound = io.BytesIO()
        samples = noise.integers(-9000, 9000, (int(8000 * RECORDED), 2), dtype=np.int16)
        soundfile.write(sound, samples, 8000, format="WAV", subtype="PCM_16")
        evidence.add_call(station, incident, f"1001-{number % 2 + 1}", sound.getvalue())
    for _ in range(IMAGES):
        still = io.BytesIO()
        colours = noise.integers(0, 255, (60, 80, 3), dtype=np.uint8)
        Image.fromarray(colours).resize((640, 480)).save(still, "JPEG", quality=85)
        evidence.add_image(station, incident, still.getvalue())


async def _asked(web: WebProcess, incident: str) -> tuple[Row, bytes]:
    person = FarPerson(web.url, "odile")
    async with person.client:
        assert (await person.log_in()).status_code == 303
        csrf, before = await person.csrf(), cpu.of_process(web.pid)
        begun = time.perf_counter()
        where = await _begun(person, incident, csrf)
        busy = Busy()
        looks, first = await _looks(person, where, begun, busy)
        made = time.perf_counter()
        answer = await person.client.post(f"{where}/file", data={"csrf": csrf})
        taken = time.perf_counter()
        used = cpu.of_process(web.pid) - before
    return {
        "calls": CALLS,
        "images": IMAGES,
        "first_ms": round((first - begun) * 1000, 1),
        "looks": looks,
        "made_ms": round((made - begun) * 1000, 1),
        "taken_ms": round((taken - made) * 1000, 1),
        "web_cpu_s": round(used, 2),
        "busy": round(busy.factor, 2),
    }, answer.content


async def _begun(person: FarPerson, incident: str, csrf: str) -> str:
    sent = {"csrf": csrf, **_FORM}
    answer: httpx.Response = await person.client.post(f"/incidents/{incident}/evidence", data=sent)
    return answer.headers["location"]


async def _looks(person: FarPerson, where: str, begun: float, busy: Busy) -> tuple[int, float]:
    """(how many different states the page told until it was made, when it told the first)"""
    told: set[str] = set()
    first = 0.0
    while time.perf_counter() - begun < 60:
        part = (await person.see(where)).text.split('id="file"')[1]
        first = first or time.perf_counter()
        busy.look()
        found = re.search(r'value="(\d+)"', part.split("</progress>")[0])
        told.add(found[1] if found else "")
        if "hx-trigger" not in part[:200]:
            return len(told), first
        await asyncio.sleep(0.05)
    raise AssertionError(f"not made within a minute: {where}")
