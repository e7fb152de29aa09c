"""The form that links a cluster by an access key of the platform."""

from collections.abc import Sequence
from typing import Final

from slackblocks import (
    Button,
    InputBlock,
    ModalView,
    Option,
    PlainTextInput,
    SectionBlock,
    StaticSelectMenu,
    TextType,
)
from slackblocks import Text as SlackText

from bot.domain.clusters import Cluster
from bot.domain.errors import FieldWrong, RegionClosed, UnknownCluster, WalltimeError
from bot.views.errors import sentence
from bot.views.format import escape
from bot.views.kit import LINK_BY_KEY, LINK_BY_TOKEN, View, buttons, draw, small_print
from bot.views.language import paragraph, tr
from bot.views.link import CLUSTER, USERNAME

ACCESS_KEY: Final = "access_key"
SECRET_KEY: Final = "secret_key"  # noqa: S105 (a field's name)
_FIELDS: Final = frozenset({CLUSTER, USERNAME, ACCESS_KEY, SECRET_KEY})


def access_key_form(
    clusters: Sequence[Cluster], *, chosen: str | None = None, login: str = "", trouble: str | None = None
) -> View:
    """Draw the form, with the clusters that allow it. A key is never filled in."""
    options = {
        c.name: Option(SlackText(c.label, TextType.PLAINTEXT), c.name)
        for c in clusters
        if c.allow_access_keys
    }
    only = next(iter(options)) if len(options) == 1 else None
    intro = tr(
        "With an access key I sign in for you whenever a token runs out: the link lives on until you unlink or "
        "delete the key on the platform. The secret key is kept encrypted and shown to nobody."
    )
    return draw(
        ModalView(
            title=tr("Link a cluster"),
            submit=tr("Link"),
            close=tr("Cancel"),
            callback_id=LINK_BY_KEY,
            blocks=[
                SectionBlock(f":warning: {escape(trouble)}" if trouble else intro),
                InputBlock(
                    tr("Cluster"),
                    StaticSelectMenu(
                        action_id=CLUSTER,
                        options=list(options.values()),
                        initial_option=options.get(chosen or "", options.get(only or "")),
                        placeholder=tr("Choose a cluster"),
                    ),
                    block_id=CLUSTER,
                ),
                InputBlock(
                    tr("Login name on the platform"),
                    PlainTextInput(action_id=USERNAME, initial_value=login or None, max_length=64),
                    block_id=USERNAME,
                    hint=tr("The name you sign in with; it may differ from your username on the cluster."),
                ),
                InputBlock(tr("Access key"), PlainTextInput(action_id=ACCESS_KEY), block_id=ACCESS_KEY),
                InputBlock(
                    tr("Secret key"),
                    PlainTextInput(action_id=SECRET_KEY),
                    block_id=SECRET_KEY,
                    hint=tr(
                        "Both stand in the file that you download under personal center, Access Control."
                    ),
                ),
                buttons(Button(text=tr("Use a token instead"), action_id=LINK_BY_TOKEN)),
                small_print(
                    tr(
                        "Slack has no hidden fields: the keys stand on your screen until you press Link. "
                        "Never type them in a command or a message."
                    )
                ),
            ],
        )
    )


def keys_again_sentence(error: WalltimeError, cluster: Cluster) -> str:
    """Say above the form what was wrong with what it held."""
    again = tr("Nothing was stored; to try again, paste the keys anew.")
    return paragraph([sentence(error, cluster), again])


def access_key_errors(error: WalltimeError, cluster: Cluster | None) -> dict[str, str]:
    """Say an error at the field that the person can change."""
    match error:
        case FieldWrong() if error.field in _FIELDS:
            field = error.field
        case UnknownCluster() | RegionClosed():
            field = CLUSTER
        case _:
            field = SECRET_KEY
    return {field: sentence(error, cluster)}
