"""`unlink`: what would be forgotten, then that it was."""

from collections.abc import Mapping, Sequence

from slackblocks import Block, Button, SectionBlock

from bot.domain.clusters import Cluster
from bot.domain.people import Link
from bot.views.format import escape
from bot.views.kit import MOST_LINKS, UNLINK_CONFIRM, Message, buttons, left_out, say
from bot.views.language import tr


def unlink_question(links: Sequence[Link], clusters: Mapping[str, Cluster]) -> Message:
    """Ask before forgetting; one button per link."""
    blocks: list[Block] = []
    for link in links[:MOST_LINKS]:
        asked = tr(
            "Forget *{username}* on *{cluster}*? Its token and all its readings are erased at once.",
            username=escape(link.username),
            cluster=escape(label(link.cluster, clusters)),
        )
        blocks.append(SectionBlock(asked))
        blocks.append(
            buttons(Button(text=tr("Unlink"), action_id=UNLINK_CONFIRM, value=link.cluster, style="danger"))
        )
    names = tr(", ").join(
        tr("{username} on {cluster}", username=link.username, cluster=label(link.cluster, clusters))
        for link in links
    )
    return Message(
        text=tr(
            "Unlink {names}? The token and all readings are erased at once. Confirm with the button.",
            names=escape(names),
        ),
        blocks=(*blocks, *left_out(links)),
    )


def unlinked_message(cluster: str, clusters: Mapping[str, Cluster]) -> Message:
    """Say that it is done."""
    return say(
        tr(
            "Unlinked from *{cluster}*. Your token and readings are erased. "
            "The token itself may still be valid there: revoke it on the platform if nothing else uses it.",
            cluster=escape(label(cluster, clusters)),
        )
    )


def label(cluster: str, clusters: Mapping[str, Cluster]) -> str:
    """A cluster's label, or its name when it left the settings."""
    return clusters[cluster].label if cluster in clusters else cluster
