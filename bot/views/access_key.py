"""The form that links a cluster by an access key of the platform."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from slackblocks import Button

from bot.domain.clusters import Cluster
from bot.domain.errors import FieldWrong, RegionClosed, UnknownCluster, WalltimeError
from bot.domain.tokens import MAX_USERNAME_LENGTH
from bot.views.errors import sentence
from bot.views.kit import LINK_BY_KEY, LINK_BY_TOKEN, View
from bot.views.language import paragraph, tr
from bot.views.link_frame import CLUSTER, USERNAME, cluster_input, link_frame, text_input

ACCESS_KEY: Final = "access_key"
SECRET_KEY: Final = "secret_key"  # noqa: S105 (a field's name)
# A cluster has no colon in its name.
_REGIONS_OF: Final = "regions:"
_FIELDS: Final = frozenset({CLUSTER, USERNAME, ACCESS_KEY, SECRET_KEY})


def access_key_form(
    clusters: Sequence[Cluster],
    *,
    chosen: str | None = None,
    login: str = "",
    trouble: str | None = None,
    with_regions: bool = False,
) -> View:
    """Draw the form, with the clusters that allow it. A key is never filled in.

    `with_regions` offers to look at what the key opens, beside what is known already.
    """
    labels = {cluster.name: cluster.label for cluster in clusters if cluster.allow_access_keys}
    if with_regions:
        labels = _platforms(clusters) | labels
    return link_frame(
        LINK_BY_KEY,
        intro=tr(
            "With an access key I sign in for you whenever a token runs out: the link lives on until you "
            "unlink or delete the key on the platform. The secret key is kept encrypted and shown to nobody."
        ),
        trouble=trouble,
        inputs=[
            cluster_input(labels, chosen),
            text_input(
                USERNAME,
                tr("Login name on the platform"),
                value=login,
                hint=tr("The name you sign in with; it may differ from your username on the cluster."),
                most=MAX_USERNAME_LENGTH,
            ),
            text_input(ACCESS_KEY, tr("Access key")),
            text_input(
                SECRET_KEY,
                tr("Secret key"),
                hint=tr("Both stand in the file that you download under personal center, Access Control."),
            ),
        ],
        instead=Button(text=tr("Use a token instead"), action_id=LINK_BY_TOKEN),
        print_=tr(
            "Slack has no hidden fields: the keys stand on your screen until you press Link. "
            "Never type them in a command or a message."
        ),
    )


def platform_of(choice: str) -> str | None:
    """Return the cluster by whose platform the regions are wanted; None if a cluster itself was chosen."""
    return choice.removeprefix(_REGIONS_OF) if choice.startswith(_REGIONS_OF) else None


def _platforms(clusters: Sequence[Cluster]) -> dict[str, str]:
    """Offer to look at the regions of each platform."""
    by_url = {c.sign_in_url: c for c in reversed(clusters) if c.allow_access_keys and not c.is_found}
    if len(by_url) == 1:
        return {f"{_REGIONS_OF}{c.name}": tr("Show me what my key opens") for c in by_url.values()}
    return {
        f"{_REGIONS_OF}{c.name}": tr("Show me what my key opens on {host}", host=urlsplit(url).netloc)
        for url, c in reversed(by_url.items())
    }


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
