import pytest

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.embedded.hibari.phonemes import syllables
from model_wrappers.singing.alignment import align
from model_wrappers.singing.melody import Rest, Song, SungWord, parse_notes, parse_pitch

COUNTS = {"hello": 2, "little": 2, "star": 1, "my": 1, "glory": 2}


def _align(lyrics: str, notes: str) -> Song:
    names = notes.split()
    melody = parse_notes(names, [0.5] * len(names))
    return align(lyrics, melody, lambda words: [COUNTS[word] for word in words])


def _shape(song: Song) -> list[object]:
    """Return the words with their numbers of notes, and rests and breaths."""
    return [
        (part.text, len(part.notes)) if isinstance(part, SungWord) else ("breath" if part.breath else "rest")
        for part in song
    ]


@pytest.mark.parametrize(
    ("name", "number"),
    [("C4", 60), ("C#4/Db4", 61), ("Bb3", 58), ("B♭3", 58), ("e5", 76), ("rest", None), ("AP", None)],
)
def test_note_names_are_read(name: str, number: int | None) -> None:
    assert parse_pitch(name) == number


@pytest.mark.parametrize("name", ["H4", "C", "C4E4", "", "C9", "C1"])
def test_what_is_no_note_of_the_voice_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        parse_pitch(name)


def test_a_duration_that_is_not_positive_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_notes(["C4", "D4"], [0.5, 0.0])
    assert refused.value.param == "durations.1"


@pytest.mark.parametrize(
    ("lyrics", "notes", "shape"),
    [
        ("hello star", "C4 D4 E4", [("hello", 2), ("star", 1)]),
        ("hello | star", "C4 D4 E4", [("hello", 2), ("star", 1)]),
        ("hello star", "C4 D4", [("hello", 1), ("star", 1)]),
        ("hello star", "C4 D4 E4 F4 G4", [("hello", 2), ("star", 3)]),
        ("hello _ star", "C4 D4 E4 F4", [("hello", 3), ("star", 1)]),
        ("hello star", "C4 | D4 E4", [("hello", 1), ("star", 2)]),
        ("hello star", "rest C4 D4 rest E4 rest", ["rest", ("hello", 2), "rest", ("star", 1), "rest"]),
        ("hello AP star", "C4 D4 E4 rest F4", [("hello", 3), "breath", ("star", 1)]),
        ("star AP little star", "C4 AP D4 E4 F4 G4", [("star", 1), "breath", ("little", 2), ("star", 2)]),
    ],
)
def test_words_take_their_notes(lyrics: str, notes: str, shape: list[object]) -> None:
    if "|" in notes:
        names = ["C4 |", "D4", "E4"]
        song = align(lyrics, parse_notes(names, [0.5] * 3), lambda words: [COUNTS[word] for word in words])
    else:
        song = _align(lyrics, notes)
    assert _shape(song) == shape


def test_a_rest_inside_a_word_lengthens_its_note() -> None:
    (word,) = _align("hello", "C4 rest D4")
    assert isinstance(word, SungWord)
    assert [note.duration_s for note in word.notes] == [1.0, 0.5]


def test_no_time_is_lost() -> None:
    song = _align("hello AP my little star", "rest C4 D4 rest E4 F4 rest G4 A4 rest")
    lengths = [part.duration_s if isinstance(part, Rest) else sum(n.duration_s for n in part.notes) for part in song]
    assert sum(lengths) == pytest.approx(5.0)


@pytest.mark.parametrize(("lyrics", "notes"), [("little glory star", "C4 D4 E4 F4"), ("hello", "rest")])
def test_too_few_notes_are_refused_with_the_syllables_counted(lyrics: str, notes: str) -> None:
    with pytest.raises(InvalidInput, match=f"{lyrics.split()[0]} 2"):
        _align(lyrics, notes)


def test_bars_that_do_not_fit_the_words_are_refused() -> None:
    melody = parse_notes(["C4 |", "D4 |", "E4"], [0.5] * 3)
    with pytest.raises(InvalidInput, match="3 groups of notes for 2 words"):
        align("hello star", melody, lambda words: [1] * len(words))


@pytest.mark.parametrize("lyrics", ["AP", "_ _", "|"])
def test_lyrics_without_words_are_refused(lyrics: str) -> None:
    with pytest.raises(InvalidInput, match="no word"):
        _align(lyrics, "C4")


@pytest.mark.parametrize(
    ("phonemes", "parts"),
    [
        ("twˈɪŋkᵊl", ["twˈɪŋ", "kᵊl"]),
        ("wˈʌndəɹ", ["wˈʌn", "dəɹ"]),
        ("hˈæpi", ["hˈæ", "pi"]),
        ("sˈɪŋɪŋ", ["sˈɪŋ", "ɪŋ"]),
        ("ɹəplˈI", ["ɹə", "plˈI"]),
        ("stˈɑɹ", ["stˈɑɹ"]),
    ],
)
def test_words_are_cut_into_syllables(phonemes: str, parts: list[str]) -> None:
    assert [s.onset + s.vowel + s.coda for s in syllables(phonemes)] == parts
