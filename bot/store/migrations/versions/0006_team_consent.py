"""team consent."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("team_members", sa.Column("consent", sa.Text(), nullable=True))


def downgrade() -> None:
    """Bring it back."""
    op.drop_column("team_members", "consent")
