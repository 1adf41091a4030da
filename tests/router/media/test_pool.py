import io
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from PIL import Image as PillowImage

from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, RequestError, StorageFull, TooLarge, UnsupportedMedia
from model_wrappers.contract.visual import Image, Video
from router.artifacts.store import ArtifactStore
from router.media.canonical import SHORT_VALUES
from router.media.decoding import InProcessDecoder, Job, NoDecoder, Result
from router.media.pool import DecoderPool
from tests.hostile.media_files import MUSIC_XML, PICTURES, SOUNDS, midi
from tests.model_wrappers.tones import TONE_HZ, main_frequency_hz, tone

CASES = Path(__file__).parents[2] / "data" / "hostile"
LONG_S = 30.0


def decoded(decoder: DecoderPool | InProcessDecoder, data: bytes, job: Job | None = None) -> tuple[Result, bytes]:
    output = os.memfd_create("output")
    try:
        result = decoder.run(job or Job(), data, output)
        return result, os.pread(output, os.fstat(output).st_size, 0)
    finally:
        os.close(output)


def sound(duration_s: float = 1.0, channels: int = 2, subtype: str = "PCM_16", rate: int = 44_100) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(rate, duration_s, channels).T, rate, subtype, format="WAV")
    return buffer.getvalue()


def test_what_leaves_the_pool_is_the_sound_itself(pool: DecoderPool) -> None:
    result, written = decoded(pool, sound(subtype="PCM_24"))
    assert result.identity is not None
    assert result.identity.canonical == "canonical.wav"
    assert result.identity.properties == {"sample_rate": 44_100, "channels": 2, "duration_s": 1.0}
    samples, rate = soundfile.read(io.BytesIO(written), dtype="float32")
    assert rate == 44_100
    np.testing.assert_allclose(samples.T, tone(44_100, 1.0, 2), atol=2**-22)


def test_long_sound_is_packed_and_still_the_same(pool: DecoderPool) -> None:
    noise = np.random.default_rng(0).integers(-999, 999, (SHORT_VALUES // 2 + 44_100, 2), np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, noise, 44_100, "PCM_16", format="WAV")
    result, written = decoded(pool, buffer.getvalue())
    assert result.identity is not None
    assert result.identity.canonical == "canonical.flac"
    assert np.array_equal(soundfile.read(io.BytesIO(written), dtype="int16")[0], noise)


@pytest.mark.parametrize(
    "data", [sound(), sound(40.0), PICTURES["png"](), MUSIC_XML], ids=["short", "long", "png", "score"]
)
def test_a_full_disk_is_told_as_one(data: bytes) -> None:
    output = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(StorageFull, match="no room on the disk"):
            InProcessDecoder().run(Job(), data, output)
    finally:
        os.close(output)


def test_samples_beyond_full_scale_survive(pool: DecoderPool) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, 4 * tone(16_000, 0.5)[0], 16_000, "FLOAT", format="WAV")
    result, written = decoded(pool, buffer.getvalue())
    assert result.identity is not None
    assert result.identity.canonical == "canonical.wav"
    assert np.abs(soundfile.read(io.BytesIO(written))[0]).max() == pytest.approx(2.0, abs=0.01)


def test_the_pool_finds_what_this_process_would(pool: DecoderPool) -> None:
    for path in sorted(CASES.iterdir()):
        outcomes = []
        for decoder in (pool, InProcessDecoder()):
            try:
                outcomes.append(decoded(decoder, path.read_bytes()))
            except RequestError as exc:
                outcomes.append((type(exc), exc.message))  # type: ignore[arg-type]
        assert outcomes[0] == outcomes[1], path.name


def test_a_picture_becomes_upright_rgb(pool: DecoderPool) -> None:
    buffer = io.BytesIO()
    PillowImage.new("P", (30, 20), 7).save(buffer, format="GIF")
    result, written = decoded(pool, buffer.getvalue())
    assert result.identity is not None
    assert (result.identity.kind, result.identity.canonical) == ("image", "canonical.png")
    assert Image.decode(written).pixels.shape == (20, 30, 3)


def test_errors_keep_their_type_and_words(pool: DecoderPool) -> None:
    with pytest.raises(InvalidInput, match=r"'a\.wav' is empty"):
        decoded(pool, b"", Job(file_name="a.wav"))
    with pytest.raises(TooLarge, match="longer than the 1 s allowed"):
        decoded(pool, sound(2.0), Job(max_audio_s=1.0))
    with pytest.raises(UnsupportedMedia, match="is of no known kind"):
        decoded(pool, bytes(range(256)) * 4)


def test_a_file_of_many_channels_and_a_high_rate_is_refused_for_its_samples(pool: DecoderPool) -> None:
    data, _ = Audio(np.zeros((8, 384_000), np.float32), 384_000).encode("flac")
    with pytest.raises(TooLarge, match="samples over its 8 channels at 384000 Hz; send a shorter file"):
        decoded(pool, data, Job(max_audio_s=10.0))


def test_a_picture_of_too_many_pixels_is_refused(pool: DecoderPool) -> None:
    buffer = io.BytesIO()
    PillowImage.new("1", (8_000, 8_000)).save(buffer, format="PNG")
    with pytest.raises(TooLarge, match="8000 x 8000 pixels; at most 16,777,216 are allowed"):
        decoded(pool, buffer.getvalue())


def test_a_score_of_too_many_bytes_is_refused_before_it_is_read(pool: DecoderPool) -> None:
    with pytest.raises(TooLarge, match="The score has 2,097,156 bytes; at most 2,097,152 are allowed"):
        decoded(pool, b"MThd" + bytes(2**21))
    with pytest.raises(TooLarge, match="The score has 2,097,168 bytes; at most 2,097,152 are allowed"):
        decoded(pool, b"<score-partwise>" + bytes(2**21))


def test_a_midi_of_many_tempo_changes_is_read(pool: DecoderPool) -> None:
    changes = b"\x01\xff\x51\x03\x07\xa1\x20" * 15_000
    track = changes + b"\x00\x90\x3c\x40\x60\x80\x3c\x40\x00\xff\x2f\x00"
    data = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk" + len(track).to_bytes(4, "big") + track
    _, written = decoded(pool, data)
    rest, note = json.loads(written)["notes"]
    assert rest["duration_s"] == pytest.approx(15_000 / 96 / 2, abs=0.01)
    assert (note["pitch"], note["duration_s"]) == (60, 0.5)


@contextmanager
def long_job(pool: DecoderPool) -> Iterator[tuple[ThreadPoolExecutor, object]]:
    """A job that runs for seconds, begun."""
    data, _ = Audio(np.random.default_rng(0).normal(0, 0.1, (8, 600_000)).astype(np.float32), 48_000).encode("flac")
    with ThreadPoolExecutor(1) as threads:
        yield threads, threads.submit(decoded, pool, data * 3)


def working(pool: DecoderPool) -> list[psutil.Process]:
    """The decoders that have begun a job: only they may open no file."""
    assert pool._nursery is not None
    children = psutil.Process(pool._nursery.pid).children()
    return [child for child in children if child.rlimit(psutil.RLIMIT_NOFILE) == (0, 0)]


def begun(pool: DecoderPool) -> psutil.Process:
    until = time.monotonic() + LONG_S
    while time.monotonic() < until:
        if found := working(pool):
            return found[0]
    raise AssertionError("no decoder began")


def test_a_decoder_that_dies_costs_its_request_alone(pool: DecoderPool) -> None:
    with long_job(pool) as (_, job):
        begun(pool).send_signal(signal.SIGSEGV)
        assert decoded(pool, sound())[0].identity is not None
        with pytest.raises(UnsupportedMedia, match="decoder crashed, or took too long or too much memory"):
            job.result()  # type: ignore[attr-defined]
    assert decoded(pool, sound())[0].identity is not None


def test_decoders_are_started_again_when_all_of_them_are_gone() -> None:
    with DecoderPool(1) as pool:
        assert decoded(pool, sound())[0].identity is not None
        assert pool._nursery is not None
        nursery = psutil.Process(pool._nursery.pid)
        gone = [*nursery.children(), nursery]
        nursery.kill()
        for child in gone[:-1]:
            with suppress(psutil.NoSuchProcess):  # one that waits ends with its nursery
                child.kill()
        psutil.wait_procs(gone[:-1], timeout=LONG_S)
        assert decoded(pool, sound())[0].identity is not None


def test_a_decoder_at_work_may_open_nothing(pool: DecoderPool) -> None:
    with long_job(pool) as (_, job):
        decoder = begun(pool)
        connections, files = decoder.net_connections(), decoder.num_fds()
        limits = {
            name: decoder.rlimit(getattr(psutil, f"RLIMIT_{name}"))[1] for name in ("NOFILE", "CPU", "AS", "FSIZE")
        }
        job.result()  # type: ignore[attr-defined]
    assert connections == []
    assert files <= 5  # three of /dev/null, its answer and its output
    assert limits["NOFILE"] == 0
    assert all(0 <= limit < 2**40 for limit in limits.values())


def test_the_pool_ends_with_nobody_left() -> None:
    pool = DecoderPool(2)
    assert decoded(pool, sound())[0].identity is not None
    assert pool._nursery is not None
    family = psutil.Process(pool._nursery.pid).children()
    pool.close()
    assert psutil.wait_procs(family, timeout=LONG_S)[1] == []


def test_more_jobs_than_decoders_all_come_to_their_end(pool: DecoderPool) -> None:
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda _: decoded(pool, sound(0.1))[0], range(40)))
    assert all(result.identity and result.identity.properties["duration_s"] == 0.1 for result in results)


def test_models_read_what_was_decoded_and_users_get_what_they_sent(pool: DecoderPool) -> None:
    store = ArtifactStore(f"memory://{threading.get_ident()}", 1000.0, decoder=pool)
    data, _ = Audio(tone(44_100, 1.0, 2), 44_100).encode("ogg")
    ref = store.upload(data, tenant="default", most_bytes=None)
    assert (ref.sample_rate, ref.channels, ref.canonical) == (44_100, 2, "canonical.wav")
    assert store.read(ref) == data
    assert store.read_canonical(ref).startswith(b"RIFF")
    assert main_frequency_hz(Audio.decode(store.read_canonical(ref))) == pytest.approx(TONE_HZ, abs=2)
    store.delete(ref)
    assert store.read_derived(ref, "canonical.wav") is None


def test_a_video_without_sound_has_no_sound_track(pool: DecoderPool) -> None:
    store = ArtifactStore(f"memory://silent{threading.get_ident()}", 1000.0, decoder=pool)
    ref = store.upload((CASES / "silent_video.mp4").read_bytes(), tenant="default", most_bytes=None)
    assert ref.kind == "video"
    with pytest.raises(UnsupportedMedia, match="The video has no sound track"):
        store.sound_track(ref, most_bytes=None)
    stills, strip = store.stills(ref)
    assert len(stills.times_s) == 3
    assert Image.decode(strip).pixels.shape[1] == 3 * stills.width


def old_artifact(store: ArtifactStore, data: bytes, kind: Kind) -> ArtifactRef:
    """Store a file from outside as it was done before files were decoded apart."""
    return store.put(data, kind=kind, media_type="application/octet-stream", tenant="default", most_bytes=None)


@pytest.mark.parametrize(
    ("kind", "make", "canonical"),
    [
        ("audio", lambda: SOUNDS["webm"](tone(16_000), 16_000), "canonical.wav"),
        ("image", PICTURES["webp"], "canonical.png"),
        ("score", midi, "canonical.json"),
    ],
    ids=["audio", "image", "score"],
)
def test_file_stored_before_files_were_decoded_is_decoded_when_it_is_named(
    kind: Kind, make: Callable[[], bytes], canonical: str, pool: DecoderPool, tmp_path: Path
) -> None:
    data = make()
    replica = ArtifactStore(str(tmp_path), 1000.0, decoder=NoDecoder())
    old = old_artifact(replica, data, kind)
    for use in (replica.read_canonical, lambda ref: replica.resolve(ref.id, "default")):
        with pytest.raises(UnsupportedMedia, match="name it in a new request or upload it again"):
            use(old)
    ref = ArtifactStore(str(tmp_path), 1000.0, decoder=pool).resolve(old.id, "default")
    assert ref.canonical == canonical
    assert replica.read_canonical(ref) != data
    assert replica.read_canonical(old) == replica.read_canonical(ref)  # a session may hold the old reference


def test_what_was_made_here_is_read_as_it_is(tmp_path: Path) -> None:
    replica = ArtifactStore(str(tmp_path), 1000.0, decoder=NoDecoder())
    ref = replica.store(Audio(tone(16_000), 16_000), "default", most_bytes=None)
    assert replica.read_canonical(replica.resolve(ref.id, "default")) == replica.read(ref)


def test_sound_of_a_video_made_here_is_taken(pool: DecoderPool, tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path), 1000.0, decoder=pool)
    film = store.store(Video.decode(SOUNDS["mp4-video"](tone(16_000), 16_000)), "default", most_bytes=None)
    assert store.sound_track(film, most_bytes=None).duration_s == pytest.approx(1.0, abs=0.1)
