"""Every word for days is read, and no time of day that there is not."""

from __future__ import annotations

import pytest

from kepu.coverage.opening import ALL_WEEK, WEEKEND, WORKING, opening


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
