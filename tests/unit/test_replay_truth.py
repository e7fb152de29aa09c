"""The replay's count finds what is missing, repeated or untrue: it is the measure of the alerts."""

from datetime import UTC, datetime, timedelta

from benchmarks.replay_truth import Count, Watched, compare
from benchmarks.trace import Counter, Trace
from bot.domain.limits import Limit, Scope, ScopeKind, place_of
from bot.domain.people import Person
from bot.domain.periods import WEEK
from bot.playground.slack import Channel, Message

START = datetime(1993, 10, 4, 7, tzinfo=UTC)  # a Monday's midnight in California
HOUR = timedelta(hours=1)
ME = Scope(kind=ScopeKind.ME, user="U1")
LIMIT = Limit(
    limit_id="l1",
    workspace="T1",
    cluster="ipsc",
    scope=ME,
    core_hours=10,
    period=WEEK,
    thresholds=(50, 80),
    set_by=Person(workspace="T1", user="U1"),
    set_at=START,
    tells=place_of(ME),
)
# A core-hour an hour for nine hours: 50 % after five, 80 % after eight.
COUNTER = Counter(user="1", times=[0.0, 9 * 3600.0], values=[0.0, 9.0])
TRACE = Trace(start=START, seconds=24 * 3600, counters=(COUNTER,))
USE = "<@U1> has used 9.00 of 10.00 core-hours (90 %) on iPSC in the week of 4 Oct 1993."


def message(after: timedelta, text: str, *notice_ids: str, edited: bool = False) -> Message:
    at = (START + after).timestamp()
    payload = {"notice_id": ",".join(notice_ids)}
    return Message(
        ts=f"{at:.6f}",
        channel="D1",
        user="U0BOT",
        text=text,
        change=1,
        edited=edited,
        metadata={"event_type": "walltime_notice", "event_payload": payload},
    )


def root(after: timedelta, percent: int, notice_id: str, *, edited: bool = False) -> Message:
    text = f"{USE} The {percent} % threshold is crossed: the alert is firing."
    return message(after, text, notice_id, edited=edited)


def reply(after: timedelta, percent: int, notice_id: str) -> Message:
    return message(after, f"{percent} % of the limit is crossed. {USE}", notice_id)


def count(*messages: Message) -> Count:
    watched = Watched(limit=LIMIT, place="D1", who="<@U1>", counter=COUNTER, usernames=("user1",))
    dm = Channel(id="D1", name="dm", created=0, versions=list(messages))
    answered = {"user1": [START + hour * HOUR for hour in (2, 6, 10)]}
    return compare([watched], TRACE, [dm], answered)


def test_each_crossing_told_once_is_all_well() -> None:
    found = count(root(6 * HOUR, 50, "a"), reply(10 * HOUR, 80, "b"), root(10 * HOUR, 80, "a", edited=True))
    assert (found.crossings, found.told, found.messages) == (2, 2, 2)
    assert (found.missed, found.twice, found.false, found.repeated_notices) == ([], [], [], [])
    assert found.delays == [0.0, 0.0]


def test_a_higher_threshold_tells_the_lower_ones_too() -> None:
    found = count(root(10 * HOUR, 80, "a"))
    assert (found.told, found.missed, found.delays) == (2, [], [4 * 3600.0, 0.0])


def test_a_crossing_that_nobody_told_is_missed() -> None:
    found = count(root(6 * HOUR, 50, "a"))
    assert [one.threshold.percent for one in found.missed] == [80]


def test_the_same_words_in_two_messages_are_told_twice() -> None:
    found = count(root(10 * HOUR, 80, "a"), reply(11 * HOUR, 80, "b"))
    assert ([one.percent for one in found.twice], found.repeated_notices) == ([80], [])


def test_one_notice_in_two_messages_is_told_twice_whatever_it_says() -> None:
    found = count(
        root(10 * HOUR, 80, "a"),
        message(11 * HOUR, f"Reminder 1 of 3. {USE}", "b"),
        message(12 * HOUR, f"Reminder 1 of 3. {USE}", "b", "c"),
    )
    assert (found.twice, found.repeated_notices) == ([], ["b"])


def test_a_message_before_its_crossing_or_without_one_is_false() -> None:
    found = count(root(4 * HOUR, 50, "a"), reply(10 * HOUR, 100, "b"))
    assert [one.threshold.percent for one in found.false] == [50, 100]
