"""What a site is called is spoken when the site is stored, and again when it is changed."""

from __future__ import annotations

from pathlib import Path

from callflow import clock
from callflow.handling.sites import sites
from callflow.handling.sites.shape import Site
from callflow.storage import Tx
from ivr.speech import Sentence, Speech
from ivr.speech.announcements import Announcements
from ivr.telephony.site_names import SiteNames
from tests.support.sip.scripted_ami import ScriptedAmi
from tests.support.stations.telephony_station import TelephonyStation


async def test_a_sites_sentences_are_made_when_it_is_stored_or_changed(tmp_path: Path) -> None:
    async with ScriptedAmi() as ami:
        station = TelephonyStation(ami, tmp_path)
        await station.prepare()
        speech = Speech(
            tmp_path / "prompts", tmp_path / "shared", Announcements(tmp_path / "announcements")
        )
        await speech.start()
        names = SiteNames(station.store, station.vault, speech)
        try:
            await names.look()
            assert is_made(speech, "Site.")
            await rename(station, "Boulangerie")
            await names.look()
            assert is_made(speech, "Boulangerie.")
            made = speech.made
            await speech.sound(Sentence("Boulangerie.", "fr"))
            assert speech.made == made
        finally:
            await speech.close()
            await station.close()


async def rename(station: TelephonyStation, name: str) -> None:
    contact = {"id": "c", "name": "c", "role": "premises", "phone": "+33639987000"}

    def renamed(tx: Tx) -> None:
        body = {"name": name, "contacts": [contact]}
        sites.put_site(tx, station.vault, "1001", Site.read(body), "test", clock.now())

    await station.store.write(renamed)


def is_made(speech: Speech, text: str) -> bool:
    file = speech._stem(Sentence(text, "fr"))
    return file.with_name(f"{file.name}.alaw").exists()
