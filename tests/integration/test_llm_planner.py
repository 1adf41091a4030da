from collections.abc import Iterator

import pytest

from audiogpt_client import AudioGPT
from router.events import Event, Planned, StepEnded
from tests.integration.conftest import System
from tests.integration.llm import ScriptedLLM
from tests.llm_planner.llm_server import DROP, Streamed, error, plan, says
from tests.router.conversing import cut_after, speak, translate, written

WORDS = "The quick brown fox jumps over the lazy dog."
HEAR = {"id": "s2", "task": "speech-recognition", "arguments": {"audio": {"from": "s1.audio"}}}
CHINESE = {
    "id": "s2",
    "task": "singing-synthesis",
    "arguments": {"lyrics": "小酒窝长睫毛", "notes": ["C4"] * 6, "durations": [0.4] * 6},
}


@pytest.fixture
def client(system: System) -> Iterator[AudioGPT]:
    """The API whose planner asks the LLM."""
    with AudioGPT(f"{system.running.api_url}/llm") as connection:
        yield connection


def test_step_runs_on_its_model_while_the_llm_still_writes(client: AudioGPT, llm: ScriptedLLM) -> None:
    first = speak("s1", WORDS)
    llm.script(llm.held_back(cut_after(written(first, HEAR), first)), says("Here is what was heard."))
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepEnded):
            llm.go_on()

    reply = client.chat("Say it and listen to it", on_event=listen)
    kinds = [event.type for event in events]
    assert kinds[:2] == ["step_started", "step_ended"]
    assert "planned" in kinds[2:]
    assert [result.state for result in reply.results] == ["done", "done"]
    assert "quick brown fox" in reply.results[1].outputs["text"]
    assert reply.text == "Here is what was heard."


def test_early_step_that_the_repaired_plan_lacks_is_cancelled(
    system: System, client: AudioGPT, llm: ScriptedLLM
) -> None:
    wrong = translate("s1", "early", "windowed")
    unknown = {"id": "s2", "task": "juggling", "arguments": {}}
    llm.script(llm.held_back(cut_after(written(wrong, unknown), wrong)), plan(speak("s3", "Hello.")), says("Done."))
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if event.type == "step_started":
            system.wait_for("early", "started")
            llm.go_on()

    reply = client.chat("Say hello", on_event=listen)
    system.wait_for("early", "stopped")
    ended = {event.result.id: event.result.state for event in events if isinstance(event, StepEnded)}
    assert ended == {"s1": "cancelled", "s3": "done"}
    assert [result.id for result in reply.results] == ["s3"]


def test_step_that_no_model_can_do_is_planned_around_and_what_is_done_stays(client: AudioGPT, llm: ScriptedLLM) -> None:
    first = speak("s1", WORDS)
    llm.script(Streamed([written(first, CHINESE)]), plan(first, HEAR), says("I could not sing it."))
    events: list[Event] = []
    reply = client.chat("Say it and sing it", on_event=events.append)
    assert [(result.task, result.state) for result in reply.results] == [
        ("text-to-speech", "done"),
        ("speech-recognition", "done"),
    ]
    assert [event.result.state for event in events if isinstance(event, StepEnded) and event.result.id == "s1"] == [
        "done"
    ]
    told = llm.asked[1]["messages"][-1]["content"]
    assert '"id": "s1", "task": "text-to-speech", "state": "done"' in told
    assert "Step 's2' (singing-synthesis) failed: " in told
    first_plan, second_plan = (event for event in events if isinstance(event, Planned))
    assert first_plan.reason is None
    assert "English" in str(second_plan.reason)
    assert "quick brown fox" in reply.results[1].outputs["text"]


@pytest.mark.parametrize("answer", [error(401), DROP], ids=["no key", "gone"])
def test_offline_planner_takes_over_where_the_llm_fails(client: AudioGPT, llm: ScriptedLLM, answer: object) -> None:
    llm.script(answer)
    events: list[Event] = []
    reply = client.chat(f'Read this aloud: "{WORDS}"', on_event=events.append)
    assert [event.planner for event in events if isinstance(event, Planned)] == ["offline"]
    assert [(result.task, result.state) for result in reply.results] == [("text-to-speech", "done")]
