"""The example of the README with the real models: clean a recording, write it down, read it out again."""

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.embedded.deepfilternet import DeepFilterNet, DeepFilterNetConfig
from model_wrappers.embedded.hibari.hibari import Hibari, HibariConfig
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import error_rates


def test_words_survive_denoising_recognition_and_reading_out(noisy_speech: Audio, spoken_text: str) -> None:
    deepfilternet, whisper, hibari = (
        DeepFilterNet(DeepFilterNetConfig()),
        Whisper(WhisperConfig()),
        Hibari(HibariConfig()),
    )
    for model in (deepfilternet, whisper, hibari):
        model.load("cpu")
    context = RecordedContext()
    (cleaned,) = deepfilternet.run_batch([SpeechEnhancementRequest(audio=noisy_speech)], context)
    (written,) = whisper.run_batch([SpeechRecognitionRequest(audio=cleaned.audio)], context)
    (read,) = hibari.run_batch([TextToSpeechRequest(text=written.text)], context)
    _, of_the_worst = error_rates(whisper, [(spoken_text, cleaned.audio), (written.text, read.audio)])
    assert of_the_worst <= 0.1
