"""How long a person may be kept waiting for a cluster."""

from dataclasses import dataclass
from datetime import timedelta

from bot.cluster.client import PATIENCE
from bot.jobs.live import BUDGET
from bot.slack.linking import FORM_PATIENCE


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterPatience:
    """A request with its further tries ends after `cluster`.

    A command shows the last reading after `answer`, a form says that it still asks after `form`.
    """

    cluster: timedelta = PATIENCE
    answer: timedelta = BUDGET
    form: timedelta = FORM_PATIENCE
