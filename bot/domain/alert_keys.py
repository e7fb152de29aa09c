"""Which alert a button belongs to: a limit, whose use it counts, and the period it spoke of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from bot.domain.alerts import SnoozeLength
from bot.domain.errors import AlertOver

_MARK = "|"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertKey:
    """The alert of a limit and subject in the period that starts at `window_start`."""

    limit_id: str
    subject: str
    window_start: datetime

    def write(self) -> str:
        """Return it as a button's value."""
        return _MARK.join((self.limit_id, self.subject, str(int(self.window_start.timestamp()))))

    def write_snooze(self, length: SnoozeLength) -> str:
        """Return it as the value of an option of `alert.snooze`."""
        return f"{self.write()}{_MARK}{length}"

    @classmethod
    def read(cls, value: str) -> Self:
        """Read a button's value; raises AlertOver for one that we do not write (any more)."""
        try:
            limit_id, subject, start = value.split(_MARK)
            at = datetime.fromtimestamp(int(start), tz=UTC)
        except (ValueError, OverflowError, OSError):
            raise AlertOver(resolved_at=None) from None
        return cls(limit_id=limit_id, subject=subject, window_start=at)

    @classmethod
    def read_snooze(cls, value: str) -> tuple[SnoozeLength, Self]:
        """Read the value of an option of `alert.snooze`."""
        key, _, length = value.rpartition(_MARK)
        try:
            return SnoozeLength(length), cls.read(key)
        except ValueError:
            raise AlertOver(resolved_at=None) from None
