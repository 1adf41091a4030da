"""A request in another language, put into English for planning where a model in service can."""

import logging

from llm_planner.plans.tongues import ENGLISH, parts, tongue_of
from model_wrappers.contract.errors import AudioGPTError
from router.execution.executor import Executor
from router.scope import Scope

TASK = "speech-translation"

logger = logging.getLogger(__name__)


async def in_english(text: str, executor: Executor, scope: Scope) -> str | None:
    """Return a request in English, its quotes as they are; None if it is English, or nobody translates it."""
    tongue = tongue_of(text)
    if tongue == ENGLISH or TASK not in executor.catalog().live_tasks():
        return None
    try:
        return "".join(
            [part if quoted else await _translated(part, tongue, executor, scope) for part, quoted in parts(text)]
        )
    except AudioGPTError as exc:
        logger.info("A request in '%s' was not put into English (%s).", tongue, exc.for_log)
        return None


async def _translated(part: str, tongue: str, executor: Executor, scope: Scope) -> str:
    if not any(map(str.isalpha, part)):
        return part
    arguments = {"text": part.strip(), "source_language": tongue, "target_language": ENGLISH}
    result = await executor.execute_task(TASK, arguments, scope)
    return f" {result.outputs['text']} "
