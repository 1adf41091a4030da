"""`audiogpt db`: the database of sessions and runs."""

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="Look after the database of sessions and runs.")


@app.callback()
def database() -> None:
    """Look after the database of sessions and runs."""


@app.command("upgrade")
def upgrade() -> None:
    """Bring the database that AUDIOGPT_DATABASE_URL names up to date; the system does the same when it starts."""
    from router.records.database import Database
    from router.records.schema import HEAD
    from router.settings import Settings

    opened = Database(Settings.from_environment().database_url.get_secret_value())
    opened.close()
    before = "was empty" if opened.found is None else f"was at revision {opened.found}"
    done = "is up to date" if opened.found == HEAD else before
    Console().print(f"The database {done}; its revision is {HEAD}.", highlight=False)
