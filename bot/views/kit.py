"""Messages and the bricks that all views share. `slackblocks` checks Slack's limits as it builds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from slackblocks import ActionsBlock, Block, Button, ContextBlock, SectionBlock, Text, WebhookMessage
from slackblocks import View as SlackblocksView

from bot.views.language import ntr, tr

View = dict[str, Any]

LINK_OPEN: Final = "link.open"
LINK_BY_KEY: Final = "link.by_key"
LINK_BY_TOKEN: Final = "link.by_token"  # noqa: S105 (a button's name)
LINK_REGION: Final = "link.region"
LINK_PAGE: Final = "link.page"
LINK_CONFIRM: Final = "link.confirm"
LINK_CANCEL: Final = "link.cancel"
USAGE_REFRESH: Final = "usage.refresh"
UNLINK_CONFIRM: Final = "unlink.confirm"
HOME_REFRESH: Final = "home.refresh"

# A message holds 50 blocks and 13,200 characters.
MOST_LINKS: Final = 15

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Message:
    """`text` says the whole fact (screen readers, notifications); `blocks` show it."""

    text: str
    blocks: tuple[Block, ...]

    def to_slack(self) -> dict[str, Any]:
        """Return the `text` and `blocks` that Slack's message methods take."""
        drawn = WebhookMessage(text=self.text, blocks=list(self.blocks)).to_dict()
        return {"text": self.text, "blocks": [_pure(block) for block in drawn["blocks"]]}


def say(text: str, *more: Block) -> Message:
    """A message of one sentence, and perhaps buttons."""
    return Message(text=text, blocks=(SectionBlock(text), *more))


def draw(view: SlackblocksView) -> View:
    """Return a modal or Home view as Slack takes it."""
    drawn = view.to_dict()
    return {**drawn, "blocks": [_pure(block) for block in drawn["blocks"]]}


def buttons(*items: Button) -> ActionsBlock:
    """A row of buttons."""
    return ActionsBlock(list(items))


def small_print(text: str) -> ContextBlock:
    """A line of small print."""
    return ContextBlock([Text(text)])


def left_out(links: Sequence[object]) -> tuple[ContextBlock, ...]:
    """Say how many links have no room; nothing if all have."""
    more = len(links) - MOST_LINKS
    if more <= 0:
        return ()
    said = ntr(
        "{count} more is linked; there is room for {most} here.",
        "{count} more are linked; there is room for {most} here.",
        more,
        most=MOST_LINKS,
    )
    return (small_print(said),)


def link_button(cluster: str | None = None, text: str | None = None) -> Button:
    """Opens the link form, with `cluster` chosen."""
    return Button(text=text or tr("Link a cluster"), action_id=LINK_OPEN, value=cluster, style="primary")


def by_key_button(cluster: str | None = None) -> Button:
    """Opens the form for an access key, with `cluster` chosen."""
    return Button(text=tr("Use an access key instead"), action_id=LINK_BY_KEY, value=cluster)


def _pure(block: dict[str, Any]) -> dict[str, Any]:
    """Drop the random id that slackblocks gives a block without one: the same value, the same drawing."""
    return {key: value for key, value in block.items() if key != "block_id" or not _UUID.fullmatch(value)}
