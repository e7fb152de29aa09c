"""limits by who they count."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("ix_limits_workspace_person", "limits", ["workspace", "person"])
    op.create_index("ix_limits_workspace_channel_person", "limits", ["workspace", "channel", "person"])
    op.drop_index("ix_limits_workspace_cluster", "limits")


def downgrade() -> None:
    """Take it back."""
    op.create_index("ix_limits_workspace_cluster", "limits", ["workspace", "cluster"])
    op.drop_index("ix_limits_workspace_channel_person", "limits")
    op.drop_index("ix_limits_workspace_person", "limits")
