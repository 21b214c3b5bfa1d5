"""The charts of the appendix that are curves: Lorenz, and coverage against number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..style import BAR_BELOW, BAR_MET, FLAG, INK, MUTED
from .about import PAPERS, About, Key, Paper
from .axes import GRID, plain_axes, texts_around
from .sheet import open_sheet
from .text import balanced, breadth, lettered

BAR_NEUTRAL = "#6f93b3"
TITLE_SIZE = 7.6
SQUARE = 9.0
"""Points; seen around the dot of the best plan, which often stands at the same place."""


@dataclass(frozen=True, eq=False)
class Panel:
    """
    A Lorenz curve: its title, what is said of it, and its points from (0, 0) to (1, 1).

    The title bears a line feed where it breaks if it must.
    """

    title: str
    remark: str
    people: Any
    value: Any


def lorenz_figure(
    about: About, paper: Paper, panels: Sequence[Panel], axes_names: tuple[str, str]
) -> Figure:
    """Draw Lorenz curves side by side, each against the line on which all have the same."""
    keys = [
        Key("洛伦兹曲线", "line", BAR_MET, width=1.8),
        Key("人人相同", "line", MUTED, width=1.0, dash=(0, (4, 3))),
    ]
    told = [text for panel in panels for text in (panel.title, panel.remark)]
    with lettered(texts_around(about, keys, [*told, *axes_names])):
        sheet = open_sheet(about, paper, keys, axes=True)
        sheet.body.remove()
        width, height = PAPERS[paper]
        left, low, wide, high = sheet.frame.body
        left, wide, low, high = left + 8, wide - 12, low + 3, high - 6
        # As many columns as let the curves be largest.
        side, columns = max(
            (min(wide / n - 11, high / -(-len(panels) // n) - 20), n)
            for n in range(1, len(panels) + 1)
        )
        rows = -(-len(panels) // columns)
        cell_w, cell_h = wide / columns, high / rows
        for at, panel in enumerate(panels):
            row, column = divmod(at, columns)
            x = left + column * cell_w + (cell_w - side) / 2
            y = low + high - row * cell_h - 9 - side
            axes = sheet.figure.add_axes((x / width, y / height, side / width, side / height))
            _curve(
                axes,
                panel,
                side + 6,
                axes_names if at + columns >= len(panels) else ("", axes_names[1]),
                first=column == 0,
            )
        sheet.figure.draw_without_rendering()
    return sheet.figure


def _curve(
    axes: Axes, panel: Panel, wide_mm: float, names: tuple[str, str], *, first: bool
) -> None:
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.fill_between(
        panel.people, panel.value, panel.people, color=BAR_NEUTRAL, alpha=0.25, linewidth=0
    )
    axes.plot(panel.people, panel.value, color=BAR_MET, linewidth=1.6)
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0.5, 1))
    plain_axes(axes)
    for each in (axes.xaxis, axes.yaxis):
        each.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(labelsize=6.8, pad=1.5)
    axes.grid(color=GRID, linewidth=0.6)
    title = "\n".join(_lines(panel.title, wide_mm))
    axes.set_title(title, fontsize=TITLE_SIZE, color=INK, pad=4)
    axes.text(0.05, 0.93, panel.remark, fontsize=7.4, color=INK, va="top")
    if names[0]:
        axes.set_xlabel(names[0], fontsize=7, color=MUTED, labelpad=2)
    if first:
        axes.set_ylabel(names[1], fontsize=7, color=MUTED, labelpad=1)
    else:
        axes.set_yticklabels([])


def _lines(title: str, wide_mm: float) -> list[str]:
    """Return the lines of a title: one if it fits, else two."""
    whole, parts = title.replace("\n", ""), title.split("\n")
    if breadth(whole, TITLE_SIZE) <= wide_mm:
        return [whole]
    if len(parts) == 2 and all(breadth(part, TITLE_SIZE) <= wide_mm for part in parts):
        return parts
    return balanced(whole, TITLE_SIZE, wide_mm)[:2]


def count_figure(
    about: About, paper: Paper, curve: pd.DataFrame, goal: float | None, axis: tuple[str, str]
) -> Figure:
    """
    Draw how coverage grows with the number of new venues.

    Parameters
    ----------
    curve
        `count` from 0, `share` (the best for each count), `bound` (nothing can be better; missing
        where proved), `staged` (the first venues of one build order), all 0 to 1; `text`.
    goal
        Share that is wanted.
    axis
        Names of the axes.
    """
    keys = [
        Key("各数量下最优（每个数量单独求解）", "o", BAR_MET, "white", 0.5, size=6),
        Key("按建设次序逐处建成", "s", "white", BAR_BELOW, 1.2, size=SQUARE),
    ]
    open_ = curve["bound"].notna() & (curve["bound"] > curve["share"])
    if open_.any():
        keys.append(Key("尚未证明最优处的上界", "line", MUTED, width=1.0, dash=(0, (2, 2))))
    if goal is not None:
        keys.append(Key("目标", "line", FLAG, width=1.2, dash=(0, (6, 3))))
    with lettered(texts_around(about, keys, [*curve["text"], *axis])):
        sheet = open_sheet(about, paper, keys, axes=True)
        _draw_count(sheet.body, curve, open_, goal)
        _scale_count(sheet.body, curve, goal, axis)
        sheet.figure.draw_without_rendering()
    return sheet.figure


def _draw_count(
    axes: Axes, curve: pd.DataFrame, open_: pd.Series[bool], goal: float | None
) -> None:
    """Draw the best for each count, the build order, the bounds, the goal, and the shares."""
    x = curve["count"].to_numpy(float)
    axes.plot(
        x, curve["share"], color=BAR_MET, linewidth=1.6, marker="o", ms=6, mec="white", zorder=4
    )
    staged = curve[curve["staged"].notna()]
    axes.plot(
        staged["count"],
        staged["staged"].astype(float),
        color=BAR_BELOW,
        linewidth=1.0,
        linestyle=(0, (5, 2)),
        marker="s",
        ms=SQUARE,
        mfc="white",
        mec=BAR_BELOW,
        mew=1.2,
        zorder=3,
    )
    if open_.any():
        axes.plot(
            x[open_],
            curve.loc[open_, "bound"].astype(float),
            color=MUTED,
            linewidth=1.0,
            linestyle=(0, (2, 2)),
            zorder=2,
        )
    if goal is not None:
        axes.axhline(goal, color=FLAG, linewidth=1.2, linestyle=(0, (6, 3)), zorder=2)
    for at, share, text in zip(x, curve["share"], curve["text"], strict=True):
        axes.annotate(
            text,
            (at, share),
            xytext=(-4, 6),  # the curve never falls: above it, on the left, is free
            textcoords="offset points",
            ha="right",
            fontsize=7.4,
            color=INK,
        )


def _scale_count(
    axes: Axes, curve: pd.DataFrame, goal: float | None, names: tuple[str, str]
) -> None:
    """Scale the axes so that curve, bounds and goal are seen, and name them."""
    x = curve["count"].to_numpy(float)
    plain_axes(axes)
    axes.grid(color=GRID, linewidth=0.7)
    shown = [*curve["share"].astype(float), *curve["bound"].dropna().astype(float)]
    shown += [goal] if goal is not None else []
    span = max(max(shown) - min(shown), 0.02)
    axes.set(
        xlim=(-0.4 - 0.06 * x.max(), x.max() + 0.6),
        xlabel=names[0],
        ylabel=names[1],
        ylim=(max(0.0, min(shown) - 0.12 * span), min(1.0, max(shown) + 0.12 * span)),
    )
    axes.xaxis.label.set(fontsize=9, color=INK)
    axes.yaxis.label.set(fontsize=9, color=INK)
    axes.set_xticks(x)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0 if span > 0.1 else 1))
