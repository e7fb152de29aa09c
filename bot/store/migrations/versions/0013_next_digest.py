"""When the next digest is due stands in the standup itself: its schedule alone does not say it any more."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STANDUPS = sa.table(
    "standups",
    sa.column("workspace", sa.String),
    sa.column("channel", sa.String),
    sa.column("next_at", sa.BigInteger),
    sa.column("body", sa.Text),
)


def upgrade() -> None:
    """Bring what is stored forward; one that is off has none to come, and is planned when it is set again."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(_STANDUPS)).all():
        body = json.loads(row.body)
        if row.next_at is None:
            body["next_at"] = body["set_at"]
        else:
            body["next_at"] = datetime.fromtimestamp(row.next_at / 1000, UTC).isoformat()
        connection.execute(
            sa.update(_STANDUPS)
            .where(_STANDUPS.c.workspace == row.workspace, _STANDUPS.c.channel == row.channel)
            .values(body=json.dumps(body))
        )


def downgrade() -> None:
    """Leave it there: who does not know it does not read it."""
