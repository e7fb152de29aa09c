"""The choice of a region, after a sign-in with an access key."""

from collections.abc import Sequence
from typing import Final

from slackblocks import SectionBlock

from bot.domain.errors import WalltimeError
from bot.domain.regions import Offer, Standing
from bot.views.errors import sentence
from bot.views.format import escape
from bot.views.kit import LINK_REGION, View
from bot.views.language import paragraph, tr
from bot.views.link import notice_view
from bot.views.link_frame import CLUSTER, cluster_input, link_frame

# Characters of names in one sentence: a section of Slack's takes four such sentences.
_MOST_NAMED: Final = 550


def regions_form(
    offers: Sequence[Offer],
    *,
    login: str,
    sign_in_id: str,
    chosen: str | None = None,
    trouble: str | None = None,
) -> View:
    """Draw what can be linked, and why the rest cannot; `sign_in_id` is no secret."""
    open_ = {offer.cluster_id: offer.label for offer in offers if offer.standing is Standing.OPEN}
    closed = [SectionBlock(text) for text in _closed(offers)]
    if not open_:
        return notice_view("\n".join([_nothing_open(login), *_closed(offers)]))
    intro = tr(
        "You are signed in as *{login}*. Choose what to link. In ten minutes the sign-in is over.",
        login=escape(login),
    )
    return link_frame(
        LINK_REGION,
        intro=intro,
        trouble=trouble,
        inputs=[cluster_input(open_, chosen), *closed],
        metadata=sign_in_id,
    )


def signed_in_sentence(offers: Sequence[Offer], *, login: str) -> str:
    """Say what a sign-in found, where the form was closed meanwhile."""
    names = _names(offers, Standing.OPEN)
    if not names:
        return paragraph([_nothing_open(login), *_closed(offers)])
    found = tr(
        "Your key opens {names}. You closed the form: open it again to choose, and paste the keys anew.",
        names=names,
    )
    return paragraph([found, *_closed(offers)])


def signing_in_view() -> View:
    """Draw what stands while a slow platform is asked."""
    return notice_view(
        tr("Asking the platform what your key opens…\nYou may close this; I will tell you how it ended.")
    )


def region_errors(error: WalltimeError) -> dict[str, str]:
    """Say an error at the one field there is."""
    return {CLUSTER: sentence(error)}


def _nothing_open(login: str) -> str:
    return tr(
        "You are signed in as *{login}*, but there is no cluster with core-hours that I could link.",
        login=escape(login),
    )


def _closed(offers: Sequence[Offer]) -> list[str]:
    """Say why the others cannot be linked, one sentence for each reason."""
    said = []
    if names := _names(offers, Standing.STOPPED):
        said.append(
            tr(
                ":no_entry: Your account is stopped on {names}: the platform gives no token for it. "
                "Top it up or ask the centre's support, then sign in again.",
                names=names,
            )
        )
    if names := _names(offers, Standing.ELSEWHERE):
        said.append(
            tr(
                ":lock: {names}: the platform tells no address there that I may call. Whoever runs this bot "
                "can allow its host.",
                names=names,
            )
        )
    if names := _names(offers, Standing.SILENT):
        said.append(
            tr(
                ":hourglass: {names}: the platform does not tell the address just now. Try again in a few "
                "minutes.",
                names=names,
            )
        )
    return said


def _names(offers: Sequence[Offer], standing: Standing) -> str:
    names = [f"*{escape(offer.label)}*" for offer in offers if offer.standing is standing]
    shown = list(names)
    while len(", ".join(shown)) > _MOST_NAMED:
        shown.pop()
    return ", ".join([*shown, *([f"+{len(names) - len(shown)}"] if len(shown) < len(names) else [])])
