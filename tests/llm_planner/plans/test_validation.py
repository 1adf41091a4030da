import pytest

from llm_planner.plans.plan import Chat, Plan, Step
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.validation import (
    MAX_DEPTH,
    MAX_FAN_OUT,
    check_outcome,
    find_cycle,
    known_artifacts,
    validate_plan,
    validate_step,
)
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidPlan
from tests.llm_planner.planning import make_artifact, make_entry, make_plan, make_turn

AUDIO = {"artifact": "audio-1"}


def problems(plan: Plan, catalog, artifacts) -> list[str]:
    with pytest.raises(InvalidPlan) as caught:
        validate_plan(plan, catalog, artifacts)
    return caught.value.message.splitlines()


@pytest.mark.parametrize(
    "steps",
    [
        [("s1", "speech-enhancement", {"audio": AUDIO}), ("s2", "speech-recognition", {"audio": {"from": "s1.audio"}})],
        [("s2", "text-to-speech", {"text": {"from": "s1.text"}}), ("s1", "audio-captioning", {"audio": AUDIO})],
        [
            ("a", "speech-separation", {"audio": AUDIO}),
            ("b", "speech-recognition", {"audio": {"from": "a.speakers.1"}}),
        ],
        [("s1", "sound-extraction", {"audio": AUDIO, "target": {"artifact": "text-1"}})],
        [
            ("s1", "speech-translation", {"audio": AUDIO, "target_language": "es", "speak": True}),
            ("s2", "talking-head-synthesis", {"audio": {"from": "s1.audio"}, "image": {"artifact": "image-1"}}),
        ],
        [
            ("s1", "speech-recognition", {"audio": AUDIO}),
            ("s2", "text-to-speech", {"text": {"from": "s1.text"}, "language": {"from": "s1.language"}}),
        ],
        [("s1", "singing-synthesis", {"lyrics": "la", "notes": ["C4"], "durations": [0.5]})],
    ],
    ids=["chain", "any order", "one of several", "text artifact", "spoken translation", "language", "lists"],
)
def test_plan_that_can_run_is_accepted(steps, catalog, artifacts):
    validate_plan(make_plan(*steps), catalog, artifacts)


def test_artifact_may_be_named_by_its_id(catalog, session):
    plan = make_plan(("s1", "audio-captioning", {"audio": {"artifact": session.artifacts[0].ref.id}}))
    validate_plan(plan, catalog, known_artifacts(session))


@pytest.mark.parametrize(
    ("task", "arguments", "expected"),
    [
        ("juggling", {}, ["there is no such task; choose one of: speech-recognition, "]),
        ("audio-captioning", {"audio": AUDIO, "tone": "dry"}, ["argument 'tone' is unknown; this task takes: audio"]),
        ("audio-captioning", {}, ["argument 'audio' is missing (Any sound)"]),
        ("audio-captioning", {"audio": "clip.wav"}, ["argument 'audio' is 'clip.wav'; audio must be a reference"]),
        (
            "audio-captioning",
            {"audio": {"artifact": "audio-9"}},
            ["'audio-9', which does not exist", "audio-1, audio-2"],
        ),
        (
            "audio-captioning",
            {"audio": {"artifact": "image-1"}},
            ["which is image; audio is needed", "audio-1, audio-2"],
        ),
        (
            "mono-to-binaural",
            {"audio": AUDIO, "azimuth": 500},
            ["'azimuth' is 500", "less than or equal to 180", "left"],
        ),
        ("mono-to-binaural", {"audio": AUDIO, "azimuth": AUDIO}, ["'azimuth' is 'audio-1'; it takes a plain value"]),
        ("audio-inpainting", {"audio": AUDIO, "start": 3, "end": 1}, ["'end' (1.0 s) must be after 'start' (3.0 s)"]),
        ("text-to-speech", {"text": AUDIO}, ["'text' is 'audio-1', which is audio; text is needed", "text-1"]),
        ("text-to-speech", {"text": "hi", "language": "Klingon"}, ["argument 'language' is 'Klingon'", "ISO 639-1"]),
        ("speech-translation", {"target_language": "es"}, ["give exactly one of 'audio' and 'text'"]),
        (
            "speech-translation",
            {"audio": AUDIO, "text": {"artifact": "text-1"}, "target_language": "es"},
            ["give exactly one of 'audio' and 'text'"],
        ),
    ],
)
def test_problem_of_a_step_names_what_was_got_and_what_is_allowed(task, arguments, expected, catalog, artifacts):
    (problem,) = problems(make_plan(("s1", task, arguments)), catalog, artifacts)
    assert problem.startswith(f"step 's1' ({task}): ")
    assert [part for part in expected if part not in problem] == []


@pytest.mark.parametrize(
    ("producer", "reference", "expected"),
    [
        (("s1", "speech-separation", {"audio": AUDIO}), "s1.speakers", "choose one by its index, e.g. 's1.speakers.0'"),
        (("s1", "speech-separation", {"audio": AUDIO}), "s1.speakers.2", "there are 2: the last index is 1"),
        (("s1", "speech-enhancement", {"audio": AUDIO}), "s1.audio.0", "a single audio; leave the index out"),
        (("s1", "speech-enhancement", {"audio": AUDIO}), "s1.sound", "outputs of speech-enhancement that can be used"),
        (
            ("s1", "speech-enhancement", {"audio": AUDIO}),
            "s9.audio",
            "step 's9', which does not exist; steps are: s1, s2",
        ),
        (("s1", "audio-captioning", {"audio": AUDIO}), "s1.text", "which is text; audio is needed"),
        (("s1", "sound-detection", {"audio": AUDIO}), "s1.posteriorgram", "which is data; audio is needed"),
        (
            ("s1", "speech-translation", {"audio": AUDIO, "target_language": "es"}),
            "s1.audio",
            "exists only if step 's1' has \"speak\": true",
        ),
    ],
)
def test_reference_to_an_output_that_does_not_fit_is_rejected(producer, reference, expected, catalog, artifacts):
    plan = make_plan(producer, ("s2", "speech-recognition", {"audio": {"from": reference}}))
    (problem,) = problems(plan, catalog, artifacts)
    assert "step 's2' (speech-recognition): argument 'audio'" in problem
    assert expected in problem


def test_all_problems_are_told_at_once(catalog, artifacts):
    plan = make_plan(
        ("s1", "audio-inpainting", {"audio": {"artifact": "ghost"}, "start": "soon", "tone": 1}),
        ("s1", "juggling", {}),
    )
    found = problems(plan, catalog, artifacts)
    assert len(found) == 6
    assert "step id 's1' is used more than once; give every step its own" in found
    assert any("argument 'end' is missing (End of the stretch in seconds)" in line for line in found)


def test_plan_with_a_cycle_is_rejected_with_the_cycle_named(catalog, artifacts):
    plan = make_plan(
        ("a", "speech-enhancement", {"audio": {"from": "c.audio"}}),
        ("b", "speech-enhancement", {"audio": {"from": "a.audio"}}),
        ("c", "speech-enhancement", {"audio": {"from": "b.audio"}}),
        ("d", "speech-enhancement", {"audio": {"from": "c.audio"}}),
    )
    (problem,) = problems(plan, catalog, artifacts)
    assert problem == "steps a -> b -> c -> a wait for each other; break the cycle"


def test_step_that_waits_for_itself_is_a_cycle(catalog, artifacts):
    plan = make_plan(("a", "speech-enhancement", {"audio": {"from": "a.audio"}}))
    assert find_cycle(plan) == ("a", "a")


def test_task_that_is_off_gives_its_reason_and_the_live_tasks(artifacts):
    catalog = Catalog(
        models=(
            make_entry("face", "talking-head-synthesis", state="off", reason="ffmpeg is not installed"),
            make_entry("voice", "text-to-speech"),
        )
    )
    (problem,) = problems(make_plan(("s1", "talking-head-synthesis", {"audio": AUDIO})), catalog, artifacts)
    assert "the task is off (face: ffmpeg is not installed); live tasks are: text-to-speech" in problem


@pytest.mark.parametrize(
    ("model", "expected"),
    [("ghost", "does not serve this task"), ("big", "is off: out of memory"), ("small", None)],
)
def test_model_asked_for_must_be_live_for_the_task(model, expected, artifacts):
    off = make_entry("big", "audio-captioning", state="off", reason="out of memory")
    catalog = Catalog(models=(make_entry("small", "audio-captioning"), off))
    plan = Plan(steps=(Step(id="s1", task="audio-captioning", arguments={"audio": AUDIO}, model=model),))
    if expected is None:
        validate_plan(plan, catalog, artifacts)
    else:
        (problem,) = problems(plan, catalog, artifacts)
        assert f"model '{model}' {expected}; choose one of: small" in problem


@pytest.mark.parametrize(
    ("task", "arguments", "expected"),
    [
        ("speech-translation", {"audio": AUDIO, "target_language": "zh"}, "knows 'zh'; choose one of: en, es"),
        ("speech-translation", {"audio": AUDIO, "target_language": "es", "source_language": "fr"}, "knows all of"),
        ("speech-translation", {"audio": AUDIO, "target_language": "en", "source_language": "fr"}, None),
        ("text-to-speech", {"text": "hi", "language": "fr"}, "knows 'fr'; choose one of: en"),
        ("text-to-speech", {"text": "hi"}, None),
        ("speech-recognition", {"audio": AUDIO, "language": "fr"}, None),
        ("speech-recognition", {"audio": AUDIO, "language": "ja"}, "knows 'ja'; choose one of: en, fr"),
    ],
)
def test_languages_are_those_of_a_live_model(task, arguments, expected, artifacts):
    whisper = {"input_languages": ("en", "fr"), "output_languages": ("en",)}
    catalog = Catalog(
        models=(
            make_entry("whisper", "speech-recognition", "speech-translation", **whisper),
            make_entry("spanish", "speech-translation", input_languages=("en",), output_languages=("es",)),
            make_entry("voice", "text-to-speech", output_languages=("en",)),
        )
    )
    plan = make_plan(("s1", task, arguments))
    if expected is None:
        validate_plan(plan, catalog, artifacts)
    else:
        assert expected in problems(plan, catalog, artifacts)[0]


def test_chain_may_be_as_deep_as_the_limit_and_no_deeper(catalog, artifacts):
    def chain(length: int) -> Plan:
        first = ("s0", "speech-enhancement", {"audio": AUDIO})
        rest = [(f"s{i}", "speech-enhancement", {"audio": {"from": f"s{i - 1}.audio"}}) for i in range(1, length)]
        return make_plan(*reversed([first, *rest]))

    validate_plan(chain(MAX_DEPTH), catalog, artifacts)
    assert f"has {MAX_DEPTH + 1} steps; at most {MAX_DEPTH}" in problems(chain(MAX_DEPTH + 1), catalog, artifacts)[0]


def test_one_output_may_feed_as_many_steps_as_the_limit_and_no_more(catalog, artifacts):
    def fan(width: int) -> Plan:
        users = [(f"u{i}", "audio-captioning", {"audio": {"from": "s0.audio"}}) for i in range(width)]
        return make_plan(("s0", "speech-enhancement", {"audio": AUDIO}), *users)

    validate_plan(fan(MAX_FAN_OUT), catalog, artifacts)
    assert f"at most {MAX_FAN_OUT} may" in problems(fan(MAX_FAN_OUT + 1), catalog, artifacts)[0]


def test_step_alone_may_use_earlier_steps_only(catalog, artifacts):
    plan = make_plan(
        ("s1", "speech-enhancement", {"audio": AUDIO}), ("s2", "speech-recognition", {"audio": {"from": "s1.audio"}})
    )
    first, second = plan.steps
    validate_step(first, catalog, artifacts)
    validate_step(second, catalog, artifacts, earlier=[first])
    with pytest.raises(InvalidPlan, match="refers to step 's1', which does not exist"):
        validate_step(second, catalog, artifacts)
    with pytest.raises(InvalidPlan, match="used more than once"):
        validate_step(first, catalog, artifacts, earlier=[first])


def test_text_may_name_files_the_person_spoke_of_and_no_others(catalog, session):
    earlier = session.model_copy(update={"turns": (make_turn(0, "Where is talk.wav?"),)})
    request = PlanRequest(text="So?", session=earlier, catalog=catalog, deadline=0)
    assert check_outcome(Chat(reply="There is no talk.wav here."), request) == Chat(reply="There is no talk.wav here.")
    with pytest.raises(InvalidPlan, match=r"The text names clean\.wav, which do not exist"):
        check_outcome(Chat(reply="Here is clean.wav."), request)


def test_message_stays_short_with_many_artifacts_and_long_values(catalog):
    artifacts = {f"audio-{i}": make_artifact(f"audio-{i}").ref for i in range(500)}
    (problem,) = problems(make_plan(("s1", "audio-captioning", {"audio": "x" * 10_000})), catalog, artifacts)
    assert len(problem) < 500
    assert "audio-499 and 488 earlier ones" in problem
