"""Run the tests that judge sound as other processors would compute, and print a table of tests by setting.

The last bits of a sum depend on its order, which libraries choose by processor. A test that one of these settings
turns over stands on such a bit.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PLUGIN = "TEST_ARITHMETIC"
BASIC_NUMPY = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL"}
SETTINGS: dict[str, dict[str, str]] = {
    "as it is": {},
    "OpenBLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "OpenBLAS for Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "NumPy without AVX": BASIC_NUMPY,
    "CTranslate2 without AVX": {"CT2_FORCE_CPU_ISA": "GENERIC"},
    "CTranslate2 with AVX2": {"CT2_FORCE_CPU_ISA": "AVX2"},
    "ONNX graphs as written": {PLUGIN: "onnx-graph=ORT_DISABLE_ALL"},
    "ONNX on two threads": {PLUGIN: "onnx-threads=2"},
    "one bit of noise, seed 1": {PLUGIN: "noise=1"},
    "one bit of noise, seed 2": {PLUGIN: "noise=2"},
    "an old processor": {
        "OPENBLAS_CORETYPE": "Nehalem",
        "CT2_FORCE_CPU_ISA": "GENERIC",
        PLUGIN: "onnx-graph=ORT_DISABLE_ALL noise=3",
        **BASIC_NUMPY,
    },
}
OUTCOMES = {"failure": "FAILED", "error": "ERROR", "skipped": "skipped"}


def main() -> int:
    """Sweep, print the table, and return how many tests a setting turned over or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setting", action="append", choices=SETTINGS, help="only this one (repeatable)")
    parser.add_argument("pytest", nargs="*", default=["-m", "models"], help="arguments of pytest, after --")
    arguments = parser.parse_args()
    names = arguments.setting or list(SETTINGS)
    outcomes = {name: dict(run(SETTINGS[name], arguments.pytest)) for name in names}
    return report(outcomes)


def run(environment: dict[str, str], arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each test and its outcome under a setting."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        command = [sys.executable, "-m", "pytest", "-p", "tests.arithmetic", f"--junitxml={results}", *arguments]
        subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)  # noqa: S603 - our own command
        for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 - written by pytest
            kinds = [OUTCOMES[child.tag] for child in case if child.tag in OUTCOMES]
            yield f"{case.get('classname')}::{case.get('name')}", kinds[0] if kinds else "passed"


def report(outcomes: dict[str, dict[str, str]]) -> int:
    """Print how many passed under each setting, and each test that failed under one; return how many those are."""
    print("\n| setting | passed | failed | skipped |\n|---|---|---|---|")
    for name, found in outcomes.items():
        values = list(found.values())
        skipped, passed = values.count("skipped"), values.count("passed")
        print(f"| {name} | {passed} | {len(values) - passed - skipped} | {skipped} |")
    failed = {test for found in outcomes.values() for test, kind in found.items() if kind in ("FAILED", "ERROR")}
    for test in sorted(failed):
        where = [name for name, found in outcomes.items() if found.get(test) in ("FAILED", "ERROR")]
        print(f"- {test}: {', '.join(where)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
