"""Work grows as work does."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.cluster.work import DAY, HOUR, LONGEST_RUN, WEEK, Growth, Job, Sizes, Work

ZONE = timedelta(hours=8)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)

starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001
works = st.builds(
    Work,
    start=starts,
    core_hours_per_week=st.floats(0, 20_000),
    sizes=st.sampled_from(get_args(Sizes)),
    utc_offset=st.integers(-12, 14).map(lambda hours: timedelta(hours=hours)),
)
moments = st.datetimes(datetime(2025, 12, 1), datetime(2026, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001
seeds = st.integers(0, 2**32)
usernames = st.text(min_size=1)


def spent(job: Job, at: datetime) -> int:
    return job.cores * min(max((at - EPOCH) // timedelta(seconds=1) - job.started, 0), job.runs)


def local(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second) + ZONE


@given(works, seeds, usernames, st.lists(moments, min_size=2))
def test_the_counter_never_falls(work: Work, seed: int, username: str, at: list[datetime]) -> None:
    growth = Growth(work, seed=seed, username=username)
    counts = [growth.core_seconds(moment) for moment in sorted(at)]
    assert all(before <= after for before, after in pairwise(counts))


@given(works, seeds, usernames, st.lists(moments, min_size=1))
def test_the_counter_depends_on_seed_name_and_moment_only(
    work: Work, seed: int, username: str, at: list[datetime]
) -> None:
    one, other = (Growth(work, seed=seed, username=username) for _ in range(2))
    forwards = {moment: one.core_seconds(moment) for moment in at}
    assert forwards == {moment: other.core_seconds(moment) for moment in reversed(at)}


@given(works, seeds, st.tuples(moments, moments, moments))
def test_windows_add_up(work: Work, seed: int, at: tuple[datetime, datetime, datetime]) -> None:
    growth = Growth(work, seed=seed, username="alice")
    a, b, c = sorted(at)
    halves = growth.core_hours_between(a, b) + growth.core_hours_between(b, c)
    assert halves == pytest.approx(growth.core_hours_between(a, c))
    counts = [growth.core_seconds(moment) for moment in (a, b, c)]
    assert (counts[1] - counts[0]) + (counts[2] - counts[1]) == counts[2] - counts[0]


@given(works, seeds, moments)
def test_the_counter_is_the_sum_over_jobs(work: Work, seed: int, at: datetime) -> None:
    growth = Growth(work, seed=seed, username="alice")
    weeks = [work.start + timedelta(weeks=week) for week in range(-1, 24)]
    jobs = [job for week in weeks for job in growth.jobs(week)]
    assert growth.core_seconds(at) == sum(spent(job, at) for job in jobs)


@given(works, seeds, moments)
def test_jobs_keep_their_bounds(work: Work, seed: int, at: datetime) -> None:
    for job in Growth(work, seed=seed, username="alice").jobs(at):
        assert EPOCH + timedelta(seconds=job.submitted) >= work.start
        assert job.submitted <= job.started <= job.submitted + DAY
        assert job.cores >= 1
        assert 1 <= job.runs <= LONGEST_RUN


@given(works, seeds, usernames)
def test_nothing_is_spent_before_the_start(work: Work, seed: int, username: str) -> None:
    growth = Growth(work, seed=seed, username=username)
    assert growth.core_seconds(work.start) == 0
    assert growth.core_seconds(work.start - timedelta(days=400)) == 0


@pytest.mark.parametrize("sizes", get_args(Sizes))
def test_an_average_week_spends_what_was_ordered(sizes: Sizes) -> None:
    work = Work(start=FIRST, core_hours_per_week=400, sizes=sizes)
    total = 0.0
    for number in range(300):
        growth = Growth(work, seed=1, username=f"user{number}")
        total += growth.core_hours_between(FIRST + timedelta(weeks=4), FIRST + timedelta(weeks=8))
    assert total / 300 / 4 == pytest.approx(400, rel=0.05)


def test_fewer_jobs_are_submitted_at_nights_and_weekends() -> None:
    growths = [Growth(Work(start=FIRST, sizes="small"), seed=1, username=f"user{n}") for n in range(50)]
    weeks = [FIRST + timedelta(weeks=week) for week in range(1, 9)]
    jobs = [local(job.submitted) for growth in growths for week in weeks for job in growth.jobs(week)]
    by_day = [sum(at.weekday() == day for at in jobs) for day in range(7)]
    assert max(by_day[5:]) * 2 < min(by_day[:5])
    nights = sum(at.hour < 9 or at.hour == 23 for at in jobs)
    office = sum(9 <= at.hour < 19 for at in jobs)
    assert nights * 5 < office


def test_fewer_core_hours_are_spent_at_nights_and_weekends() -> None:
    growths = [Growth(Work(start=FIRST, sizes="small"), seed=1, username=f"user{n}") for n in range(50)]
    by_hour = [[0.0] * 24 for _ in range(7)]
    for growth in growths:
        for hour in range(WEEK * 4 // HOUR):
            at = FIRST + timedelta(weeks=2, hours=hour)
            here = at + ZONE
            by_hour[here.weekday()][here.hour] += growth.core_hours_between(at, at + timedelta(hours=1))
    assert max(sum(day) for day in by_hour[5:]) < min(sum(day) for day in by_hour[:5])
    for day in by_hour[:5]:
        assert sum(day[3:8]) < sum(day[12:17]) / 2


def test_other_names_and_seeds_work_differently() -> None:
    def count(seed: int, username: str) -> int:
        growth = Growth(Work(start=FIRST), seed=seed, username=username)
        return growth.core_seconds(FIRST + timedelta(weeks=3))

    assert len({count(1, "alice"), count(2, "alice"), count(1, "bob")}) == 3


def test_large_jobs_are_larger_than_small_ones() -> None:
    def usual(sizes: Sizes) -> int:
        growth = Growth(Work(start=FIRST, core_hours_per_week=200, sizes=sizes), seed=1, username="alice")
        jobs = [job for week in range(1, 50) for job in growth.jobs(FIRST + timedelta(weeks=week))]
        return sorted(job.cores * job.runs for job in jobs if job.runs >= 60)[len(jobs) // 2]

    assert usual("small") < usual("mixed") < usual("large")


def test_the_counter_is_the_same_in_every_process() -> None:
    growth = Growth(Work(start=FIRST), seed=1, username="alice")
    here = growth.core_seconds(FIRST + timedelta(days=30))
    script = (
        "from datetime import datetime, timedelta\n"
        "from bot.playground.cluster.work import Growth, Work\n"
        f"first = datetime.fromisoformat({FIRST.isoformat()!r})\n"
        "growth = Growth(Work(start=first), seed=1, username='alice')\n"
        "print(growth.core_seconds(first + timedelta(days=30)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)  # noqa: S603
    assert here == int(done.stdout) > 0


@pytest.mark.parametrize("amount", [-1.0, 1e8, float("nan")])
def test_absurd_amounts_are_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="core_hours_per_week"):
        Work(start=FIRST, core_hours_per_week=amount)
