"""The pages of the dialogues: what is shown, what is heard, and the studio's recordings."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from fastapi import FastAPI

from callflow import clock
from callflow.commands.calls.studio import Studio
from callflow.core.calls import prompts, sound
from callflow.core.calls.call import Outcome
from callflow.core.calls.dialogue import SILENT, TABLE, Dialogue, Phrase, turn
from callflow.core.calls.dialogue.menus import PAGES
from callflow.core.calls.dialogue.scenes import scenes
from callflow.handling.calls import calling, dialogues
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.records import logbook
from ivr.agi.runner import sentence
from ivr.speech.announcements import LARGEST
from ivr.speech.places import announcements_of, speech_of
from tests.support.outside.still_rates import StillRates
from tests.support.outside.studio import recording
from tests.support.pages.visitors import Person
from tests.support.phones import hearing
from tests.support.stations.web_station import NAME, WebStation
from web.access.security import LARGEST as BODIES
from web.access.security import POLICY
from web.access.users import Role
from web.app import create_app
from web.kit import conflicts
from web.pages.calls import dialogue_words
from web.pages.calls.dialogues import SOUNDS_A_SECOND, SOUNDS_AT_ONCE

CHIEF = "sophie"


@pytest.fixture
async def studio(station: WebStation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setattr("ivr.speech.PATIENCE", 60.0)  # its voice goes after everything else
    made = Studio(station.settings)
    yield made
    await made.close()


@pytest.fixture
def app(station: WebStation, studio: Studio) -> FastAPI:
    return create_app(station.settings, station.store, station.vault, prompts=studio)


@pytest.fixture
async def administrator(station: WebStation, app: FastAPI) -> Person:
    return await person(station, app, NAME, Role.ADMINISTRATOR)


async def person(station: WebStation, app: FastAPI, name: str, role: Role) -> Person:
    station.user(name, role)
    found = Person(app, name)
    assert (await found.log_in()).status_code == 303
    return found


async def upload(who: Person, given: bytes, key: str = "goodbye", lang: str = "fr") -> str:
    """What the page says of it; "": it was taken."""
    put = await who.hidden(f"/announcements/{key}", "/announcements", {"language": lang})
    fields = {**put, "key": key, "language": lang}
    answer = await who.client.post("/announcements", data=fields, files={"file": ("a", given)})
    if answer.status_code == 303:
        assert answer.headers["location"] == f"/announcements/{key}"
        return ""
    assert answer.status_code == 422
    found = re.search(r'class="refused" role="alert">.*?<bdi>(.*?)</bdi>', answer.text)
    assert found
    return unescape(found[1])


def entries(station: WebStation) -> Iterator[tuple[str, str]]:
    def read(tx: Tx) -> list[tuple[str, str]]:
        return [(row.who, row.text) for row in logbook.page(tx, limit=500)]

    yield from (each for each in station.store.read_now(read) if "nnonce" in each[1])


def kept(station: WebStation) -> dict[Path, bytes]:
    """Everything in the studio's folder."""
    files = (station.settings.data_dir / "announcements").rglob("*")
    return {path: path.read_bytes() for path in files if path.is_file()}


def samples(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["content-security-policy"] == POLICY
    heard, rate = soundfile.read(io.BytesIO(answer.content))
    assert rate == 8000
    return np.asarray(heard)


# --- what is shown --------------------------------------------------------------------------------


async def test_every_dialogue_is_listed_and_its_table_shows_every_scene(
    administrator: Person,
) -> None:
    listed = (await administrator.see("/dialogues")).text
    for which in Dialogue:
        assert (f'href="/dialogues/{which}"' in listed) == (which not in SILENT)
        shown = (await administrator.see(f"/dialogues/{which}")).text
        assert [s.name for s in scenes(which)] == re.findall(r'id="scene-([^"]+)"', shown)
        for target in re.findall(r'href="#scene-([^"]+)"', shown):
            assert f'id="scene-{target}"' in shown
    assert {state.value for state, _ in TABLE} - {"menus"} <= dialogue_words.SCENES.keys()
    assert PAGES.keys() <= dialogue_words.SCENES.keys()


async def test_a_table_says_each_sentence_in_both_languages_with_keys_time_outs_and_ends(
    administrator: Person,
) -> None:
    shown = unescape((await administrator.see("/dialogues/incoming?lang=fr")).text)
    for key in ("ask_account", "menu_test", "cancel_why", "test_ended", "nothing_heard"):
        for language in prompts.LANGUAGES:
            assert prompts.spoken(key, {}, language) in shown
    client = shown[shown.index('id="scene-client"') : shown.index('id="scene-alarm"')]
    assert "<kbd>7</kbd>" in client
    assert 'href="#scene-new_code"' in client
    assert "rien n'est tapé" in client
    assert "3 fois de suite" in client
    assert "là où c'est proposé" in client
    english = unescape((await administrator.see("/dialogues/verification?lang=en")).text)
    for words in ("nothing is typed", "3 times in a row", "after a wrong code", "two wrong codes"):
        assert words in english


async def test_everything_that_has_a_name_has_one_in_both_languages() -> None:
    for which in Dialogue:
        assert which.value in dialogue_words.DIALOGUES
        for scene in scenes(which):
            assert scene.name in dialogue_words.SCENES
            assert not scene.does or scene.does in dialogue_words.DEEDS
            assert scene.read.value in dialogue_words.READS
            for way in scene.ways:
                assert not way.given or way.given.value in dialogue_words.GIVENS
                if way.by in ("code", "result"):
                    assert set(way.names) <= dialogue_words.RESULTS.keys()
                if way.by == "digits":
                    assert set(way.names) <= dialogue_words.NUMBERS.keys()


async def test_a_supervisor_reads_and_changes_nothing_and_an_operator_reads_nothing(
    station: WebStation, app: FastAPI
) -> None:
    chief = await person(station, app, CHIEF, Role.SUPERVISOR)
    page = await chief.see("/announcements/goodbye")
    assert page.status_code == 200
    assert 'type="file"' not in page.text
    answer = await chief.send("/announcements", key="goodbye", language="fr")
    assert answer.status_code == 403
    assert (await chief.send("/announcements/goodbye/remove", language="fr")).status_code == 403
    operator = await person(station, app, "olga", Role.OPERATOR)
    for path in ("/dialogues", "/announcements", "/announcements/goodbye/fr.wav"):
        assert (await operator.see(path)).status_code == 403
    assert "/dialogues" not in (await operator.see("/account")).text


@pytest.mark.parametrize(
    "path",
    [
        "/dialogues/nothing",
        "/dialogues/phone/walk",
        "/dialogues/nothing/said.wav",
        "/announcements/nothing",
        "/announcements/site",
        "/announcements/..%2f..%2fcallflow/fr.wav",
        "/announcements/goodbye/de.wav",
    ],
)
async def test_what_there_is_not_is_not_found(administrator: Person, path: str) -> None:
    assert (await administrator.see(path)).status_code == 404


# --- what is heard --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", prompts.LANGUAGES)
async def test_the_voice_is_heard_as_callers_hear_it(
    station: WebStation, administrator: Person, language: str
) -> None:
    answer = await administrator.see(f"/announcements/greeting/{language}.wav")
    heard = samples(answer)
    assert sound.active_level(heard) == pytest.approx(sound.LEVEL_DBFS, abs=0.5)
    speech = speech_of(station.settings)
    await speech.start()
    stem = await speech.sound(sentence(Phrase("greeting", {"station": "Callflow"}), language))
    assert speech.made == 0  # it is the very file
    await speech.close()
    file = stem.with_name(f"{stem.name}.alaw").read_bytes()
    assert np.allclose(heard, hearing.alaw(file), atol=0.001)


async def test_a_sound_is_sent_once_and_only_so_many(app: FastAPI, administrator: Person) -> None:
    app.state.hearing = StillRates(SOUNDS_A_SECOND, SOUNDS_AT_ONCE)
    first = await administrator.see("/announcements/goodbye/fr.wav")
    tag = {"If-None-Match": first.headers["etag"]}
    again = await administrator.client.get("/announcements/goodbye/fr.wav", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    many = [
        await administrator.client.get("/announcements/goodbye/fr.wav", headers=tag)
        for _ in range(int(SOUNDS_AT_ONCE) * 3)
    ]
    refused = [answer for answer in many if answer.status_code == 429]
    assert len(refused) == len(many) + 2 - SOUNDS_AT_ONCE
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)


async def test_a_station_without_a_voice_says_so(station: WebStation) -> None:
    app = create_app(station.settings, station.store, station.vault)
    who = await person(station, app, NAME, Role.ADMINISTRATOR)
    assert (await who.see("/dialogues/incoming")).status_code == 200
    assert (await who.see("/announcements/goodbye")).status_code == 200
    assert (await who.see("/announcements/goodbye/fr.wav")).status_code == 503


# --- walking --------------------------------------------------------------------------------------


async def test_a_dialogue_is_walked_key_by_key_and_heard(administrator: Person) -> None:
    at = "/dialogues/incoming/walk?lang=fr&spoken=fr"
    assert "numéro d'abonné" in unescape((await administrator.see(at)).text)
    page = unescape((await administrator.see(f"{at}&step=k&keys=1001%23")).text)
    assert 'name="steps" value="k1001#"' in page
    page = unescape((await administrator.see(f"{at}&steps=k1001%23&step=k&keys=2580%23")).text)
    assert 'value="!client"' in page
    page = (await administrator.see(f"{at}&steps=k1001%23.k2580%23&step=!client")).text
    assert "Merci, code reconnu." in page
    assert 'data-key="3"' in page
    steps = "k1001%23.k2580%23.!client.k3.!told"
    page = unescape((await administrator.see(f"{at}&steps={steps}")).text)
    assert "Le site est en service" in page
    assert "servi par le menu vocal" in page
    said = await administrator.see(f"/dialogues/incoming/said.wav?spoken=fr&steps={steps}")
    assert len(samples(said)) > 8000 * 5
    page = unescape((await administrator.see(f"{at}&steps={steps}&step=h")).text)
    assert "L'appel est fini" in page
    assert "data-pad" not in page


@pytest.mark.parametrize(
    "query",
    [
        "steps=x",
        "steps=k1001%23.!done",
        "step=p",
        "step=k&keys=<script>",
        "spoken=de",
        "steps=" + ".".join(["s"] * 101),
        "steps=" + "s" * 2001,
        "steps=h.s",
    ],
)
async def test_what_is_no_step_is_refused(administrator: Person, query: str) -> None:
    for part in ("walk", "said.wav"):
        if part == "walk" or "step=" not in query:
            answer = await administrator.see(f"/dialogues/incoming/{part}?{query}")
            assert answer.status_code == 422
            assert "<script>" not in answer.text.replace("<script src", "")


# --- the studio -----------------------------------------------------------------------------------


async def test_a_recording_takes_a_sentence_s_place_and_leaves_it(
    station: WebStation, administrator: Person
) -> None:
    voice = samples(await administrator.see("/announcements/goodbye/fr.wav"))
    assert await upload(administrator, recording(440)) == ""
    page = (await administrator.see("/announcements/goodbye?lang=fr")).text
    assert "enregistrement du studio, 1.2 s" in page
    heard = samples(await administrator.see("/announcements/goodbye/fr.wav"))
    assert sound.active_level(heard) == pytest.approx(sound.LEVEL_DBFS, abs=0.5)
    assert np.abs(np.fft.rfft(heard)).argmax() * 8000 / len(heard) == pytest.approx(440, abs=3)
    recorded = announcements_of(station.settings)
    assert [(one.key, one.language) for one in recorded.all()] == [("goodbye", "fr")]
    here = "/announcements/goodbye"
    assert (await administrator.fill(here, f"{here}/remove", language="fr")).is_redirect
    assert list(recorded.all()) == []
    again = samples(await administrator.see("/announcements/goodbye/fr.wav"))
    assert np.array_equal(again, voice)
    bye = "« Nous vous remercions, au revoir. » (fr)"
    assert list(entries(station)) == [
        (
            NAME,
            f"Annonce {bye} remplacée par un enregistrement de 1.2 s",
        ),
        (NAME, f"Enregistrement de l'annonce {bye} retiré : la voix la dit de nouveau"),
    ]


async def test_the_walk_says_what_the_studio_recorded(administrator: Person) -> None:
    assert await upload(administrator, recording(440), "nobody") == ""
    steps = "/dialogues/verification/said.wav?spoken=fr&steps=s.s.s"
    heard = samples(await administrator.see(steps))
    first = heard[: 8000 // 2]
    assert np.abs(np.fft.rfft(first)).argmax() * 8000 / len(first) == pytest.approx(440, abs=5)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (b"", "choisissez un fichier"),
        (b"<html><script>alert(1)</script>", "ni WAV ni FLAC"),
        (recording(440)[:40], "ni WAV ni FLAC"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff" + bytes(200), "ni WAV ni FLAC"),
        (recording(440, kind="OGG"), "pas OGG"),
        (recording(440, 4_000), "4000 Hz"),
        (recording(10_000), "ne contient pas de parole"),
        (bytes(LARGEST + 1), "dépasse 15 Mo"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
async def test_what_is_no_recording_is_refused_and_changes_nothing(
    station: WebStation, administrator: Person, given: bytes, why: str
) -> None:
    assert await upload(administrator, recording(440)) == ""
    before = kept(station)
    assert len(before) == 2
    assert why in await upload(administrator, given)
    assert kept(station) == before
    assert len(list(entries(station))) == 1


async def test_many_channels_and_long_ones_are_refused(administrator: Person) -> None:
    tone = 0.05 * np.sin(np.arange(8000 * 25) / 5)
    for channels, seconds, why in ((3, 1, "3 canaux"), (1, 25, "20 au plus")):
        file = io.BytesIO()
        frames = np.column_stack([tone[: 8000 * seconds]] * channels)
        soundfile.write(file, frames, 8000, format="WAV")
        assert why in await upload(administrator, file.getvalue())


async def test_another_sentence_s_name_or_language_leads_nowhere(
    station: WebStation, administrator: Person
) -> None:
    csrf = await administrator.csrf()
    for key in ("../goodbye", "site", ""):
        answer = await administrator.client.post(
            "/announcements",
            data={"csrf": csrf, "key": key, "language": "fr"},
            files={"file": ("a.wav", recording(440))},
        )
        assert answer.status_code == 404
    assert "fr, en" in (await upload(administrator, recording(440), lang="../fr")).replace(
        "fr ou en", "fr, en"
    )
    answer = await administrator.send(
        "/announcements/goodbye/remove", language="fr", as_of=conflicts.stamp("")
    )
    assert answer.status_code == 422
    assert "n'est pas enregistrée" in unescape(answer.text)
    assert not (station.settings.data_dir / "announcements").exists()
    assert list(entries(station)) == []


async def test_more_than_any_recording_is_not_even_read(administrator: Person) -> None:
    answer = await administrator.client.post(
        "/announcements", files={"file": ("a", bytes(BODIES["/announcements"] + 1))}
    )
    assert answer.status_code == 413


async def test_a_disk_that_refuses_is_told_and_no_entry_says_otherwise(
    station: WebStation, administrator: Person
) -> None:
    station.settings.data_dir.joinpath("announcements").write_text("no folder")
    assert "le disque l'a refusé" in await upload(administrator, recording(440))
    assert list(entries(station)) == []


# --- tried on a phone -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", prompts.LANGUAGES)
async def test_it_is_said_on_a_phone_in_its_language_and_what_came_of_it_is_shown(
    station: WebStation, administrator: Person, language: str
) -> None:
    station.site()
    where = "/announcements/goodbye"
    answer = await administrator.send(f"{where}/call", language=language, number="06 39 98 10 01")
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    now = clock.now()
    (order,) = station.do(lambda tx: calling.claim_calls(tx, node="node0", now=now))
    assert (order.to, order.dialogue) == ("+33639981001", "message")
    loaded = station.store.read_now(
        lambda tx: dialogues.dialogue_begin(tx, station.vault, order.call_id)
    )
    assert loaded is not None
    first = turn(*loaded)
    assert first is not None
    assert [phrase.key for phrase in first.say] == [
        *("greeting", "site", "goodbye", "offer_acknowledge", "offer_operator")
    ]
    assert loaded[0].language == language
    station.do(lambda tx: calling.call_answered(tx, order.call_id, now))
    end = Outcome.ACKNOWLEDGED
    station.do(lambda tx: calling.call_ended(tx, order.call_id, outcome=end, now=now))
    assert "message heard and acknowledged" in (await administrator.see(f"{where}?lang=en")).text
    other = await administrator.see("/announcements/welcome?lang=en")
    assert "message heard and acknowledged" not in other.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"number": "112"}, 422),
        ({"number": "06 39 98 99 99"}, 409),
        ({"number": ""}, 422),
        ({"language": "de"}, 422),
    ],
)
async def test_nobody_else_s_phone_is_rung_to_try_it(
    station: WebStation, administrator: Person, fields: dict[str, str], status: int
) -> None:
    station.site()
    sent = {"language": "fr", "number": "06 39 98 10 01", **fields}
    answer = await administrator.send("/announcements/goodbye/call", **sent)
    assert answer.status_code == status
    assert 'class="refused"' in answer.text
    assert station.store.read_now(lambda tx: tx.execute(t.call.select()).all()) == []


async def test_a_supervisor_rings_nobody(station: WebStation, app: FastAPI) -> None:
    station.site()
    chief = await person(station, app, CHIEF, Role.SUPERVISOR)
    assert "goodbye/call" not in (await chief.see("/announcements/goodbye")).text
    sent = {"language": "fr", "number": "06 39 98 10 01"}
    assert (await chief.send("/announcements/goodbye/call", **sent)).status_code == 403
