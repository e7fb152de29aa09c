"""How people read numbers and times."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta, get_day_names
from babel.numbers import format_decimal

from bot.domain.clusters import Cluster
from bot.views.language import spoken, tr

# From so many days in a row on it is a span.
_SPAN = 3
_BEYOND_READING = 1e18


def hours(core_hours: float) -> str:
    """`1,234.50`; what no cluster ever counts, in powers of ten."""
    if core_hours >= _BEYOND_READING:
        return f"{core_hours:.3g}"
    return _two_decimals(core_hours, spoken().locale)


@lru_cache(maxsize=10_000)
def _two_decimals(core_hours: float, locale: str) -> str:
    # A team's table shows thousands, many of them again and again; Babel takes a tenth of a millisecond.
    return format_decimal(core_hours, format="#,##0.00", locale=locale)


def moment(at: datetime, cluster: Cluster) -> str:
    """`22 Nov 2026, 17:40 (Asia/Shanghai)`: a moment in the cluster's time zone."""
    pattern = tr("d MMM yyyy, HH:mm")
    local = format_datetime(at, pattern, tzinfo=cluster.timezone, locale=spoken().locale)
    return f"{local} ({cluster.timezone.key})"


def day(at: datetime, cluster: Cluster) -> str:
    """`22 Nov`: the day of a moment in the cluster's time zone."""
    return calendar_day(at.astimezone(cluster.timezone).date())


def calendar_day(day: date) -> str:
    """`22 Nov`."""
    return format_date(day, tr("d MMM"), locale=spoken().locale)


def weekday_and_day(day: date) -> str:
    """`Sun 22 Nov`."""
    return format_date(day, tr("EEE d MMM"), locale=spoken().locale)


def local_moment(at: datetime, cluster: Cluster) -> str:
    """A moment that Slack shows in each reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{moment(at, cluster)}>"


def weekdays(days: Sequence[int]) -> str:
    """`Mon-Fri`, `Mon, Wed, Fri`: days of the week, 0 is Monday."""
    names = get_day_names("abbreviated", locale=spoken().locale)
    if len(days) >= _SPAN and days[-1] - days[0] == len(days) - 1:
        return tr("{first}-{last}", first=names[days[0]], last=names[days[-1]])
    return tr(", ").join(names[day] for day in days)


def clock(at: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov, 09:30`: a moment by the clock of a zone that is named beside it."""
    return format_datetime(at, tr("EEE d MMM, HH:mm"), tzinfo=zone, locale=spoken().locale)


def region(code: str) -> str:
    """`China`, `Germany (BY)`: a country, or a part of one, by its code."""
    country, _, part = code.partition("-")
    name = Locale.parse(spoken().locale).territories.get(country, country)
    return tr("{country} ({part})", country=name, part=part) if part else name


def age(span: timedelta) -> str:
    """`3 hours`."""
    return format_timedelta(span, locale=spoken().locale)


def escape(text: str) -> str:
    """Take Slack's markup out of a text that came from a person or a cluster: it pings nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clipped(text: str, longest: int) -> str:
    """Shorten a text to so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
