"""departures."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "departures",
        sa.Column("workspace", sa.String(length=32), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_departures")),
    )


def downgrade() -> None:
    """Bring it back."""
    op.drop_table("departures")
