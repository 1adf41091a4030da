"""`audiogpt doctor`: look at this machine and at the server, and say what to do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from audiogpt_cli.doctor.findings import Finding, Report
from audiogpt_cli.doctor.language_model import look_at_llm
from audiogpt_cli.doctor.server import look_at_server
from audiogpt_cli.terminal.connection import FAILED, ApiKey, AsJson, connect
from audiogpt_client import ServerError
from audiogpt_client.client import DEFAULT_URL
from model_wrappers.contract.errors import InvalidInput
from router.settings import Settings

MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "missing": "[bold red]missing[/]"}


def doctor(
    config: Annotated[Path, typer.Option("--config", help="Serve config that the machine is to run")] = Path(
        "serve_config.embedded.yaml"
    ),
    server: Annotated[
        str | None, typer.Option("--server", envvar="AUDIOGPT_URL", help="Server that is expected to run")
    ] = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Say what is missing on this machine and in the server, and how to get it; ends with 1 if anything is."""
    found = [*_server(server, api_key)]
    running = httpx.URL(server or DEFAULT_URL) if found[0].state == "ok" else None
    report = Report.of((*found, *_machine(config, running)))
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        _show(report)
    if not report.ok:
        raise typer.Exit(FAILED)


def _server(server: str | None, api_key: str | None) -> Iterator[Finding]:
    """Yield what the server says; one that was not asked for may be absent."""
    with connect(server or DEFAULT_URL, api_key) as client:
        try:
            yield from look_at_server(client)
        except ServerError as exc:
            if server is None and exc.status is None:
                what = f"No server runs at {DEFAULT_URL}."
                yield Finding(area="server", state="note", what=what, how="Start it with 'make run'.")
            else:
                yield Finding(area="server", state="missing", what=str(exc), how=exc.hint)


def _machine(config: Path, running: httpx.URL | None) -> Iterator[Finding]:
    """Yield what the machine has; the port of a running server is not looked at."""
    from audiogpt_cli.doctor.hardware import look_at_hardware
    from audiogpt_cli.doctor.software import look_at_software
    from deployments.local.launch import read_config
    from deployments.placement.config_check import check_config

    found = check_config(config)
    options = read_config(config).get("http_options", {})
    address = (options.get("host", "127.0.0.1"), options.get("port", 8000))
    yield from look_at_software(found.specs, config.parent)
    taken = running is not None and running.port == address[1]
    try:
        home = Settings.from_environment().home
    except InvalidInput as exc:
        yield Finding(area="settings", state="missing", what=exc.message, how="Correct the variable.")
    else:
        yield from look_at_hardware(found.demands, home, None if taken else address)
    yield look_at_llm()


def _show(report: Report) -> None:
    console = Console(highlight=False, soft_wrap=True)
    area = ""
    for finding in report.findings:
        if finding.area != area:
            area = finding.area
            console.print(f"[bold]{area}[/]")
        advice = f" {finding.how}" if finding.how and finding.state == "note" else ""
        console.print(f"  {MARKS[finding.state]} {escape(finding.what + advice)}")
    if report.remedies:
        console.print("\n[bold]What to do[/]")
        for remedy in report.remedies:
            console.print(f"  {escape(remedy)}")
    if report.ok:
        console.print("\n[green]Nothing is missing.[/]")
