"""Linking by a one-time page, as Slack shows it: the way to the page, the question, the form for the code."""

from datetime import datetime
from typing import Final

from slackblocks import Button, InputBlock, ModalView, PlainTextInput, SectionBlock

from bot.domain.link_pages import CODE_LENGTH, LinkPage
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

CODE: Final = "code"
_TITLE: Final = "Link a cluster"
_LONGEST_CODE: Final = 4 * CODE_LENGTH  # as people may space it
_SMALL_PRINT: Final = (
    "Do not pass its address on. Your token goes to the page and to the cluster, never through Slack; at "
    "the end the page shows a code, and you type that into Slack."
)


def link_offer_message(page: LinkPage, url: str, *, now: datetime) -> Message:
    """Draw the button that opens the page."""
    return say(_offer(page, now), buttons(_page_button(url)), small_print(_SMALL_PRINT))


def link_offer_view(page: LinkPage, url: str, *, now: datetime) -> View:
    """Draw the same over the Home tab, where no message would be seen."""
    return draw(
        ModalView(
            title=_TITLE,
            close="Close",
            blocks=[SectionBlock(_offer(page, now)), buttons(_page_button(url)), small_print(_SMALL_PRINT)],
        )
    )


def link_question(page: LinkPage, label: str) -> Message:
    """Ask the person whom the page was made for."""
    asked = (
        f"You, or somebody with your link page, asked to link *{escape(page.username)}* on "
        f"*{escape(label)}* to you. Was that you? Press Confirm and type the code that the page "
        "shows. If it was not, press Cancel: nothing is linked yet."
    )
    return say(
        asked,
        buttons(
            Button(text="Confirm", action_id=LINK_CONFIRM, value=page.page_id, style="primary"),
            Button(text="Cancel", action_id=LINK_CANCEL, value=page.page_id),
        ),
    )


def link_code_form(page: LinkPage, label: str, *, metadata: str, trouble: str | None = None) -> View:
    """Draw the form for the code; `trouble` says above it why the last try did not work."""
    intro = (
        f"The page shows a code of {CODE_LENGTH} letters and digits to whoever entered the token of "
        f"*{escape(page.username)}* on *{escape(label)}*. Type only a code that you see on your own "
        "screen: a code that somebody sends you would link you to their account."
    )
    return draw(
        ModalView(
            title=_TITLE,
            submit="Confirm",
            close="Back",
            callback_id=LINK_CONFIRM,
            private_metadata=metadata,
            blocks=[
                SectionBlock(f":warning: {escape(trouble)}" if trouble else intro),
                InputBlock(
                    "Code on the page",
                    PlainTextInput(action_id=CODE, max_length=_LONGEST_CODE, focus_on_load=True),
                    block_id=CODE,
                ),
            ],
        )
    )


def link_cancelled_message(page: LinkPage, label: str) -> Message:
    """Say that nothing was linked."""
    return say(
        f"Cancelled: *{escape(page.username)}* on *{escape(label)}* is not linked to you, and the "
        "token is erased. If it was not you who filled in the page, somebody else had its address: open "
        "only pages that you asked for yourself, and pass none on."
    )


def _offer(page: LinkPage, now: datetime) -> str:
    return (
        "Link a cluster on a page of your own: it works once, within the next "
        f"{age(page.expires_at - now)}, and for you alone."
    )


def _page_button(url: str) -> Button:
    return Button(text="Open the link page", action_id=LINK_PAGE, url=url, style="primary")
