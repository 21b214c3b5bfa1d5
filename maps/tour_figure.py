"""A tour as one picture: the ways, the stops in their order, the towns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from .fonts import families
from .style import BAR_BELOW, BAR_MET, INK, MUTED, PAPER, ROUTE, TOWN_EDGE

INCHES = (11.7, 8.3)
DOTS_AN_INCH = 150
LOOKS = {"mobile.museum": (BAR_MET, "s"), "mobile.van": (BAR_BELOW, "o")}
POINT_AREA = 26.0


def tour_figure(
    path: Path,
    *,
    title: str,
    stops: gpd.GeoDataFrame,
    legs: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    notes: str,
    illustrative: bool,
    kinds: Mapping[str, str],
) -> None:
    """
    Write the picture; stops bear the number of their first visit within their kind.

    Parameters
    ----------
    stops
        Points, by date: `kind`, `host`, `name`.
    legs
        Lines: `kind`; one system of reference for all.
    towns
        Polygons: `name`.
    kinds
        Names by kind, for the legend.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    texts = [title, notes, *kinds.values(), *towns["name"], *stops["name"], "（示意数据）次处"]
    with matplotlib.rc_context({"font.family": families(texts), "svg.hashsalt": "kepu"}):
        figure = Figure(figsize=INCHES, dpi=DOTS_AN_INCH, facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.02, 0.06, 0.96, 0.86))
        towns.plot(ax=axes, color=PAPER, edgecolor=TOWN_EDGE, linewidth=0.9)
        drawn = legs[legs.geometry.notna() & ~legs.geometry.is_empty]
        van = drawn[drawn["kind"] == "mobile.van"]
        if len(van):
            van.plot(ax=axes, color=ROUTE, linewidth=0.7, alpha=0.5)
        _stops(axes, stops, kinds)
        for name, point in zip(towns["name"], towns.representative_point(), strict=True):
            axes.annotate(name, (point.x, point.y), ha="center", fontsize=8, color=MUTED)
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.legend(loc="lower left", fontsize=9, frameon=True)
        mark = "（示意数据）" if illustrative else ""
        figure.text(0.02, 0.95, f"{title}{mark}", fontsize=15, color=INK)
        figure.text(0.02, 0.02, notes, fontsize=8, color=MUTED)
        figure.savefig(path, metadata={"Software": "kepu"})


def _stops(axes: Any, stops: gpd.GeoDataFrame, kinds: Mapping[str, str]) -> None:
    """Draw where units halt, the larger the more often."""
    for kind, own in stops.groupby("kind", sort=True):
        colour, form = LOOKS[str(kind)]
        hosts = own.drop_duplicates("host")
        often = own["host"].value_counts().reindex(hosts["host"]).to_numpy(float)
        label = f"{kinds[str(kind)]}：{len(hosts)} 处 {len(own)} 次"
        axes.scatter(
            hosts.geometry.x, hosts.geometry.y, s=POINT_AREA * often, c=colour, marker=form,
            edgecolors="white", linewidths=0.6, zorder=5, label=label,
        )  # fmt: skip
        for number, point in enumerate(hosts.geometry, 1):
            axes.annotate(str(number), (point.x, point.y), xytext=(4, 4), color=colour,
                          textcoords="offset points", fontsize=6.5, zorder=6)  # fmt: skip
