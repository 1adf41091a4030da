"""`audiogpt serve`: the system on this machine, with an example on request."""

import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from audiogpt_cli.machine import example

if TYPE_CHECKING:
    from deployments.local.launch import Status

READY_TIMEOUT_S = 600.0
IDLE_POLL_S = 1.0


def serve(
    config: Annotated[Path, typer.Argument(help="Serve config to run")] = Path("serve_config.embedded.yaml"),
    port: Annotated[int | None, typer.Option(help="HTTP port instead of the config's")] = None,
    with_example: Annotated[bool, typer.Option("--example", help="Send an example request once ready")] = False,
    check: Annotated[bool, typer.Option("--check", help="Judge the example and stop")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the example's outputs")] = Path("var/example"),
) -> None:
    """Run the system on this machine until Ctrl-C."""
    from deployments.local.launch import run_locally, wait_until_ready

    console = Console(highlight=False)
    _end_on_signals()
    began = time.monotonic()
    console.print("Starting Ray and Ray Serve on 127.0.0.1 ...")
    with run_locally(config, port) as system:
        _end_on_signals()  # again: Ray has put its own handlers in place
        wait_until_ready(system, READY_TIMEOUT_S, _reporter(console, began))
        console.print(f"Ready after {time.monotonic() - began:.1f} s.", style="bold green")
        passed = not (with_example or check) or example.run(system.api_url, out, console, judge=check)
        if check:
            raise typer.Exit(0 if passed else 1)
        _tell_of_missing_weights(console, config)
        console.print(
            f"\nAPI        {system.api_url}\nDocs       {system.api_url}/docs\n"
            f"Dashboard  {system.dashboard_url}   (log in with the token that `ray get-auth-token` prints)\n"
            f"Logs       {system.log_folder}\nCtrl-C ends it."
        )
        _wait_for_a_signal()
        console.print("Stopping ...")


def _tell_of_missing_weights(console: Console, config: Path) -> None:
    """Say which published models wait for their weights; each is used as soon as these are here."""
    from router.spec import read_specs

    if missing := [spec.id for spec in read_specs(config) if spec.only_if_pulled and spec.entry().state == "off"]:
        console.print(
            f"\nNot used before their weights are here: {', '.join(missing)}. Until then others answer for them; "
            f"to fetch them, now or at any time, beside this:\n  audiogpt models pull --config {config}"
        )


def _reporter(console: Console, began: float) -> Callable[["Status"], None]:
    """Return what prints each change of a state, with the seconds since `began`, of `time.monotonic()`."""
    shown: dict[str, str] = {}

    def report(status: "Status") -> None:
        for name, state in status.states.items():
            if shown.get(name) != state:
                shown[name] = state
                console.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {name}: {state}")

    return report


def _wait_for_a_signal() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(IDLE_POLL_S)


def _end_on_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: shells start background jobs with it ignored
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
