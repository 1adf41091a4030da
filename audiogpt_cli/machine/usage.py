"""`audiogpt usage`: what calls to models came to; of a server, or straight from the database."""

import time
from typing import Annotated

import typer
from rich.table import Table

from audiogpt_cli.machine.tenants import Server
from audiogpt_cli.terminal.connection import ApiKey, AsJson, connected, table_console
from audiogpt_client.administration import Administration
from model_wrappers.contract.usage import Usage
from router.usage.period import check_rows, period
from router.usage.report import UsageReport, report
from router.usage.store import By


def usage(
    tenant: Annotated[
        str | None, typer.Option(help="Whose calls; unless given, of a server one's own, of a database all")
    ] = None,
    month: Annotated[str | None, typer.Option(help="Such as 2026-11, in UTC; this one unless given")] = None,
    by: Annotated[By, typer.Option(help="What the rows are sums of")] = "model",
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Print what calls to models came to: seconds of model and of audio, characters, tokens of the LLM."""
    if server is not None:
        with connected(Administration, server, api_key) as client:
            print_report(client.usage_of(tenant, month=month, by=by), as_json)
        return
    from router.records.database import Database
    from router.settings import Settings
    from router.usage.store import UsageStore

    since, until = period(month, None, None, time.time())
    check_rows(by, since, until)
    store = UsageStore(Database(Settings.from_environment().database_url.get_secret_value()))
    print_report(report(store, by, since, until, tenant), as_json)


def print_report(found: UsageReport, as_json: bool) -> None:
    """Print a report as a table, or as JSON."""
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    table = Table(
        found.by,
        *("calls", "failed", "model s", "audio in s", "audio out s", "characters", "LLM tokens in", "LLM tokens out"),
    )
    for row in found.rows:
        table.add_row(row.of, *_cells(row.usage))
    table.add_section()
    table.add_row("total", *_cells(found.total))
    table_console().print(table)


def _cells(usage: Usage) -> list[str]:
    return [f"{value:,}" if isinstance(value, int) else f"{value:,.1f}" for _, value in usage]
