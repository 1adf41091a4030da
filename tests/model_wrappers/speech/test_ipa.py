"""Phonemes of the IPA in the signs of a voice."""

import pytest

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.speech.espeak_phonemes import mnemonics
from model_wrappers.speech.ipa import AMERICAN, spelt


@pytest.mark.parametrize(
    ("phonemes", "signs"),
    [
        ("wɪn", "wˈɪn"),
        ("ʃəˈneɪkwə", "ʃənˈAkwə"),
        ("t͡ʃaɪˈkɒf.ski", "ʧIkˈɔfski"),
        ("tʃaɪˈkɔfski", "ʧIkˈɔfski"),
        ("ˈɡœtə", "ɡˈɜɹtə"),
        ("ˌnuː ˈjɔɹk", "nˌu jˈɔɹk"),
        ("bɔ̃.ʒuʁ", "bˈɔnʒuɹ"),
        ("ˈxosemi", "kˈOsAmi"),
        ("ˈstreŋkθs", "stɹˈAŋkθs"),
    ],
)
def test_american_voices_say_the_nearest_of_their_sounds(phonemes: str, signs: str) -> None:
    assert spelt(phonemes, AMERICAN) == signs


@pytest.mark.parametrize(
    ("voice", "phonemes", "signs"),
    [
        ("en-us", "wɪn", "[[w'In]]"),
        ("en-us", "ˈɡœtə", "[[g'3:t@]]"),
        ("de", "ˈɡøːtə", "[[g'Y:t@]]"),
        ("fr-fr", "ʒɑ̃ vɑl.ˈʒɑ̃", "[[Z'A~ valZ'A~]]"),
        ("es", "ˈxosemi", "[[x'osemi]]"),
    ],
)
def test_espeak_is_told_phonemes_in_the_signs_of_each_voice(voice: str, phonemes: str, signs: str) -> None:
    assert mnemonics(phonemes, voice) == signs


def test_a_sound_like_none_of_the_voice_is_named() -> None:
    with pytest.raises(InvalidInput, match="no sound like 'ǃ' of /ǃoŋ/"):
        spelt("ǃoŋ", AMERICAN)
