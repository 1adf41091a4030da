"""Plans the offline planner makes, end to end."""

import time

import pytest

from evaluation.planner_cases import Attachment, Case, CaseTurn, Expectation
from evaluation.simulation import inputs_of, play
from llm_planner.offline import OfflinePlanner
from llm_planner.plans.history import add_uploads
from llm_planner.plans.plan import Outcome
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.validation import known_artifacts, validate_plan
from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.catalog import Catalog, ModelCard, ModelEntry
from model_wrappers.contract.sessions import Session
from model_wrappers.contract.tasks import TASKS

CATALOG = Catalog(
    models=tuple(
        ModelEntry(
            id=task,
            wrapper="none:None",
            card=ModelCard(
                title=task, tasks=(task,), method="classical", licence="MIT", source="none", revision="1", memory_mb=1
            ),
        )
        for task in TASKS
    )
)


@pytest.fixture(scope="module")
def planner() -> OfflinePlanner:
    return OfflinePlanner()


def request(text: str, *files: str, catalog: Catalog = CATALOG) -> PlanRequest:
    def kind(name: str) -> Kind:
        return "image" if name.endswith((".png", ".jpg")) else "audio"

    refs = [
        (ArtifactRef(tenant="default", id=f"{place:064x}", kind=kind(name), media_type="x/x", size_bytes=1), name)
        for place, name in enumerate(files)
    ]
    session = add_uploads(Session(id="s", tenant="default"), refs)
    return PlanRequest(text=text, session=session, catalog=catalog, deadline=time.time() + 60)


def tasks(outcome: Outcome) -> list[str]:
    return [step.task for step in outcome.plan.steps] if outcome.kind == "plan" else [outcome.kind]


def test_three_commands_become_three_steps_each_on_the_output_before(planner: OfflinePlanner) -> None:
    asked = request("Clean this recording, write down what is said, and read it back to me.", "noisy.wav")
    outcome = planner.plan(asked)
    assert tasks(outcome) == ["speech-enhancement", "speech-recognition", "text-to-speech"]
    validate_plan(outcome.plan, CATALOG, known_artifacts(asked.session))
    first, second, third = (step.model_dump(mode="json", by_alias=True)["arguments"] for step in outcome.plan.steps)
    assert first == {"audio": {"artifact": "audio-1"}}
    assert second == {"audio": {"from": "s1.audio"}}
    assert third == {"text": {"from": "s2.text"}}


def test_a_statement_of_a_problem_and_its_command_are_one_step(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("Two men are talking over each other. Split them apart.", "mix.wav"))
    assert tasks(outcome) == ["speech-separation"]


def test_nouns_of_the_content_do_not_pull_the_route(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("Say that the vacuum cleaner is broken"))
    assert tasks(outcome) == ["text-to-speech"]
    assert outcome.plan.steps[0].arguments["text"] == "the vacuum cleaner is broken"


def test_each_means_one_step_for_every_speaker(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("Separate the speakers and transcribe each", "mix.wav"))
    assert tasks(outcome) == ["speech-separation", "speech-recognition", "speech-recognition"]
    assert outcome.plan.edges == (("s1", "s2"), ("s1", "s3"))


@pytest.mark.parametrize(
    ("text", "missing"),
    [("I want to inpaint the audio", "start"), ("Translate this recording", "target_language")],
)
def test_what_is_missing_is_asked_for(planner: OfflinePlanner, text: str, missing: str) -> None:
    outcome = planner.plan(request(text, "a.wav"))
    assert outcome.kind == "clarify"
    assert missing in outcome.missing


def test_a_task_that_is_off_is_refused_with_the_reason(planner: OfflinePlanner) -> None:
    models = tuple(
        entry.model_copy(update={"state": "off", "reason": "no weights"}) if entry.id == "speech-recognition" else entry
        for entry in CATALOG.models
    )
    outcome = planner.plan(request("Transcribe this recording", "a.wav", catalog=Catalog(models=models)))
    assert outcome.kind == "unsupported"
    assert "no weights" in outcome.reason
    assert "speech-recognition" not in outcome.alternatives


def test_who_are_you_is_answered_without_a_plan(planner: OfflinePlanner) -> None:
    assert planner.plan(request("Who are you?")).kind == "chat"


def test_a_task_asked_for_twice_never_waits_for_itself(planner: OfflinePlanner) -> None:
    asked = request("translate audio -> hindi", "a.wav")
    outcome = planner.plan(asked)
    assert outcome.kind == "plan"
    validate_plan(outcome.plan, CATALOG, known_artifacts(asked.session))


def test_a_request_of_endless_length_is_refused_at_once(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("transcribe it and then " * 2_000, "a.wav"))
    assert outcome.kind == "unsupported"
    assert "4,000" in outcome.reason


def test_a_face_that_is_to_say_a_text_gets_speech_first(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request('Make the person in the picture say "hello"', "face.png"))
    assert tasks(outcome) == ["text-to-speech", "talking-head-synthesis"]


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        (
            "Let me have the interview free of hum and in writing.",
            ("a.wav",),
            ["speech-enhancement", "speech-recognition"],
        ),
        (
            "Convert the speech to text, the text to Italian, the Italian to speech.",
            ("a.wav",),
            ["speech-recognition", "speech-translation", "text-to-speech"],
        ),
        (
            "Transcript first, then Danish, then a spoken version.",
            ("a.wav",),
            ["speech-recognition", "speech-translation", "text-to-speech"],
        ),
        (
            "De-noise + transcribe + summarise what can be heard",
            ("a.wav",),
            ["speech-enhancement", "speech-recognition", "audio-captioning"],
        ),
        (
            "Give me each speaker's words in a separate text.",
            ("a.wav",),
            ["speech-separation", "speech-recognition", "speech-recognition"],
        ),
        (
            "Let me hear thunder on the right, then describe it.",
            (),
            ["text-to-audio", "mono-to-binaural", "audio-captioning"],
        ),
        ("The picture should come alive and say what's recorded.", ("a.wav", "b.png"), ["talking-head-synthesis"]),
        ("Generate rain and wind and thunder", (), ["text-to-audio"]),
        ('Say "Guten Morgen" in German', (), ["text-to-speech"]),
        ('Say "こんにちは、元気ですか" in Japanese', (), ["text-to-speech"]),
        ('Say "こんにちは、元気ですか。明日の会議は午後三時です。" in Japanese', (), ["text-to-speech"]),
        ('Speak "Das Wetter ist heute schön" in Spanish', (), ["speech-translation", "text-to-speech"]),
    ],
)
def test_things_asked_for_without_verbs_of_their_own_are_found(
    planner: OfflinePlanner, text: str, files: tuple[str, ...], expected: list[str]
) -> None:
    assert sorted(tasks(planner.plan(request(text, *files)))) == sorted(expected)


def test_this_file_is_the_one_that_came_with_the_request_not_one_made_earlier(planner: OfflinePlanner) -> None:
    made = [
        CaseTurn(text="Generate the sound of people speaking", expect=Expectation(behaviour="plan")),
        CaseTurn(
            text="Speak using the voice of this audio. The text is 'here we go'.",
            attachments=(Attachment(kind="audio", name="me.wav"),),
            expect=Expectation(behaviour="plan"),
        ),
    ]
    played = list(play(Case(id="c", category="context", turns=tuple(made)), planner.plan))
    assert tasks(played[1].outcome) == ["style-transfer"]
    assert inputs_of(played[1]) == {"attachment:me.wav"}


def test_lyrics_in_another_script_tell_the_language_of_the_song(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request('Sing "小酒窝" on C4 D4 E4, half a second each'))
    assert outcome.plan.steps[0].arguments["language"] == "zh"


def test_slips_of_the_keyboard_do_not_change_the_plan(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("Remvoe hte noise adn trasncribe it", "a.wav"))
    assert tasks(outcome) == ["speech-enhancement", "speech-recognition"]


def wiring(outcome: Outcome) -> set[tuple[str, str]]:
    names = {step.id: step.task for step in outcome.plan.steps}
    return {(names[source], names[target]) for source, target in outcome.plan.edges}


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        (
            "Get rid of the hum and give me the lecture as text.",
            ("lecture.mp3",),
            {("speech-enhancement", "speech-recognition")},
        ),
        (
            "Transcribe my memo, then have the woman in the picture say the transcript.",
            ("memo.wav", "woman.jpg"),
            {("speech-recognition", "text-to-speech"), ("text-to-speech", "talking-head-synthesis")},
        ),
        (
            "Listen to this and describe it, then use your description to generate a similar sound.",
            ("clip.wav",),
            {("audio-captioning", "text-to-audio")},
        ),
        ("Isolate the flute, and tell me when the drum is struck.", ("clip.wav",), set()),
        (
            'Clean the voice sample, then read "hello" with that voice.',
            ("sample.wav",),
            {("speech-enhancement", "style-transfer")},
        ),
    ],
)
def test_a_later_step_takes_what_its_words_mean(
    planner: OfflinePlanner, text: str, files: tuple[str, ...], expected: set[tuple[str, str]]
) -> None:
    assert wiring(planner.plan(request(text, *files))) == expected


def test_one_and_the_other_are_the_two_voices(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("Split the speakers and put one on my left and the other on my right.", "a.wav"))
    placed = [step.arguments["azimuth"] for step in outcome.plan.steps if step.task == "mono-to-binaural"]
    assert placed == [90.0, -90.0]


def test_a_command_that_is_clear_alone_outweighs_an_afterthought(planner: OfflinePlanner) -> None:
    text = "Clean the speech up, please; it is going to be lip-synced to my picture."
    assert "speech-enhancement" in tasks(planner.plan(request(text, "a.wav", "b.png")))


def test_a_request_in_another_language_is_answered_in_it_and_planned_in_english_where_that_is_known(
    planner: OfflinePlanner,
) -> None:
    asked = request("Schreib auf, was gesagt wird", "a.wav")
    refused = planner.plan(asked)
    assert refused.kind == "unsupported"
    assert "Sprachmodell" in refused.reason
    english = asked.model_copy(update={"english": "Write down what is said"})
    assert tasks(planner.plan(english)) == ["speech-recognition"]


def test_a_file_without_words_is_asked_about(planner: OfflinePlanner) -> None:
    assert tasks(planner.plan(request("", "a.wav"))) == ["clarify"]


def test_what_is_possible_is_done_and_the_rest_is_told(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("Transcribe this recording. Order me a pizza.", "a.wav"))
    assert tasks(outcome) == ["speech-recognition"]
    assert outcome.notes == ("I could not do: Order me a pizza.",)


@pytest.mark.parametrize(
    "text", ["Transcribe the attached MP3", "What can be heard here?", "Remove the background noise please"]
)
def test_request_without_the_file_it_speaks_of_asks_for_it(planner: OfflinePlanner, text: str) -> None:
    outcome = planner.plan(request(text))
    assert (outcome.kind, outcome.missing) == ("clarify", ("audio",))


@pytest.mark.parametrize("text", ["Order me a pizza", "What key is this song in?", "Rate my singing", "Thanks!"])
def test_request_for_what_nothing_does_does_not_ask_for_a_file(planner: OfflinePlanner, text: str) -> None:
    assert planner.plan(request(text)).kind in ("unsupported", "chat")


def test_face_says_words_that_nobody_quoted(planner: OfflinePlanner) -> None:
    outcome = planner.plan(request("Let this face say good morning everyone", "boss.jpg"))
    assert tasks(outcome) == ["text-to-speech", "talking-head-synthesis"]
    assert outcome.plan.steps[0].arguments["text"] == "good morning everyone"


@pytest.mark.parametrize("text", ["Say QUOTE0", "Say QUOTE7", "Say 'QUOTE0'"])
def test_what_looks_like_a_placeholder_is_said_as_it_is_written(planner: OfflinePlanner, text: str) -> None:
    outcome = planner.plan(request(text))
    assert outcome.plan.steps[0].arguments["text"] == text.removeprefix("Say ").strip("'")


@pytest.mark.parametrize(
    "repeated",
    [
        "a ",
        "a",
        "1",
        "' ",
        "say: ",
        "say\n",
        "„ ",
        '"',
        "(",
        "the dog, ",
        "uhm ",
        "->",
        "\n",
        "QUOTE0",
        "de -> fr ",
        "C4 ",
    ],
)
def test_any_text_of_twenty_thousand_characters_comes_to_an_end(planner: OfflinePlanner, repeated: str) -> None:
    for length in (3_900, 20_000):
        text = (repeated * length)[:length]
        assert planner.plan(request(text, "a.wav")).kind in ("plan", "clarify", "unsupported", "chat")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Say the train leaves at noon. And then say good night.", ["the train leaves at noon", "good night"]),
        ('Say "one". Say "two". Say "three".', ["one", "two", "three"]),
        ('Read "a", then "b", then "c".', ["a", "b", "c"]),
        ('Say "one", "two" and "three" as three clips.', ["one", "two", "three"]),
        ('I need three prompts: "Enter your PIN", "Thank you", and "Bye".', ["Enter your PIN", "Thank you", "Bye"]),
        ("Make the sound of rain. Make the sound of wind.", ["rain", "wind"]),
        ("Speak up and say that the kitchen is on fire.", ["the kitchen is on fire"]),
    ],
)
def test_of_several_things_to_say_or_make_none_is_lost(planner: OfflinePlanner, text: str, said: list[str]) -> None:
    outcome = planner.plan(request(text))
    assert outcome.kind == "plan"
    assert [step.arguments["text"] for step in outcome.plan.steps] == said
