"""Histories as Slack takes them: native, plain, as a picture and as a file."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.history import DayUse, Known, find, together
from bot.domain.history_answers import History, PersonHistory
from bot.domain.history_words import HistoryWish
from bot.playground.slack.check import faults_of_message
from bot.slack.pictures import Rasteriser
from bot.views import chart_svg
from bot.views.history import (
    history_message,
    history_picture,
    history_plain_message,
    history_sentence,
)
from bot.views.history_chart import MOST_POINTS
from bot.views.history_csv import harmless, history_csv
from bot.views.language import CHINESE, LANGUAGES, Language, spoken_in
from tests.unit.kit import NOW, east, table

MARKUP = "<!channel> & <@U1>"
TODAY = date(2026, 11, 22)
PNG = b"\x89PNG\r\n\x1a\n"


def person(
    number: int, span: int, *, username: str = "", scale: float = 1.0, unknown: int = 0
) -> PersonHistory:
    """Somebody's days: the first `unknown` of them unknown, today not whole, one in five spread."""

    def use(place: int) -> DayUse:
        day = TODAY - timedelta(days=span - 1 - place)
        if place < unknown:
            return DayUse(day=day, core_hours=None, known=Known.NOTHING)
        known = Known.PART if place == span - 1 else Known.SPREAD if place % 5 == 4 else Known.WHOLE
        return DayUse(day=day, core_hours=scale * (1 + (place * 7 + number * 3) % 11), known=known)

    return PersonHistory(
        user=f"U{number}",
        username=username or f"user{number}",
        days=tuple(use(place) for place in range(span)),
    )


def history(
    span: int = 14,
    people: int = 1,
    *,
    limit: float | None = None,
    scale: float = 1.0,
    unknown: int = 0,
    username: str = "",
    label: str = "East",
    those: tuple[PersonHistory, ...] = (),
    **more: Any,
) -> History:
    """A history; of a team if there are several people."""
    those = those or tuple(
        person(number, span, username=username and f"{username}{number}"[:64], scale=scale, unknown=unknown)
        for number in range(people)
    )
    days = together([one.days for one in those])
    known = unknown < span
    wish = HistoryWish(team=people > 1, span=span, cluster="east")
    return History(
        **{
            "wish": wish,
            "channel": "C1",
            "cluster": east(label=label),
            "people": those if known else (),
            "days": days,
            "finding": find(days, limit_per_day=limit),
            "limit_per_day": limit,
            "as_of": NOW,
            "silent": () if known else tuple(one.username for one in those),
            "unlinked": 0,
            "others": (),
            **more,
        }
    )


SHAPES = {
    f"{people} people, {span} days, {'a limit' if limit else 'no limit'}": (
        history(span, people, limit=limit),
    )
    for people in (1, 2, 9, 60)
    for span in (7, 90)
    for limit in (None, 6.0)
} | {
    "a team of 500": (history(14, 500, limit=6),),
    "nothing known": (history(unknown=14),),
    "known since yesterday": (history(unknown=12),),
    "known since today": (history(unknown=13, people=3),),
    "huge numbers and long names": (history(90, 60, scale=98_765_432.1, username="W" * 64, label="L" * 60),),
    "names of markup": (history(30, 9, username=MARKUP, label=MARKUP),),
    "a limit out of sight": (history(limit=1e9),),
    "nothing used": (history(scale=0),),
    "a team with silent and unlinked people": (
        history(people=3, silent=tuple(f"silent{n}" for n in range(40)), unlinked=3),
    ),
    "many without data whose names are all signs": (
        history(people=60, username="&" * 63, silent=("<" * 64,) * 40, unlinked=3),
    ),
    "many counted later": (
        history(
            people=20,
            those=tuple(person(n, 14, username="&" * 64, unknown=n % 9) for n in range(20)),
        ),
    ),
    "ten other clusters": (history(others=tuple(east(name=f"c{n}", label="&" * 60) for n in range(10))),),
}


@table("shown", SHAPES)
def test_slack_takes_both_drawings(shown: History) -> None:
    for message in (history_message(shown), history_plain_message(shown, picture="It is there.")):
        drawn = message.to_slack()
        assert faults_of_message(drawn) == []
        for text in (drawn["text"], *(text for block in drawn["blocks"] for text in _marked_up(block))):
            for sign in ("<!channel", "<@", "& "):
                assert sign not in text


def _marked_up(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _marked_up(item)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "mrkdwn":
        return [value["text"]]
    return [text for item in value.values() for text in _marked_up(item)]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.code)
@table("shown", SHAPES)
def test_the_picture_is_well_formed_and_every_text_stands_inside(shown: History, language: Language) -> None:
    drawn = spoken_in(language, history_picture)(shown)
    root = ET.fromstring(drawn)  # noqa: S314 (our own drawing)
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    size = float(root.attrib["font-size"])
    for x, y, length, anchor in _texts(root):
        left = x - {"middle": length / 2, "end": length, "start": 0}[anchor]
        assert left >= 0
        assert left + length <= width
        assert size <= y <= height - 2
    for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(bar.get("height", 0)) >= 0


def _texts(node: ET.Element, dx: float = 0.0, dy: float = 0.0) -> list[tuple[float, float, float, str]]:
    """Every text with where it stands and how wide it can be."""
    found = []
    for child in node:
        x, y = dx, dy
        if (moved := child.get("transform", "")).startswith("translate("):
            left, top = moved.removeprefix("translate(").rstrip(")").split()
            x, y = dx + float(left), dy + float(top)
        if child.tag.endswith("text"):
            text = child.text or ""
            # Words of ours were looked at; anybody's name may be all W.
            length = 115 if text == "core-hours per day" else chart_svg.width_of(text)
            at = (x + float(child.get("x", 0)), y + float(child.get("y", 0)))
            found.append((*at, length, child.get("text-anchor", "start")))
        found += _texts(child, x, y)
    return found


@given(st.floats(0, 1e12))
def test_the_axis_begins_at_zero_and_holds_every_value(highest: float) -> None:
    ticks = chart_svg.scale(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(ticks) <= 6


async def test_in_chinese_the_picture_has_chinese_words() -> None:
    shown = history(30, 20, limit=6)
    drawn = spoken_in(CHINESE, history_picture)(shown)
    for words in ("每天的核时", "限额 6", "其他 12 人"):
        assert words in drawn
    rasteriser = Rasteriser()
    picture = await rasteriser.png(drawn)
    assert picture.startswith(PNG)
    # Without the font each word would be the same row of boxes.
    assert picture != await rasteriser.png(drawn.replace("限额", "阈值"))


async def test_the_picture_becomes_a_png_with_its_text_in_it() -> None:
    drawn = history_picture(history(30, 9, limit=6))
    rasteriser = Rasteriser()
    picture = await rasteriser.png(drawn)
    assert picture.startswith(PNG)
    # Without a font the text silently vanishes.
    assert len(await rasteriser.png(re.sub(r"<text.*?</text>", "", drawn))) < 0.8 * len(picture)


def test_the_sentence_says_the_whole_finding() -> None:
    assert history_sentence(history(limit=6)) == (
        "user0 on East: 79.00 core-hours in the last 14 days. On average 5.77 a day. "
        "Busiest day: Thu 12 Nov with 11.00. About as much in the newer 6 whole days as before. "
        "The limit allows 6.00 a day; 6 days were above it."
    )


@table(
    "shown said",
    {
        "a team": (history(people=3), "The team on East: "),
        "nothing": (history(unknown=14), "user0 on East: no reading in the last 14 days"),
        "a late start": (history(unknown=10), "core-hours since 19 Nov; nothing is known before."),
    },
)
def test_the_sentence_says_whose_and_since_when(shown: History, said: str) -> None:
    assert said in history_sentence(shown)


def test_the_native_chart_shows_at_most_twenty_points_and_each_holds_the_same_days() -> None:
    for span, points in ((7, 7), (14, 14), (30, 15), (90, 13)):
        chart = _chart(history(span))
        assert len(chart["axis_config"]["categories"]) == points <= MOST_POINTS


def test_today_pulls_no_mean_of_several_days_down() -> None:
    shown = history(30)
    newest = _chart(shown)["series"][0]["data"][-1]
    assert newest["value"] == shown.days[-2].core_hours
    # On its own it is all there is to show.
    assert _chart(history(14))["series"][0]["data"][-1]["value"] == history(14).days[-1].core_hours


def test_unknown_days_are_left_out_of_the_chart_and_said_in_the_table() -> None:
    shown = history(unknown=10)
    assert len(_chart(shown)["axis_config"]["categories"]) == 4
    rows = _block(history_message(shown).to_slack(), "data_table")["rows"]
    assert len(rows) == 15
    assert [row[1] for row in rows[-10:]] == [{"type": "raw_text", "text": "no data"}] * 10
    assert "nothing is known before" in history_sentence(shown)


def test_a_limit_is_a_line_of_its_own_unless_it_is_out_of_sight() -> None:
    assert [one["name"] for one in _chart(history(limit=6))["series"]] == ["user0", "limit"]
    far = history_message(history(limit=1e6)).to_slack()
    assert [one["name"] for one in _block(far, "data_visualization")["chart"]["series"]] == ["user0"]
    assert "too far above" in json.dumps(far)


def test_a_team_is_stacked_the_whole_at_the_back_and_the_rest_summed_up() -> None:
    chart = _chart(history(7, 9, limit=50))
    assert chart["type"] == "area"
    assert [one["name"] for one in chart["series"]] == [
        "limit", "+ 5 others", "+ user3", "+ user2", "+ user1", "user0",
    ]  # fmt: skip
    for place in range(7):
        heights = [one["data"][place]["value"] for one in chart["series"][1:]]
        assert heights == sorted(heights, reverse=True)


def _block(drawn: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(block for block in drawn["blocks"] if block["type"] == kind)


def _chart(shown: History) -> Any:
    return _block(history_message(shown).to_slack(), "data_visualization")["chart"]


def test_the_file_has_every_person_and_day_and_leaves_the_unknown_empty() -> None:
    shown = history(30, 12, unknown=2)
    text = history_csv(shown).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert len(rows) == 30 * 12
    assert rows[0] == {
        "date": "2026-10-24", "cluster": "east", "username": "user0", "core_hours": "", "known": "nothing",
    }  # fmt: skip
    assert sum(float(row["core_hours"] or 0) for row in rows) == pytest.approx(shown.finding.core_hours)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"])
def test_no_name_becomes_a_formula(name: str) -> None:
    assert harmless(name) == f"'{name}"
    assert harmless("a=1") == "a=1"
