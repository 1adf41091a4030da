"""Published models of voices: to be heard, translated, cleaned, spoken and sung."""

from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from tests.published.case import WRAPPERS, Case, cuts

SPEECH_CASES = {
    "whisper": Case(
        f"{WRAPPERS}.whisper:WhisperLarge",
        "speech-recognition",
        lambda cut: [
            SpeechRecognitionRequest(audio=cut(0, 2), language="en"),
            SpeechRecognitionRequest(audio=cut(2, 9), language="de"),
            SpeechRecognitionRequest(audio=cut(1, 5)),
        ],
        {"model": "whisper"},
        {"vad_threshold": 0.0},
    ),
    "canary": Case(
        f"{WRAPPERS}.canary:Canary",
        "speech-recognition",
        lambda cut: [
            SpeechRecognitionRequest(audio=cut(0, 2), language="en"),
            SpeechRecognitionRequest(audio=cut(2, 6), language="de"),
        ],
        {"model": "canary"},
        {"vad_threshold": 0.0, "max_new_tokens": 12},
    ),
    "canary-translation": Case(
        f"{WRAPPERS}.canary:Canary",
        "speech-translation",
        lambda cut: [
            SpeechTranslationRequest(audio=cut(0, 2), source_language="en", target_language="de"),
            SpeechTranslationRequest(audio=cut(2, 6), source_language="fr", target_language="en"),
        ],
        {"model": "canary"},
        {"vad_threshold": 0.0, "max_new_tokens": 12},
    ),
    "seamless-m4t": Case(
        f"{WRAPPERS}.seamless_m4t:SeamlessM4T",
        "speech-translation",
        cuts(SpeechTranslationRequest, (0, 2), (2, 6), target_language="fr"),
        {"model": "seamless_m4t"},
        {"vad_threshold": 0.0, "max_new_tokens": 12},
        non_commercial=True,
    ),
    "seamless-m4t-spoken": Case(
        f"{WRAPPERS}.seamless_m4t:SeamlessM4T",
        "speech-translation",
        cuts(SpeechTranslationRequest, (0, 2), (2, 6), target_language="fr", speak=True),
        {"model": "seamless_m4t"},
        {"vad_threshold": 0.0, "max_new_tokens": 12},
        non_commercial=True,
    ),
    "csm": Case(
        f"{WRAPPERS}.csm:Csm",
        "style-transfer",
        lambda cut: [
            StyleTransferRequest(text="hi", reference=cut(0, 2)),
            StyleTransferRequest(text="go on", reference=cut(2, 5)),
        ],
        {"model": "csm", "transcriber": "whisper"},
    ),
    "speecht5": Case(
        f"{WRAPPERS}.speecht5:SpeechT5",
        "style-transfer",
        lambda cut: [
            StyleTransferRequest(audio=cut(0, 1), reference=cut(4, 6)),
            StyleTransferRequest(audio=cut(2, 4), reference=cut(6, 9)),
        ],
        {"model": "speecht5/network", "vocoder": "speecht5/vocoder", "speaker_encoder": "speecht5/speakers"},
    ),
    "fastspeech2": Case(
        f"{WRAPPERS}.fastspeech2:FastSpeech2",
        "text-to-speech",
        lambda cut: [
            TextToSpeechRequest(text="Hello world."),
            TextToSpeechRequest(text="Hello sand test, hello world! A test.", speed=1.5),
        ],
        {"model": "fastspeech2_hifigan"},
    ),
    "espnet-conv-tasnet": Case(
        f"{WRAPPERS}.espnet.enhancement:EspnetEnhancement",
        "speech-enhancement",
        cuts(SpeechEnhancementRequest, (0, 2), (1, 4)),
        {"model": "espnet_conv_tasnet"},
    ),
    "tf-gridnet": Case(
        f"{WRAPPERS}.espnet.enhancement:EspnetSeparation",
        "speech-separation",
        cuts(SpeechSeparationRequest, (0, 2), (1, 4)),
        {"model": "tfgridnet"},
    ),
    "skim": Case(
        f"{WRAPPERS}.espnet.enhancement:EspnetSeparation",
        "speech-separation",
        cuts(SpeechSeparationRequest, (0, 2), (1, 4)),
        {"model": "skim"},
    ),
    "espnet-fastspeech2": Case(
        f"{WRAPPERS}.espnet.fastspeech2:EspnetFastSpeech2",
        "text-to-speech",
        lambda cut: [
            TextToSpeechRequest(text="Hello world."),
            TextToSpeechRequest(text="A longer one. And another!", speed=1.5),
        ],
        {"model": "espnet_fastspeech2"},
    ),
    "multidecoder": Case(
        f"{WRAPPERS}.espnet.multidecoder:MultiDecoder",
        "speech-translation",
        lambda cut: [
            SpeechTranslationRequest(audio=cut(0, 2), target_language="de"),
            SpeechTranslationRequest(audio=cut(2, 5), target_language="de", source_language="en"),
        ],
        {"model": "multidecoder"},
        {"beam_size": 2, "source_beam_size": 2, "max_length_ratio": 0.2, "vad_threshold": 0.0},
        non_commercial=True,
    ),
    "visinger": Case(
        f"{WRAPPERS}.espnet.visinger:VISinger",
        "singing-synthesis",
        lambda cut: [
            SingingSynthesisRequest(lyrics="ni hao", notes=("C4", "D4"), durations=(0.3, 0.4), language="zh"),
            SingingSynthesisRequest(lyrics="我", notes=("E4",), durations=(0.6,), language="zh"),
        ],
        {"model": "visinger"},
    ),
}
