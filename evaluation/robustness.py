"""Robustness (paper 4.4): long chains, impossible requests, models that are off, dialogue breaks, rough wording."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evaluation.consistency import evaluate
from evaluation.planner_cases import Case
from evaluation.simulation import PlanFunction, full_catalog, play
from evaluation.summary import CaseResult, bootstrap, summarize
from llm_planner.plans.plan import PlanOutcome, Unsupported

SEED = 0
TYPO_SHARE = 0.05  # of the letters of a request: about one typo in four words
ROUGH_CATEGORIES = ("single", "chain")
_QUOTED = re.compile(r"(\"[^\"]*\"|'[^']*'|\S*\d\S*|\S+\.\w{2,4}\b)")


def as_spoken(text: str, rng: random.Random) -> str:
    """Return a request as a recognizer writes it: lower case, a filled pause, no full stop at the end."""
    words = text.rstrip(".!").split(" ")
    words.insert(rng.randrange(min(3, len(words)) + 1), rng.choice(("uhm", "er", "well")))
    return " ".join(words).lower()


def with_typos(text: str, rng: random.Random) -> str:
    """Return a request with neighbouring letters swapped; quoted text, numbers and file names stay."""
    return "".join(part if _QUOTED.fullmatch(part) else _swapped(part, rng) for part in _QUOTED.split(text))


def _swapped(text: str, rng: random.Random) -> str:
    letters = list(text)
    place = 1
    while place < len(letters) - 1:
        if letters[place].isalpha() and letters[place + 1].isalpha() and rng.random() < TYPO_SHARE:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
            place += 1
        place += 1
    return "".join(letters)


def polite(text: str, rng: random.Random) -> str:
    """Return a request wrapped in courtesy."""
    before = rng.choice(("Hello there! ", "Good morning, I have a request. ", "Hi, hope you are well. "))
    return f"{before}{text} {rng.choice(('Thank you very much!', 'Many thanks in advance.', 'Thanks!'))}"


WORDINGS: dict[str, Callable[[str, random.Random], str]] = {
    "as spoken": as_spoken,
    "with typos": with_typos,
    "polite": polite,
}


def reword(case: Case, wording: str) -> Case:
    """Return a case with its requests written differently and the same expectations."""
    rng = random.Random(f"{SEED}/{wording}/{case.id}")  # noqa: S311  (reproducible, not secret)
    turns = tuple(turn.model_copy(update={"text": WORDINGS[wording](turn.text, rng)}) for turn in case.turns)
    return case.model_copy(update={"turns": turns})


def refuses_what_is_off(cases: Sequence[Case], plan: PlanFunction) -> list[float]:
    """Return for every single case whether the planner refuses once the task it needs is off.

    A plan without that task would be a wrong answer presented as the right one.
    """
    verdicts = []
    for case in cases:
        tasks = {task for accepted in case.turns[0].expect.plans for task in accepted.tasks}
        outcome = next(iter(play(case, plan, full_catalog(frozenset(tasks))))).outcome
        planned = {step.task for step in outcome.plan.steps} if isinstance(outcome, PlanOutcome) else set()
        verdicts.append(float(isinstance(outcome, Unsupported) and bool(outcome.reason) and not planned))
    return verdicts


def measure(cases: Sequence[Case], plan: PlanFunction) -> tuple[dict[str, Any], list[CaseResult]]:
    """Return the report of all parts, and the results of the cases as they are written."""
    results = evaluate(cases, plan)
    report = summarize(results)
    rough = [case for case in cases if case.category in ROUGH_CATEGORIES]
    wordings = {name: evaluate([reword(case, name) for case in rough], plan) for name in WORDINGS}
    report["wording"] = {name: _share([r.exact for r in found]) for name, found in wordings.items() if found}
    singles = [case for case in cases if case.category == "single" and len(case.turns) == 1]
    if singles:
        report["model off"] = _share(refuses_what_is_off(singles, plan))
    return report, [*results, *(result for found in wordings.values() for result in found)]


def _share(values: Sequence[float]) -> dict[str, Any]:
    return {
        "cases": len(values),
        "exact": round(sum(values) / len(values), 4) if values else None,
        "ci95": bootstrap([[value] for value in values]) if values else None,
    }


def rough_table(report: Mapping[str, Any]) -> str:
    """Return the shares of exact plans in rough wording, and of right refusals, as lines for a terminal."""
    rough = {**report["wording"], **({"model off": report["model off"]} if "model off" in report else {})}
    return "\n".join(f"{name:<14}{found['cases']:>6}{found['exact']:>17.3f}" for name, found in rough.items())
