"""The Home tab."""

from collections.abc import Sequence
from datetime import datetime

from slackblocks import (
    Block,
    Button,
    ConfirmationDialogue,
    DividerBlock,
    HeaderBlock,
    HomeTabView,
    SectionBlock,
)

from bot.domain.answers import LinkUsage
from bot.views.format import escape
from bot.views.kit import HOME_REFRESH, UNLINK_CONFIRM, View, buttons, draw, link_button, small_print
from bot.views.usage import usage_blocks

# A Home tab holds 100 blocks; a link takes up to five.
_MOST_LINKS = 15


def home_view(answers: Sequence[LinkUsage], *, now: datetime, command: str) -> View:
    """Draw a person's usage and every button; correct for somebody without a link too."""
    blocks: list[Block] = [HeaderBlock("Your core-hours")]
    if answers:
        shown = answers[:_MOST_LINKS]
        blocks += usage_blocks(shown, now=now, refresh=HOME_REFRESH)
        blocks.append(DividerBlock())
        blocks += [_unlink_block(answer) for answer in shown]
        blocks.append(buttons(link_button(text="Link another cluster")))
    else:
        blocks.append(
            SectionBlock(
                "You have not linked a cluster yet. Link one with its API token, and your core-hours stand here."
            )
        )
        blocks.append(buttons(link_button()))
    blocks.append(small_print(f"The same in any channel: `{command}` · all words: `{command} help`"))
    return draw(HomeTabView(blocks=blocks))


def _unlink_block(answer: LinkUsage) -> SectionBlock:
    name = f"{answer.link.username} on {answer.cluster.label}"
    return SectionBlock(
        f"{escape(name)} is linked.",
        accessory=Button(
            text="Unlink",
            action_id=UNLINK_CONFIRM,
            value=answer.link.cluster,
            style="danger",
            confirm=ConfirmationDialogue(
                title="Unlink?",
                text=f"The token and all readings of {escape(name)} are erased at once.",
                confirm="Unlink",
                deny="Keep",
                style="danger",
            ),
        ),
    )
