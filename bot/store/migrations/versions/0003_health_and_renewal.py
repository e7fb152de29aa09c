"""health and renewal."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "health",
        sa.Column("workspace", sa.String(length=32), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("renew_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("turned_down", sa.Boolean(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("told", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace", "link_id"],
            ["links.workspace", "links.link_id"],
            name=op.f("fk_health_links"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace", "link_id", name=op.f("pk_health")),
    )
    with op.batch_alter_table("health", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_health_renew_at"), ["renew_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_health_state"), ["state"], unique=False)

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("news", sa.Text(), nullable=True))

    # Tokens from before are renewed at once; whose polling had stopped heard of it then.
    op.execute(
        "INSERT INTO health (workspace, link_id, generation, stored_at, renew_at, state, since, code,"
        " turned_down, works, refusals, failures, told)"
        " SELECT links.workspace, links.link_id, 1, links.linked_at,"
        " CASE WHEN polls.stopped THEN NULL ELSE links.linked_at END,"
        " CASE WHEN polls.stopped THEN 'refused' ELSE 'healthy' END, links.linked_at, '',"
        " polls.stopped, false, 0, 0, CASE WHEN polls.stopped THEN 'link_again' ELSE NULL END"
        " FROM links JOIN polls ON polls.workspace = links.workspace AND polls.link_id = links.link_id"
    )
    # Their sentences were finished when they were owed: as such they are still told.
    op.execute("UPDATE notices SET kind = 'link_health' WHERE kind = 'token_refused'")


def downgrade() -> None:
    """Take it back."""
    op.execute("UPDATE notices SET kind = 'token_refused' WHERE kind = 'link_health'")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_column("news")

    with op.batch_alter_table("health", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_health_state"))
        batch_op.drop_index(batch_op.f("ix_health_renew_at"))

    op.drop_table("health")
