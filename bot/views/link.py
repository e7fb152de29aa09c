"""The link form, what it says while the cluster is asked, and when it is done."""

from collections.abc import Sequence
from typing import Final

from slackblocks import ModalView, SectionBlock

from bot.domain.clusters import Cluster
from bot.domain.errors import FieldWrong, UnknownCluster, UsernameUnknown, WalltimeError
from bot.domain.people import Link
from bot.domain.tokens import MAX_USERNAME_LENGTH
from bot.domain.usage import Reading
from bot.views.errors import sentence, where_tokens_are
from bot.views.format import escape, hours, local_moment
from bot.views.kit import Message, View, buttons, by_key_button, draw, link_button, say
from bot.views.language import paragraph, tr
from bot.views.link_frame import CLUSTER, USERNAME, cluster_input, link_frame, text_input

LINK: Final = "link"
TOKEN: Final = "token"  # noqa: S105 (a field's name)


def link_form(
    clusters: Sequence[Cluster], *, chosen: str | None = None, username: str = "", trouble: str | None = None
) -> View:
    """Draw the form; `trouble` says above it why the last try did not work. A token is never filled in."""
    return link_frame(
        LINK,
        intro=tr(
            "Your API token proves that the username is yours. It is kept encrypted and shown to nobody."
        ),
        trouble=trouble,
        inputs=[
            cluster_input({cluster.name: cluster.label for cluster in clusters}, chosen),
            text_input(
                USERNAME,
                tr("Username on the cluster"),
                value=username,
                hint=tr("Leave it empty to take the one that the token names."),
                most=MAX_USERNAME_LENGTH,
                optional=True,
            ),
            text_input(TOKEN, tr("API token"), hint=where_tokens_are(), placeholder="eyJ…"),
        ],
        instead=by_key_button(chosen) if any(c.allow_access_keys for c in clusters) else None,
        print_=tr(
            "Slack has no hidden fields: the token stands on your screen until you press Link. "
            "Never type it in a command or a message."
        ),
    )


def form_button_message(chosen: str | None) -> Message:
    """Offer the form where Slack lets nothing open by itself: after a message."""
    said = tr("Link a cluster with its API token; the form opens with the button.")
    return say(said, buttons(link_button(chosen)))


def form_late_message(chosen: str | None) -> Message:
    """Say that Slack did not open the form, with the button to try again."""
    said = tr("The form did not open in time. Please press the button.")
    return say(said, buttons(link_button(chosen)))


def asking_view(cluster: Cluster) -> View:
    """Draw what stands while a slow cluster is asked."""
    return notice_view(
        tr(
            "Asking {cluster} whether the token fits…\nYou may close this; I will tell you how it ended.",
            cluster=escape(cluster.label),
        )
    )


def asking_failed_view() -> View:
    """Draw that a stop of the bot came in between."""
    return notice_view(f":warning: {restarting_sentence()}")


def restarting_sentence() -> str:
    """Say that a stop of the bot came in between."""
    return tr(
        "I am being restarted and could not finish this link. Nothing was stored; please try again in a minute."
    )


def linked_view(link: Link, reading: Reading, cluster: Cluster) -> View:
    """Draw success: the number proves the link."""
    return notice_view(f":white_check_mark: {linked_sentence(link, reading, cluster)}")


def linked_sentence(link: Link, reading: Reading, cluster: Cluster) -> str:
    """Say who is linked to what, with the first number."""
    return tr(
        "You are linked as *{username}* on *{cluster}*: {used} core-hours used as of {when}.",
        username=escape(link.username),
        cluster=escape(cluster.label),
        used=hours(reading.core_hours),
        when=local_moment(reading.confirmed_at, cluster),
    )


def token_again_sentence(error: WalltimeError, cluster: Cluster) -> str:
    """Say above the form what was wrong with what it held."""
    again = tr("Nothing was stored; to try again, paste the token anew.")
    return paragraph([sentence(error, cluster), again])


def field_errors(error: WalltimeError, cluster: Cluster | None) -> dict[str, str]:
    """Say an error at the field that the person can change."""
    match error:
        case FieldWrong():
            field = error.field
        case UnknownCluster():
            field = CLUSTER
        case UsernameUnknown():
            field = USERNAME
        case _:
            field = TOKEN
    return {field: sentence(error, cluster)}


def notice_view(text: str) -> View:
    """Draw a form that has nothing left to fill in."""
    return draw(
        ModalView(
            title=tr("Link a cluster"), close=tr("Close"), callback_id=LINK, blocks=[SectionBlock(text)]
        )
    )
