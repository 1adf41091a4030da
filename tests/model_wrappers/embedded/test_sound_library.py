import json
import re
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest, TextToAudioResponse
from model_wrappers.embedded.sound_library import SoundLibrary, SoundLibraryConfig
from model_wrappers.embedded.yamnet.network import SAMPLE_RATE, YAMNetNetwork
from model_wrappers.sounds.arrangement import render_entry
from model_wrappers.sounds.audioset import load_class_names
from model_wrappers.sounds.catalogue import CatalogueEntry, CatalogueSearch, load_catalogue
from model_wrappers.sounds.synthesis import SYNTHESES
from tests.model_wrappers.measures import RecordedContext

QUERIES = json.loads(Path("evaluation/cases/sound_queries.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def library() -> SoundLibrary:
    model = SoundLibrary(SoundLibraryConfig())
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def search(library: SoundLibrary) -> CatalogueSearch:
    return library._scenes._search


@pytest.fixture(scope="module")
def yamnet() -> YAMNetNetwork:
    return YAMNetNetwork()


def make(library: SoundLibrary, text: str, **arguments) -> TextToAudioResponse:
    [answer] = library.run_batch([TextToAudioRequest(text=text, **arguments)], RecordedContext())
    assert isinstance(answer, TextToAudioResponse), answer
    return answer


def refuse(library: SoundLibrary, text: str) -> InvalidInput:
    [answer] = library.run_batch([TextToAudioRequest(text=text)], RecordedContext())
    assert isinstance(answer, InvalidInput), answer
    return answer


def test_the_catalogue_holds_250_sounds_each_with_a_licence():
    entries = load_catalogue()
    assert len(entries) >= 250
    assert len({entry.id for entry in entries}) == len(entries)
    assert all(re.fullmatch(r"[\w.-]+", entry.licence) for entry in entries)


def test_everyday_queries_find_the_right_sound_first(search: CatalogueSearch):
    hits = [(search.find(case["query"]), case["accept"]) for case in QUERIES["everyday"]]
    right = [entry is not None and re.search(accept, "; ".join(entry.words)) is not None for entry, accept in hits]
    assert len(right) == 60
    assert sum(right) >= 55


def test_household_queries_find_the_right_sound_first(library: SoundLibrary):
    cases = json.loads(Path("evaluation/cases/household_sounds.json").read_text(encoding="utf-8"))
    right = 0
    for case in cases["developing"] + cases["unseen"]:
        [answer] = _planned(library, case["query"])
        right += re.search(case["accept"], answer) is not None
    assert right >= 90


def _planned(library: SoundLibrary, query: str) -> list[str]:
    try:
        layer = library._scenes.plan(query)[0][0]
    except InvalidInput:
        return ["refused"]
    return ["; ".join(layer.content.words) if isinstance(layer.content, CatalogueEntry) else "music"]


@pytest.mark.parametrize(
    ("text", "sound", "left_out"),
    [
        ("a door slamming in an empty house", "door slamming", ("in an empty house",)),
        ("a huge frog croaking by the lake", "frog", ("huge by the lake",)),
        ("a dog barking", "dog", ()),
    ],
)
def test_the_nearest_sound_says_what_it_does_not_show(
    library: SoundLibrary, text: str, sound: str, left_out: tuple[str, ...]
):
    answer = make(library, text, duration=2)
    assert sound in answer.sources[0]
    assert answer.left_out in (left_out, ())


@pytest.mark.parametrize("text", ["people whispering", "somebody singing in the shower", "gulping down a drink"])
def test_a_thing_that_does_something_else_is_not_taken(library: SoundLibrary, text: str):
    refuse(library, text)


def test_every_synthesis_belongs_to_one_entry_and_sounds(library: SoundLibrary):
    entries = [entry for entry in load_catalogue() if entry.synthesis]
    assert sorted(str(entry.synthesis) for entry in entries) == sorted(SYNTHESES)
    for entry in entries:
        sound = render_entry(entry, 1.5, np.random.default_rng(0))
        assert sound.shape[1] == round(1.5 * 44_100)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() > 0.05


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("an air raid siren", "Siren"),
        ("washing the dishes", "Chink, clink"),
        ("a waterfall", "Waterfall"),
        ("a snake hissing", "Snake"),
        ("rain on a tin roof", "Rain"),
        ("an infant crying", "Crying, sobbing"),
        ("a microwave beeping", "Beep, bleep"),
        ("white noise", "White noise"),
    ],
)
def test_a_model_that_knows_sounds_hears_what_was_synthesised(
    library: SoundLibrary, yamnet: YAMNetNetwork, text: str, label: str
):
    answer = make(library, text, duration=4)
    assert "synthesised" in answer.sources[0]
    [activity] = yamnet.analyse([answer.audio.resample(SAMPLE_RATE).mono()])
    assert activity is not None
    assert activity.probabilities[:, load_class_names().index(label)].max() > 0.2


def test_absurd_queries_are_refused(search: CatalogueSearch):
    assert sum(search.find(query) is None for query in QUERIES["absurd"]) >= 9


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("a rooster crowing", "Chicken, rooster"),
        ("a helicopter", "Helicopter"),
        ("a stream", "Water"),
        ("people speaking", "Speech"),
        ("a fire engine with its siren", "Siren"),
        ("applause", "Applause"),
    ],
)
def test_a_model_that_knows_sounds_hears_what_was_asked_for(
    library: SoundLibrary, yamnet: YAMNetNetwork, text: str, label: str
):
    audio = make(library, text, duration=4).audio
    [activity] = yamnet.analyse([audio.resample(SAMPLE_RATE).mono()])
    assert activity is not None
    assert activity.probabilities[:, load_class_names().index(label)].max() > 0.3


def test_two_sounds_are_mixed_and_both_named(library: SoundLibrary, yamnet: YAMNetNetwork):
    answer = make(library, "birds singing and people speaking", duration=8)
    [activity] = yamnet.analyse([answer.audio.resample(SAMPLE_RATE).mono()])
    assert activity is not None
    names = load_class_names()
    assert activity.probabilities[:, names.index("Bird")].max() > 0.15
    assert activity.probabilities[:, names.index("Speech")].max() > 0.15
    assert "blackbird" in answer.sources[0]
    assert "GPL-2.0-only" in answer.sources[0]
    assert "librivox-reader" in answer.sources[1]
    assert answer.audio.licence == "GPL-2.0-only AND LicenseRef-public-domain-LibriVox"


def test_then_puts_one_sound_after_the_other(library: SoundLibrary):
    first = make(library, "a dog barking").audio
    both = make(library, "a dog barking, then a door slamming")
    gap = both.audio.waveform[:, first.waveform.shape[1] :][:, : int(0.3 * both.audio.sample_rate)]
    assert len(both.sources) == 2
    assert np.abs(gap).max() == 0
    np.testing.assert_allclose(both.audio.waveform[:, : first.waveform.shape[1]], first.waveform, atol=1e-6)


def test_a_background_sound_is_quieter_than_the_same_in_front(library: SoundLibrary):
    [near] = library._scenes.plan("rain falling and a cat")
    [far] = library._scenes.plan("rain falling in the background and a cat")
    assert [layer.content for layer in near] == [layer.content for layer in far]
    assert far[0].gain_db < near[0].gain_db


@pytest.mark.parametrize("text", ["rain falling", "a dog barking", "footsteps on snow", "calm piano music"])
@pytest.mark.parametrize("duration", [0.3, 7.5, 31.0])
def test_the_sound_is_as_long_as_asked(library: SoundLibrary, text: str, duration: float):
    assert make(library, text, duration=duration).audio.duration_s == pytest.approx(duration, abs=1e-4)


def test_a_loop_has_no_seam(library: SoundLibrary):
    audio = make(library, "a helicopter", duration=10).audio
    frames = audio.waveform.mean(axis=0)[: 10 * 4_410 * 10].reshape(-1, 4_410)
    levels = 10 * np.log10((frames**2).mean(axis=1) + 1e-9)[1:-1]
    assert levels.min() > levels.mean() - 10


@pytest.mark.parametrize("text", ["a dog barking", "rain falling", "sad violin music", "an explosion"])
def test_sound_is_audible_stereo_below_full_scale(library: SoundLibrary, text: str):
    audio = make(library, text).audio
    assert audio.channels == 2
    assert audio.sample_rate == 44_100
    assert 0.01 < np.sqrt((audio.waveform**2).mean()) < 0.3
    assert np.abs(audio.waveform).max() <= 0.91


def test_the_same_seed_gives_the_same_sound_alone_and_in_a_batch(library: SoundLibrary):
    requests = [TextToAudioRequest(text=text, seed=3) for text in ("jazz music", "footsteps on snow", "jazz music")]
    together = library.run_batch(requests, RecordedContext())
    waveforms = [answer.audio.waveform for answer in together if isinstance(answer, TextToAudioResponse)]
    np.testing.assert_array_equal(waveforms[0], waveforms[2])
    np.testing.assert_array_equal(waveforms[1], make(library, "footsteps on snow", seed=3).audio.waveform)


def test_another_seed_gives_another_sound(library: SoundLibrary):
    one, other = (make(library, "footsteps on snow", seed=seed).audio.waveform for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_a_part_that_fits_nothing_is_named(library: SoundLibrary):
    error = refuse(library, "a dog barking and a unicorn singing opera")
    assert error.message.startswith("No sound for 'a unicorn singing opera' is in the catalogue; the nearest are: ")


def test_too_many_sounds_are_refused(library: SoundLibrary):
    assert "names 9 sounds" in refuse(library, "; ".join(["a dog barking"] * 9)).message


def test_a_cancelled_request_makes_no_sound(library: SoundLibrary):
    [answer] = library.run_batch([TextToAudioRequest(text="rain")], RecordedContext(cancelled=(0,)))
    assert isinstance(answer, Cancelled)


@pytest.mark.parametrize("entry", load_catalogue(), ids=lambda entry: entry.id)
def test_every_entry_of_the_catalogue_is_installed_and_can_be_read(entry: CatalogueEntry):
    from model_wrappers.sounds.arrangement import _read_takes

    assert entry.is_installed()
    takes = _read_takes(entry, np.random.default_rng(0))
    assert all(isinstance(Audio(take, 44_100), Audio) and np.abs(take).max() > 1e-3 for take in takes)
