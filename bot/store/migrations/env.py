"""Run by Alembic with the connection that `bot.store.engine` hands over."""

from typing import Any, Literal

from alembic import context

from bot.store.tables import Moment, metadata


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write what the database sees: a revision must not change when the code's own types do."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Moment) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render,
)
context.run_migrations()
