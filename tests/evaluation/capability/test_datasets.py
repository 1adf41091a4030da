import json
from pathlib import Path

import numpy as np
import pytest

from evaluation.capability.datasets import open_data
from evaluation.capability.items import Item
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, NotFound
from model_wrappers.talking_head.film import write_film

RATE = 16_000  # Hz


def put(path: Path, seconds: float = 1.0, channels: int = 1, level: float = 0.1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.full((channels, int(seconds * RATE)), level, np.float32)
    path.write_bytes(Audio(samples, RATE).encode()[0])


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read(folder: Path, task: str, name: str) -> list[Item]:
    found, items = open_data(folder, task)
    assert found == name
    return list(items)


def test_libritts_gives_sound_and_words_for_both_directions(tmp_path: Path) -> None:
    write(tmp_path / "test-clean/61/70968/61_70968_0.normalized.txt", "He began to speak.")
    put(tmp_path / "test-clean/61/70968/61_70968_0.wav")
    (heard,) = read(tmp_path, "speech-recognition", "LibriTTS")
    (spoken,) = read(tmp_path, "text-to-speech", "LibriTTS")
    assert heard.truth.text == spoken.request.text == "He began to speak."
    assert heard.request.audio.duration_s == spoken.truth.audio.duration_s == 1.0


def test_librispeech_ljspeech_and_vctk_give_their_words(tmp_path: Path) -> None:
    write(tmp_path / "a/61/70968/61-70968.trans.txt", "61-70968-0000 HE BEGAN\n61-70968-0001 TO SPEAK\n")
    for number in (0, 1):
        put(tmp_path / f"a/61/70968/61-70968-000{number}.wav")
    write(tmp_path / "b/metadata.csv", 'LJ001-0001|1 "quote|one "quote\n')
    put(tmp_path / "b/wavs/LJ001-0001.wav")
    write(tmp_path / "c/txt/p225/p225_001.txt", "Please call Stella.\n")
    put(tmp_path / "c/wav48_silence_trimmed/p225/p225_001_mic1.wav")
    assert [i.truth.text for i in read(tmp_path / "a", "speech-recognition", "LibriSpeech")] == ["HE BEGAN", "TO SPEAK"]
    assert [i.truth.text for i in read(tmp_path / "b", "text-to-speech", "LJSpeech")] == ['one "quote']
    assert [i.truth.text for i in read(tmp_path / "c", "speech-recognition", "VCTK")] == ["Please call Stella."]


def test_must_c_cuts_the_talk_and_pairs_the_languages(tmp_path: Path) -> None:
    split = tmp_path / "en-es/data/tst-COMMON"
    segments = "- {duration: 0.5, offset: 0.25, speaker_id: spk.1, wav: ted_1.wav}\n"
    write(split / "txt/tst-COMMON.yaml", segments + segments.replace("0.25", "1.0"))
    write(split / "txt/tst-COMMON.en", "Thank you.\nGood night.\n")
    write(split / "txt/tst-COMMON.es", "Gracias.\nBuenas noches.\n")
    put(split / "wav/ted_1.wav", 2.0)
    items = read(tmp_path, "speech-translation", "MuST-C")
    assert [item.truth.references for item in items] == [("Gracias.",), ("Buenas noches.",)]
    assert {item.request.target_language for item in items} == {"es"}
    assert items[0].request.audio.duration_s == 0.5


def test_noisy_and_mixed_speech_comes_with_the_clean_voices(tmp_path: Path) -> None:
    for kind, level in (("noisy", 0.3), ("clean", 0.1)):
        put(tmp_path / f"a/{kind}_testset_wav/p232_001.wav", level=level)
    put(tmp_path / "b/isolated/et05_bus_simu/M05_440C0201_BUS.CH5.wav")
    put(tmp_path / "b/isolated_ext/et05_bus_simu/M05_440C0201_BUS.CH5.Clean.wav")
    for folder in ("mix", "s1", "s2"):
        put(tmp_path / f"c/wav8k/min/tt/{folder}/x.wav")
    (voicebank,) = read(tmp_path / "a", "speech-enhancement", "VoiceBank-DEMAND")
    (chime,) = read(tmp_path / "b", "speech-enhancement", "CHiME-4")
    (mixture,) = read(tmp_path / "c", "speech-separation", "WSJ0-2mix or LibriMix")
    assert voicebank.request.audio.waveform.max() == pytest.approx(0.3, abs=1e-3)
    assert voicebank.truth.audio.waveform.max() == pytest.approx(0.1, abs=1e-3)
    assert chime.id == "M05_440C0201_BUS.CH5"
    assert (len(mixture.truth.sources), mixture.request.speakers) == (2, 2)


def test_binaural_speech_turns_positions_into_a_path(tmp_path: Path) -> None:
    put(tmp_path / "testset/subject1/mono.wav", 10.0)
    put(tmp_path / "testset/subject1/binaural.wav", 10.0, channels=2)
    write(tmp_path / "testset/subject1/tx_positions.txt", "0.0 -2.0 0.0 0 0 0 1\n" * 1_200)
    (item,) = read(tmp_path, "mono-to-binaural", "Binaural Speech")
    assert len(item.request.path) == 100
    place = item.request.path[10]
    assert (place.time, place.azimuth, place.distance) == (1.0, 90.0, 2.0)
    assert item.truth.audio.channels == 2


def test_esd_takes_a_neutral_sentence_to_the_style_of_another(tmp_path: Path) -> None:
    rows = [
        (1, "So you and I.", "Neutral"),
        (2, "Go on.", "Neutral"),
        (351, "So you and I.", "Angry"),
        (352, "Go on.", "Angry"),
    ]
    write(tmp_path / "0011/0011.txt", "".join(f"0011_{n:06}\t{words}\t{style}\n" for n, words, style in rows))
    for number, _, style in rows:
        put(tmp_path / f"0011/{style}/0011_{number:06}.wav")
    items = read(tmp_path, "style-transfer", "ESD")
    assert [(item.id, item.group, item.truth.text) for item in items] == [
        ("0011_000351", "Angry", "So you and I."),
    ]


def test_opencpop_gives_notes_per_syllable_and_slur(tmp_path: Path) -> None:
    columns = ("感AP", "g an AP an", "C4 C4 rest D4", "0.4 0.4 0.2 0.3", "0.1 0.3 0.2 0.3", "0 0 0 1")
    write(tmp_path / "segments/test.txt", "2001000001|" + "|".join(columns) + "\n")
    put(tmp_path / "segments/wavs/2001000001.wav")
    (item,) = read(tmp_path, "singing-synthesis", "Opencpop")
    assert item.request.notes == ("C4", "rest", "D4")
    assert item.request.durations == (0.4, 0.2, 0.3)
    assert (item.request.lyrics, item.request.language) == ("感 ", "zh")


@pytest.mark.parametrize("task", ["audio-captioning", "text-to-audio", "audio-inpainting"])
def test_captioned_sounds_serve_three_tasks(tmp_path: Path, task: str) -> None:
    captions = ",".join(f"a dog barks {k}" for k in range(5))
    write(
        tmp_path / "a/clotho_captions_evaluation.csv",
        f"file_name,{','.join(f'caption_{k}' for k in range(1, 6))}\nd.wav,{captions}\n",
    )
    put(tmp_path / "a/evaluation/d.wav", 2.0)
    write(
        tmp_path / "b/test.csv",
        "audiocap_id,youtube_id,start_time,caption\n1,xy,30,a dog\n2,xy,30,one dog\n3,gone,0,a cat\n",
    )
    put(tmp_path / "b/audio/Yxy.wav", 2.0)
    (clotho,) = read(tmp_path / "a", task, "Clotho")
    (audiocaps,) = read(tmp_path / "b", task, "AudioCaps")
    if task == "audio-captioning":
        assert len(clotho.truth.references) == 5
        assert audiocaps.truth.references == ("a dog", "one dog")
    if task == "audio-inpainting":
        gap = clotho.request.audio.mono()[int(clotho.request.start * RATE) : int(clotho.request.end * RATE)]
        assert not gap.any()
        assert clotho.truth.audio.mono().all()


def test_event_data_name_classes_of_audioset(tmp_path: Path) -> None:
    write(tmp_path / "a/eval_segments.csv", '# Segments\n--xy, 30.0, 40.0, "/m/1,/m/2"\ngone, 0, 10, "/m/1"\n')
    write(tmp_path / "a/class_labels_indices.csv", 'index,mid,display_name\n0,/m/1,"Dog"\n1,/m/2,"Bark"\n')
    put(tmp_path / "a/eval/Y--xy.wav", 2.0)
    write(tmp_path / "b/annotations/test/s_1.txt", "0.5\t1.5\tdog_bark\n0.0\t2.0\tsiren\n")
    put(tmp_path / "b/audio/test/s_1.wav", 2.0)
    write(tmp_path / "c/public.tsv", "filename\tonset\toffset\tevent_label\nx.wav\t0.1\t0.9\tCat\ny.wav\t\t\t\n")
    for name in ("x.wav", "y.wav"):
        put(tmp_path / "c/audio" / name)
    (clip,) = read(tmp_path / "a", "sound-detection", "AudioSet")
    assert [event.labels for event in clip.truth.events] == [("Dog",), ("Bark",)]
    (scene,) = read(tmp_path / "b", "sound-detection", "URBAN-SED")
    assert [(event.onset, event.labels[0]) for event in scene.truth.events] == [(0.5, "Bark"), (0.0, "Siren")]
    targets = read(tmp_path / "b", "target-sound-detection", "URBAN-SED")
    assert [item.request.target for item in targets] == ["Bark", "Siren"]
    heard, silent = read(tmp_path / "c", "sound-detection", "strong labels (DESED, AudioSet)")
    assert (len(heard.truth.events), silent.truth.events) == (1, ())


def test_films_give_their_speech_first_picture_and_themselves(tmp_path: Path, speech: Audio) -> None:
    grey = (np.full((256, 256, 3), 10 * k, np.uint8) for k in range(25))
    film = write_film(grey, Audio(speech.waveform[:, :RATE], RATE), size=256, frame_rate=25)
    write(tmp_path / "main/5535/00001.txt", "Text: HELLO")
    (tmp_path / "main/5535/00001.mp4").write_bytes(film.data)
    (item,) = read(tmp_path, "talking-head-synthesis", "films of talking heads")
    assert item.id == "main/5535/00001"
    assert item.request.audio.duration_s == pytest.approx(1.0, abs=0.1)
    assert item.request.image.pixels.mean() < 10
    assert item.truth.video.data == film.data


def test_a_manifest_holds_any_request_with_its_truth(tmp_path: Path) -> None:
    put(tmp_path / "noisy.wav")
    put(tmp_path / "clean.wav")
    lines = [
        {"task": "speech-enhancement", "id": "a", "request": {"audio": "noisy.wav"}, "truth": {"audio": "clean.wav"}},
        {"task": "text-to-speech", "id": "b", "request": {"text": "Hi", "speed": 1.5}, "truth": {"text": "Hi"}},
    ]
    write(tmp_path / "items.jsonl", "\n".join(map(json.dumps, lines)))
    (noisy,) = read(tmp_path, "speech-enhancement", "a manifest")
    (spoken,) = read(tmp_path, "text-to-speech", "a manifest")
    assert noisy.truth.audio is not None
    assert (spoken.request.speed, spoken.truth.text) == (1.5, "Hi")


@pytest.mark.parametrize(
    ("line", "words"),
    [("{", "line 1"), ('{"task": "text-to-speech", "id": "x", "request": {"txt": "Hi"}}', "line 1.*txt")],
)
def test_a_wrong_line_of_a_manifest_is_named(tmp_path: Path, line: str, words: str) -> None:
    write(tmp_path / "items.jsonl", line)
    with pytest.raises(InvalidInput, match=f"(?s){words}"):
        read(tmp_path, "text-to-speech", "a manifest")


def test_an_unknown_folder_is_answered_with_the_layouts_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="CHiME-4"):
        open_data(tmp_path, "speech-enhancement")
    with pytest.raises(NotFound, match="no folder"):
        open_data(tmp_path / "missing", "speech-enhancement")


def test_a_recording_the_index_names_but_the_folder_lacks_is_told(tmp_path: Path) -> None:
    write(tmp_path / "metadata.csv", "LJ001-0001|one|one\n")
    with pytest.raises(NotFound, match="LJ001-0001"):
        read(tmp_path, "text-to-speech", "LJSpeech")
