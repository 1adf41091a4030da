"""How words are said, on the way from a caller or the operator to the voices."""

from pathlib import Path
from typing import Any

import pytest

from llm_planner.plans.plan import Plan
from llm_planner.plans.validation import validate_plan
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.speech.lexicon import Lexicon
from router.execution.executor import Executor
from router.settings import Settings, check_environment
from tests.router.dispatching import scope
from tests.router.models import spec
from tests.router.scripted import Scripted, raising

LEXICON = """<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" xml:lang="en">
<lexeme><grapheme>Nguyen</grapheme><phoneme>wɪn</phoneme></lexeme></lexicon>"""
MODELS = Catalog(models=(spec("voice", "Sine").entry(),))
TEXT = {"text": "Ask Nguyen.", "language": "en"}


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    file = tmp_path / "words.pls"
    file.write_text(LEXICON, encoding="utf-8")
    return file


async def reached(arguments: dict[str, Any], lexicon: Lexicon | None, way: str) -> tuple[dict[str, str], str | None]:
    """Return the pronunciations that reach the voice, and the key of the work."""
    dispatcher = Scripted(voice=raising(*[InvalidInput("That will do.")] * 2))
    executor = Executor(dispatcher, None, lambda: MODELS, lexicon=lexicon)  # type: ignore[arg-type]
    if way == "plan":
        plan = Plan.model_validate({"steps": [{"id": "s", "task": "text-to-speech", "arguments": arguments}]})
        validate_plan(plan, MODELS, {})
        await executor.execute(plan, scope())
    else:
        with pytest.raises(InvalidInput, match="That will do"):
            await executor.execute_task("text-to-speech", arguments, scope())
    ((_, call),) = dispatcher.calls
    assert isinstance(call.request, TextToSpeechRequest)
    return {each.word: each.said_as for each in call.request.pronunciations}, call.key


@pytest.mark.parametrize("way", ["plan", "task"])
async def test_a_request_s_pronunciations_reach_the_voice(way: str) -> None:
    said, _ = await reached(TEXT | {"pronunciations": {"Nguyen": "win"}}, None, way)
    assert said == {"Nguyen": "win"}


@pytest.mark.parametrize("way", ["plan", "task"])
async def test_the_operator_s_lexicon_reaches_the_voice_and_tells_its_work_apart(lexicon: Path, way: str) -> None:
    said, key = await reached(TEXT, Lexicon.read([lexicon]), way)
    without, other_key = await reached(TEXT, None, way)
    assert (said, without) == ({"Nguyen": "/wɪn/"}, {})
    assert key != other_key


async def test_a_pronunciation_that_cannot_be_is_refused_by_its_name() -> None:
    executor = Executor(Scripted(), None, lambda: MODELS)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="'/wɪn' has one slash") as refused:
        await executor.execute_task("text-to-speech", TEXT | {"pronunciations": {"Nguyen": "/wɪn"}}, scope())
    assert (refused.value.param or "").startswith("pronunciations")


def test_a_lexicon_that_cannot_be_read_ends_the_start(lexicon: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOGPT_LEXICONS", f"{lexicon}, {lexicon}")
    assert Settings.from_environment().lexicons == (lexicon, lexicon)
    check_environment()
    lexicon.write_text("<lexicon>")
    with pytest.raises(InvalidInput, match=r"words\.pls' cannot be read"):
        check_environment()
