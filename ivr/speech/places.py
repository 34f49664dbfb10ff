"""Where an instance keeps what it says."""

from callflow.settings.config import Settings
from ivr.asterisk.tree import cache_folder
from ivr.speech import Speech
from ivr.speech.announcements import Announcements


def speech_of(settings: Settings) -> Speech:
    """The instance's prompts, and the cache that instances share."""
    return Speech(
        settings.data_dir / "prompts",
        cache_folder() / "prompts",
        announcements_of(settings),
    )


def announcements_of(settings: Settings) -> Announcements:
    """The instance's recorded announcements."""
    return Announcements(settings.data_dir / "announcements")
