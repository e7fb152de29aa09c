"""`unlink`: what would be forgotten, then that it was."""

from collections.abc import Mapping, Sequence

from slackblocks import Block, Button, SectionBlock

from bot.domain.clusters import Cluster
from bot.domain.people import Link
from bot.views.format import escape
from bot.views.kit import MOST_LINKS, UNLINK_CONFIRM, Message, buttons, left_out, say


def unlink_question(links: Sequence[Link], clusters: Mapping[str, Cluster]) -> Message:
    """Ask before forgetting; one button per link."""
    blocks: list[Block] = []
    for link in links[:MOST_LINKS]:
        name = f"*{escape(link.username)}* on *{escape(label(link.cluster, clusters))}*"
        blocks.append(SectionBlock(f"Forget {name}? Its token and all its readings are erased at once."))
        blocks.append(
            buttons(Button(text="Unlink", action_id=UNLINK_CONFIRM, value=link.cluster, style="danger"))
        )
    names = ", ".join(f"{link.username} on {label(link.cluster, clusters)}" for link in links)
    return Message(
        text=f"Unlink {escape(names)}? The token and all readings are erased at once. Confirm with the button.",
        blocks=(*blocks, *left_out(links)),
    )


def unlinked_message(cluster: str, clusters: Mapping[str, Cluster]) -> Message:
    """Say that it is done."""
    return say(
        f"Unlinked from *{escape(label(cluster, clusters))}*. Your token and readings are erased. "
        "The token itself may still be valid there: revoke it on the platform if nothing else uses it."
    )


def label(cluster: str, clusters: Mapping[str, Cluster]) -> str:
    """A cluster's label, or its name when it left the settings."""
    return clusters[cluster].label if cluster in clusters else cluster
