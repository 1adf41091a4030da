"""For every published model: its wrapper on a tiny checkpoint, and requests of different users for one batch."""

from tests.published.case import Case
from tests.published.sound_cases import SOUND_CASES
from tests.published.speech_cases import SPEECH_CASES

CASES: dict[str, Case] = SPEECH_CASES | SOUND_CASES
