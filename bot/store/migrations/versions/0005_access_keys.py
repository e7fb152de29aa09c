"""access keys."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "access_keys",
        sa.Column("workspace", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("access_key", sa.Text(), nullable=False),
        sa.Column("secret_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace", "person", "cluster"],
            ["links.workspace", "links.person", "links.cluster"],
            name=op.f("fk_access_keys_links"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace", "person", "cluster", name=op.f("pk_access_keys")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("access_keys")
