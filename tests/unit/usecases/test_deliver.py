"""Delivery: what stands in Slack in the end of each thing owed."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.alerts import Form, Reason, Telling, Transition
from bot.domain.health import LinkNews
from bot.domain.periods import MONTH, next_window
from bot.ports.alerting import NoticeKind
from tests.unit.domain.kit import NOON, SHANGHAI
from tests.unit.kit import table
from tests.unit.usecases.delivery_kit import BOSS, CROSSED, NOVEMBER, REMINDER, RESOLVED, World

# One notice


async def test_a_crossing_is_told_once_and_its_receipt_stands_at_the_alert(world: World) -> None:
    name = world.owe(world.alert())
    await world.seconds(5)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[name].receipt == world.alerts["L-C1", "U1"].receipt is not None
    assert world.rows[name].notice.attempted_at is not None
    assert sum(outcome.told for outcome in world.outcomes) == 1


@table(
    "telling form threshold now_told said",
    {
        "higher": (CROSSED, Form.THREAD, 90, 90, ("reply", "U1", "crossed", 90)),
        "full": (CROSSED, Form.THREAD_AND_CHANNEL, 100, 100, ("reply", "U1", "crossed", 100)),
        "fell": (RESOLVED, Form.THREAD, 80, 0, ("reply", "U1", "resolved", 80)),
        "reminder": (REMINDER, Form.THREAD, 80, 80, ("reply", "U1", "reminder", 80)),
        "forecast": (Telling.FORECAST, Form.THREAD, 100, 80, ("reply", "U1", "forecast", 100)),
    },
)
async def test_what_follows_goes_into_the_thread_and_then_the_message_is_edited(
    world: World, telling: Telling, form: Form, threshold: int, *, now_told: int, said: object
) -> None:
    first = await world.told_first()
    world.owe(world.alert("U1", now_told), telling, form, threshold)
    await world.seconds(4)
    assert world.said() == [said, ("edit", ("alert", "U1", now_told))]
    reply = world.slack[0]
    assert first.receipt is not None
    assert reply.thread == first.receipt.ts
    assert reply.broadcast == (form is Form.THREAD_AND_CHANNEL)
    assert world.alerts["L-C1", "U1"].receipt == first.receipt
    assert world.open == []


async def test_a_click_edits_without_a_word(world: World) -> None:
    await world.told_first()
    world.owe(world.alert(), Telling.CHANGED, Form.EDIT)
    world.owe(world.alert(), Telling.CHANGED, Form.EDIT)
    await world.seconds(1)
    assert world.said() == [("edit", ("alert", "U1", 80))]
    assert world.open == []


async def test_a_reply_without_a_message_waits_for_it_and_then_becomes_it(world: World) -> None:
    world.owe(world.alert(told=90), CROSSED, Form.THREAD, 90)
    await world.seconds(60)
    assert world.said() == []  # its first message may be in another process's hands
    await world.seconds(10)
    assert world.said() == [("alert", "U1", 90)]
    assert world.alerts["L-C1", "U1"].receipt is not None


async def test_if_the_message_replied_to_is_gone_a_new_one_is_posted(world: World) -> None:
    before = await world.told_first()
    world.ends = ["thread gone"]
    world.owe(world.alert(told=90), CROSSED, Form.THREAD, 90)
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 90)]
    assert world.alerts["L-C1", "U1"].receipt not in {before.receipt, None}


async def test_several_owed_of_one_alert_are_told_as_its_newest_state(world: World) -> None:
    alert = world.alert(told=100)
    names = [
        world.owe(alert, CROSSED, Form.MESSAGE, 80),
        world.owe(alert, CROSSED, Form.THREAD, 90),
        world.owe(alert, CROSSED, Form.THREAD_AND_CHANNEL, 100),
    ]
    await world.seconds(5)
    assert world.said() == [("alert", "U1", 100)]
    assert {world.rows[name].receipt for name in names} == {world.alerts["L-C1", "U1"].receipt}


async def test_a_forecast_is_said_in_the_message_it_comes_with(world: World) -> None:
    world.owe(world.alert())
    world.owe(world.alert(), Telling.FORECAST, Form.THREAD, 100)
    await world.seconds(3)
    assert world.said() == [("alert", "U1", 80)]


# What is no longer true


@table(
    "telling form threshold state why",
    {
        "fell": (CROSSED, Form.THREAD, 80, {"told": 50}, "use fell again before it could be told"),
        "higher": (CROSSED, Form.THREAD, 50, {"told": 80}, "a higher threshold is told"),
        "crossed again": (RESOLVED, Form.THREAD, 80, {"told": 80}, "crossed again"),
        "acknowledged": (
            REMINDER,
            Form.THREAD,
            80,
            {"told": 80, "acknowledged_at": NOON},
            "acknowledged or snoozed meanwhile",
        ),
        "snoozed": (
            Telling.SNOOZE_OVER,
            Form.THREAD,
            80,
            {"told": 80, "snoozed_until": NOON + timedelta(days=1)},
            "acknowledged or snoozed meanwhile",
        ),
        "full": (
            Telling.FORECAST,
            Form.THREAD,
            100,
            {"told": 100},
            "the limit is full, or its period is over",
        ),
    },
)
async def test_what_is_no_longer_true_is_dropped_with_a_reason(
    world: World, telling: Telling, form: Form, threshold: int, *, state: dict[str, object], why: str
) -> None:
    await world.told_first()
    name = world.owe(world.alert(**state), telling, form, threshold)  # type: ignore[arg-type]
    outcome = await world.turn()
    assert (world.why(name), world.said()) == (why, [])
    assert outcome.dropped == [(name, why)]


async def test_an_end_of_something_never_told_is_not_told(world: World) -> None:
    alert = world.alert(told=0)
    crossed = world.owe(alert)
    resolved = world.owe(alert, RESOLVED, Form.THREAD)
    await world.seconds(70)
    assert world.why(crossed) == "use fell again before it could be told"
    assert world.why(resolved) == "what it ends was never told"


async def test_a_limit_that_is_gone_is_not_spoken_of(world: World) -> None:
    name = world.owe(world.alert())
    world.limits.clear()
    await world.turn()
    assert world.why(name) == "the limit is gone"


async def test_a_crossing_known_only_after_its_period_is_told_as_it_was(world: World) -> None:
    december = next_window(MONTH, NOVEMBER, SHANGHAI)
    assert december is not None
    world.now = NOVEMBER.end + timedelta(minutes=5)
    alert = world.alert(told=0, window=december, opened_at=None)
    told, other = world.owe(alert), world.owe(alert, CROSSED, Form.THREAD, 90)
    world.steps = [
        Transition(
            at=world.now,
            reason=Reason.CROSSED,
            told_before=50,
            told_after=80,
            core_hours=810,
            limit_core_hours=1000,
            as_of=world.now,
        )
    ]
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[told].receipt is not None
    assert world.alerts["L-C1", "U1"].receipt is None  # that is another period's
    assert other in world.open or world.why(other) is not None


async def test_what_is_of_a_period_long_over_is_dropped(world: World) -> None:
    december = next_window(MONTH, NOVEMBER, SHANGHAI)
    assert december is not None
    world.now = NOVEMBER.end + timedelta(hours=7)
    name = world.owe(world.alert(told=0, window=december))
    await world.turn()
    assert world.why(name) == "its period is over"


@table(
    "kind said",
    {
        "limit set": (NoticeKind.LIMIT_SET, ("text", "hello")),
        "test": (NoticeKind.TEST, ("text", "hello")),
        "from before links had news": (NoticeKind.LINK_HEALTH, ("text", "hello")),
    },
)
async def test_finished_sentences_are_told_as_they_are(
    world: World, kind: NoticeKind, said: tuple[str, ...]
) -> None:
    world.owe_text(kind, place=BOSS)
    await world.turn()
    assert world.said(BOSS) == [said]


async def test_news_of_a_link_are_drawn_as_they_are_told(world: World) -> None:
    notice_id = world.owe_text(NoticeKind.LINK_HEALTH, place=BOSS)
    row = world.rows[notice_id]
    row.notice = replace(row.notice, text="", news=LinkNews(cluster="east", username="alice"))
    await world.turn()
    assert world.said(BOSS) == [("news", "alice")]
