"""When venues are open: what texts say, and that what they do not say is never open."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kepu.coverage.opening import (
    ALL_WEEK,
    CLOSED,
    MOMENTS,
    OPEN,
    UNKNOWN,
    WEEKEND,
    WORKING,
    opening,
    states,
)

DAYS = "一二三四五六日"


@pytest.mark.parametrize(
    ("days", "hours", "answers"),
    [
        # evening, weekend, term, holiday
        ("周二至周日", "9:00-17:00", (0, 1, 1, 1)),
        ("每天（周一闭馆）", "09:00—12:00，14:00—17:30", (0, 1, 1, 1)),
        ("周一至周五", "8:30-12:00;14:30-21:00", (1, 0, 1, 1)),
        ("每天", "下午2点-晚上9点", (1, 1, 1, 1)),
        ("每天", "19:00-20:00", (1, 0, 1, 1)),
        ("每天", "19:01-22:00", (0, 0, 1, 1)),
        ("每天", "24小时", (1, 1, 1, 1)),
        ("周末", "9:00-10:59", (0, 0, 1, 1)),
        ("周末", "9:00-11:00", (0, 1, 1, 1)),
        ("周末", "", (0, 1, 1, 1)),
        ("周五至周一", "18:00-2:00", (1, 0, 1, 1)),
        ("周一闭馆", "9点-17点", (0, 1, 1, 1)),
        ("工作日、周六", "8时30分至21时", (1, 1, 1, 1)),
        ("学期内周一至周五", "16:30-18:00", (0, 0, 1, 0)),
        ("寒暑假", "9:00-21:00", (0, 0, 0, 1)),
        ("", "9:00-17:00", (0, -1, -1, -1)),
        ("", "9:00-21:00", (-1, -1, -1, -1)),
        ("每天", "随时", (-1, -1, 1, 1)),
        ("视情况", "9:00-21:00", (-1, -1, -1, -1)),
        ("学期内周末，寒暑假每天", "9:00-21:00", (-1, -1, -1, -1)),
        ("", "", (-1, -1, -1, -1)),
        ("每天", "25:00-26:00", (-1, -1, 1, 1)),
        ("每天", "9:00-9:00", (-1, -1, 1, 1)),
        # What stands at the end of a list is said of all of it.
        ("周一、周二闭馆", "9:00-17:00", (0, 1, 1, 1)),
        ("周六、周日闭馆", "9:00-17:00", (0, 0, 1, 1)),
        ("周一至周五，周六和周日休息", "9:00-21:00", (1, 0, 1, 1)),
        ("周二至周日、周一闭馆", "9:00-17:00", (0, 1, 1, 1)),
        ("周六开放、周日闭馆", "9:00-17:00", (0, 1, 1, 1)),
        ("周一至周五、周六闭馆", "9:00-17:00", (0, -1, -1, -1)),
        # An afternoon that is counted from one again is not the next morning.
        ("每天", "9:00-5:30", (-1, -1, 1, 1)),
        ("每天", "上午8:30-5:00", (-1, -1, 1, 1)),
        ("周一至周五", "9:00-12:00，2:30-5:30", (-1, 0, 1, 1)),
        ("每天", "9:00-11:30，2:30-5:30，7:00-9:00", (-1, -1, 1, 1)),
        ("每天", "上午9:00-中午1:00", (0, 1, 1, 1)),
        ("每天", "上午9:00-晚上12:00", (1, 1, 1, 1)),
        ("每天", "晚上7:00-12:00", (1, 0, 1, 1)),
    ],
)
def test_texts_of_lists(days, hours, answers):
    found = opening(days, hours)
    assert tuple(found.at(moment) for moment in MOMENTS) == answers


def test_without_columns_nothing_is_known():
    table = pd.DataFrame({"name": ["a", "b"]})
    for moment in MOMENTS:
        assert states(table, moment).tolist() == [UNKNOWN, UNKNOWN]


@given(st.sets(st.integers(0, 6), min_size=1), st.sampled_from("周 星期 礼拜".split()))
def test_every_set_of_days_is_read(days, word):
    found = opening("、".join(f"{word}{DAYS[day]}" for day in sorted(days)), "")
    assert found.days == days


@given(st.integers(0, 6), st.integers(0, 6), st.sampled_from("至到-~—"))
def test_every_range_of_days_is_read(first, last, between):
    found = opening(f"周{DAYS[first]}{between}周{DAYS[last]}", "")
    day, expected = first, {first}
    while day != last:
        day = (day + 1) % 7
        expected.add(day)
    assert found.days == expected


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439)), min_size=1, max_size=3))
def test_hours_are_read_back(spans):
    spans = [(a, b) for a, b in spans if a != b] or [(0, 1)]
    text = "，".join(f"{a // 60}:{a % 60:02}-{b // 60}:{b % 60:02}" for a, b in spans)
    found = opening("每天", text)
    begins = [a for a, _ in spans]
    back = any(a < min(420, max(begins[:k], default=0)) for k, a in enumerate(begins))
    if back or any(b < a < 720 for a, b in spans):  # the afternoon counted from one again
        assert found.spans is None
        return
    assert found.spans == tuple((a, b if b > a else b + 1440) for a, b in spans)
    evening = any(a <= 1140 and b >= 1200 for a, b in found.spans)
    assert found.at("evening") == (OPEN if evening else CLOSED)


@given(st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=300)
def test_any_text_is_answered_and_nonsense_is_not_open(days, hours):
    found = opening(days, hours)
    for moment in MOMENTS:
        assert found.at(moment) in (OPEN, CLOSED, UNKNOWN)
    if found.days is None:
        assert all(found.at(moment) != OPEN for moment in MOMENTS)
    if found.spans is None:
        assert found.at("evening") != OPEN
        assert not hours.strip() or found.at("weekend") != OPEN


@pytest.mark.parametrize(
    ("words", "days"),
    [("每天 每日 天天 全周 全年 全年开放 常年开放 全年无休", ALL_WEEK), ("工作日 上班日", WORKING),
     ("周末 双休日 周六日", WEEKEND)],
)  # fmt: skip
def test_words_for_days(words, days):
    for word in words.split():
        assert opening(word, "").days == days, word


@pytest.mark.parametrize("hours", ["9:60-17:00", "9:00-17:60", "9:75-17:00", "24:01-25:00"])
def test_a_time_that_there_is_not_is_unknown(hours):
    """And not a quarter past ten."""
    assert opening("每天", hours).spans is None


def test_blanks_around_a_dash_are_none():
    found = opening("周一 至 周五", "9:00 - 12:00，14:00 － 17:00")
    assert found.days == WORKING
    assert found.spans == ((540, 720), (840, 1020))


def test_the_last_minute_of_an_hour_is_one():
    assert opening("每天", "9:59-16:59").spans == ((599, 1019),)


@pytest.mark.parametrize(
    ("text", "days", "seasons"),
    [
        # What a season is named for: it alone, or all but it.
        ("寒暑假周二至周日", {1, 2, 3, 4, 5, 6}, "holiday"),
        ("学期内，周一至周五", WORKING, "term"),
        ("周一至周五（学期内）", WORKING, "term"),
        ("学期中周一至周五，法定节假日除外", WORKING, "term"),
        ("寒暑假不开放", ALL_WEEK, "term"),
        ("学期内不开放", ALL_WEEK, "holiday"),
        ("周一至周五，寒暑假不开放", WORKING, "term"),
        ("每天开放（寒暑假闭馆）", ALL_WEEK, "term"),
        ("周一闭馆，寒暑假闭馆", {1, 2, 3, 4, 5, 6}, "term"),
        ("学期内每天，寒暑假闭馆", ALL_WEEK, "term"),
        # Beside days it is one time more: open at weekends the whole year.
        ("周末、寒暑假", WEEKEND, "term holiday"),
        ("寒暑假和周末开放", WEEKEND, "term holiday"),
        ("周六、周日及寒暑假", WEEKEND, "term holiday"),
        ("学期内和寒暑假", ALL_WEEK, "term holiday"),
        ("学期内闭馆，周末、寒暑假", WEEKEND, "holiday"),
        # Which days belong to which season cannot be told.
        ("周末、寒暑假每天", None, "term holiday"),
        ("寒暑假，周二至周日", None, "term holiday"),
        ("学期、周末", None, "term holiday"),
        ("周一至周五、周六（学期内）", None, "term holiday"),
        ("寒暑假、周一闭馆", None, "term holiday"),
        ("周一、寒暑假闭馆", None, "term holiday"),
        ("寒暑假周一闭馆", None, "term holiday"),
        ("学期内、寒暑假不开放", None, "term holiday"),
        ("寒暑假闭馆，学期内闭馆", None, "term holiday"),
        ("寒暑假及法定节假日不开放", None, "term holiday"),
        ("法定节假日及寒暑假不开放", None, "term holiday"),
    ],
)
def test_seasons_of_the_year(text, days, seasons):
    found = opening(text, "9:00-17:00")
    assert found.days == days
    assert found.seasons == set(seasons.split())


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("周一闭馆、周二闭馆", {2, 3, 4, 5, 6}),
        ("周一、周二及周三休息", {3, 4, 5, 6}),
        ("周一闭馆（法定节假日除外）", {1, 2, 3, 4, 5, 6}),
        ("周一、周三开放，周二、周四闭馆", {0, 2}),
        ("周二至周五、周六、周日和周一闭馆", {1, 2, 3, 4, 5, 6}),
        ("周末、周一闭馆", None),
        ("周一至周日、周一闭馆", None),
        ("节假日", None),
    ],
)
def test_lists_of_days_that_end_in_closed(text, days):
    assert opening(text, "").days == days
