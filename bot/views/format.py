"""How people read numbers and times."""

from datetime import datetime, timedelta

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal

from bot.domain.clusters import Cluster

LOCALE = "en"
_BEYOND_READING = 1e18


def hours(core_hours: float) -> str:
    """`1,234.50`; what no cluster ever counts, in powers of ten."""
    if core_hours >= _BEYOND_READING:
        return f"{core_hours:.3g}"
    return format_decimal(core_hours, format="#,##0.00", locale=LOCALE)


def moment(at: datetime, cluster: Cluster) -> str:
    """`22 Nov 2026, 17:40 (Asia/Shanghai)`: a moment in the cluster's time zone."""
    local = format_datetime(at, "d MMM yyyy, HH:mm", tzinfo=cluster.timezone, locale=LOCALE)
    return f"{local} ({cluster.timezone.key})"


def day(at: datetime, cluster: Cluster) -> str:
    """`22 Nov`: the day of a moment in the cluster's time zone."""
    return format_date(at.astimezone(cluster.timezone).date(), "d MMM", locale=LOCALE)


def local_moment(at: datetime, cluster: Cluster) -> str:
    """A moment that Slack shows in each reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{moment(at, cluster)}>"


def age(span: timedelta) -> str:
    """`3 hours`."""
    return format_timedelta(span, locale=LOCALE)


def escape(text: str) -> str:
    """Take Slack's markup out of a text that came from a person or a cluster: it pings nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
