"""standups."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "standups",
        sa.Column("workspace", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "channel", name=op.f("pk_standups")),
    )
    with op.batch_alter_table("standups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_standups_next_at"), ["next_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("standups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_standups_next_at"))

    op.drop_table("standups")
