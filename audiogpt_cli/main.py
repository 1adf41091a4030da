"""The command `audiogpt` and its subcommands."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from audiogpt_cli.client import artifacts, ask, data, listing, mcp, run, runs, sessions, speech, status, webhooks
from audiogpt_cli.doctor import command as doctor
from audiogpt_cli.machine import config, database, models, serve, tenants, usage
from audiogpt_cli.measuring import evaluate
from audiogpt_cli.terminal.connection import FAILED, WRONG
from audiogpt_client import ServerError
from model_wrappers.contract.errors import AudioGPTError, RequestError

INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="AudioGPT Serve: ask for audio work in plain words.",
    epilog="Exit codes: 0 all went well; 1 a step, a model or the server failed; 2 the request cannot be carried "
    "out as it is, or the answer is a question; 130 interrupted. `audiogpt --install-completion` teaches the shell to "
    "complete the commands.",
)
app.command("ask")(ask.ask)
app.command("plan")(run.plan)
app.command("run")(run.run)
app.command("transcribe")(speech.transcribe)
app.command("speak")(speech.speak)
app.add_typer(sessions.app, name="sessions")
app.add_typer(runs.app, name="runs")
app.add_typer(artifacts.app, name="artifacts")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(data.app, name="data")
app.command("tasks")(listing.tasks)
app.command("status")(status.status)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("mcp")(mcp.mcp)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(config.app, name="config")
app.add_typer(models.app, name="models")
app.add_typer(database.app, name="db")
app.add_typer(tenants.tenants, name="tenants")
app.add_typer(tenants.keys, name="keys")
app.command("usage")(usage.usage)


def _is_callers(error: ServerError | AudioGPTError) -> bool:
    """Tell whether the request is what has to change."""
    if isinstance(error, ServerError):
        return error.kind == "request_error" or error.status in range(400, 500)
    return isinstance(error, RequestError)


def main() -> None:
    """Run the command; errors become one sentence and an exit code."""
    console = Console(stderr=True)
    try:
        app()
    except (ServerError, AudioGPTError) as exc:
        console.print(f"[bold red]Error:[/] {escape(str(exc))}", highlight=False)
        if exc.hint:
            console.print(exc.hint, highlight=False)
        sys.exit(WRONG if _is_callers(exc) else FAILED)
    except OSError as exc:
        about = f": {exc.filename}" if exc.filename else ""
        console.print(f"[bold red]Error:[/] {escape(f'{exc.strerror or exc}{about}.')}", highlight=False)
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
