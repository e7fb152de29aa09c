"""The numbers of `history` as a CSV file: one row per person and day, everybody in it."""

import csv
import unicodedata
from io import StringIO
from typing import Final

from bot.domain.history_answers import History

COLUMNS: Final = ("date", "cluster", "username", "core_hours", "known")
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def history_csv(history: History) -> bytes:
    """Write the file, with the mark by which spreadsheets know UTF-8; an unknown day's number is empty."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in history.people:
        for use in one.days:
            used = "" if use.core_hours is None else f"{use.core_hours:.4f}"
            writer.writerow(
                (use.day.isoformat(), history.cluster.name, harmless(one.username), used, use.known.value)
            )
    return text.getvalue().encode("utf-8-sig")


def csv_name(history: History) -> str:
    """Name the file by what is in it."""
    whose = "team" if history.wish.team else "me" if history.wish.user is None else "person"
    first, last = history.days[0].day, history.days[-1].day
    return f"core-hours-{history.cluster.name}-{whose}-{first.isoformat()}-{last.isoformat()}.csv"


def harmless(text: str) -> str:
    """Make sure that no spreadsheet runs what a cluster calls somebody."""
    # NFKC: full-width signs count as theirs in some spreadsheets.
    return f"'{text}" if unicodedata.normalize("NFKC", text).startswith(_FORMULA) else text
