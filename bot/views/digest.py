"""A digest: one message with the first of its tables, the others in its thread.

People are named as plain text: a message that comes every day pings nobody.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from slackblocks import Block, ColumnSettings, HeaderBlock, RawText, SectionBlock, TableBlock, Text, TextType

from bot.domain.digests import Digest, DigestTable
from bot.domain.people import LEFT
from bot.domain.table_pages import TablePage
from bot.domain.team_usage import TeamRow
from bot.views.alert_words import period_words
from bot.views.digest_lines import care_lines, change_lines, near_line
from bot.views.format import clock, escape, local_moment, moment, weekday_and_day
from bot.views.kit import Message, buttons, small_print
from bot.views.language import ntr, someone_who_left, tr
from bot.views.names import said_name
from bot.views.standup import next_words, open_button, schedule_words
from bot.views.team_table import (
    lapsed_words,
    number_words,
    share_of_whole,
    shown_hours,
    sum_words,
    unlinked_words,
    who,
)

# Lines of a section, which takes 3,000 characters; and lines and people of a notification, 4,000 in all.
_MOST_LINES: Final = 8
_MOST_LINES_SAID: Final = 4
_MOST_SAID: Final = 10
_MOST_CLUSTERS: Final = 10
_BARS: Final = "▁▂▃▄▅▆▇█"


def digest_message(digest: Digest, *, now: datetime, command: str) -> Message:
    """Draw a digest: its table, what changed, what is near, what needs care, and who answers for it."""
    sums = [_sums(digest, one) for one in digest.tables[:_MOST_CLUSTERS]]
    parts = [
        (tr("Since the last digest"), change_lines(digest)),
        (tr("Limits near"), [near_line(digest, one) for one in digest.near]),
        (tr("Links that need care"), care_lines(digest)),
    ]
    parts = [(title, lines) for title, lines in parts if lines]
    blocks: list[Block] = [HeaderBlock(_title(digest))]
    if digest.skipped:
        blocks.append(SectionBlock(_skipped(digest)))
    blocks.append(
        SectionBlock("\n".join([f"*{label}*: {said}" for label, said in sums] or [_empty(digest, command)]))
    )
    blocks += _table(digest, digest.pages[0]) if digest.pages else []
    blocks += [
        SectionBlock("\n".join([f"*{title}*", *(f"• {line}" for line in _some(lines, _MOST_LINES))]))
        for title, lines in parts
    ]
    if digest.lapsed:
        blocks.append(SectionBlock(_lapsed(digest, command)))
    if digest.unlinked:
        blocks.append(SectionBlock(Text(unlinked_words(digest.unlinked, digest.names), TextType.PLAINTEXT)))
    blocks += [small_print(line) for one in digest.tables[:_MOST_CLUSTERS] for line in _week(one)]
    blocks.append(small_print(" · ".join(_footer(digest, now))))
    blocks.append(buttons(open_button(tr("Change"))))
    said = [f"{_title(digest)}."]
    said += [_skipped(digest)] if digest.skipped else []
    said += [f"{label}: {words}" for label, words in sums] or [_empty(digest, command)]
    said += [_people(digest, digest.pages[0])] if digest.pages else []
    said += [f"{title}: {'; '.join(_some(lines, _MOST_LINES_SAID))}." for title, lines in parts]
    said += [_lapsed(digest, command)] if digest.lapsed else []
    said += [escape(unlinked_words(digest.unlinked, digest.names))] if digest.unlinked else []
    said.append(f"{'; '.join(_footer(digest, now, spoken=True))}.")
    return Message(text=" ".join(part for part in said if part), blocks=tuple(blocks))


def digest_page_message(digest: Digest, page: TablePage) -> Message:
    """Draw a further table, for the thread."""
    one = digest.table_of(page)
    label = escape(one.table.cluster.label) if one is not None else escape(page.cluster)
    title = tr("More of the digest: {cluster}", cluster=label)
    return Message(
        text=f"{title}. {_people(digest, page)}", blocks=(SectionBlock(f"*{title}*"), *_table(digest, page))
    )


def digest_preview_message(digest: Digest, *, now: datetime, command: str) -> Message:
    """Draw a digest for the one who wants to see it before; what would go into its thread is counted."""
    drawn = digest_message(digest, now=now, command=command)
    more = len(digest.pages) - 1
    note = tr("A preview: only you see it.")
    if more > 0:
        note += " " + ntr(
            "{count} more table goes into its thread.", "{count} more tables go into its thread.", more
        )
    return Message(text=f"{note} {drawn.text}", blocks=(small_print(note), *drawn.blocks))


def _title(digest: Digest) -> str:
    return tr("Core-hours of the team, {day}", day=weekday_and_day(digest.day))


def _skipped(digest: Digest) -> str:
    days = [weekday_and_day(each) for each in digest.skipped]
    more = len(days) - _MOST_LINES
    named = tr(", ").join(days[-_MOST_LINES:])
    if more > 0:
        named = ntr("{count} earlier one, {named}", "{count} earlier ones, {named}", more, named=named)
    return ntr(
        "Skipped since the last digest, because I could not post it in time: {named}.",
        "Skipped since the last digest, because I could not post them in time: {named}.",
        len(days),
        named=named,
    )


def _empty(digest: Digest, command: str) -> str:
    """Say why there are no numbers."""
    if not digest.people:
        return tr(
            "Nobody is in this channel's team, so there is nothing to tell. Join it: `{command} join`.",
            command=command,
        )
    return ntr(
        "{count} person is in this channel's team and has not linked a cluster yet: `{command} link` does it.",
        "{count} people are in this channel's team, and none has linked a cluster yet: `{command} link` does it.",
        digest.people,
        command=command,
    )


def _sums(digest: Digest, one: DigestTable) -> tuple[str, str]:
    """Say a cluster's sums: since the last digest, yesterday, in the period."""
    table, days = one.table, one.days
    said = []
    if digest.since is not None and days.since_sum is not None:
        said.append(
            tr(
                "{used} core-hours since the last digest on {moment}",
                used=number_words(days.since_sum),
                moment=clock(digest.since, digest.zone),
            )
        )
    if days.yesterday_sum is not None:
        said.append(
            tr(
                "yesterday, {day}: {used}",
                day=weekday_and_day(days.yesterday.start.astimezone(table.cluster.timezone).date()),
                used=number_words(days.yesterday_sum),
            )
        )
    period = period_words(table.period, table.window, table.cluster.timezone)
    said.append(f"{period}: {sum_words(table)}")
    return escape(table.cluster.label), "; ".join(said)


def _table(digest: Digest, page: TablePage) -> list[Block]:
    """Draw some people's rows, and under them everybody's sum."""
    one = digest.table_of(page)
    rows = digest.rows_of(page)
    if one is None or not rows:
        return []
    table, days = one.table, one.days
    yesterday = weekday_and_day(days.yesterday.start.astimezone(table.cluster.timezone).date())
    of = tr("Of limit") if table.limit is not None else tr("Of sum")
    period = period_words(table.period, table.window, table.cluster.timezone)
    cells = [[tr("Person"), yesterday, period, of]]
    cells += [
        [
            who(digest.names, row),
            shown_hours(days.by_user.get(row.user)),
            _in_period(row),
            share_of_whole(table, row.core_hours),
        ]
        for row in rows
    ]
    cells.append(
        [
            ntr("{count} person together", "{count} people together", table.people),
            shown_hours(days.yesterday_sum),
            shown_hours(table.core_hours),
            share_of_whole(table, table.core_hours),
        ]
    )
    # Names wrap, so that a phone shows the numbers beside them.
    settings = [ColumnSettings(align="left", is_wrapped=True), *[ColumnSettings(align="right")] * 3]
    return [TableBlock([[RawText(cell) for cell in row] for row in cells], column_settings=settings)]


def _in_period(row: TeamRow) -> str:
    return tr("no data") if row.core_hours is None else shown_hours(row.core_hours)


def _people(digest: Digest, page: TablePage) -> str:
    """Say the rows of a table, as many as a notification takes."""
    one = digest.table_of(page)
    rows = digest.rows_of(page)
    if one is None or not rows:
        return ""
    said = [
        tr(
            "{who} {used}, yesterday {yesterday}",
            who=escape(who(digest.names, row)),
            used=_in_period(row),
            yesterday=shown_hours(one.days.by_user.get(row.user)),
        )
        for row in rows[:_MOST_SAID]
    ]
    more = len(rows) - len(said)
    rest = ntr("; and {count} more in the table", "; and {count} more in the table", more) if more else ""
    return f"{'; '.join(said)}{rest}."


def _some(lines: Sequence[str], most: int) -> list[str]:
    """Return as many as there is room for, and how many more there are."""
    more = len(lines) - most
    rest = [ntr("and {count} more", "and {count} more", more)] if more > 0 else []
    return [*lines[:most], *rest]


def _week(one: DigestTable) -> list[str]:
    """Draw the last seven days as bars; the numbers that matter stand beside them."""
    week, cluster = one.days.week, one.table.cluster
    most = max(week, default=0.0)
    if most <= 0:
        return []
    bars = "".join(_BARS[min(int(used / most * len(_BARS)), len(_BARS) - 1)] for used in week)
    return [
        tr(
            "{cluster}, the last {days} days: {bars} (from {least} to {most} core-hours a day)",
            cluster=escape(cluster.label),
            days=len(week),
            bars=bars,
            least=number_words(min(week)),
            most=number_words(most),
        )
    ]


def _footer(digest: Digest, now: datetime, *, spoken: bool = False) -> list[str]:
    """Say how fresh it is, who answers for it, and when the next one comes."""
    read = [one.table for one in digest.tables if one.table.as_of is not None]
    said = []
    if read:
        oldest = min(read, key=lambda table: table.as_of or now)
        at = oldest.as_of or now
        if spoken:
            said.append(tr("As of {moment}", moment=moment(at, oldest.cluster)))
        else:
            said.append(tr("as of {moment}", moment=local_moment(at, oldest.cluster)))
    if digest.asked_by:
        said.append(tr("asked for by {name}", name=_name(digest, digest.asked_by)))
    standup = digest.standup
    if standup is not None and standup.is_on:
        said.append(
            tr(
                "set up by {name}: {schedule}",
                name=_name(digest, standup.set_by.user),
                schedule=schedule_words(standup.schedule),
            )
        )
        said.append(tr("next {moment}", moment=next_words(standup)))
    return said


def _name(digest: Digest, user: str) -> str:
    return someone_who_left() if user == LEFT else said_name(digest.names.get(user, user))


def _lapsed(digest: Digest, command: str) -> str:
    return lapsed_words(digest.lapsed, digest.people, digest.audience, command=command)
