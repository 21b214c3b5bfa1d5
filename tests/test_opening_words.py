"""Every word for days is read, and no time of day that there is not."""

from __future__ import annotations

import pytest

from kepu.coverage.opening import ALL_WEEK, WEEKEND, WORKING, opening


@pytest.mark.parametrize(
    ("words", "days"),
    [("每天 每日 天天 全周 全年 全年开放 常年开放", ALL_WEEK), ("工作日 上班日", WORKING),
     ("周末 双休日 周六日", WEEKEND)],
)  # fmt: skip
def test_words_for_days(words, days):
    for word in words.split():
        assert opening(word, "").days == days, word


@pytest.mark.parametrize("hours", ["9:60-17:00", "9:00-17:60", "9:75-17:00", "24:01-25:00"])
def test_a_time_that_there_is_not_is_unknown(hours):
    """And not a quarter past ten."""
    assert opening("每天", hours).spans is None


def test_the_last_minute_of_an_hour_is_one():
    assert opening("每天", "9:59-16:59").spans == ((599, 1019),)
