"""One line in the log when something goes down, and one when it is back."""

from collections import defaultdict
from typing import Final

import structlog

from bot.domain.errors import ClusterMisconfigured, ClusterSilent, WalltimeError

# One refused connection is no outage.
GONE_AFTER: Final = 3

log = structlog.get_logger(__name__)


class Outages:
    """Counts failures in a row, by cluster; `gone` and `back` are the two lines."""

    def __init__(self, *, gone: str, back: str) -> None:
        self._gone = gone
        self._back = back
        self._failures: defaultdict[str, int] = defaultdict(int)

    def note(self, cluster: str, error: WalltimeError | None) -> None:
        """Note how a call ended; an answer is an answer, whatever it says."""
        if isinstance(error, ClusterSilent | ClusterMisconfigured):
            self._failures[cluster] += 1
            if self._failures[cluster] == GONE_AFTER:
                log.warning(self._gone, cluster=cluster, why=str(error))
            return
        if self._failures.pop(cluster, 0) >= GONE_AFTER:
            log.info(self._back, cluster=cluster)
