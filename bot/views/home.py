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
    Text,
    TextType,
)

from bot.domain.answers import LinkHealth, LinkUsage
from bot.views.format import escape
from bot.views.kit import (
    HOME_REFRESH,
    MOST_LINKS,
    UNLINK_CONFIRM,
    View,
    buttons,
    draw,
    link_button,
    small_print,
)
from bot.views.link_health import token_sentence
from bot.views.usage import usage_blocks


def home_view(
    answers: Sequence[LinkUsage], links: Sequence[LinkHealth], *, now: datetime, command: str
) -> View:
    """Draw a person's usage, how each link fares and every button; correct for somebody without a link too."""
    blocks: list[Block] = [HeaderBlock("Your core-hours")]
    if links:
        if answers:
            blocks += usage_blocks(answers, now=now, refresh=HOME_REFRESH)
            blocks.append(DividerBlock())
        blocks += [_unlink_block(link, now) for link in links[:MOST_LINKS]]
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


def _unlink_block(health: LinkHealth, now: datetime) -> SectionBlock:
    name = f"{health.link.username} on {health.cluster.label if health.cluster else health.link.cluster}"
    return SectionBlock(
        f"{escape(name)} is linked: {token_sentence(health, now)}",
        accessory=Button(
            text="Unlink",
            action_id=UNLINK_CONFIRM,
            value=health.link.cluster,
            style="danger",
            confirm=ConfirmationDialogue(
                title="Unlink?",
                # Plain: escaped, a name could outgrow the 300 characters that a dialogue takes.
                text=Text(f"The token and all readings of {name} are erased at once.", TextType.PLAINTEXT),
                confirm="Unlink",
                deny="Keep",
                style="danger",
            ),
        ),
    )
