"""
When venues are open, as far as their tables say: open, closed, or not known. Never silently open.

The texts are those of lists in Chinese: 周二至周日, 每天（周一闭馆）, 9:00-12:00，14:00-17:30.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

MOMENTS = ("evening", "weekend", "term", "holiday")
"""Weekday evenings, weekends (both in term), the school term, the school holidays."""
OPEN, CLOSED, UNKNOWN = 1, 0, -1

EVENING_MINUTES = (19 * 60, 20 * 60)
"""An evening is open when all of this hour is, on a day from Monday to Friday."""
DAYTIME_MINUTES = (9 * 60, 18 * 60)
LEAST_WEEKEND_MINUTES = 120
"""A weekend is open when Saturday or Sunday is: where hours are stated, so long in the daytime."""
DAY_MINUTES, NOON_MINUTES = 24 * 60, 12 * 60
EARLY_MINUTES = 7 * 60
"""Before it no second span of a day begins."""

WORKING, WEEKEND, ALL_WEEK = frozenset(range(5)), frozenset((5, 6)), frozenset(range(7))
DAY_NAMES = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6}
DAY_WORDS = {
    **dict.fromkeys(("每天", "每日", "天天", "全周", "全年", "常年", "全年无休"), ALL_WEEK),
    **dict.fromkeys(("工作日", "上班日"), WORKING),
    **dict.fromkeys(("周末", "双休日", "周六日"), WEEKEND),
    **dict.fromkeys(("节假日", "法定节假日"), frozenset[int]()),
}
ONE_DAY = re.compile("(?:逢|每)?(?:周|星期|礼拜)([一二三四五六日天])")
DAY_RANGE = re.compile(
    "(?:周|星期|礼拜)([一二三四五六日天])(?:-|~|至|到)(?:周|星期|礼拜)?([一二三四五六日天])"
)
CLOSING = "(?:闭馆|休息|休馆|除外|不开放)"
SHUT = re.compile(f"(.+?){CLOSING}")
SEASONS = {
    "term": re.compile("(?:学期(?:期间|内|中)?|上学期间|教学日|在校期间)(?:开放)?"),
    "holiday": re.compile("(?:寒暑假(?:期间)?|学校假期)(?:开放)?"),
}
SHUT_SEASONS = {
    name: re.compile(f"([、/和及与]?){words.pattern}{CLOSING}") for name, words in SEASONS.items()
}
"""With what joins them to what stands before: of 周一、寒暑假闭馆 both are closed."""
SHUT_FEASTS = re.compile(f"(?<![、/和及与定])(?:法定)?节假日{CLOSING}")
BOTH_SEASONS = frozenset(SEASONS)
BESIDE, BEFORE = re.compile("[、/和及与]"), re.compile("[、/和及与,;]")
"""Between what is listed: beside each other, and what may also go before all that follows."""
EDGES = " 、,;()和及与/"
BETWEEN_CLAUSES = re.compile("[,; ()]+")
HALF_OF_DAY = "(上午|中午|下午|晚上|晚)?"
CLOCK = r"([0-9]{1,2})(?:[:时点]([0-9]{1,2})?分?)"
SPAN = re.compile(f"{HALF_OF_DAY}{CLOCK}(?:-|~|至|到){HALF_OF_DAY}{CLOCK}")
BETWEEN_SPANS = re.compile("[、,;/ 和及]+")
WHOLE_DAY = ("全天", "全日", "24小时", "全天开放", "24小时开放")


@dataclass(frozen=True)
class Opening:
    """
    What is known of the hours of a venue; None where it is not.

    Parameters
    ----------
    days
        Days of the week, 0 is Monday.
    spans
        Minutes of the day, from and to; beyond 1440 is the next day.
    seasons
        Of `term` and `holiday`; both where the text says nothing of them.
    stated
        Whether anything is said of the hours.
    """

    days: frozenset[int] | None
    spans: tuple[tuple[int, int], ...] | None
    seasons: frozenset[str]
    stated: bool = True

    def at(self, moment: str) -> int:
        """Tell whether the venue is open at a moment of `MOMENTS`: OPEN, CLOSED or UNKNOWN."""
        if moment in ("term", "holiday"):
            return _both(self._on(ALL_WEEK), int(moment in self.seasons))
        then = self._evening() if moment == "evening" else self._weekend()
        return _both(then, int("term" in self.seasons))

    def _on(self, days: frozenset[int]) -> int:
        return UNKNOWN if self.days is None else int(bool(self.days & days))

    def _evening(self) -> int:
        start, end = EVENING_MINUTES
        late = UNKNOWN
        if self.spans is not None:
            late = int(any(a <= start and end <= b for a, b in self.spans))
        return _both(self._on(WORKING), late)

    def _weekend(self) -> int:
        start, end = DAYTIME_MINUTES
        enough = UNKNOWN if self.stated else OPEN
        if self.spans is not None:
            minutes = sum(max(min(b, end) - max(a, start), 0) for a, b in self.spans)
            enough = int(minutes >= LEAST_WEEKEND_MINUTES)
        return _both(self._on(WEEKEND), enough)


def _both(one: int, other: int) -> int:
    """Return whether both hold; closed wins over not known."""
    return CLOSED if CLOSED in (one, other) else min(one, other)


@cache
def opening(days: str, hours: str) -> Opening:
    """
    Read the texts of a venue; what cannot be understood as a whole is not known.

    Parameters
    ----------
    days, hours
        As they stand in the table; empty where nothing is said.
    """
    seasons, rest = _seasons(_plain(days))
    spans = _plain(hours)
    return Opening(_days(rest), _spans(spans), seasons, bool(spans))


def _plain(text: str) -> str:
    found = unicodedata.normalize("NFKC", text).strip()
    found = re.sub("[—–－—−]+", "-", found).replace("～", "~")
    return re.sub(r"\s*([-~至到])\s*", r"\1", found)


def _seasons(text: str) -> tuple[frozenset[str], str]:
    """
    Return the seasons that a text names, and what is left of it: every day where nothing is.

    周末、寒暑假 lists two times, of which the days tell the first: it is open in both seasons.
    寒暑假周末 is one. Where one cannot tell which days belong to which season, nothing is known.
    """
    shut = {name: said for name, words in SHUT_SEASONS.items() if (said := words.search(text))}
    for name in shut:
        text = SHUT_SEASONS[name].sub(" ", text)
    named = frozenset(name for name, words in SEASONS.items() if words.search(text))
    if not (shut or named):
        return BOTH_SEASONS, text
    rest = text
    for name in named:
        rest = SEASONS[name].sub(" ", rest)
    rest = rest.strip(EDGES)
    seasons = (named or BOTH_SEASONS) - shut.keys()
    joined = any(said[1] for said in shut.values())
    closed = named and re.search(CLOSING, SHUT_FEASTS.sub("", text))
    if not seasons or named & shut.keys() or joined or closed:
        return BOTH_SEASONS, "?"
    if not named or not rest:
        return seasons, rest or "每天"
    if len(named) > 1:
        return BOTH_SEASONS, "?"
    found, days = _of_season(next(iter(named)), text, rest)
    return found - shut.keys(), days


def _of_season(name: str, text: str, rest: str) -> tuple[frozenset[str], str]:
    """Return the seasons and days of a text that names one season and `rest`."""
    words = SEASONS[name]
    beside, before = (
        [part.strip(EDGES) for part in between.split(text)] for between in (BESIDE, BEFORE)
    )
    if any(words.fullmatch(part) for part in beside):
        return BOTH_SEASONS, rest if name == "holiday" else "?"
    listed = name == "holiday" and any(words.fullmatch(part) for part in before)
    if listed or not words.search(before[0]):
        return BOTH_SEASONS, "?"
    return frozenset((name,)), rest


def _days(text: str) -> frozenset[int] | None:
    """Return the days that a text names; those at which it says closed are taken off."""
    days, shut = list[frozenset[int]](), list[frozenset[int]]()
    for clause in BETWEEN_CLAUSES.split(text):
        said = _clause([part for part in BESIDE.split(clause) if part])
        if said is None:
            return None
        days += said[0]
        shut += said[1]
    if not days and not shut:
        return None
    left = (frozenset().union(*days) if days else ALL_WEEK) - frozenset().union(*shut)
    return left or None


def _clause(parts: list[str]) -> tuple[list[frozenset[int]], list[frozenset[int]]] | None:
    """
    Return the days at which a list says open, and those at which it says closed.

    What stands at the end is said of all: of 周六、周日闭馆 both are closed. 周二至周日、周一闭馆
    cannot mean that; where one cannot tell, nothing is known.
    """
    days, shut = list[frozenset[int]](), list[frozenset[int]]()
    waiting: list[tuple[frozenset[int], bool]] = []
    for part in parts:
        closed = SHUT.fullmatch(part)
        word = closed[1] if closed else part.removesuffix("开放")
        named = _named_days(word)
        if named is None:
            return None
        before = frozenset().union(*(one for one, _ in waiting))
        if not closed:
            waiting.append((named, ONE_DAY.fullmatch(word) is not None))
        elif all(single for _, single in waiting):
            shut, waiting = [*shut, before, named], []
        elif before | named == ALL_WEEK and not before & named:
            days, shut, waiting = [*days, before], [*shut, named], []
        else:
            return None
        if part.endswith("开放") and not closed:
            days, waiting = [*days, before, named], []
    return [*days, *(one for one, _ in waiting)], shut


def _named_days(word: str) -> frozenset[int] | None:
    if word in DAY_WORDS:
        return DAY_WORDS[word]
    if found := ONE_DAY.fullmatch(word):
        return frozenset((DAY_NAMES[found[1]],))
    if found := DAY_RANGE.fullmatch(word):
        first, last = DAY_NAMES[found[1]], DAY_NAMES[found[2]]
        return frozenset(day % 7 for day in range(first, last + (7 if last < first else 0) + 1))
    return None


def _spans(text: str) -> tuple[tuple[int, int], ...] | None:
    """
    Return the hours that a text names; None also where it counts the afternoon from one again.

    9:00-5:30 would otherwise end the next morning, and be open in the evening.
    """
    if text in WHOLE_DAY:
        return ((0, DAY_MINUTES),)
    found: list[tuple[int, int]] = []
    for part in BETWEEN_SPANS.split(text):
        span = SPAN.fullmatch(part)
        if span is None:
            return None
        half, hour, minute, second_half, to_hour, to_minute = span.groups()
        start = _minute(half, hour, minute)
        end = _minute(second_half or half, to_hour, to_minute)
        if start is None or end is None or start == end or end < start < NOON_MINUTES:
            return None
        if start < EARLY_MINUTES and any(start < first for first, _ in found):
            return None
        found.append((start, end if end > start else end + DAY_MINUTES))
    return tuple(found)


def _minute(half: str | None, hour: str, minute: str | None) -> int | None:
    """Return a time of the day in minutes; None where there is no such time."""
    hours, minutes = int(hour), int(minute or 0)
    night = half in ("晚上", "晚")
    if (hours < 12 and (night or half == "下午")) or (hours < 6 and half == "中午"):
        hours += 12
    elif hours == 12 and night:
        hours = 24
    known = minutes < 60 and hours * 60 + minutes <= DAY_MINUTES
    return hours * 60 + minutes if known else None


def states(venues: pd.DataFrame, moment: str) -> npt.NDArray[np.int64]:
    """
    Tell for v venues whether they are open at a moment: OPEN, CLOSED or UNKNOWN, shape (v,).

    Parameters
    ----------
    venues
        `days` and `hours`, texts; where the columns are missing nothing is known.
    moment
        Of `MOMENTS`.
    """
    empty = pd.Series("", venues.index)
    days, hours = (venues.get(name, empty) for name in ("days", "hours"))
    said = zip(days.tolist(), hours.tolist(), strict=True)
    return np.array([_state(day, hour, moment) for day, hour in said], np.int64)


@cache
def _state(days: str, hours: str, moment: str) -> int:
    return opening(days, hours).at(moment)
