"""The shortcut "My core-hours": a window with what `/walltime` answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from slackblocks import Block, ModalView, SectionBlock

from bot.domain.answers import LinkUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.views.errors import error_message
from bot.views.kit import View, draw
from bot.views.language import tr
from bot.views.usage import usage_blocks

SHORTCUT: Final = "usage"


def waiting_view() -> View:
    """Draw what stands while the clusters are asked."""
    return _window([SectionBlock(tr("One moment: I am asking the cluster."))])


def usage_view(answers: Sequence[LinkUsage], *, now: datetime) -> View:
    """Draw the numbers."""
    return _window(usage_blocks(answers, now=now))


def refused_view(error: WalltimeError, cluster: Cluster | None) -> View:
    """Draw why there are none, with the button that helps."""
    return _window(error_message(error, cluster).blocks)


def _window(blocks: Sequence[Block]) -> View:
    return draw(
        ModalView(title=tr("My core-hours"), close=tr("Close"), callback_id=SHORTCUT, blocks=list(blocks))
    )
