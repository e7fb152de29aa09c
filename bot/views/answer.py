"""An answer in a window of its own: where a click has no channel to be answered in, as on Home."""

from typing import Final

from slackblocks import ModalView

from bot.views.kit import Message, View, draw
from bot.views.language import tr

ANSWER: Final = "answer"


def answer_view(message: Message) -> View:
    """Draw a message as a window."""
    return draw(
        ModalView(title="Walltime", close=tr("Close"), callback_id=ANSWER, blocks=list(message.blocks))
    )
