"""`unlink`: what would be forgotten, then that it was."""

from collections.abc import Mapping, Sequence

from slackblocks import Block, Button, SectionBlock

from bot.domain.clusters import Cluster
from bot.domain.people import Link
from bot.views.format import escape
from bot.views.kit import MOST_LINKS, UNLINK_CONFIRM, Message, buttons, left_out, say
from bot.views.language import tr


def unlink_question(
    links: Sequence[Link], clusters: Mapping[str, Cluster], *, user: str | None = None
) -> Message:
    """Ask before forgetting; one button per link. With a `user` it is an admin's question about them."""
    blocks: list[Block] = []
    for link in links[:MOST_LINKS]:
        where = escape(label(link.cluster, clusters))
        asked = (
            tr(
                "Forget *{username}* on *{cluster}*? Its token and all its readings are erased at once.",
                username=escape(link.username),
                cluster=where,
            )
            if user is None
            else tr(
                "Forget the link of <@{user}> on *{cluster}*? Its token and all its readings are erased at once.",
                user=user,
                cluster=where,
            )
        )
        value = link.cluster if user is None else f"{link.cluster}|{user}"
        button = Button(text=tr("Unlink"), action_id=UNLINK_CONFIRM, value=value, style="danger")
        blocks += [SectionBlock(asked), buttons(button)]
    return Message(text=_question(links, clusters, user), blocks=(*blocks, *left_out(links)))


def read_unlink(value: str) -> tuple[str, str | None]:
    """Return the cluster of a button and, if it was an admin's, whose link it is about."""
    cluster, _, user = value.partition("|")
    return cluster, user or None


def unlinked_message(cluster: str, clusters: Mapping[str, Cluster]) -> Message:
    """Say that it is done."""
    return say(
        tr(
            "Unlinked from *{cluster}*. Your token and readings are erased. "
            "The token itself may still be valid there: revoke it on the platform if nothing else uses it.",
            cluster=escape(label(cluster, clusters)),
        )
    )


def somebody_unlinked_message(user: str, cluster: str, clusters: Mapping[str, Cluster]) -> Message:
    """Say to an admin that it is done."""
    return say(
        tr(
            "<@{user}> is unlinked from *{cluster}*: token and readings are erased. They hear of it from me.",
            user=user,
            cluster=escape(label(cluster, clusters)),
        )
    )


def unlinked_by_sentence(admin: str, cluster: str, clusters: Mapping[str, Cluster], *, command: str) -> str:
    """Say to whom it was done."""
    return tr(
        "<@{admin}>, an admin here, unlinked you from *{cluster}*: your token and readings there are erased. "
        "The token itself may still be valid: revoke it on the platform if nothing else uses it. "
        "To link again, type `{command} link`.",
        admin=admin,
        cluster=escape(label(cluster, clusters)),
        command=command,
    )


def label(cluster: str, clusters: Mapping[str, Cluster]) -> str:
    """A cluster's label, or its name when it left the settings."""
    return clusters[cluster].label if cluster in clusters else cluster


def _question(links: Sequence[Link], clusters: Mapping[str, Cluster], user: str | None) -> str:
    """Say the whole question in a sentence."""
    if user is not None:
        return tr(
            "Unlink <@{user}> from {clusters}? The token and all readings are erased at once. "
            "Confirm with the button.",
            user=user,
            clusters=escape(tr(", ").join(label(link.cluster, clusters) for link in links)),
        )
    names = tr(", ").join(
        tr("{username} on {cluster}", username=link.username, cluster=label(link.cluster, clusters))
        for link in links
    )
    return tr(
        "Unlink {names}? The token and all readings are erased at once. Confirm with the button.",
        names=escape(names),
    )
