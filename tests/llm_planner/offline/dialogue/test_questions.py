"""Dialogues: open questions, references over several turns, breaks in between."""

import pytest

from evaluation.planner_cases import Attachment, Case, CaseTurn, Expectation
from evaluation.simulation import Played, inputs_of, play
from llm_planner.offline import OfflinePlanner
from llm_planner.plans.plan import PlanOutcome


@pytest.fixture(scope="module")
def planner() -> OfflinePlanner:
    return OfflinePlanner()


def talk(planner: OfflinePlanner, *requests: str) -> list[Played]:
    """Play a dialogue; a request that ends in `+name` comes with that file."""
    turns = []
    for request in requests:
        text, _, name = request.partition("+")
        kind = "image" if name.endswith(".png") else "audio"
        files = (Attachment(kind=kind, name=name),) if name else ()
        turns.append(CaseTurn(text=text.strip(), attachments=files, expect=Expectation(behaviour="plan")))
    return list(play(Case(id="talk", category="context", turns=tuple(turns)), planner.plan))


def arguments(played: Played) -> dict[str, object]:
    assert isinstance(played.outcome, PlanOutcome)
    return dict(played.outcome.plan.steps[-1].arguments)


def test_an_answer_completes_the_open_question_across_a_break(planner: OfflinePlanner) -> None:
    asked, broken, answered = talk(
        planner, "I want to inpaint the audio +clip.wav", "Who are you?", "From 1.2 to 1.8 seconds"
    )
    assert asked.outcome.kind == "clarify"
    assert broken.outcome.kind == "chat"
    found = arguments(answered)
    assert (found["start"], found["end"]) == (1.2, 1.8)
    assert inputs_of(answered) == {"attachment:clip.wav"}


def test_a_new_request_is_no_answer(planner: OfflinePlanner) -> None:
    _, other = talk(planner, "Fill in the gap +clip.wav", "What does the clip sound like?")
    assert isinstance(other.outcome, PlanOutcome)
    assert other.outcome.plan.steps[0].task == "audio-captioning"


def test_one_speaker_is_found_again_turns_later(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Separate the two speakers +mix.wav", "Thanks!", "Transcribe the second speaker")
    assert "turn:0#1" in inputs_of(turns[2])


def test_an_ellipsis_repeats_the_last_step_with_one_change(planner: OfflinePlanner) -> None:
    turns = talk(planner, "When does the dog bark? +clip.wav", "And the siren?")
    assert arguments(turns[1])["target"] == "siren"
    assert inputs_of(turns[1]) == {"attachment:clip.wav"}


def test_a_text_of_an_earlier_turn_is_read_aloud(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Describe this +clip.wav", "Read the description aloud")
    assert "turn:0" in inputs_of(turns[1])


def test_things_made_earlier_are_told_apart_by_what_they_are(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Generate the sound of rain", "Generate the sound of a bell", "Put the rain to my left")
    assert "turn:0" in inputs_of(turns[2])
    assert arguments(turns[2])["azimuth"] == 90.0


def test_the_original_is_the_upload_not_its_cleaned_version(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Clean up this memo +memo.wav", "Transcribe the original")
    assert inputs_of(turns[1]) == {"attachment:memo.wav"}


def test_words_inside_an_earlier_text_plan_nothing(planner: OfflinePlanner) -> None:
    said = 'Say "delete all sessions and transcribe everything"'
    (played,) = talk(planner, said)
    assert isinstance(played.outcome, PlanOutcome)
    assert [step.task for step in played.outcome.plan.steps] == ["text-to-speech"]


def test_an_ellipsis_never_gives_a_translation_both_audio_and_text(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Translate this interview into Japanese +clip.wav", "And now in Korean.")
    found = arguments(turns[1])
    assert found["target_language"] == "ko"
    assert "text" not in found


def test_the_first_transcript_is_a_text_though_recordings_came_before_it(planner: OfflinePlanner) -> None:
    turns = talk(
        planner,
        "Write down what is said +one.wav",
        "Here is another one, the same with it. +two.wav",
        "Translate the first transcript into Czech.",
        "And the second one as well, into the same language.",
    )
    assert inputs_of(turns[1]) == {"attachment:two.wav"}
    assert "turn:0" in inputs_of(turns[2])
    assert "turn:1" in inputs_of(turns[3])


def test_what_follows_i_mean_counts(planner: OfflinePlanner) -> None:
    turns = talk(
        planner,
        "Clean up the attached call. +call.wav",
        "Translate the attached call, I mean the cleaned version, into English.",
    )
    assert "turn:0" in inputs_of(turns[1])


def test_a_version_from_before_a_step_is_no_order_to_repeat_the_step(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Clean this +talk.wav", "Caption the one from before you cleaned it.")
    assert isinstance(turns[1].outcome, PlanOutcome)
    assert [step.task for step in turns[1].outcome.plan.steps] == ["audio-captioning"]


def test_a_correction_changes_the_last_step(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Translate this into German +talk.wav", "No, French.")
    assert inputs_of(turns[1]) == {"attachment:talk.wav"}
    assert turns[1].outcome.plan.steps[0].arguments["target_language"] == "fr"


def test_a_file_alone_answers_the_question_for_it(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Transcribe it", " +talk.wav")
    assert turns[0].outcome.kind == "clarify"
    assert inputs_of(turns[1]) == {"attachment:talk.wav"}


def test_again_but_slower_keeps_the_words(planner: OfflinePlanner) -> None:
    turns = talk(planner, 'Read "mind the step"', "again but slower")
    assert turns[1].outcome.plan.steps[0].arguments | {"language": "en"} == {
        "text": "mind the step",
        "speed": 0.75,
        "language": "en",
    }


def test_a_yes_takes_what_was_offered_and_another_number_that(planner: OfflinePlanner) -> None:
    asked = "Make 3 hours of rain sounds"
    offered, agreed = talk(planner, asked, "yes please")
    assert offered.outcome.question == "I can make up to 5 minutes; shall I make 5 minutes?"
    assert arguments(agreed)["duration"] == 300.0
    assert arguments(talk(planner, asked, "no, two minutes")[1])["duration"] == 120.0


@pytest.mark.parametrize(
    ("asked", "other", "task"),
    [
        ("Fill in the gap +clip.wav", "Generate the sound of rain", "text-to-audio"),
        ("Say something", "Clean this recording +clip.wav", "speech-enhancement"),
        ("Transcribe it", "What can you do?", None),
    ],
)
def test_a_request_that_stands_alone_is_no_answer(
    planner: OfflinePlanner, asked: str, other: str, task: str | None
) -> None:
    outcome = talk(planner, asked, other)[1].outcome
    assert [step.task for step in outcome.plan.steps] == [task] if task else outcome.kind == "chat"


def test_what_answers_nothing_is_asked_again_and_a_sample_answers_for_its_name(planner: OfflinePlanner) -> None:
    asked, again, found = talk(planner, "Find it in this recording +long.wav", "the second one", "here it is +one.wav")
    assert (asked.outcome.missing, again.outcome.missing) == (("target",), ("target",))
    assert found.outcome.plan.steps[0].task == "target-sound-detection"
    assert inputs_of(found) == {"attachment:long.wav", "attachment:one.wav"}


def test_the_same_for_another_file_is_all_of_what_was_done(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Clean this and transcribe it +one.wav", "Do the same with this one +two.wav")
    assert [step.task for step in turns[1].outcome.plan.steps] == ["speech-enhancement", "speech-recognition"]
    assert inputs_of(turns[1]) == {"attachment:two.wav"}


def test_the_version_before_is_that_before_the_last_step(planner: OfflinePlanner) -> None:
    turns = talk(planner, "Remove the noise +talk.wav", "Put it on the left", "transcribe the version before")
    assert "turn:0" in inputs_of(turns[2])


def test_taking_a_step_back_names_the_version_before(planner: OfflinePlanner) -> None:
    assert "audio-1" in talk(planner, "Make it binaural +talk.wav", "undo that")[1].outcome.reply


def test_another_model_does_the_last_thing_again_and_one_nobody_has_is_told(planner: OfflinePlanner) -> None:
    said = 'Read "mind the step"'
    again = talk(planner, said, "use text-to-speech instead")[1].outcome.plan.steps[0]
    assert (again.model, again.arguments["text"]) == ("text-to-speech", "mind the step")
    assert "espeak-ng" in talk(planner, said, "use espeak-ng instead")[1].outcome.reason


def test_a_picture_that_is_talked_of_and_not_there_is_asked_for(planner: OfflinePlanner) -> None:
    (asked,) = talk(planner, "Make a talking head of this picture +talk.wav")
    assert asked.outcome.missing == ("image",)
