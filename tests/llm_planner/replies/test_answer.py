import pytest

from llm_planner.plans.grounding import invented_names
from llm_planner.plans.history import name_artifacts
from llm_planner.plans.plan import Chat, Clarify, PlanOutcome, Unsupported
from llm_planner.plans.request import AnswerRequest
from llm_planner.plans.results import ErrorInfo, StepResult
from llm_planner.replies.answer import introduce, write_reply
from llm_planner.replies.sentences import SENTENCES, listed
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.tasks import TASKS
from tests.llm_planner.planning import make_artifact, make_entry, make_plan

AUDIO = {"artifact": "audio-1"}
EVENTS = [
    {"label": "Dog bark", "onset": 0.5, "offset": 1.25, "probability": 0.9},
    {"label": "Siren", "onset": 2.0, "offset": 3.0, "probability": 0.8},
]


def new(kind: str) -> ArtifactRef:
    return make_artifact(f"{kind}-77").ref


@pytest.fixture
def reply(catalog, session):
    def write(outcome, *results: StepResult) -> str:
        request = AnswerRequest(
            text="?", outcome=outcome, results=results, session=session, catalog=catalog, deadline=0.0
        )
        text = write_reply(request)
        rows = (*session.artifacts, *name_artifacts(session, outcome, results))
        assert invented_names(text, rows) == ()
        return text

    return write


@pytest.mark.parametrize(
    ("task", "arguments", "outputs", "artifacts", "expected"),
    [
        ("speech-recognition", {"audio": AUDIO}, {"text": "He was\n there."}, {}, "audio-1 says: “He was there.”"),
        ("speech-recognition", {"audio": AUDIO}, {"text": " "}, {}, "I heard no words in audio-1."),
        (
            "speech-recognition",
            {"audio": AUDIO},
            {"text": "Ie", "language": "cy", "language_probability": 0.41, "unclear": [{"start": 41.3, "end": 43.2}]},
            {},
            "audio-1 says: “Ie” I am not sure that it is Welsh (41 %). I could not make out 2 s at 0:41.",
        ),
        (
            "speech-translation",
            {"audio": AUDIO, "target_language": "es", "speak": True},
            {"text": "Hola", "language": "es", "untranslated": ["zo"], "changed_numbers": ["2.5"], "rough": True},
            {"audio": new("audio")},
            "The translation (es): “Hola” Spoken, it is audio-3 (3.5 s). I do not know these words and left them: zo. "
            "Some numbers may be lost or wrong in it: 2.5. It is rough: check numbers, doses and the sense before you "
            "rely on it.",
        ),
        (
            "speech-enhancement",
            {"audio": AUDIO},
            {},
            {"audio": new("audio")},
            "the noise from audio-1: audio-3 (3.5 s).",
        ),
        (
            "speech-separation",
            {"audio": AUDIO},
            {"reverberant": True},
            {"speakers.0": new("audio"), "speakers.1": new("audio")},
            "I split audio-1 into 2 voices: audio-3 (3.5 s) and audio-4 (3.5 s). The room echoes long, so "
            "parts of them may still be mixed.",
        ),
        (
            "mono-to-binaural",
            {"audio": AUDIO, "azimuth": 90},
            {},
            {"audio": new("audio")},
            "The binaural version of audio-1, from 90 degrees is audio-3 (3.5 s); use headphones.",
        ),
        (
            "audio-inpainting",
            {"audio": AUDIO, "start": 1, "end": 2.5},
            {"start": 1.0, "end": 2.5, "method": "interpolation"},
            {"audio": new("audio")},
            "I filled 1.0 s to 2.5 s of audio-1: audio-3 (3.5 s).",
        ),
        (
            "sound-extraction",
            {"audio": AUDIO, "target": "the dog"},
            {"matched": ["Dog", "Bark"]},
            {"audio": new("audio")},
            "I kept only “the dog” (understood as Dog and Bark) of audio-1: audio-3 (3.5 s).",
        ),
        (
            "sound-extraction",
            {"audio": AUDIO, "target": "the music"},
            {"matched": ["Music"], "unchanged": True},
            {"audio": new("audio")},
            "I heard nothing beside “the music” (understood as Music) in audio-1, so I took nothing away: "
            "audio-3 (3.5 s).",
        ),
        (
            "sound-extraction",
            {"audio": AUDIO, "target": "a man"},
            {"matched": ["Male speech, man speaking"], "all_voices": True},
            {"audio": new("audio")},
            "of audio-1: audio-3 (3.5 s). I cannot tell the voices apart: any other one is still in it.",
        ),
        (
            "sound-extraction",
            {"audio": AUDIO, "target": "the man"},
            {"matched": ["Speech"], "all_voices": True, "pitches_hz": [118.2, 124.0]},
            {"audio": new("audio")},
            "I cannot tell the voices apart (their pitches are 118 Hz and 124 Hz): any other one is still in it.",
        ),
        (
            "sound-extraction",
            {"audio": AUDIO, "target": "the man"},
            {"matched": ["Speech"], "pitches_hz": [118.2, 204.0]},
            {"audio": new("audio")},
            "audio-3 (3.5 s). The voice I kept has a pitch of 118 Hz, the other one of 204 Hz.",
        ),
        (
            "sound-detection",
            {"audio": AUDIO},
            {"events": EVENTS},
            {},
            "In audio-1 I hear Dog bark (0.5 to 1.2 s) and Siren (2.0 to 3.0 s).",
        ),
        ("sound-detection", {"audio": AUDIO}, {"events": []}, {}, "I recognised no sound in audio-1."),
        (
            "target-sound-detection",
            {"audio": AUDIO, "target": "siren"},
            {"events": EVENTS[1:]},
            {},
            "“siren” is heard in audio-1 at 2.0 to 3.0 s.",
        ),
        (
            "target-sound-detection",
            {"audio": AUDIO, "reference": {"artifact": "audio-2"}},
            {"events": []},
            {},
            "I did not hear audio-2 in audio-1.",
        ),
        (
            "speech-translation",
            {"audio": AUDIO, "target_language": "es"},
            {"text": " ", "language": "es"},
            {},
            "I heard no words to translate in audio-1.",
        ),
        (
            "talking-head-synthesis",
            {"audio": AUDIO},
            {},
            {"video": new("video")},
            "The talking portrait is video-1. No picture was given, so the face is the default one.",
        ),
        (
            "talking-head-synthesis",
            {"audio": AUDIO, "image": {"artifact": "image-1"}},
            {},
            {"video": new("video")},
            "The talking portrait is video-1.",
        ),
        ("text-to-speech", {"text": "hi"}, {}, {"audio": new("audio")}, "The text, spoken, is audio-3 (3.5 s)."),
        (
            "text-to-audio",
            {"text": "rain"},
            {"sources": ["Rain (CC0)"]},
            {"audio": new("audio")},
            "I made the sound of “rain”: audio-3 (3.5 s). It is made of: Rain (CC0).",
        ),
        ("audio-captioning", {"audio": AUDIO}, {"text": "A dog barks."}, {}, "What I hear in audio-1: “A dog barks.”"),
        (
            "image-to-audio",
            {"image": {"artifact": "image-1"}},
            {"text": "a dog"},
            {"audio": new("audio")},
            "I see “a dog” in the picture; its sound is audio-3 (3.5 s).",
        ),
        ("singing-synthesis", {"lyrics": "la"}, {}, {"audio": new("audio")}, "The song is audio-3 (3.5 s)."),
        (
            "style-transfer",
            {"reference": AUDIO},
            {"similarity": 0.741, "share": 0.5},
            {"audio": new("audio")},
            "In the voice of audio-1: audio-3 (3.5 s). Likeness to the voice: 0.74; from about 0.7 on it is taken "
            "for one speaker. I went only part of the way to it, because more would have spoilt the speech.",
        ),
    ],
)
def test_finished_step_is_told_from_its_result(task, arguments, outputs, artifacts, expected, reply):
    outcome = PlanOutcome(plan=make_plan(("s1", task, arguments)))
    text = reply(outcome, StepResult(id="s1", task=task, state="done", outputs=outputs, artifacts=artifacts))
    assert expected in text


def test_every_task_has_a_sentence():
    assert SENTENCES.keys() == TASKS.keys()


def test_chain_names_what_each_step_took_from_the_one_before(reply):
    outcome = PlanOutcome(
        plan=make_plan(
            ("s1", "speech-enhancement", {"audio": AUDIO}), ("s2", "audio-captioning", {"audio": {"from": "s1.audio"}})
        )
    )
    first = StepResult(id="s1", task="speech-enhancement", state="done", artifacts={"audio": new("audio")})
    second = StepResult(id="s2", task="audio-captioning", state="done", outputs={"text": "Talk."})
    assert reply(outcome, first, second).splitlines() == [
        "I removed the noise from audio-1: audio-3 (3.5 s).",
        "What I hear in audio-3: “Talk.”",
    ]


def test_failed_skipped_and_stopped_steps_are_told_with_what_to_do(reply):
    outcome = PlanOutcome(
        plan=make_plan(
            ("s1", "speech-enhancement", {"audio": AUDIO}),
            ("s2", "speech-recognition", {"audio": {"from": "s1.audio"}}),
            ("s3", "audio-captioning", {"audio": AUDIO}),
            ("s4", "sound-detection", {"audio": AUDIO}),
        )
    )
    error = ErrorInfo(type="request_error", code="too_large", message="The audio is too long", hint="Send 30 minutes")
    results = [
        StepResult(id="s1", task="speech-enhancement", state="failed", error=error),
        StepResult(id="s2", task="speech-recognition", state="skipped"),
        StepResult(id="s3", task="audio-captioning", state="cancelled"),
    ]
    assert reply(outcome, *results).splitlines() == [
        "I could not do speech-enhancement: The audio is too long. Send 30 minutes.",
        "I left out speech-recognition, because it needs the result of speech-enhancement.",
        "audio-captioning was stopped before it was done.",
        "sound-detection was stopped before it was done.",
    ]


def test_long_lists_and_texts_are_cut(reply):
    outcome = PlanOutcome(plan=make_plan(("s1", "sound-detection", {"audio": AUDIO})))
    result = StepResult(id="s1", task="sound-detection", state="done", outputs={"events": EVENTS * 50})
    assert reply(outcome, result).endswith("and 88 more.")
    outcome = PlanOutcome(plan=make_plan(("s1", "speech-recognition", {"audio": AUDIO})))
    result = StepResult(id="s1", task="speech-recognition", state="done", outputs={"text": "word " * 10_000})
    assert len(reply(outcome, result)) < 4_100


def test_outcomes_without_a_plan_say_what_they_hold(reply):
    assert reply(Chat(reply="Hello.")) == "Hello."
    assert reply(Clarify(question="From when?", missing=("start",))) == "From when?"
    refusal = Unsupported(reason="I cannot dance", alternatives=("text-to-audio",))
    assert reply(refusal) == f"I cannot dance. The nearest I can do: {TASKS['text-to-audio'].summary}"


def test_introduction_tells_exactly_the_live_tasks():
    catalog = Catalog(
        models=(
            make_entry("voice", "text-to-speech"),
            make_entry("face", "talking-head-synthesis", state="off", reason="no ffmpeg"),
        )
    )
    text = introduce(catalog)
    assert TASKS["text-to-speech"].summary in text
    assert "Off at the moment: talking-head-synthesis." in text
    assert [task.id for task in TASKS.values() if task.id != "text-to-speech" and task.summary in text] == []


def test_introduction_with_nothing_live_promises_nothing():
    assert "I can:" not in introduce(Catalog())


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")]
)
def test_lists_are_joined_as_people_do(items, text):
    assert listed(items) == text
