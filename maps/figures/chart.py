"""The charts of the appendix by row: shares by type, town and country."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..style import BAR_BELOW, BAR_MET, FLAG, INK, MUTED
from .about import About, Key, Paper
from .axes import GRID, plain_axes, texts_around
from .sheet import Sheet, open_sheet
from .text import INCH_MM, balanced, breadth, lettered

LABEL_SIZE, VALUE_SIZE = 8.4, 8.0
LABEL_MM = 72.0
"""Room for the names of the rows."""
URBAN, RURAL = "#1f5f99", "#d9772a"
SIDES = {"urban": ("s", URBAN, "white", 1), "rural": ("o", RURAL, INK, -1)}
"""Form, colour, rim, and whether the number stands above or below."""


def shares_figure(about: About, paper: Paper, rows: pd.DataFrame, axis: str) -> Figure:
    """
    Draw bars of shares, one row each, with their goals.

    Parameters
    ----------
    about, paper
        What stands around it, and how the sheet lies.
    rows
        `name`, `share` (0 to 1, missing where nobody is), `goal` (missing: none), `text` (printed
        behind the bar).
    axis
        What the shares are of.
    """
    goals = rows["goal"].astype("Float64")
    met = "时限内可到达" if goals.isna().all() else "达到目标"
    keys = [Key(met, "area", BAR_MET, BAR_MET)]
    if (rows["share"].astype("Float64") < goals).fillna(False).any():
        keys.append(Key("低于目标", "area", BAR_BELOW, INK, hatch="////"))
    if goals.notna().any():
        keys.append(Key("目标", "D", "white", FLAG, 1.2))
    with lettered(texts_around(about, keys, [*rows["name"], *rows["text"], axis])):
        sheet = open_sheet(about, paper, keys, axes=True)
        axes, at = sheet.body, np.arange(len(rows))[::-1]
        _row_axes(sheet, list(rows["name"]), axis)
        for y, row in zip(at, rows.to_dict("records"), strict=True):
            known, goal = not pd.isna(row["share"]), row["goal"]
            share = float(row["share"]) if known else 0.0
            below = known and not pd.isna(goal) and share < goal
            axes.barh(
                y,
                share,
                height=0.62,
                color=BAR_BELOW if below else BAR_MET,
                zorder=3,
                hatch="////" if below else None,
                edgecolor="white",
                linewidth=0,
            )
            _value(axes, share, y, row["text"])
            if not pd.isna(goal):
                axes.plot(float(goal), y, "D", ms=6, mfc="white", mec=FLAG, mew=1.2, zorder=6)
        sheet.figure.draw_without_rendering()
    return sheet.figure


def _value(axes: Axes, share: float, y: float, text: str) -> None:
    """Write a value behind its bar, or in it where the sheet ends."""
    inside = share > 0.72
    axes.annotate(
        text,
        (share, y),
        xytext=(-4 if inside else 4, 0),
        textcoords="offset points",
        ha="right" if inside else "left",
        va="center",
        fontsize=VALUE_SIZE,
        zorder=5,
        color="white" if inside else INK,
    )


def pairs_figure(about: About, paper: Paper, rows: pd.DataFrame, axis: str) -> Figure:
    """
    Draw the share in town and in the country, joined by a line: one row for each standard.

    Parameters
    ----------
    rows
        `name`, `urban`, `rural`, `goal` (0 to 1, missing where nobody is).
    """
    keys = [
        Key("城镇", "s", URBAN, "white", 0.5, size=7),
        Key("乡村", "o", RURAL, INK, 0.6, size=7),
        Key("目标", "D", "white", FLAG, 1.2),
    ]
    with lettered(texts_around(about, keys, [*rows["name"], axis])):
        sheet = open_sheet(about, paper, keys, axes=True)
        axes, at = sheet.body, np.arange(len(rows))[::-1]
        _row_axes(sheet, list(rows["name"]), axis)
        for y, row in zip(at, rows.to_dict("records"), strict=True):
            ends = [float(row[side]) for side in SIDES if not pd.isna(row[side])]
            if len(ends) == 2:
                axes.plot(ends, [y, y], color=MUTED, linewidth=2.2, zorder=3, alpha=0.6)
            for side, (form, colour, rim, up) in SIDES.items():
                if not pd.isna(row[side]):
                    at_value = float(row[side])
                    axes.plot(at_value, y, form, color=colour, mec=rim, ms=8, mew=0.6, zorder=5)
                    axes.annotate(
                        row[f"{side}_text"],
                        (at_value, y),
                        xytext=(0, 6 * up),
                        textcoords="offset points",
                        fontsize=VALUE_SIZE - 0.8,
                        color=INK,
                        ha="center",
                        va="bottom" if up > 0 else "top",
                    )
            if not pd.isna(row["goal"]):
                axes.plot(
                    float(row["goal"]), y, "D", ms=5, mfc="white", mec=FLAG, mew=1.1, zorder=4
                )
        sheet.figure.draw_without_rendering()
    return sheet.figure


def _row_axes(sheet: Sheet, names: list[str], axis: str) -> None:
    """Set up rows by name and shares from 0 to 100 %."""
    axes, figure = sheet.body, sheet.figure
    box = axes.get_position()
    room = (LABEL_MM - 18.0) / (figure.get_figwidth() * INCH_MM)
    axes.set_position((box.x0 + room, box.y0, box.width - room, box.height))
    labels = ["\n".join(_lines(name, LABEL_MM - 4)) for name in names]
    axes.set_yticks(np.arange(len(names))[::-1], labels, fontsize=LABEL_SIZE, color=INK)
    axes.set(xlim=(0, 1.03), ylim=(-0.6, max(len(names), 3) - 0.4))
    axes.set_xlabel(axis, fontsize=9, color=INK)
    plain_axes(axes)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.grid(axis="x", color=GRID, linewidth=0.7, zorder=0)
    axes.spines["left"].set_visible(False)


def _lines(name: str, room: float) -> list[str]:
    """Break the name of a row where its last bracket opens, then where it must."""
    if breadth(name, LABEL_SIZE) <= room:
        return [name]
    head, bracket, tail = name.rpartition("（")
    parts = [head, bracket + tail] if head and bracket else [name]
    return [line for part in parts for line in balanced(part, LABEL_SIZE, room)]
