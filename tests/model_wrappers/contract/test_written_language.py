from pathlib import Path

import pytest

from evaluation.planner_cases import read_cases
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.contract.written_language import ENGLISH, written_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Guten Morgen, wie geht es Ihnen heute?", "de"),
        ("Der Zug fährt um neun Uhr ab.", "de"),
        ("Buenos días, ¿cómo está usted hoy?", "es"),
        ("Hola, ¿qué tal?", "es"),
        ("Los niños juegan en el jardín con el perro.", "es"),
        ("Le train part à neuf heures.", "fr"),
        ("Il treno parte alle nove.", "it"),
        ("O comboio parte às nove horas.", "pt"),
        ("De trein vertrekt om negen uur.", "nl"),
        ("Het is vandaag mooi weer en de zon schijnt.", "nl"),
        ("Pociąg odjeżdża o dziewiątej.", "pl"),
        ("Jó reggelt, hogy van ma?", "hu"),
        ("Günaydın, bugün nasılsınız?", "tr"),
        ("Доброе утро, как дела?", "ru"),
        ("Доброго ранку, як справи сьогодні?", "uk"),
        ("Καλημέρα, τι κάνετε;", "el"),
        ("おはようございます", "ja"),
        ("早上好，你今天怎么样？", "zh"),
        ("صباح الخير كيف حالك", "ar"),
        ("Guten Tag", "de"),
        ("Guten Tag, Herr Müller!", "de"),
        ("Danke!", "de"),
        ("Gute Nacht", "de"),
        ("Bonjour", "fr"),
        ("Merci beaucoup", "fr"),
        ("Bonne nuit, Marie", "fr"),
        ("Buenos días", "es"),
        ("Hola Anna", "es"),
        ("Muchas gracias", "es"),
        ("Grazie mille", "it"),
        ("Buona sera", "it"),
        ("Bom dia", "pt"),
        ("Dank je wel", "nl"),
        ("Dzień dobry", "pl"),
        ("Tack så mycket", "sv"),
        ("Dobrý den", "cs"),
        ("Hyvää päivää", "fi"),
        ("Jó napot", "hu"),
        ("Merhaba", "tr"),
        ("Hello", "en"),
        ("Good morning", "en"),
        ("Morgen Freeman", "en"),
        ("Bon Jovi", "en"),
        ("Dag Hammarskjold", "en"),
        ("Don Juan", "en"),
        ("Sophie Dupont", "en"),
        ("Juan Carlos Ferreira", "en"),
        ("Tag", "en"),
        ("Zyxwvut", "en"),
        ("The café was déjà vu for the naïve fiancé.", "en"),
        ("Tom met Ana in Rio de Janeiro", "en"),
        ("1 2 3", "en"),
        ("", "en"),
    ],
)
def test_language_is_told_by_letters_and_words(text: str, language: str) -> None:
    assert written_language(text) == language


def test_hardly_an_english_request_is_taken_for_another_language() -> None:
    cases = read_cases(sorted(Path("evaluation/cases").glob("dev-*.jsonl")))
    texts = [turn.text for case in cases for turn in case.turns]
    assert len(texts) > 1_000
    assert sum(written_language(text) != ENGLISH for text in texts) <= 2


def test_text_to_speech_takes_the_language_of_its_text_where_none_is_given() -> None:
    text = "Guten Morgen, wie geht es Ihnen heute?"
    assert TextToSpeechRequest(text=text).language == "de"
    assert TextToSpeechRequest.model_validate({"text": text, "language": "auto"}).language == "de"
    assert TextToSpeechRequest(text=text, language="en").language == "en"
