"""`audiogpt webhooks`: addresses that the server tells when one's runs have ended."""

import json
from typing import Annotated

import typer
from rich.console import Console

from audiogpt_cli.terminal.connection import ApiKey, AsJson, ServerUrl, connect
from audiogpt_cli.terminal.pages import moment, show
from audiogpt_client.client import DEFAULT_URL

app = typer.Typer(invoke_without_command=True)

WebhookId = Annotated[str, typer.Argument(help="Webhook, by its id")]


@app.callback()
def webhooks(
    context: typer.Context, as_json: AsJson = False, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None
) -> None:
    """List the addresses that are told when one's runs have ended; or add, try, or take one away."""
    if context.invoked_subcommand is not None:
        return
    with connect(server, api_key) as client:
        found = client.list_webhooks()
    columns = {
        "webhook": lambda webhook: webhook.id,
        "address": lambda webhook: webhook.url,
        "since": lambda webhook: moment(webhook.created),
        "still to be told": lambda webhook: f"{webhook.waiting:,}",
        "given up": lambda webhook: f"{webhook.given_up:,}",
    }
    show(found, as_json, columns)


@app.command()
def create(
    url: Annotated[str, typer.Argument(help="A public http or https address, at port 80 or 443")],
    as_json: AsJson = False,
    server: ServerUrl = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Add an address and print the secret that its messages are signed with; nobody can print it again."""
    with connect(server, api_key) as client:
        made = client.create_webhook(url)
    if not as_json:
        Console(stderr=True).print(f"made {made.id}; its secret:", highlight=False)
    typer.echo(json.dumps(made.model_dump()) if as_json else made.secret)


@app.command("test")
def try_one(webhook: WebhookId, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Have an address told a message of type `webhook.test`; the list says whether it is still to be told."""
    with connect(server, api_key) as client:
        client.test_webhook(webhook)
    Console(stderr=True).print(f"{webhook} is told", highlight=False)


@app.command()
def rotate(webhook: WebhookId, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Replace the secret of an address and print the new one; for a day messages are signed with both."""
    with connect(server, api_key) as client:
        typer.echo(client.rotate_webhook(webhook).secret)


@app.command()
def delete(webhook: WebhookId, server: ServerUrl = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Tell an address nothing more."""
    with connect(server, api_key) as client:
        client.delete_webhook(webhook)
    Console(stderr=True).print(f"deleted {webhook}", highlight=False)
