"""Makes the tables by their migrations. Alembic is loaded only when there is something to migrate."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from kindpakket.backoffice.register.errors import RegisterError
from kindpakket.extras import extra

HEAD = "r0004"
"""The newest migration; a test compares it with the files."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def version(connection: Connection) -> str | None:
    """The newest migration that a database has had; None: it has no tables of a register."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(connection: Connection, name: str) -> None:
    """Bring the tables up to date, within the transaction of the connection.

    Args:
        connection: its transaction is committed by the caller.
        name: what the register is called in errors.

    Raises:
        RegisterError: a newer version of this program made the tables.
    """
    with extra("backoffice"):
        from alembic import command  # noqa: PLC0415 - heavy, and rarely needed
        from alembic.config import Config  # noqa: PLC0415
        from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    found = version(connection)
    if found is not None and found not in known:
        raise RegisterError(f"{name} was made by a newer version of kindpakket ({found}): use that version")
    command.upgrade(config, "head")
