"""platform failures."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("health", sa.Column("platform_failures", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Bring it back."""
    op.drop_column("health", "platform_failures")
