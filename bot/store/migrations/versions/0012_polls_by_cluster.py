"""polls by cluster."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cluster", sa.String(length=64), nullable=True))
    op.execute(
        "UPDATE polls SET cluster = (SELECT links.cluster FROM links"
        " WHERE links.workspace = polls.workspace AND links.link_id = polls.link_id)"
    )
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.alter_column("cluster", existing_type=sa.String(length=64), nullable=False)
        batch_op.create_index("ix_polls_cluster_next_at", ["cluster", "next_at"], unique=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("polls", schema=None) as batch_op:
        batch_op.drop_index("ix_polls_cluster_next_at")
        batch_op.drop_column("cluster")
