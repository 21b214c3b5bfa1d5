"""When venues are open: what texts say, and that what they do not say is never open."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kepu.coverage.opening import CLOSED, MOMENTS, OPEN, UNKNOWN, opening, states

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
