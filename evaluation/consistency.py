"""Consistency (paper 4.2): does the plan do what the request means?"""

import asyncio
from collections.abc import Iterable

from evaluation.planner_cases import Case
from evaluation.scoring import score
from evaluation.simulation import PlanFunction, play
from evaluation.summary import CaseResult
from llm_planner.plans.plan import Outcome
from llm_planner.plans.request import PlanRequest
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidInput


def planner_named(name: str) -> PlanFunction:
    """Return the planner to evaluate: `offline`, or `llm` as the environment configures it.

    Raises:
        InvalidInput: If `llm` is asked for and none is configured.
    """
    from llm_planner.offline import OfflinePlanner

    if name == "offline":
        return OfflinePlanner().plan
    from llm_planner.online.llm import ChatModel
    from llm_planner.online.planner import OnlinePlanner
    from llm_planner.online.settings import llm_settings

    settings = llm_settings()
    if settings is None:
        raise InvalidInput(
            "No LLM is configured; set AUDIOGPT_LLM_BASE_URL and AUDIOGPT_LLM_MODEL, or use --planner offline.",
            param="planner",
        )
    online = OnlinePlanner(ChatModel(settings))

    def plan(request: PlanRequest) -> Outcome:
        return asyncio.run(online.plan(request))

    return plan


def evaluate(cases: Iterable[Case], plan: PlanFunction, catalog: Catalog | None = None) -> list[CaseResult]:
    """Play and score cases."""
    results = []
    for case in cases:
        played = tuple(play(case, plan, catalog))
        results.append(CaseResult(case, played, tuple(score(turn) for turn in played)))
    return results
