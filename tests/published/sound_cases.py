"""Published models of sounds and pictures."""

import numpy as np

from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest
from model_wrappers.contract.tasks.image_to_audio import ImageToAudioRequest
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest
from model_wrappers.contract.tasks.talking_head_synthesis import TalkingHeadSynthesisRequest
from model_wrappers.contract.tasks.target_sound_detection import TargetSoundDetectionRequest
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest
from model_wrappers.contract.visual import Image
from tests.published.case import WRAPPERS, Case, cuts


def _picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 255, (40, 50, 3), dtype=np.uint8))


SOUND_CASES = {
    "stable-audio": Case(
        f"{WRAPPERS}.stable_audio:StableAudio",
        "text-to-audio",
        lambda cut: [
            TextToAudioRequest(text="rain", duration=1.0, seed=3),
            TextToAudioRequest(text="a dog barks twice", duration=1.7, seed=4),
        ],
        {"model": "stable_audio"},
        {"steps": 4, "default_duration_s": 1.0},
    ),
    "stable-audio-inpainting": Case(
        f"{WRAPPERS}.stable_audio:StableAudio",
        "audio-inpainting",
        lambda cut: [
            AudioInpaintingRequest(audio=cut(0, 1.9), start=0.5, end=1.0),
            AudioInpaintingRequest(audio=cut(3, 9), start=2.0, end=2.3),
        ],
        {"model": "stable_audio"},
        {"steps": 4, "default_duration_s": 1.0, "least_context_s": 0.5},
    ),
    "audioldm2": Case(
        f"{WRAPPERS}.audioldm2:AudioLDM2",
        "text-to-audio",
        lambda cut: [
            TextToAudioRequest(text="rain", duration=0.02, seed=3),
            TextToAudioRequest(text="a hammer hits wood", duration=0.02, seed=4),
        ],
        {"model": "audioldm2"},
        {"steps": 3},
        non_commercial=True,
    ),
    "pe-a-frame": Case(
        f"{WRAPPERS}.pe_a_frame:PEAFrame",
        "sound-detection",
        cuts(SoundDetectionRequest, (0, 2), (2, 5), threshold=0.4),
        {"model": "pe_a_frame"},
        {"labels": ["a dog barks", "a siren", "speech"]},
    ),
    "pe-a-frame-target": Case(
        f"{WRAPPERS}.pe_a_frame:PEAFrame",
        "target-sound-detection",
        lambda cut: [
            TargetSoundDetectionRequest(audio=cut(0, 2), target="speech", threshold=0.4),
            TargetSoundDetectionRequest(audio=cut(2, 5), target="a car passes by", threshold=0.4),
            TargetSoundDetectionRequest(audio=cut(2, 4), reference=cut(5, 6), threshold=0.4),
        ],
        {"model": "pe_a_frame"},
        {"labels": ["a dog barks", "a siren", "speech"]},
    ),
    "audio-spectrogram-transformer": Case(
        f"{WRAPPERS}.audio_spectrogram_transformer:AudioSpectrogramTransformer",
        "sound-detection",
        cuts(SoundDetectionRequest, (0, 2), (2, 5)),
        {"model": "audio_spectrogram_transformer"},
        {"hop_s": 0.5, "windows_per_batch": 4},
    ),
    "ltx2": Case(
        f"{WRAPPERS}.ltx2:LTX2",
        "talking-head-synthesis",
        lambda cut: [
            TalkingHeadSynthesisRequest(audio=cut(0, 1), image=_picture(0)),
            TalkingHeadSynthesisRequest(audio=cut(1, 3)),
        ],
        {"model": "ltx2"},
        {
            "size": 32,
            "frame_rate": 8,
            "steps": 2,
            "guidance": 1.0,
            "perturbed_guidance": 0.0,
            "modality_guidance": 1.0,
            "cross_timestep": False,
            "max_prompt_tokens": 32,
        },
    ),
    "qwen2-audio": Case(
        f"{WRAPPERS}.captions.qwen2_audio:Qwen2Audio",
        "audio-captioning",
        cuts(AudioCaptioningRequest, (0, 2), (2, 8)),
        {"model": "qwen2_audio"},
        {"max_new_tokens": 6},
    ),
    "audio-flamingo3": Case(
        f"{WRAPPERS}.captions.audio_flamingo3:AudioFlamingo3",
        "audio-captioning",
        cuts(AudioCaptioningRequest, (0, 2), (2, 8)),
        {"model": "audio_flamingo3"},
        {"max_new_tokens": 6},
        non_commercial=True,
    ),
    "blip-stable-audio": Case(
        f"{WRAPPERS}.blip:BlipStableAudio",
        "image-to-audio",
        lambda cut: [
            ImageToAudioRequest(image=_picture(1), duration=1.0),
            ImageToAudioRequest(image=_picture(2), duration=1.5),
        ],
        {"model": "stable_audio", "captioner": "blip"},
        {"steps": 3, "default_duration_s": 1.0},
    ),
    "warpnet": Case(
        f"{WRAPPERS}.warpnet:WarpNet",
        "mono-to-binaural",
        lambda cut: [
            MonoToBinauralRequest(audio=cut(0, 2), azimuth=30),
            MonoToBinauralRequest(audio=cut(1, 4), azimuth=-90, distance=2),
        ],
        {"model": "warpnet"},
        non_commercial=True,
    ),
    "lass-net": Case(
        f"{WRAPPERS}.lassnet:LassNet",
        "sound-extraction",
        lambda cut: [
            SoundExtractionRequest(audio=cut(0, 1), target="a dog"),
            SoundExtractionRequest(audio=cut(1, 3), target="rain on the roof"),
        ],
        {"model": "lassnet", "text_model": "lassnet"},
        non_commercial=True,
    ),
}
