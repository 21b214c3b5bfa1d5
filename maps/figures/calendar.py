"""The calendar of a tour: a lane for each vehicle, its stays as bars, its days as strokes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ..style import INK, MUTED
from .about import About, Key, Paper
from .axes import GRID, plain_axes, texts_around
from .sheet import Sheet, open_sheet
from .text import INCH_MM, POINT_MM, balanced, breadth, lettered

LABEL_SIZE, STAY_SIZE = 8.4, 6.4
LABEL_MM = 30.0
"""Room for the names of the lanes."""
BAR = 0.62
LEAST_DAYS = 10
"""A shorter stay is drawn as a stroke, without its name."""
SHADES = {"学校放假": ("#eef0f2", ""), "汛期": ("#d6e9f2", "////")}


@dataclass(frozen=True)
class Lane:
    """A vehicle: its name, its colour, and its stays as first day, last day and name."""

    name: str
    colour: str
    stays: Sequence[tuple[str, str, str]]


def calendar_figure(
    about: About,
    paper: Paper,
    *,
    lanes: Sequence[Lane],
    span: tuple[str, str],
    shades: Sequence[tuple[str, str, str]],
) -> Figure:
    """
    Draw who is where on which days.

    Parameters
    ----------
    lanes
        From the top down.
    span
        First and last day, ISO 8601.
    shades
        Times that stand behind: a key of `SHADES`, first and last day.
    """
    first, last = (_day(text) for text in span)
    seen = [s for s in shades if _day(s[2]) >= first and _day(s[1]) <= last]
    keys = [
        Key("停留（写明停靠点）", "area", "#c9d6e2", MUTED),
        Key("当天停靠", "|", INK, INK, 1.4, size=9),
        *(Key(n, "area", *_looks(n)) for n in dict.fromkeys(name for name, *_ in seen)),
    ]
    written = [text for lane in lanes for text in (lane.name, *(stay[2] for stay in lane.stays))]
    with lettered(texts_around(about, keys, [*written, "年月日"])):
        sheet = open_sheet(about, paper, keys, axes=True)
        axes = sheet.body
        _days(sheet, first, last, [lane.name for lane in lanes])
        for name, low, high in seen:
            colour, edge, *_, hatch = _looks(name)
            axes.axvspan(
                _number(max(_day(low), first)), _number(min(_day(high), last)) + 1,
                facecolor=colour, edgecolor=edge, linewidth=0, hatch=hatch or None, zorder=0,
            )  # fmt: skip
        for row, lane in enumerate(lanes):
            _lane(sheet, len(lanes) - 1 - row, lane)
        sheet.figure.draw_without_rendering()
    return sheet.figure


def _looks(name: str) -> tuple[str, str, float, str, str]:
    colour, hatch = SHADES[name]
    return colour, "#9fc4d6" if hatch else MUTED, 0.4, "-", hatch


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _number(day: datetime.date) -> float:
    return float(dates.date2num(day))  # type: ignore[no-untyped-call]


def _days(sheet: Sheet, first: datetime.date, last: datetime.date, names: Sequence[str]) -> None:
    """Set up months across and lanes down."""
    axes, wide = sheet.body, sheet.figure.get_figwidth() * INCH_MM
    box = axes.get_position()
    room = (LABEL_MM - 12.0) / wide
    axes.set_position((box.x0 + room, box.y0, box.width - room, box.height))
    plain_axes(axes)
    axes.set(xlim=(_number(first), _number(last) + 1), ylim=(-0.6, max(len(names), 3) - 0.4))
    size = min(LABEL_SIZE, 300.0 / max(len(names), 1))
    axes.set_yticks(range(len(names))[::-1], names, fontsize=size, color=INK)
    firsts = [m for m in _months(first, last) if m >= first]
    texts = [
        f"{m.month}月" if m.month > 1 and m != firsts[0] else f"{m.month}月\n{m.year}年"
        for m in firsts
    ]
    axes.set_xticks([_number(m) for m in firsts], texts, fontsize=7.4, color=INK, ha="left")
    axes.grid(axis="x", color=GRID, linewidth=0.7, zorder=0)
    axes.spines["left"].set_visible(False)


def _months(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """Return the first days of the months that a span touches."""
    count = (last.year - first.year) * 12 + last.month - first.month
    whole = (first.month - 1 + n for n in range(count + 1))
    return [datetime.date(first.year + n // 12, n % 12 + 1, 1) for n in whole]


def _lane(sheet: Sheet, row: int, lane: Lane) -> None:
    axes = sheet.body
    short = []
    for at, (first, last, name) in enumerate(lane.stays):
        low, high = _number(_day(first)), _number(_day(last)) + 1
        if high - low < LEAST_DAYS:
            short.append((low + high) / 2)
            continue
        axes.barh(
            row, high - low, left=low, height=BAR, color=_light(lane.colour, (0.70, 0.84)[at % 2]),
            edgecolor=lane.colour, linewidth=0.7, zorder=3, clip_on=False,
        )  # fmt: skip
        _name(axes, row, low, high, name, sheet)
    if short:
        axes.vlines(short, row - BAR / 2, row + BAR / 2, colors=lane.colour, linewidth=1.1,
                    zorder=3)  # fmt: skip


def _light(colour: str, part: float) -> tuple[float, ...]:
    """Mix a colour with white, so that nothing shows through."""
    return tuple(channel + (1 - channel) * part for channel in to_rgb(colour))


def _name(axes: Any, row: int, low: float, high: float, name: str, sheet: Sheet) -> None:
    """Write a name in its bar, in as many lines as it needs; what does not fit is left out."""
    mm_a_day, mm_a_row = _scales(axes, sheet)
    room = (high - low) * mm_a_day - 0.8
    lines = balanced(name, STAY_SIZE, max(room, 0.1))
    tall = len(lines) * STAY_SIZE * POINT_MM * 1.3
    if max(breadth(line, STAY_SIZE) for line in lines) > room or tall > BAR * mm_a_row:
        return
    axes.text((low + high) / 2, row, "\n".join(lines), fontsize=STAY_SIZE, color=INK, ha="center",
              va="center", zorder=5)  # fmt: skip


def _scales(axes: Axes, sheet: Sheet) -> tuple[float, float]:
    """Return how many millimetres a day and a lane take."""
    box, figure = axes.get_position(), sheet.figure
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    return (
        box.width * figure.get_figwidth() * INCH_MM / (right - left),
        box.height * figure.get_figheight() * INCH_MM / (high - low),
    )
