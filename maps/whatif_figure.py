"""
Two states as one picture, the map of who gains and who loses; and all states beside each other.

Blue gains and orange loses, as everywhere; form says it again (triangles up and down).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .fonts import wheel_family
from .style import INK, MUTED, TOWN_EDGE, WATER

LOOKS = {
    "same": ("#b8bec6", "o", "不变"),
    "nearer": ("#62a1d4", "^", "变近（覆盖不变）"),
    "farther": ("#f2a64f", "v", "变远（覆盖不变）"),
    "departed": ("#6c7a89", "D", "仅前者有的居民点"),
    "arrived": ("#00573f", "s", "新增居民点"),
    "gained": ("#175a96", "^", "新覆盖"),
    "lost": ("#cf5f1d", "v", "失去覆盖"),
    "cut_off": ("#862a0b", "X", "不再可达"),
}
"""Colour, form and name of what becomes of a place; drawn in this order."""
ROAD, CLOSED = "#c9c3ba", "#a8005f"
STATES = (
    ("#5b6470", "o"), ("#175a96", "s"), ("#cf5f1d", "^"), ("#00573f", "D"), ("#7b3f8c", "v"),
    ("#8a6d00", "P"),
)  # fmt: skip
"""Colour and form of the present, of the first scenario and so on."""
HALO = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6}
LARGEST_POINTS = 120.0
INCHES = (11.7, 6.6)
DOTS_AN_INCH = 150


def difference_figure(
    paths: Sequence[Path],
    *,
    title: str,
    towns: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    people: pd.DataFrame,
    roads: gpd.GeoSeries,
    closed: gpd.GeoSeries,
    water: gpd.GeoSeries,
    notes: str,
    illustrative: bool,
) -> None:
    """
    Write the picture of a pair of states under one standard.

    Parameters
    ----------
    paths
        Files to write; `.png` or `.svg` by the name.
    title
        What is compared.
    towns
        Polygons, index code: `name`.
    places
        Points in the same metric system: `people`, `kind` (a key of `LOOKS`).
    people
        Index code of the towns: `gained`, `lost` (people).
    roads, closed, water
        Lines and areas below; the closed stretches stand out.
    notes
        Printed at the foot: what was changed, the standard, the sources.
    illustrative
        Whether it bears 示意数据.
    """
    with _canvas(INCHES) as figure:
        sheet, bars = figure.subplots(1, 2, width_ratios=(1.65, 1))
        _map(sheet, towns, places, roads, closed, water)
        _bars(bars, towns, people)
        figure.subplots_adjust(left=0.02, right=0.97, top=0.9, bottom=0.13, wspace=0.3)
        _save(figure, paths, title, notes, illustrative)


def states_figure(
    paths: Sequence[Path],
    *,
    title: str,
    shares: pd.DataFrame,
    labels: pd.DataFrame,
    goals: pd.Series,
    notes: str,
    illustrative: bool,
) -> None:
    """
    Write how far each standard is met in each state.

    Parameters
    ----------
    paths
        Files to write; `.png` or `.svg` by the name.
    shares
        Index: names of the standards; a column for each state, the present first; missing where
        a standard is meant for nobody.
    labels
        Of the same shape: shares as they are printed.
    goals
        By name of the standard, shares.
    """
    rows, states = len(shares), list(shares.columns)
    inches = (INCHES[0] * 0.8, 1.7 + rows * (0.25 + 0.15 * len(states)))
    with _canvas(inches) as figure:
        axes = figure.subplots()
        at = np.arange(rows)[::-1].astype(float)
        for height, name in zip(at, shares.index, strict=True):
            axes.plot([100 * goals[name]] * 2, [height - 0.45, height + 0.45], color=CLOSED,
                      linewidth=1.4, label="_" if height else "目标")  # fmt: skip
        for number, state in enumerate(states):
            colour, form = STATES[number % len(STATES)]
            y = at + 0.36 - 0.72 * (number + 0.5) / len(states)
            value = 100 * shares[state].to_numpy(float, na_value=np.nan)
            axes.hlines(y, 0, value, color=colour, linewidth=0.8, alpha=0.5)
            axes.plot(value, y, form, color=colour, markersize=5, label=state)
            for x, height, text in zip(value, y, labels[state], strict=True):
                if np.isfinite(x):
                    axes.annotate(text, (x, height), xytext=(7, 0), textcoords="offset points",
                                  fontsize=7, va="center", color=INK, bbox=HALO)  # fmt: skip
        axes.set_yticks(at, list(shares.index), fontsize=8)
        axes.set(xlim=(0, 110), ylim=(-0.6, rows - 0.4))
        axes.tick_params(axis="x", labelsize=7, colors=MUTED)
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_xlabel("全区覆盖率（%）", fontsize=8, color=MUTED)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), fontsize=8, ncols=4, frameon=False)
        figure.tight_layout(rect=(0, 0.4 / inches[1], 1, 1 - 0.45 / inches[1]))
        _save(figure, paths, title, notes, illustrative)


@contextmanager
def _canvas(inches: tuple[float, float]) -> Iterator[Any]:
    """Give a figure whose texts are set in the typeface that the package carries."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {"font.family": wheel_family(), "axes.unicode_minus": False, "svg.hashsalt": "kepu"}
    ):
        figure = Figure(figsize=inches, dpi=DOTS_AN_INCH)
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw_idle = lambda: None  # geopandas asks for a whole drawing after each layer
        yield figure


def _save(figure: Any, paths: Sequence[Path], title: str, notes: str, illustrative: bool) -> None:
    """Write a figure with its title and foot, without the time of writing."""
    mark = "（示意数据）" if illustrative else ""
    figure.suptitle(f"{title}{mark}", x=0.02, ha="left", fontsize=13, color=INK)
    figure.text(0.02, 0.015, notes, fontsize=7.5, color=MUTED, va="bottom", wrap=True)
    for path in paths:
        stamp = {"Date": None} if path.suffix == ".svg" else {"Software": "kepu"}
        figure.savefig(path, metadata=stamp)


def _map(
    axes: Any,
    towns: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    roads: gpd.GeoSeries,
    closed: gpd.GeoSeries,
    water: gpd.GeoSeries,
) -> None:
    west, south, east, north = towns.total_bounds
    for layer, colour, width, order in ((water, WATER, 1.2, 1), (roads, ROAD, 0.4, 2)):
        if len(layer):
            layer.plot(ax=axes, color=colour, linewidth=width, zorder=order)
    towns.boundary.plot(ax=axes, color=TOWN_EDGE, linewidth=0.9, linestyle=(0, (6, 2)), zorder=3)
    if len(closed):
        closed.plot(ax=axes, color=CLOSED, linewidth=2.4, zorder=4, label="封闭的道路")
    most = max(float(places["people"].max()), 1.0) if len(places) else 1.0
    for order, (kind, (colour, form, name)) in enumerate(LOOKS.items()):
        some = places[places["kind"] == kind]
        if not len(some):
            continue
        size = 8 + LARGEST_POINTS * some["people"].to_numpy(float) / most
        axes.scatter(
            some.geometry.x, some.geometry.y, s=size, c=colour, marker=form, linewidths=0.4,
            edgecolors="white", zorder=5 + order, label=f"{name} {len(some)}处",
        )  # fmt: skip
    for name, at in zip(towns["name"], towns.representative_point(), strict=True):
        axes.annotate(
            name, (at.x, at.y), ha="center", fontsize=7, color=MUTED, zorder=20,
            annotation_clip=True,
        )  # fmt: skip
    pad = 0.02 * max(east - west, north - south)
    axes.set(xlim=(west - pad, east + pad), ylim=(south - pad, north + pad), aspect="equal")
    axes.set_axis_off()
    _scale(axes, west + pad, south, (east - west) / 5)
    legend = axes.legend(loc="upper left", fontsize=7, frameon=True, markerscale=0.8)
    for handle in legend.legend_handles:
        if hasattr(handle, "set_sizes"):
            handle.set_sizes([32])


def _scale(axes: Any, left: float, bottom: float, most: float) -> None:
    from .figures.marks import round_number

    metres = round_number(most)
    axes.plot([left, left + metres], [bottom, bottom], color=INK, linewidth=2, zorder=21)
    axes.annotate(
        f"{metres / 1000:g} 公里", (left + metres / 2, bottom), xytext=(0, 4), fontsize=7,
        textcoords="offset points", ha="center", color=INK, zorder=21,
    )  # fmt: skip


def _bars(axes: Any, towns: gpd.GeoDataFrame, people: pd.DataFrame) -> None:
    rows = people.reindex(towns.index).fillna(0)
    at = np.arange(len(towns))[::-1]
    for column, side, kind in (("gained", 1, "gained"), ("lost", -1, "lost")):
        values = rows[column].to_numpy(float)
        colour, _, name = LOOKS[kind]
        total = int(values.sum())
        bars = axes.barh(at, side * values, color=colour, height=0.62, label=f"{name} {total:,}人")
        texts = [f"{int(value):,}" if value else "" for value in values]
        axes.bar_label(bars, texts, padding=3, fontsize=7, color=INK)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(at, list(towns["name"]), fontsize=8)
    axes.tick_params(axis="x", labelsize=7, colors=MUTED)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    widest = max(float(rows[["gained", "lost"]].to_numpy().max(initial=0)), 1.0)
    low = widest * 1.25 if rows["lost"].any() else widest * 0.08
    high = widest * 1.25 if rows["gained"].any() else widest * 0.08
    axes.set_xlim(-low, high)
    if not rows[["gained", "lost"]].to_numpy().any():
        axes.set_xticks([])
        axes.annotate("没有人新覆盖或失去覆盖", (0.5, 0.5), xycoords="axes fraction", ha="center",
                      fontsize=8, color=MUTED, bbox=HALO)  # fmt: skip
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title("各镇街得失人数", fontsize=9, loc="left", color=INK)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=8, frameon=False)


def captions(names: Mapping[str, str]) -> str:
    """Join labelled remarks for the foot of a picture."""
    return "　".join(f"{label}：{text}" for label, text in names.items() if text)


def shortened(text: str, most: int) -> str:
    """Return the begin of a text that is too long for the foot of a picture."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
