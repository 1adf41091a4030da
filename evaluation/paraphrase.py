"""Rewordings of requests by the configured LLM, as the paper collects its prompts (4.2)."""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Sequence

from evaluation.planner_cases import Case
from llm_planner.online.llm import ChatModel
from llm_planner.online.prompts import Message
from llm_planner.online.schema import Schema
from llm_planner.online.settings import LLMSettings, llm_settings
from model_wrappers.contract.errors import InvalidInput, InvalidPlan, ModelFailed

TIMEOUT_S = 120.0  # for the rewordings of one request
MAX_ATTEMPTS = 3  # of one request, where rewordings come back unreadable or lose what must stay
_FIXED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|(?<!\w)'([^']+)'(?!\w)|(\S+\.\w{2,4}\b)|(\d+(?:[.:]\d+)*)")
_RULES = (
    "Reword the user's request to an audio assistant in {count} different ways, as different people would say it. "
    "Keep the meaning, every quoted text, every number and every file name exactly; add nothing. "
    'Answer with JSON: {{"rewordings": [...]}}.'
)


def paraphrased(cases: Iterable[Case], count: int) -> list[Case]:
    """Return cases, each followed by `count` rewordings of it; dialogues of several turns stay as they are.

    Raises:
        InvalidInput: If no LLM is configured.
        ModelFailed: If the LLM gives no faithful rewordings of a request, or the errors of `ChatModel.complete`.
    """
    settings = llm_settings()
    if settings is None:
        raise InvalidInput(
            "Rewordings need an LLM; set AUDIOGPT_LLM_BASE_URL and AUDIOGPT_LLM_MODEL.", param="paraphrase"
        )
    return asyncio.run(reword_all(list(cases), count, settings))


async def reword_all(cases: Sequence[Case], count: int, settings: LLMSettings) -> list[Case]:
    """Return cases with their rewordings, in order; raises the errors of `paraphrased`."""
    llm = ChatModel(settings)
    found: list[Case] = []
    try:
        for case in cases:
            found.append(case)
            if len(case.turns) == 1:
                found += [_variant(case, k, text) for k, text in enumerate(await _reword(case, count, llm), start=1)]
    finally:
        await llm.close()
    return found


def _variant(case: Case, number: int, text: str) -> Case:
    turn = case.turns[0].model_copy(update={"text": text})
    return case.model_copy(update={"id": f"{case.id}/{number}", "turns": (turn,)})


async def _reword(case: Case, count: int, llm: ChatModel) -> list[str]:
    """Collect rewordings over a few attempts until there are enough that keep what must stay."""
    request, kept = case.turns[0].text, list[str]()
    messages: list[Message] = [
        {"role": "system", "content": _RULES.format(count=count)},
        {"role": "user", "content": request},
    ]
    for _ in range(MAX_ATTEMPTS):
        try:
            texts = _read(await llm.complete(messages, schema(count), time.time() + TIMEOUT_S))
        except InvalidPlan:
            continue
        kept += [text for text in texts if is_faithful(text, request) and text not in (request, *kept)]
        if len(kept) >= count:
            return kept[:count]
    raise ModelFailed(
        f"The LLM gave {len(kept)} of {count} rewordings of case {case.id} that keep its quotes, numbers and files; "
        "ask for fewer, or use a better model."
    )


def schema(count: int) -> Schema:
    """Return the JSON schema of an answer."""
    texts = {"type": "array", "items": {"type": "string"}, "minItems": count, "maxItems": count}
    return {
        "type": "object",
        "properties": {"rewordings": texts},
        "required": ["rewordings"],
        "additionalProperties": False,
    }


def _read(answer: str) -> list[str]:
    try:
        texts = json.loads(answer)["rewordings"]
    except (ValueError, KeyError, TypeError) as exc:
        raise InvalidPlan("The answer is no list of rewordings.") from exc
    return [text.strip() for text in texts if isinstance(text, str) and text.strip()] if isinstance(texts, list) else []


def is_faithful(text: str, request: str) -> bool:
    """Tell whether a rewording keeps every quoted text, file name and number of a request."""
    fixed = [next(group for group in match.groups() if group) for match in _FIXED.finditer(request)]
    return all(part in text for part in fixed)
