"""The one clock of a replay, shared by two processes: it runs as fast as a real one, and leaps when told to.

A clock that ran ten thousand times as fast would turn a millisecond of work into ten seconds, and the bot's
leases and time-outs into nonsense. So time leaps only over hours in which nothing is under way.
"""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

_FORM: Final = struct.Struct("d")
_AHEAD: Final = 0
_NOT_PAST: Final = 8
_BYTES: Final = 16


class LeapingClock:
    """Real time plus what was leapt over; both numbers stand in a file that each process maps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES)

    @classmethod
    def starting_at(cls, path: Path, moment: datetime) -> Self:
        """Make the file; nobody may leap until `not_past` is moved on."""
        path.write_bytes(bytes(_BYTES))
        clock = cls(path)
        clock._leap(moment)
        clock.not_past = moment
        return clock

    def __call__(self) -> datetime:
        """Tell the time."""
        return datetime.now(UTC) + timedelta(seconds=self._read(_AHEAD))

    @property
    def not_past(self) -> datetime:
        """No leap goes further than this: something happens then."""
        return datetime.fromtimestamp(self._read(_NOT_PAST), tz=UTC)

    @not_past.setter
    def not_past(self, moment: datetime) -> None:
        _FORM.pack_into(self._map, _NOT_PAST, moment.timestamp())

    def leap_to(self, moment: datetime) -> None:
        """Leap forward, never back."""
        if moment > self():
            self._leap(moment)

    def _leap(self, moment: datetime) -> None:
        _FORM.pack_into(self._map, _AHEAD, (moment - datetime.now(UTC)).total_seconds())

    def _read(self, offset: int) -> float:
        (value,) = _FORM.unpack_from(self._map, offset)
        return float(value)
