"""Linking by a one-time page, as Slack shows it: the way to the page, the question, the form for the code."""

from datetime import datetime
from typing import Final

from slackblocks import Button, ContextBlock, InputBlock, ModalView, PlainTextInput, SectionBlock

from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.link_pages import CODE_LENGTH, LinkPage
from bot.views.errors import sentence
from bot.views.format import age, escape
from bot.views.kit import (
    LINK_CANCEL,
    LINK_CONFIRM,
    LINK_PAGE,
    Message,
    View,
    buttons,
    draw,
    say,
    small_print,
)
from bot.views.language import paragraph, tr

CODE: Final = "code"
_LONGEST_CODE: Final = 4 * CODE_LENGTH  # as people may space it


def link_offer_message(page: LinkPage, url: str, *, now: datetime) -> Message:
    """Draw the button that opens the page."""
    return say(_offer(page, now), buttons(_page_button(url)), _page_print())


def link_offer_view(page: LinkPage, url: str, *, now: datetime) -> View:
    """Draw the same over the Home tab, where no message would be seen."""
    return draw(
        ModalView(
            title=tr("Link a cluster"),
            close=tr("Close"),
            blocks=[SectionBlock(_offer(page, now)), buttons(_page_button(url)), _page_print()],
        )
    )


def link_question(page: LinkPage, label: str) -> Message:
    """Ask the person whom the page was made for."""
    asked = tr(
        "You, or somebody with your link page, asked to link *{username}* on *{cluster}* to you. "
        "Was that you? Press Confirm and type the code that the page "
        "shows. If it was not, press Cancel: nothing is linked yet.",
        username=escape(page.username),
        cluster=escape(label),
    )
    return say(
        asked,
        buttons(
            Button(text=tr("Confirm"), action_id=LINK_CONFIRM, value=page.page_id, style="primary"),
            Button(text=tr("Cancel"), action_id=LINK_CANCEL, value=page.page_id),
        ),
    )


def link_code_form(page: LinkPage, label: str, *, metadata: str, trouble: str | None = None) -> View:
    """Draw the form for the code; `trouble` says above it why the last try did not work."""
    intro = tr(
        "The page shows a code of {length} letters and digits to whoever entered the token of "
        "*{username}* on *{cluster}*. Type only a code that you see on your own "
        "screen: a code that somebody sends you would link you to their account.",
        length=CODE_LENGTH,
        username=escape(page.username),
        cluster=escape(label),
    )
    return draw(
        ModalView(
            title=tr("Link a cluster"),
            submit=tr("Confirm"),
            close=tr("Back"),
            callback_id=LINK_CONFIRM,
            private_metadata=metadata,
            blocks=[
                SectionBlock(f":warning: {escape(trouble)}" if trouble else intro),
                InputBlock(
                    tr("Code on the page"),
                    PlainTextInput(action_id=CODE, max_length=_LONGEST_CODE, focus_on_load=True),
                    block_id=CODE,
                ),
            ],
        )
    )


def code_again_sentence(error: WalltimeError, cluster: Cluster) -> str:
    """Say above the form what was wrong with what it held."""
    again = tr("Nothing is linked yet; to try again, type the code anew.")
    return paragraph([sentence(error, cluster), again])


def link_cancelled_message(page: LinkPage, label: str) -> Message:
    """Say that nothing was linked."""
    return say(
        tr(
            "Cancelled: *{username}* on *{cluster}* is not linked to you, and the "
            "token is erased. If it was not you who filled in the page, somebody else had its address: open "
            "only pages that you asked for yourself, and pass none on.",
            username=escape(page.username),
            cluster=escape(label),
        )
    )


def _offer(page: LinkPage, now: datetime) -> str:
    return tr(
        "Link a cluster on a page of your own: it works once, within the next {left}, and for you alone.",
        left=age(page.expires_at - now),
    )


def _page_print() -> ContextBlock:
    return small_print(
        tr(
            "Do not pass its address on. Your token goes to the page and to the cluster, never through Slack; at "
            "the end the page shows a code, and you type that into Slack."
        )
    )


def _page_button(url: str) -> Button:
    return Button(text=tr("Open the link page"), action_id=LINK_PAGE, url=url, style="primary")
