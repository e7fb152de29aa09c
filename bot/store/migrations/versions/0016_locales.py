"""locales."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("people", sa.Column("locale", sa.String(length=16), nullable=True))
    op.add_column("people", sa.Column("locale_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("people", "locale_at")
    op.drop_column("people", "locale")
