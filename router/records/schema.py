"""The tables' revision: whoever opens the database first brings it up to date."""

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from model_wrappers.contract.errors import InvalidInput

# The newest revision in `migrations/`; one that older programs cannot work on begins with the next digit.
HEAD = "0013"
BEFORE_REVISIONS = "0001"  # what programs made that counted versions in a table of their own
MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 2304_12995  # any number nobody else uses: makes processes bring the tables up to date one by one


def upgrade(connection: Connection) -> str | None:
    """Bring the tables up to `HEAD`, and return the revision found before, None of an empty database.

    Tables of a newer program are left as they are: its revisions only add, so that replicas of two versions share them
    while one replaces the other, and a version before can come back.

    Args:
        connection: In a transaction that alone writes; the tables change with it, or not at all.

    Raises:
        InvalidInput: If a newer program made the tables so that this one cannot work on them.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    found, recorded = _revision(connection)
    if recorded and found is not None and found >= HEAD and found[0] == HEAD[0]:
        return found
    from alembic import command  # about 0.2 s, which most starts can do without
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise InvalidInput(
            f"The database holds tables of revision {found}; this program knows revisions up to {HEAD}. Update the "
            "program, or use another database.",
            param="database_url",
        )
    if found is not None and not recorded:
        command.stamp(config, found)
    command.upgrade(config, "head")
    return found


def _revision(connection: Connection) -> tuple[str | None, bool]:
    """Return the revision of the tables, and whether it is written down in Alembic's own table."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if found is not None:
            return str(found), True
    return (BEFORE_REVISIONS if "audiogpt_schema" in tables else None), False
