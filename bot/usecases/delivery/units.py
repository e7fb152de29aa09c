"""Units: the notices of one alert and period, told together."""

from collections import defaultdict
from collections.abc import Iterable

from bot.domain.alerts import Form, Owed, Telling
from bot.ports.alerting import Alert, Notice, NoticeKind

Unit = tuple[Notice, ...]
Row = tuple[Alert, Owed]


def units_of(notices: Iterable[Notice]) -> list[Unit]:
    """Put together what is told together, all of one alert and period; in the order they came."""
    units: dict[tuple[object, ...], list[Notice]] = defaultdict(list)
    for notice in notices:
        is_alert = notice.kind is NoticeKind.ALERT and notice.owed is not None
        start = notice.owed.window.start if notice.owed is not None else None
        key = (notice.limit_id, notice.subject, start) if is_alert else (notice.notice_id,)
        units[key].append(notice)
    return [tuple(unit) for unit in units.values()]


def speaker(notices: Unit) -> Owed:
    """Return what is said of several owed: the highest crossing, else the newest."""
    owed = [notice.owed for notice in notices if notice.owed is not None]
    crossings = [each for each in owed if each.telling is Telling.CROSSED]
    return max(crossings, key=lambda each: each.threshold) if crossings else owed[-1]


def has_first(notices: Iterable[Notice]) -> bool:
    """Tell whether an alert's first message is among these."""
    return any(notice.owed is not None and notice.owed.form is Form.MESSAGE for notice in notices)


def is_edit(notice: Notice) -> bool:
    """Tell whether only an alert's message is to be brought to its newest state."""
    return notice.owed is not None and notice.owed.form is Form.EDIT


def id_in_table(notice: Notice) -> str:
    """Return the id under which a notice stands in a storm's table: it tells the table from a message."""
    return f"{notice.notice_id}~table"
