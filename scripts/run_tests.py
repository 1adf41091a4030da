"""Run the parts of the test suite, all of them even where one fails, and say once what became of them.

Usage: `run_tests.py [PART ...] [-- PYTEST ARGUMENTS]`, for example `run_tests.py unit -- -k pitch`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
BASE, PRODUCTION = ROOT / ".venv", ROOT / ".venv-production"
TORCH = ("tests/published", "tests/evaluation/capability/test_judges.py")
CLUSTER, NODES = "tests/placement", "tests/nodes"  # each a Ray cluster of its own
ELSEWHERE = tuple(f"--ignore={path}" for path in (*TORCH, CLUSTER, NODES))
# A file's tests share the models it loads; where a process dies, another in its place would wait for tests without end.
PARALLEL = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--max-worker-restart", "0")
NOTHING_COLLECTED = 5  # pytest's exit status
# What no installation gives a machine; any other skip is a fault where everything has been installed, as in CI.
LACKING = {
    "no GPU": "needs a CUDA device",
    "no published weights (`audiogpt models pull`)": "run `audiogpt models pull`",
    "no image built (`-m image`)": "ask for it with -m image",
    "no kubectl of today": "needs kubectl 1.21 or newer",
}


@dataclass(frozen=True)
class Part:
    """Tests that run in one process and environment."""

    environment: Path
    arguments: tuple[str, ...]


PARTS = {
    "unit": Part(BASE, (*PARALLEL, *ELSEWHERE, "-m", "not integration")),
    "quick": Part(BASE, (*PARALLEL, *ELSEWHERE, "-m", "not integration and not models")),
    "integration": Part(BASE, (*ELSEWHERE, "-m", "integration")),
    "production": Part(PRODUCTION, TORCH),
    "cluster": Part(BASE, (CLUSTER,)),
    "nodes": Part(BASE, (NODES,)),
}
ALL = ("unit", "integration", "production", "cluster")  # "nodes" starts five nodes and wants more than two cores


@dataclass(frozen=True)
class Outcome:
    """What became of one test, or of a file that could not be read or was left out whole."""

    part: str
    test: str
    outcome: str
    reason: str


def run_part(name: str, selection: Sequence[str]) -> list[Outcome]:
    """Run one part; its end without a report, or without a test, is a failure of it."""
    part = PARTS[name]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "outcomes.json"
        python = str(part.environment / "bin" / "python")
        plugin = ("-p", "tests.outcomes", f"--outcomes={report}")
        print(f"== {name}", flush=True)
        began = time.monotonic()
        command = [python, "-m", "pytest", *plugin, *part.arguments, *selection]
        status = subprocess.run(command, cwd=ROOT).returncode  # noqa: S603 - our own command
        print(f"== {name}: {time.monotonic() - began:.0f} s", flush=True)
        found = json.loads(report.read_text()) if report.exists() else {}
    outcomes = [Outcome(name, test, **what) for test, what in found.items()]
    expected = any(outcome.outcome == "failed" for outcome in outcomes) or (
        status == NOTHING_COLLECTED and bool(selection)
    )
    if status and not expected:
        outcomes.append(Outcome(name, "(the whole part)", "failed", f"pytest ended with status {status}"))
    return outcomes


def merge(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Leave out what one part skipped and another ran."""
    ran = {outcome.test for outcome in outcomes if outcome.outcome != "skipped"}
    ran |= {test.split("::")[0] for test in ran}
    return [outcome for outcome in outcomes if outcome.outcome != "skipped" or outcome.test not in ran]


def lack(outcome: Outcome) -> str | None:
    """Return which lack of the machine explains a skip, None where installing something would end it."""
    return next((lack for lack, sign in LACKING.items() if sign in outcome.reason), None)


def forbid_curable_skips(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Count a skip that an installation would end as a failure."""
    curable = {outcome for outcome in outcomes if outcome.outcome == "skipped" and lack(outcome) is None}
    return [
        replace(outcome, outcome="failed", reason=f"skipped: {outcome.reason}") if outcome in curable else outcome
        for outcome in outcomes
    ]


def summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Say what failed where, what was skipped and why, and the counts on a line that programs read too."""
    counts = Counter(outcome.outcome for outcome in outcomes)
    reasons = Counter(lack(outcome) or outcome.reason for outcome in outcomes if outcome.outcome == "skipped")
    yield "== summary"
    for outcome in outcomes:
        if outcome.outcome == "failed":
            yield f"failed in {outcome.part}: {outcome.test}: {outcome.reason}"
    for reason, count in reasons.most_common():
        yield f"skipped {count}: {reason}"
    yield f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


def main(arguments: Sequence[str]) -> int:
    """Run the parts named, or all, and return whether any test failed."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    names, selection = arguments[:cut] or ALL, arguments[cut + 1 :]
    if unknown := set(names) - set(PARTS):
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}; choose of: {', '.join(PARTS)}.")
    outcomes = merge([outcome for name in names for outcome in run_part(name, selection)])
    if os.environ.get("CI") == "true":
        outcomes = forbid_curable_skips(outcomes)
    print("\n".join(summary(outcomes)))
    return any(outcome.outcome == "failed" for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
