"""`team`: the table of who used how much, one message for each cluster and page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from slackblocks import Block, Button, ColumnSettings, RawText, SectionBlock, TableBlock, Text, TextType

from bot.domain.standing import Audience
from bot.domain.table_pages import TablePage
from bot.domain.team_usage import OwedTable, TeamRow, TeamTable, TeamUsage
from bot.views.alert_words import period_words
from bot.views.audience import grown_words
from bot.views.format import day, escape, hours, local_moment, moment
from bot.views.kit import Message, buttons, say, small_print
from bot.views.language import ntr, paragraph, ptr, tr
from bot.views.limits import share
from bot.views.names import said_name, shown_name

TEAM_POST: Final = "team.post"
TEAM_PREVIOUS: Final = "team.previous"
TEAM_NEXT: Final = "team.next"

_LONGEST_NUMBER: Final = 18
_LONGEST_USERNAME: Final = 20
_LONGEST_NAME: Final = 28
_MOST_SAID: Final = 20
_MOST_UNLINKED: Final = 40
_FULL: Final = 100
# From here on a percentage is written in powers of ten.
_BIG_PERCENT: Final = 1e7


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamPage:
    """Which part of the team's tables: a cluster's name, and the page from 0."""

    cluster: str
    number: int = 0

    def write(self) -> str:
        """Return it as a button's value."""
        return f"{self.cluster} {self.number}"


def read_page(value: str) -> TeamPage:
    """Read a button's value."""
    cluster, _, number = value.partition(" ")
    return TeamPage(cluster=cluster, number=int(number) if number.isdecimal() else 0)


def team_messages(team: TeamUsage, *, command: str) -> tuple[Message, ...]:
    """Draw the first page of each cluster, for the asker; one sentence if there is no table."""
    if not team.people:
        return (
            say(
                tr(
                    "Nobody has joined the team of <#{channel}> yet. Share your usage with it: `{command} join`",
                    channel=team.channel,
                    command=command,
                )
            ),
        )
    if not team.tables:
        none = ntr(
            "{count} person has joined the team of <#{channel}> and has not linked a cluster yet: "
            "`{command} link` does it.",
            "{count} people have joined the team of <#{channel}>, and none has linked a cluster yet: "
            "`{command} link` does it.",
            team.people,
            channel=team.channel,
            command=command,
        )
        return (say(none, *_unlinked_blocks(team)),)
    return tuple(
        team_message(team, TeamPage(cluster=table.cluster.name), command=command) for table in team.tables
    )


def team_message(team: TeamUsage, page: TeamPage, *, command: str) -> Message:
    """Draw one page for the asker, with the buttons; a cluster that is gone gives the first one there is."""
    table = team.table_on(page.cluster)
    pages = table.pages
    number = min(page.number, len(pages) - 1)
    row = [Button(text=tr("Post to channel"), action_id=TEAM_POST, value=table.cluster.name)]
    if number > 0:
        before = TeamPage(cluster=table.cluster.name, number=number - 1)
        row.append(Button(text=tr("Previous"), action_id=TEAM_PREVIOUS, value=before.write()))
    if number + 1 < len(pages):
        after = TeamPage(cluster=table.cluster.name, number=number + 1)
        row.append(Button(text=tr("Next"), action_id=TEAM_NEXT, value=after.write()))
    notes = _guard_blocks(team, command)
    notes += _unlinked_blocks(team) if _is_first(team, table, pages[number]) else []
    return Message(
        text=_spoken(team, table, pages[number], command),
        blocks=(
            *_page_blocks(team, table, pages[number]),
            *notes,
            small_print(_as_of(table, pages[number])),
            buttons(*row),
        ),
    )


def posted_message(team: TeamUsage, owed: OwedTable, *, command: str) -> Message:
    """Draw a cluster's table for everybody: its first page, and who posted it."""
    table = team.table_on(owed.cluster)
    first = table.pages[0]
    name = said_name(team.names.get(owed.asked_by, owed.asked_by))
    posted, posted_by = tr("posted by {name}", name=name), tr("Posted by {name}.", name=name)
    return Message(
        text=paragraph([_spoken(team, table, first, command), posted_by]),
        blocks=(
            *_page_blocks(team, table, first),
            *_guard_blocks(team, command),
            *(_unlinked_blocks(team) if _is_first(team, table, first) else ()),
            small_print(f"{_as_of(table, first)} · {posted}"),
        ),
    )


def posted_page_message(team: TeamUsage, page: TablePage) -> Message:
    """Draw a further page for the thread of what was posted."""
    table = team.table_on(page.cluster)
    rows = team.rows_of(page)
    title = tr("More of the team's table: {cluster}", cluster=escape(table.cluster.label))
    return Message(
        text=paragraph([tr("{title}.", title=title), _people_words(team, table, rows)]),
        blocks=(SectionBlock(f"*{title}*"), _table(team, table, rows)),
    )


def team_posted_message(channel: str) -> Message:
    """Answer who posts it."""
    return say(tr("The table is on its way to <#{channel}>.", channel=channel))


def _is_first(team: TeamUsage, table: TeamTable, page: TablePage) -> bool:
    """Tell whether a page is the first of all: who is on no cluster is named there."""
    return table is team.tables[0] and page == table.pages[0]


def _page_blocks(team: TeamUsage, table: TeamTable, page: TablePage) -> list[Block]:
    rows = table.rows_of(page)
    label = escape(table.cluster.label)
    blocks: list[Block] = [SectionBlock(f"*{_title(team, table, label)}*\n{sum_words(table)}")]
    if rows:
        blocks.append(_table(team, table, rows))
    return blocks


def _title(team: TeamUsage, table: TeamTable, label: str) -> str:
    return tr(
        "Team of <#{channel}> on {cluster}, {period}",
        channel=team.channel,
        cluster=label,
        period=period_words(table.period, table.window, table.cluster.timezone),
    )


def sum_words(table: TeamTable) -> str:
    """Say the sum, its share of the limit, pace and change; and that it says less than it seems."""
    if table.core_hours is None:
        return tr("The sum is not shown: it would tell on a single person.")
    if table.people == table.without_data:
        return tr("No data for this period yet.")
    if table.limit is None:
        said = [tr("{used} core-hours used together", used=number_words(table.core_hours))]
    else:
        said = [
            tr(
                "{used} core-hours used together, {share} of the team's limit of {limit}",
                used=number_words(table.core_hours),
                share=share_of_whole(table, table.core_hours),
                limit=number_words(table.limit.core_hours),
            )
        ]
    if table.pace_per_day is not None:
        said.append(tr("pace about {pace} a day", pace=number_words(table.pace_per_day)))
    if table.before is not None:
        said.append(
            tr(
                "{change} against the same time of the period before ({before})",
                change=_change(table.core_hours, table.before),
                before=number_words(table.before),
            )
        )
    if table.since is not None:
        said.append(tr("some of it counted only since {moment}", moment=moment(table.since, table.cluster)))
    facts = [tr("{facts}.", facts=tr("; ").join(said))]
    if table.without_data:
        facts.append(
            ntr(
                "{count} person has no data for this period.",
                "{count} people have no data for this period.",
                table.without_data,
            )
        )
    return paragraph(facts)


def _table(team: TeamUsage, table: TeamTable, rows: Sequence[TeamRow]) -> TableBlock:
    """Draw the rows, and the sum under them: names are plain text here, and ping nobody."""
    of = tr("Of limit") if table.limit is not None else tr("Of sum")
    cells = [[tr("Person"), tr("Used"), of, tr("A day"), ptr("against the period before", "Change")]]
    cells += [_cells(team, table, row) for row in rows]
    cells.append(
        [
            ntr("{count} person together", "{count} people together", table.people),
            shown_hours(table.core_hours),
            share_of_whole(table, table.core_hours),
            shown_hours(table.pace_per_day),
            _change(table.core_hours, table.before),
        ]
    )
    # Names wrap, so that a phone shows who used how much side by side.
    settings = [ColumnSettings(align="left", is_wrapped=True), *[ColumnSettings(align="right")] * 4]
    return TableBlock([[RawText(cell) for cell in row] for row in cells], column_settings=settings)


def _cells(team: TeamUsage, table: TeamTable, row: TeamRow) -> list[str]:
    person = who(team.names, row)
    if row.core_hours is None:
        seen = "-" if row.as_of is None else tr("last {day}", day=day(row.as_of, table.cluster))
        return [person, tr("no data"), "-", "-", seen]
    if row.since is not None:
        person = tr("{name}, since {day}", name=person, day=day(row.since, table.cluster))
    if row.is_stale and row.as_of is not None:
        person = tr("{name}, as of {day}", name=person, day=day(row.as_of, table.cluster))
    return [
        person,
        shown_hours(row.core_hours),
        share_of_whole(table, row.core_hours),
        shown_hours(row.pace_per_day),
        _change(row.core_hours, row.before),
    ]


def who(names: Mapping[str, str], row: TeamRow) -> str:
    """Name a person: what Slack calls them and, if it is another one, their username."""
    username = shown_name(row.username, most=_LONGEST_USERNAME)
    name = shown_name(names.get(row.user, row.user), most=_LONGEST_NAME)
    if name.casefold() == username.casefold():
        return username
    return f"{name} ({username})"


def shown_hours(core_hours: float | None) -> str:
    """Write core-hours for a cell; without data a dash."""
    return "-" if core_hours is None else number_words(core_hours)


def number_words(core_hours: float) -> str:
    """Write core-hours; those that fill no table's cell any more in powers of ten."""
    written = hours(core_hours)
    return written if len(written) <= _LONGEST_NUMBER else f"{core_hours:.3g}"


def share_of_whole(table: TeamTable, core_hours: float | None) -> str:
    """Write the share of the team's limit, else of the sum."""
    if core_hours is None or not table.whole:
        return "-"
    percent = core_hours / table.whole * _FULL
    return share(percent) if percent < _BIG_PERCENT else f"{percent:.2g} %"


def _change(core_hours: float | None, before: float | None) -> str:
    if core_hours is None or before is None:
        return "-"
    if before <= 0:
        return tr("new") if core_hours > 0 else "0 %"
    percent = round((core_hours / before - 1) * _FULL)
    if abs(percent) >= _BIG_PERCENT:
        return f"{percent:+.2g} %"
    return f"{percent:+,} %" if percent else "0 %"


def _as_of(table: TeamTable, page: TablePage) -> str:
    read = (
        tr("no reading yet")
        if table.as_of is None
        else tr("as of {moment}", moment=local_moment(table.as_of, table.cluster))
    )
    pages = table.pages
    if len(pages) == 1:
        return read
    return tr("page {page} of {pages} · {read}", page=pages.index(page) + 1, pages=len(pages), read=read)


def _unlinked_blocks(team: TeamUsage) -> list[Block]:
    if not team.unlinked:
        return []
    # Plain text: whatever people call themselves is no markup here.
    return [SectionBlock(Text(unlinked_words(team.unlinked, team.names), TextType.PLAINTEXT))]


def unlinked_words(unlinked: Sequence[str], called: Mapping[str, str]) -> str:
    """Name who is on the team and on no cluster, without markup."""
    names = [shown_name(called.get(user, user)) for user in unlinked]
    more = len(names) - _MOST_UNLINKED
    named = tr(", ").join(names[:_MOST_UNLINKED])
    if more > 0:
        named = ntr("{named} and {count} more", "{named} and {count} more", more, named=named)
    return tr("On the team without a link to any cluster: {named}.", named=named)


def _guard_blocks(team: TeamUsage, command: str) -> list[Block]:
    return [SectionBlock(_lapsed_words(team, command))] if team.lapsed else []


def _lapsed_words(team: TeamUsage, command: str) -> str:
    return lapsed_words(team.lapsed, team.people, team.audience, command=command)


def lapsed_words(lapsed: int, people: int, audience: Audience, *, command: str) -> str:
    """Say why single people are not named, and how they agree to it."""
    return ntr(
        "Numbers of single people are not shown: this channel can be read by {who}, and {count} of {people} on "
        "the team has not agreed to that. Who is asked agrees with `{command} join`.",
        "Numbers of single people are not shown: this channel can be read by {who}, and {count} of {people} on "
        "the team have not agreed to that. Who is asked agrees with `{command} join`.",
        lapsed,
        people=people,
        who=grown_words(audience),
        command=command,
    )


def _spoken(team: TeamUsage, table: TeamTable, page: TablePage, command: str) -> str:
    """Say a page in full for screen readers, with as many people as a notification takes."""
    title = _title(team, table, escape(table.cluster.label))
    said = [tr("{title}: {facts}", title=title, facts=sum_words(table))]
    rows = table.rows_of(page)
    if rows:
        said.append(_people_words(team, table, rows))
    if team.lapsed:
        said.append(_lapsed_words(team, command))
    if table.as_of is not None:
        said.append(tr("As of {moment}.", moment=moment(table.as_of, table.cluster)))
    if team.unlinked and _is_first(team, table, page):
        said.append(escape(unlinked_words(team.unlinked, team.names)))
    return paragraph(said)


def _people_words(team: TeamUsage, table: TeamTable, rows: Sequence[TeamRow]) -> str:
    people = [f"{escape(who(team.names, row))} {_used_words(table, row)}" for row in rows[:_MOST_SAID]]
    more = len(rows) - len(people)
    rest = ntr("; and {count} more in the table", "; and {count} more in the table", more) if more else ""
    return tr("{facts}.", facts=tr("; ").join(people) + rest)


def _used_words(table: TeamTable, row: TeamRow) -> str:
    if row.core_hours is None:
        return tr("no data")
    return f"{shown_hours(row.core_hours)} ({share_of_whole(table, row.core_hours)})"
