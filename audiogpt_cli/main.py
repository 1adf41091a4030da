"""The command `audiogpt` and its subcommands."""

import sys

import typer
from rich.console import Console

from audiogpt_cli import ask, config, evaluate, listing, mcp, models, run, serve, sessions, speech
from audiogpt_client import ServerError
from model_wrappers.contract.errors import AudioGPTError, RequestError

FAILED = 1  # the server or a model failed
WRONG = 2  # the request cannot be carried out as it is
INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="AudioGPT Serve: ask for audio work in plain words.",
    epilog="Exit codes: 0 all went well; 1 a step, a model or the server failed; 2 the request cannot be carried "
    "out as it is; 130 interrupted. `audiogpt --install-completion` teaches the shell to complete the commands.",
)
app.command("ask")(ask.ask)
app.command("plan")(run.plan)
app.command("run")(run.run)
app.command("transcribe")(speech.transcribe)
app.command("speak")(speech.speak)
app.add_typer(sessions.app, name="sessions")
app.command("tasks")(listing.tasks)
app.command("serve")(serve.serve)
app.command("mcp")(mcp.mcp)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(config.app, name="config")
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command; errors become one sentence and an exit code."""
    console = Console(stderr=True)
    try:
        app()
    except (ServerError, AudioGPTError) as exc:
        console.print(f"[bold red]Error:[/] {exc}", highlight=False)
        if exc.hint:
            console.print(exc.hint, highlight=False)
        sys.exit(WRONG if isinstance(exc, RequestError) or getattr(exc, "status", None) in range(400, 500) else FAILED)
    except OSError as exc:
        console.print(f"[bold red]Error:[/] {exc}", highlight=False)
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
