import base64
import io
import json
import wave
from dataclasses import replace
from pathlib import Path

import av
import httpx
import numpy as np
import openai
import pytest
import soundfile

from deployments.api.app import create_app
from deployments.api.services import Services
from router.spec import ModelSpec
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone, wav

SLOW = ModelSpec(id="slow", wrapper="tests.router.models:Sine", args={"seconds_per_character": 10.0})
HOSTILE = Path(__file__).parents[3] / "data" / "hostile"
TEXT = "0123456789" * 5  # the test voice makes half a second of 440 Hz of it


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [TONE_READER, *SPECS, SLOW]


def decoded(data: bytes) -> tuple[np.ndarray, int]:
    with av.open(io.BytesIO(data)) as file:
        rate = file.streams.audio[0].rate
        frames = [frame.to_ndarray() for frame in av.AudioResampler("flt", "mono").resample(None) or ()]
        for frame in file.decode(audio=0):
            frames += [part.to_ndarray() for part in av.AudioResampler("flt", "mono").resample(frame)]
    return np.concatenate(frames, axis=1)[0], rate


def pitch_hz(samples: np.ndarray, rate: int) -> float:
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    return float(np.argmax(np.abs(np.fft.rfft(middle, rate))))  # zero-padded to a second: bins of 1 Hz


async def test_json_is_text_and_usage(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/v1/audio/transcriptions", data={"model": "whisper-1"}, files={"file": ("a.wav", tone(440, 600))}
    )
    assert answer.json() == {"text": "440 hertz 600 hertz", "usage": {"type": "duration", "seconds": 1.0}}


@pytest.mark.parametrize(
    ("response_format", "media_type", "expected"),
    [
        ("text", "text/plain", "440 hertz 600 hertz\n"),
        (
            "srt",
            "text/plain",
            "1\n00:00:00,000 --> 00:00:00,500\n440 hertz\n\n2\n00:00:00,500 --> 00:00:01,000\n600 hertz\n\n",
        ),
        (
            "vtt",
            "text/vtt",
            "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\n440 hertz\n\n00:00:00.500 --> 00:00:01.000\n600 hertz\n\n",
        ),
    ],
)
async def test_text_formats(client: httpx.AsyncClient, response_format: str, media_type: str, expected: str) -> None:
    data = {"model": "tone-reader", "response_format": response_format}
    answer = await client.post("/v1/audio/transcriptions", data=data, files={"file": ("a.wav", tone(440, 600))})
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.text == expected


async def test_verbose_transcript_has_segments_and_words_as_asked(api: openai.AsyncOpenAI) -> None:
    both = await api.audio.transcriptions.create(
        model="whisper-1",
        file=("a.wav", tone(440, 600)),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        language="de",
    )
    assert (both.language, both.duration, both.text) == ("german", 1.0, "440 hertz 600 hertz")
    assert both.words is not None
    assert [(word.word, word.start, word.end) for word in both.words] == [("440", 0.0, 0.5), ("600", 0.5, 1.0)]
    assert both.segments is not None
    assert [(s.id, s.start, s.end, s.text, s.tokens) for s in both.segments] == [
        (0, 0.0, 0.5, "440 hertz", [440]),
        (1, 0.5, 1.0, "600 hertz", [600]),
    ]
    words = await api.audio.transcriptions.create(
        model="whisper-1",
        file=("a.wav", tone(440)),
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert words.words is not None
    assert words.segments is None


async def test_streamed_transcript_comes_segment_by_segment(api: openai.AsyncOpenAI) -> None:
    stream = await api.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", tone(440, 600)), stream=True
    )
    events = [event async for event in stream]
    assert [event.type for event in events] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    done = events[-1]
    assert done.type == "transcript.text.done"
    assert done.text == "".join(deltas) == "440 hertz 600 hertz"
    assert done.usage is not None
    assert done.usage.input_tokens == 10  # a second
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
async def test_translation_into_english(api: openai.AsyncOpenAI) -> None:
    plain = await api.audio.translations.create(model="whisper-1", file=("a.wav", tone(440)))
    assert plain.text == "440 hertz"
    verbose = await api.audio.translations.create(
        model="whisper-1", file=("a.wav", tone(440)), response_format="verbose_json"
    )
    assert (verbose.language, verbose.duration) == ("english", 0.5)


@pytest.mark.parametrize("speech_format", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
async def test_speech_in_every_format_is_the_same_sound(api: openai.AsyncOpenAI, speech_format: str) -> None:
    answer = await api.audio.speech.create(
        model="tts-1",
        voice="alloy",
        input=TEXT,
        response_format=speech_format,  # type: ignore[arg-type]
    )
    if speech_format == "pcm":
        samples, rate = np.frombuffer(answer.content, "<i2") / 32_768, 24_000
    else:
        samples, rate = decoded(answer.content)
    assert rate in (24_000, 48_000)  # Opus decodes to 48 kHz
    assert len(samples) / rate == pytest.approx(0.5, abs=0.1)  # LAME and AAC pad
    assert pitch_hz(samples, rate) == pytest.approx(440, abs=2)


async def test_wav_and_pcm_hold_the_very_samples(client: httpx.AsyncClient) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": TEXT}
    wave = (await client.post("/v1/audio/speech", json=body | {"response_format": "wav"})).content
    pcm = (await client.post("/v1/audio/speech", json=body | {"response_format": "pcm"})).content
    assert wave[44:] == pcm
    assert len(pcm) == 2 * 12_000
    samples, rate = soundfile.read(io.BytesIO(wave))
    assert (len(samples), rate) == (12_000, 24_000)


async def test_speech_as_events_is_the_same_file(client: httpx.AsyncClient) -> None:
    body = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": TEXT, "response_format": "pcm"}
    plain = (await client.post("/v1/audio/speech", json=body)).content
    answer = await client.post("/v1/audio/speech", json=body | {"stream_format": "sse"})
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line]
    assert [event["type"] for event in events[-2:]] == ["speech.audio.delta", "speech.audio.done"]
    assert b"".join(base64.b64decode(event["audio"]) for event in events[:-1]) == plain
    assert events[-1]["usage"] == {"input_tokens": 13, "output_tokens": 10, "total_tokens": 23}


@pytest.mark.parametrize("speech_format", ["wav", "mp3"])
@pytest.mark.parametrize(
    ("text", "whole"), [("One short sentence.", True), ("Two of them. They are short.", False), ("a" * 121, False)]
)
async def test_only_a_short_sentence_is_sent_whole_with_its_length(
    client: httpx.AsyncClient, text: str, whole: bool, speech_format: str
) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": speech_format}
    answer = await client.post("/v1/audio/speech", json=body)
    samples, rate = decoded(answer.content)
    assert len(samples) / rate == pytest.approx(len(text) / 100, abs=0.1)
    assert ("content-length" in answer.headers) is whole
    assert answer.headers["cache-control"] == "no-store"


async def test_short_sentence_spoken_for_longer_than_a_message_holds_is_heard_to_its_end(
    client: httpx.AsyncClient,
) -> None:
    body = {"model": "slow", "voice": "alloy", "input": "ab", "response_format": "pcm"}
    samples = np.frombuffer((await client.post("/v1/audio/speech", json=body)).content, "<i2")
    assert len(samples) == 20 * 24_000
    assert pitch_hz(samples[-24_000:], 24_000) == pytest.approx(440, abs=2)


async def test_models_list_holds_the_assistant_and_aliases_are_found(api: openai.AsyncOpenAI) -> None:
    ids = [model.id async for model in api.models.list()]
    assert "audiogpt" in ids
    assert "tone-reader" in ids
    found = await api.models.retrieve("whisper-1")
    assert (found.id, found.object) == ("whisper-1", "model")
    with pytest.raises(openai.NotFoundError) as caught:
        await api.models.retrieve("gpt-9")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("fields", "status", "code", "param", "words"),
    [
        ({"model": "nobody"}, 404, "model_not_found", "model", "whisper-1"),
        ({"model": "sine"}, 400, "invalid_value", "model", "does not do speech-recognition"),
        ({"model": "tts-1"}, 400, "invalid_value", "model", "does not do speech-recognition"),
        ({}, 400, "invalid_value", "model", "missing"),
        ({"model": "whisper-1", "language": "klingon"}, 400, "invalid_value", "language", "klingon"),
        ({"model": "whisper-1", "language": "fr"}, 400, "invalid_value", "language", "de, en, zh"),
        ({"model": "whisper-1", "response_format": "docx"}, 400, "invalid_value", "response_format", "vtt"),
        ({"model": "whisper-1", "temperature": "2"}, 400, "invalid_value", "temperature", ""),
        ({"model": "whisper-1", "timestamp_granularities[]": "word"}, 400, "invalid_value", None, "verbose_json"),
        ({"model": "whisper-1", "include[]": "logprobs"}, 400, "invalid_value", "include", ""),
        ({"model": "whisper-1", "stream": "true", "response_format": "srt"}, 400, "invalid_value", None, "stream"),
        ({"model": "whisper-1", "known_speaker_names[]": "Ann"}, 400, "invalid_value", "known_speaker_names", ""),
    ],
)
async def test_what_cannot_be_honoured_is_refused_in_openais_shape(
    client: httpx.AsyncClient, fields: dict[str, str], status: int, code: str, param: str | None, words: str
) -> None:
    answer = await client.post("/v1/audio/transcriptions", data=fields, files={"file": ("a.wav", tone(440))})
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    assert words in error["message"]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"model": "tts-1", "input": ""}, 400, "input"),
        ({"model": "tts-1", "input": "x" * 4_097}, 400, "input"),
        ({"model": "tts-1"}, 400, "input"),
        ({"model": "tts-1", "input": "a", "speed": 9}, 400, "speed"),
        ({"model": "tts-1", "input": "a", "response_format": "mid"}, 400, "response_format"),
        ({"model": "gpt-4o-mini-tts", "input": "a", "instructions": "whisper"}, 400, "instructions"),
        ({"model": "tts-1", "input": "a", "pronunciations": {"a": "/b"}}, 400, "pronunciations.0.said_as"),
        ({"model": "nobody", "input": "a"}, 404, "model"),
    ],
)
async def test_speech_that_cannot_be_made_is_refused(
    client: httpx.AsyncClient, body: dict[str, object], status: int, param: str
) -> None:
    answer = await client.post("/v1/audio/speech", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param), answer.text


@pytest.mark.parametrize(
    ("data", "status", "kind"),
    [
        (b"no sound at all", 400, openai.BadRequestError),
        (b"", 400, openai.BadRequestError),
        (wav(61.0, sample_rate=8_000, subtype="PCM_U8"), 413, openai.APIStatusError),
        (b"\0" * (2**20 + 1), 413, openai.APIStatusError),
    ],
)
async def test_client_raises_its_own_error_for_an_unusable_file(
    api: openai.AsyncOpenAI, data: bytes, status: int, kind: type[openai.APIStatusError]
) -> None:
    with pytest.raises(kind) as caught:
        await api.audio.transcriptions.create(model="whisper-1", file=("a.wav", data))
    assert caught.value.status_code == status
    assert isinstance(caught.value.body, dict)
    assert set(caught.value.body) == {"message", "type", "param", "code"}
    assert caught.value.body["type"] == "invalid_request_error"


@pytest.mark.parametrize("specs", [[ModelSpec(id="refusing", wrapper="tests.router.models:Refusing")]])
async def test_missing_model_is_503(api: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        await api.audio.speech.create(model="tts-1", voice="alloy", input="a")
    assert (caught.value.status_code, caught.value.type) == (503, "server_error")


async def test_sound_of_a_video_is_transcribed(client: httpx.AsyncClient, tmp_path: Path) -> None:
    path = tmp_path / "clip.webm"
    samples, rate = soundfile.read(io.BytesIO(tone(440)), dtype="int16")
    with av.open(path, "w") as file:
        picture, sound = file.add_stream("vp8", rate=10), file.add_stream("libopus", rate=rate, layout="mono")
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            file.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = rate
        file.mux([*picture.encode(None), *sound.encode(frame), *sound.encode(None)])
    answer = await client.post(
        "/v1/audio/transcriptions", data={"model": "whisper-1"}, files={"file": ("clip.webm", path.read_bytes())}
    )
    assert answer.json()["text"].startswith("440 hertz")


async def test_configured_aliases_replace_the_stock_ones(services: Services) -> None:
    settings = services.settings.model_copy(update={"model_aliases": {"scribe": "tone-reader"}})
    app = create_app(replace(services, settings=settings))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        file = {"file": ("a.wav", tone(440))}
        assert (await client.post("/v1/audio/transcriptions", data={"model": "scribe"}, files=file)).status_code == 200
        answer = await client.post("/v1/audio/transcriptions", data={"model": "whisper-1"}, files=file)
        assert answer.status_code == 404


async def test_whole_wav_answer_states_its_length(client: httpx.AsyncClient) -> None:
    body = {"model": "tts-1", "input": "short", "voice": "alloy", "response_format": "wav"}
    data = (await client.post("/v1/audio/speech", json=body)).content
    with wave.open(io.BytesIO(data)) as file:
        assert file.getnframes() * 2 == len(data) - 44


async def test_what_could_not_be_read_of_a_recording_is_told(client: httpx.AsyncClient) -> None:
    damaged = (HOSTILE / "damaged.m4a").read_bytes()
    for response_format in ("json", "verbose_json"):
        data = {"model": "whisper-1", "response_format": response_format}
        answer = await client.post("/v1/audio/transcriptions", data=data, files={"file": ("a.m4a", damaged)})
        assert answer.json()["warning"].startswith("The file is damaged: 0.13 of 10.11 s (1 places)")


async def test_video_without_sound_says_so(client: httpx.AsyncClient) -> None:
    film = (HOSTILE / "silent_video.mp4").read_bytes()
    files = {"file": ("a.mp4", film)}
    answers = [await client.post("/v1/audio/transcriptions", data={"model": "whisper-1"}, files=files)]
    answers.append(await client.post("/v1/tasks/speech-recognition", files={"audio": ("a.mp4", film)}))
    answers.append(await client.post("/v1/chat", data={"text": "hello"}, files={"files": ("a.mp4", film)}))
    for answer in answers:
        assert 400 <= answer.status_code < 500
        assert "The video has no sound track; send a video with sound" in answer.json()["error"]["message"]
