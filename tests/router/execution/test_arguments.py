from typing import Any

import pytest

from llm_planner.plans.plan import Step
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, InvalidPlan, NotFound, TooLarge
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskRequest
from router.artifacts.store import ArtifactStore
from router.execution.arguments import Sources, build_request
from tests.router.dispatching import TENANT


def ref(digit: str, kind: Kind = "audio", tenant: str = "default") -> ArtifactRef:
    return ArtifactRef(id=digit * 64, kind=kind, media_type=f"{kind}/x", size_bytes=1, tenant=tenant)


SEPARATED = StepResult(
    id="s1",
    task="speech-separation",
    state="done",
    outputs={"speakers": [ref("1").model_dump(), ref("2").model_dump()]},
    artifacts={"speakers.0": ref("1"), "speakers.1": ref("2")},
)
TRANSLATED = StepResult(
    id="s2",
    task="speech-translation",
    state="done",
    outputs={"text": "hola", "language": "es", "untranslated": ["x", "y"], "audio": None},
)


async def built(store: ArtifactStore, task: str, arguments: dict[str, Any]) -> TaskRequest:
    """Build a request with what a plan's step would hold."""
    artifacts = {"audio-1": ref("a"), "image-1": ref("b", "image"), "theirs": ref("c", tenant="other")}
    sources = Sources(store, "default", artifacts, {"s1": SEPARATED, "s2": TRANSLATED})
    step = Step(id="s3", task=task, arguments=arguments)
    return await build_request(get_task(task), step.arguments, sources)


@pytest.mark.parametrize(
    ("task", "arguments", "field", "expected"),
    [
        ("speech-enhancement", {"audio": {"artifact": "audio-1"}}, "audio", ref("a")),
        ("speech-enhancement", {"audio": {"artifact": "a" * 64}}, "audio", ref("a")),
        ("speech-enhancement", {"audio": {"from": "s1.speakers.1"}}, "audio", ref("2")),
        ("text-to-speech", {"text": {"from": "s2.text"}}, "text", "hola"),
        ("text-to-speech", {"text": "x", "language": {"from": "s2.language"}}, "language", "es"),
        ("text-to-speech", {"text": {"from": "s2.untranslated.1"}}, "text", "y"),
        ("text-to-speech", {"text": "literal", "speed": 2}, "speed", 2.0),
    ],
)
async def test_references_become_what_they_name(
    store: ArtifactStore, task: str, arguments: dict[str, Any], field: str, expected: object
) -> None:
    assert getattr(await built(store, task, arguments), field) == expected


async def test_stored_artifact_is_found_by_its_id_alone(store: ArtifactStore) -> None:
    stored = store.put(b"RIFF", kind="audio", media_type="audio/wav", tenant=TENANT, is_own=True, most_bytes=None)
    request = await built(store, "speech-enhancement", {"audio": {"artifact": stored.id}})
    assert request.audio.id == stored.id  # type: ignore[attr-defined]


async def test_text_artifact_fills_a_text_argument(store: ArtifactStore) -> None:
    stored = store.put("Grüß Gott\n".encode(), kind="text", media_type="text/plain", tenant=TENANT, most_bytes=None)
    request = await built(store, "text-to-speech", {"text": {"artifact": stored.id}})
    assert request.text == "Grüß Gott"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("task", "arguments", "error", "param", "part"),
    [
        ("text-to-speech", {"text": "x", "speed": 9}, InvalidInput, "speed", "'speed' is 9: it must be at most 4"),
        ("text-to-speech", {"text": "x", "pitch": 9}, InvalidInput, "pitch", "'pitch' is unknown"),
        ("text-to-speech", {}, InvalidInput, "text", "'text' is missing"),
        ("audio-inpainting", {"audio": {"artifact": "audio-1"}, "start": 3, "end": 2}, InvalidInput, None, "after"),
        ("speech-enhancement", {"audio": {"artifact": "image-1"}}, InvalidInput, "audio", "expected audio, got image"),
        ("speech-enhancement", {"audio": "song.wav"}, InvalidInput, "audio", "must name a stored audio"),
        ("speech-enhancement", {"audio": {"artifact": "audio-9"}}, NotFound, "audio", "choose one of: audio-1"),
        ("speech-enhancement", {"audio": {"artifact": "f" * 64}}, NotFound, "audio", "f" * 64),
        ("speech-enhancement", {"audio": {"artifact": "theirs"}}, NotFound, "audio", "does not exist"),
        ("speech-enhancement", {"audio": {"from": "s1.speakers"}}, InvalidPlan, "audio", "choose one"),
        ("speech-enhancement", {"audio": {"from": "s1.speakers.2"}}, InvalidPlan, "audio", "gave 2 of them"),
        ("speech-enhancement", {"audio": {"from": "s2.audio"}}, InvalidPlan, "audio", "gave no 'audio'; it gave: text"),
        ("speech-enhancement", {"audio": {"from": "s9.audio"}}, InvalidPlan, "audio", "does not exist"),
        ("text-to-speech", {"text": {"from": "s1.speakers.0"}}, InvalidInput, "text", "takes a plain value; got audio"),
    ],
)
async def test_wrong_argument_is_named_with_what_is_wrong(
    store: ArtifactStore, task: str, arguments: dict[str, Any], error: type[AudioGPTError], param: str, part: str
) -> None:
    with pytest.raises(error) as caught:
        await built(store, task, arguments)
    assert part in caught.value.message
    assert caught.value.param == param


async def test_reference_written_out_by_a_caller_is_not_trusted(store: ArtifactStore) -> None:
    theirs = store.put(b"RIFF", kind="audio", media_type="audio/wav", tenant="other", most_bytes=None).model_dump()
    with pytest.raises(InvalidInput, match="must name a stored audio"):
        await built(store, "speech-enhancement", {"audio": theirs | {"tenant": "default"}})


async def test_artifact_of_another_tenant_cannot_be_named_by_its_id(store: ArtifactStore) -> None:
    theirs = store.put(b"RIFF", kind="audio", media_type="audio/wav", tenant="other", most_bytes=None)
    with pytest.raises(NotFound):
        await built(store, "speech-enhancement", {"audio": {"artifact": theirs.id}})


@pytest.mark.parametrize(
    ("data", "error", "part"), [(b"x" * 80_001, TooLarge, "80,001 bytes"), (b"ab\xff", InvalidInput, "byte 2")]
)
async def test_unusable_text_artifact_is_refused(
    store: ArtifactStore, data: bytes, error: type[AudioGPTError], part: str
) -> None:
    stored = store.put(data, kind="text", media_type="text/plain", tenant=TENANT, most_bytes=None)
    with pytest.raises(error, match=part):
        await built(store, "text-to-speech", {"text": {"artifact": stored.id}})
