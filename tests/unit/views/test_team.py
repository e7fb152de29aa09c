"""`team` drawn: Slack takes it at every size and with every name, and nobody is pinged or turned around."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.answers import TeammateUsage
from bot.domain.audience import Consent
from bot.domain.limits import Limit, Scope, ScopeKind, place_of
from bot.domain.measuring import Series
from bot.domain.periods import MONTH, Period
from bot.domain.standing import Audience
from bot.domain.team_usage import OwedTable, Teammate, TeamTable, TeamUsage, team_table
from bot.playground.slack.check import LONGEST_BLOCKS, faults_of_message, text_of_blocks
from bot.views.audience import readers_words
from bot.views.kit import Message
from bot.views.names import said_name, shown_name
from bot.views.team import ask_again_sentence, join_question, read_join, withheld_alert_message
from bot.views.team_table import (
    TeamPage,
    posted_message,
    posted_page_message,
    read_page,
    team_message,
    team_messages,
)
from bot.views.usage import teammate_message
from tests.unit.kit import ALICE, NOW, east, reading, table, usage

COMMAND = "/walltime"
PLAIN = Audience(is_private=True, is_shared_outside=False, members=12)
SHARED = Audience(
    is_private=False,
    is_shared_outside=True,
    members=12,
    guests=2,
    organisations={"T9": "<!channel> & Sons", "T8": "Orga"},
)
NASTY = (
    "<!channel>",
    "<@U0BOB>",
    "Q & A <https://x|y>",
    "🧑‍🔬🔥 :tada:",
    "محمد علي",
    "a\u202eevil\u2066",
    "line\nbreak\tand\u0000nul",
    "M" * 80,
    "",
)
SIZES = (0, 1, 2, 60, pytest.param(500, marks=pytest.mark.slow))


def limit(core_hours: float = 20_000.0, period: Period = MONTH) -> Limit:
    scope = Scope(kind=ScopeKind.TEAM, channel="C1")
    return Limit(
        limit_id="L1",
        workspace="T1",
        cluster="east",
        scope=scope,
        core_hours=core_hours,
        period=period,
        thresholds=(80,),
        set_by=ALICE,
        set_at=NOW,
        tells=place_of(scope),
    )


def team(
    size: int, *, huge: bool = False, nasty: bool = False, limited: bool = True, label: str = "East"
) -> TeamUsage:
    """A team of whom every ninth has no data and every tenth no link."""
    users = [f"U{n}" for n in range(size)]
    linked = [user for n, user in enumerate(users) if n % 10 != 9]
    scale = 1e300 if huge else 1.0
    mates = [
        Teammate(
            user=user,
            username=NASTY[n % len(NASTY)] * 2 if nasty else f"user{n}",
            series=Series(
                readings=()
                if n % 9 == 8
                else (
                    reading(0, NOW - timedelta(days=60 if n % 2 else 5)),
                    reading((n + 1) * scale, NOW - timedelta(days=n % 4)),
                ),
                planned_gap=timedelta(minutes=10),
            ),
        )
        for n, user in enumerate(linked)
    ]
    made = team_table(
        mates,
        (limit(),) if limited else (),
        east(label=label),
        poll_interval=timedelta(minutes=10),
        now=NOW,
    )
    names = {user: NASTY[n % len(NASTY)] if nasty else f"Person {n}" for n, user in enumerate(users)}
    return TeamUsage(
        channel="C1",
        audience=PLAIN,
        people=size,
        lapsed=0,
        tables=(made,) if linked else (),
        unlinked=tuple(user for user in users if user not in linked),
        names=names,
    )


def guarded(size: int) -> TeamUsage:
    full = team(size)
    tables = tuple(replace(one, rows=()) for one in full.tables)
    return replace(full, audience=SHARED, lapsed=max(1, size // 2), tables=tables, unlinked=(), names={})


def posted_messages(shown: TeamUsage, cluster: str, *, by: str) -> list[Message]:
    """Draw what is posted: the first page, and those of its thread."""
    owed = OwedTable(cluster=cluster, asked_by="U0POSTER")
    named = replace(shown, names={**shown.names, "U0POSTER": by})
    pages = named.table_on(cluster).pages
    return [
        posted_message(named, owed, command=COMMAND),
        *(posted_page_message(named, page) for page in pages[1:]),
    ]


def every_message(shown: TeamUsage) -> list[Message]:
    found = [*team_messages(shown, command=COMMAND)]
    for one in shown.tables:
        pages = range(len(one.pages))
        found += [
            team_message(shown, TeamPage(cluster=one.cluster.name, number=n), command=COMMAND) for n in pages
        ]
        found += posted_messages(shown, one.cluster.name, by=NASTY[0])
    return found


def check(message: Message) -> str:
    """Slack takes it, it pings nobody, no name is markup; return all that it says."""
    drawn = message.to_slack()
    assert faults_of_message(drawn) == []
    assert text_of_blocks(drawn["blocks"]) <= LONGEST_BLOCKS
    assert len(drawn["text"]) <= 4000
    said = json.dumps(drawn, ensure_ascii=False)
    marked = [block for block in drawn["blocks"] if block["type"] in {"section", "context"}]
    for text in (drawn["text"], *(_mrkdwn(block) for block in marked)):
        assert "<!channel>" not in text
        assert "<!here>" not in text
        assert "<@" not in text
        assert "<https:" not in text
    return said


def _mrkdwn(block: dict[str, object]) -> str:
    """Everything in a block that Slack reads as markup."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if value.get("type") == "mrkdwn":
                found.append(str(value["text"]))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(block)
    return "\n".join(found)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("nasty", [False, True], ids=["plain", "nasty"])
@pytest.mark.parametrize("huge", [False, True], ids=["usual", "huge"])
@pytest.mark.parametrize("limited", [False, True], ids=["no-limit", "limit"])
def test_slack_takes_every_page_of_every_team(size: int, *, nasty: bool, huge: bool, limited: bool) -> None:
    label = "<!here> & co" if nasty else "East"
    for message in every_message(team(size, huge=huge, nasty=nasty, limited=limited, label=label)):
        check(message)


@pytest.mark.parametrize("size", SIZES[1:])
def test_slack_takes_every_sum(size: int) -> None:
    for message in every_message(guarded(size)):
        said = check(message)
        assert "Numbers of single people are not shown" in said
        assert "&lt;!channel&gt; &amp; Sons" in said


@pytest.mark.parametrize("size", SIZES)
def test_everybody_is_named_once_over_all_pages(size: int) -> None:
    shown = team(size)
    for pages in ([*posted_messages(shown, "east", by="Alice")] if shown.tables else [],):
        said = " ".join(check(page) for page in pages)
        rows = [
            block["rows"][1:-1] for page in pages for block in page.to_slack()["blocks"] if "rows" in block
        ]
        cells = [row[0]["text"] for page in rows for row in page]
        assert len(cells) == len(set(cells)) == size - len(shown.unlinked)
        assert all(f"Person {user[1:]}" in said for user in shown.unlinked[:40])
        if len(shown.unlinked) > 40:
            assert "and 10 more" in said


def test_the_text_alone_tells_the_whole_fact() -> None:
    text = team_messages(team(3), command=COMMAND)[0].text
    assert text.startswith("Team of <#C1> on East, in November 2026: ")
    assert "core-hours used together, 0 % of the team's limit of 20,000.00" in text
    assert "Person 2 (user2) 3.00 (0 %)" in text
    assert "some of it counted only since" in text
    assert "As of 22 Nov 2026, 20:00 (Asia/Shanghai)." in text


def test_without_data_is_said_and_not_zero() -> None:
    shown = team(12)
    text = team_messages(shown, command=COMMAND)[0].text
    assert "1 person has no data for this period." in text
    assert "Person 8 (user8) no data" in text
    assert "On the team without a link to any cluster: Person 9." in text


def test_each_cluster_has_its_own_message_and_who_is_nowhere_is_named_once() -> None:
    east_only = team(60)
    west = replace(east_only.tables[0], cluster=east(name="west", label="West"))
    both = replace(east_only, tables=(*east_only.tables, west))
    first, second = team_messages(both, command=COMMAND)
    assert "on East, in November 2026" in check(first)
    assert "on West, in November 2026" in check(second)
    assert "without a link" in first.text
    assert "without a link" not in second.text
    assert posted_messages(both, "west", by="Alice")[0].text.startswith("Team of <#C1> on West")


def test_pages_are_turned_within_their_ends() -> None:
    shown = team(500)

    def turns(number: int) -> list[tuple[str, str]]:
        drawn = team_message(shown, TeamPage(cluster="east", number=number), command=COMMAND).to_slack()
        return [(one["action_id"], one.get("value")) for one in drawn["blocks"][-1]["elements"]]

    post = ("team.post", "east")
    assert turns(0) == [post, ("team.next", "east 1")]
    assert turns(3) == [post, ("team.previous", "east 2"), ("team.next", "east 4")]
    assert turns(6) == turns(99) == [post, ("team.previous", "east 5")]
    assert read_page("east 3") == TeamPage(cluster="east", number=3)
    assert read_page("gone x") == TeamPage(cluster="gone", number=0)
    assert "on East" in team_message(shown, TeamPage(cluster="gone"), command=COMMAND).text


def test_what_is_posted_says_who_posted_it_and_has_no_buttons() -> None:
    first, *_ = posted_messages(team(60), "east", by="Alice")
    assert first.text.endswith("Posted by Alice.")
    assert "posted by Alice" in check(first)
    assert all(block["type"] != "actions" for block in first.to_slack()["blocks"])


def changed(before: float | None, now: float) -> TeamTable:
    return replace(team(1).tables[0], core_hours=now, before=before)


@table(
    "before now says",
    {
        "more": (100.0, 112.0, "+12 % against the same time of the period before (100.00)"),
        "less": (100.0, 50.0, "-50 % against"),
        "the same": (100.0, 100.0, "0 % against"),
        "from nothing": (0.0, 5.0, "new against"),
        "from almost nothing": (1e-9, 5.0, "+5e+11 % against"),
    },
)
def test_a_change_is_said_in_percent(before: float, now: float, says: str) -> None:
    shown = replace(team(1), tables=(changed(before, now),))
    assert says in team_messages(shown, command=COMMAND)[0].text


def test_what_is_not_known_of_the_period_before_is_not_said() -> None:
    shown = replace(team(1), tables=(changed(None, 5.0),))
    assert "against" not in team_messages(shown, command=COMMAND)[0].text


def test_a_sum_of_one_is_not_told() -> None:
    shown = guarded(1)
    hidden = replace(shown, tables=(replace(shown.tables[0], core_hours=None, before=None),))
    said = check(team_messages(hidden, command=COMMAND)[0])
    assert "it would tell on a single person" in said


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_text_and_turns_nothing_around_it(name: str) -> None:
    shown = shown_name(name)
    assert len(shown) <= 42
    assert not any(letter in shown for letter in "\u202a\u202b\u202d\u202e\u2066\n\t\x00")
    assert shown.count("\u2068") == shown.count("\u2069") == ("م" in name)
    assert "<" not in said_name(name)


def test_emoji_made_of_several_stay_whole() -> None:
    assert shown_name("🧑‍🔬") == "🧑‍🔬"


@table(
    "audience says",
    {
        "private": (PLAIN, ("its 12 members (the channel is private)",)),
        "one alone": (replace(PLAIN, members=1), ("its 1 member (",)),
        "not counted": (replace(PLAIN, members=None), ("its members (the channel is private)",)),
        "public": (replace(PLAIN, is_private=False), ("everybody in this workspace, its 12 members first",)),
        "with a guest": (replace(PLAIN, guests=1), ("among them 1 guest",)),
        "perhaps with guests": (replace(PLAIN, guests=None), ("perhaps guests",)),
        "shared": (
            SHARED,
            ("2 guests and people of 2 other organisations (&lt;!channel&gt; &amp; Sons, Orga)",),
        ),
        "shared with somebody": (
            replace(PLAIN, is_shared_outside=True),
            ("people of other organisations",),
        ),
        "shared with many": (
            replace(SHARED, organisations={f"T{n}": f"Org {n:02}" for n in range(99)}),
            ("people of 99 other organisations (Org 00, ", "and 89 more)"),
        ),
    },
)
def test_who_reads_a_channel_is_said_exactly(audience: Audience, says: tuple[str, ...]) -> None:
    for part in says:
        assert part in readers_words(audience)
    check(join_question("C1", audience))
    check(join_question("C1", audience, again=True))


def test_the_button_to_join_knows_who_was_shown() -> None:
    drawn = join_question("C1", SHARED).to_slack()
    assert read_join(drawn["blocks"][1]["elements"][0]["value"]) == ("C1", Consent.to(SHARED).digest)


def test_who_is_asked_again_hears_who_reads_now_and_what_to_do() -> None:
    said = ask_again_sentence("C1", SHARED)
    assert "before it could be read by everybody in this workspace and 2 guests and people of 2" in said
    assert "type “join”" in said
    assert "type “leave”" in said


def test_an_alert_that_must_not_name_anybody_says_why() -> None:
    said = check(withheld_alert_message(SHARED))
    assert "crossed by one person of its team" in said
    assert "2 guests" in said


def test_a_teammate_is_shown_without_buttons() -> None:
    shown = TeammateUsage(name=NASTY[0], links=tuple(usage(n) for n in range(20)))
    said = check(teammate_message(shown, "C1", now=NOW))
    assert "&lt;!channel&gt; shares with <#C1>" in said
    assert "usage.refresh" not in said
    assert "5 more are linked" in said
