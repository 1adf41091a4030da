"""Runs while parts of the system are killed, stopped, cut off and replaced: what became of them.

Usage: python -m benchmarks.outages.chaos [--runs 1000] [--seed 1] [--lease-s 10] [--port 18445] [--json FILE]
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.outages.audit import Audit
from benchmarks.outages.incidents import Chaos, Incident
from benchmarks.outages.load import Chain, Load
from benchmarks.outages.site import Site, site

WAVE = 21  # runs started ahead of an incident, in the long form
MOST_IN_FLIGHT = 40  # more wait until some have ended


@dataclass
class Row:
    """What one kind of incident met."""

    times: int = 0
    met: set[int] = field(default_factory=set)  # numbers of the chains that were in flight


@dataclass(frozen=True)
class Report:
    """What became of all chains."""

    rows: dict[str, Row]
    chains: list[Chain]
    lost: dict[int, tuple[str, ...]]
    duplicated: dict[int, tuple[str, ...]]
    wrong_owner: dict[int, tuple[str, ...]]
    extra_runs: int
    taken_over: int
    refused: Counter[str]
    executions: int

    def summary(self) -> dict[str, Any]:
        """Return the figures of all chains together."""
        return {
            "runs": len(self.chains),
            "ended": sum(chain.ended is not None for chain in self.chains),
            "lost": self.lost,
            "duplicated": self.duplicated,
            "wrong_owner": self.wrong_owner,
            "extra_runs": self.extra_runs,
            "taken_over": self.taken_over,
            "slowest_s": max(chain.took_s for chain in self.chains),
            "refused": dict(self.refused),
            "executions": self.executions,
            "incidents": {name: row.times for name, row in self.rows.items()},
            "in_flight": {name: len(row.met) for name, row in self.rows.items()},
        }


async def torment(site: Site, audit: Audit, runs: int, lease_s: float, seed: int) -> Report:
    """Run chains through rounds of incidents until all have been started, and judge what became of each."""
    chaos, load = Chaos(site, audit, lease_s, seed), Load(site.running.api_url)
    rows: dict[str, Row] = defaultdict(Row)
    started = 0
    while started < runs:
        incidents = chaos.round()
        wave = min(WAVE, max(1, round(runs / len(incidents))))
        for incident in incidents:
            count = max(incident.held, min(wave, runs - started))
            await load.room(MOST_IN_FLIGHT - count)
            with site.holding() if incident.held else nullcontext():
                for number in range(started, started + count):
                    await load.start(number)
                await _happen(incident, load, rows[incident.name])
            started += count
    await load.ended()
    return await asyncio.to_thread(_judge, load, audit, rows, site.folder)


async def _happen(incident: Incident, load: Load, row: Row) -> None:
    row.times += 1
    row.met |= {chain.number for chain in load.in_flight()}
    began = time.monotonic()
    await asyncio.to_thread(incident.happen)
    Console().print(f"{incident.name}: whole again after {time.monotonic() - began:.1f} s")


def _judge(load: Load, audit: Audit, rows: dict[str, Row], folder: Path) -> Report:
    verdicts = {chain.number: audit.judge(chain.run_id, chain.word) for chain in load.chains}
    told_wrong = {c.number: ("its follower missed events",) for c in load.chains if not c.told_in_order}
    intruded = audit.intruded()
    return Report(
        rows=dict(rows),
        chains=load.chains,
        lost={n: v.lost for n, v in verdicts.items() if v.lost} | told_wrong,
        duplicated={n: v.duplicated for n, v in verdicts.items() if v.duplicated},
        wrong_owner={c.number: ("another wrote",) for c in load.chains if c.run_id in intruded},
        extra_runs=audit.run_count() - len(load.chains),
        taken_over=sum(v.owners > 1 for v in verdicts.values()),
        refused=load.refused,
        executions=len((folder / "executed.txt").read_text().splitlines()),
    )


def print_table(report: Report) -> None:
    """Print what became of the runs that were in flight at each kind of incident."""
    table = Table("what happened", "times", "runs in flight", "ended", "lost", "duplicated", "wrong owner", "slowest s")
    everything = {chain.number: chain for chain in report.chains}
    total = Row(sum(row.times for row in report.rows.values()), set(everything))
    for name, row in [*sorted(report.rows.items()), ("all", total)]:
        met = [everything[number] for number in row.met]
        counts = [sum(n in row.met for n in found) for found in (report.lost, report.duplicated, report.wrong_owner)]
        slowest = max((chain.took_s for chain in met), default=0.0)
        ended = sum(chain.ended is not None for chain in met)
        table.add_row(name, *map(str, (row.times, len(met), ended, *counts)), f"{slowest:.1f}")
    console = Console(width=140)
    console.print(table)
    console.print(f"{report.taken_over} runs had more than one owner; {report.extra_runs} were started twice.")
    console.print(f"Clients asked again after: {dict(report.refused)}.")
    for kind, found in (("lost", report.lost), ("duplicated", report.duplicated), ("wrong owner", report.wrong_owner)):
        for number, reasons in found.items():
            console.print(f"run {number} {kind}: {'; '.join(reasons)}")


def main() -> None:
    """Start the system, torment it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lease-s", type=float, default=10.0)
    parser.add_argument("--port", type=int, default=18_445)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--folder", type=Path, help="Keep everything here")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    with site(folder, arguments.port, arguments.lease_s) as running:
        audit = Audit(running.server.url)
        try:
            report = asyncio.run(torment(running, audit, arguments.runs, arguments.lease_s, arguments.seed))
        finally:
            audit.close()
    print_table(report)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report.summary(), indent=1))


if __name__ == "__main__":
    main()
