"""For every published model: its wrapper on a tiny checkpoint, and requests of different users for one batch."""

from tests.foundation.case import Case
from tests.foundation.sound_cases import SOUND_CASES
from tests.foundation.speech_cases import SPEECH_CASES

CASES: dict[str, Case] = SPEECH_CASES | SOUND_CASES
