"""The maps of the appendix: layers from the ground up, on their sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline

from ..style import BASE_LINES, DISTRICT_EDGE, INK, MUTED, PAPER, TOWN_EDGE, WATER
from .about import About, Key, Paper
from .marks import north_arrow, scale_bar
from .names import NOTHING, Names, write_names
from .sheet import Sheet, open_sheet
from .text import lettered

ROADS = ("minor", "tertiary", "secondary", "primary", "trunk", "rail", "motorway")
BASE_WIDTHS = {
    "minor": 0.25,
    "tertiary": 0.45,
    "secondary": 0.7,
    "primary": 1.0,
    "trunk": 1.2,
    "rail": 0.7,
    "motorway": 1.5,
}
"""Points; colours are those of the map."""
ROAD_NAMES = {
    "motorway": "高速公路",
    "trunk": "国道",
    "primary": "省道",
    "secondary": "县道",
    "rail": "铁路",
}
AT_ONCE = 200
"""Lines that are drawn as one path; far more of them overflow the cells of the rasteriser."""
PAD = 0.03
"""Of the longer side, around the district."""


@dataclass(frozen=True, eq=False)
class Layer:
    """
    Shapes of one look, and what they mean; without shapes nothing is drawn and nothing explained.

    Parameters
    ----------
    shapes
        In the metric system of the map.
    label
        In the legend; empty: not in it.
    form
        `area`, `line`, or a marker of matplotlib.
    size
        Of markers, in square points: one, or one for each.
    level
        Drawn above those of a lower level, whatever their order, which is that of the legend.
    """

    shapes: gpd.GeoSeries
    label: str = ""
    form: str = "o"
    colour: str = INK
    edge: str = "white"
    width: float = 0.5
    size: Any = 22.0
    dash: Any = "-"
    hatch: str = ""
    level: int = 0

    @cached_property
    def outlines(self) -> list[Outline]:
        """Its areas and lines as paths, worked out once for all sheets."""
        parts = shapely.get_parts(shapely.force_2d(self.shapes.dropna().to_numpy()))
        if self.form == "area":
            return [_outline(p) for p in parts if p.geom_type == "Polygon" and not p.is_empty]
        lines = [p for p in parts if p.geom_type in ("LineString", "LinearRing")]
        return [_joined(lines[at : at + AT_ONCE]) for at in range(0, len(lines), AT_ONCE)]

    @property
    def key(self) -> Key:
        """Its entry in the legend."""
        across = float(np.sqrt(np.median(np.atleast_1d(self.size))))
        return Key(
            self.label,
            self.form,
            self.colour,
            self.edge,
            self.width,
            self.dash,
            self.hatch,
            float(np.clip(across, 3.5, 8)),
        )


def base_layers(towns: gpd.GeoDataFrame, base: dict[str, gpd.GeoSeries]) -> list[Layer]:
    """
    Return what lies below every map: land, water, roads, borders.

    Parameters
    ----------
    towns
        Polygons in the metric system.
    base
        Lines and areas by name, as `atlas.base_map`, in the same system.
    """
    land = gpd.GeoSeries(list(towns.geometry), crs=towns.crs)
    layers = [Layer(land, "", "area", PAPER, "none", 0)]
    if "water" in base:
        layers.append(Layer(base["water"], "水面", "area", WATER, WATER, 0.3))
    if "river" in base:
        layers.append(Layer(base["river"], "河流", "line", WATER, width=1.4))
    for name in ROADS:
        if name in base:
            dash: Any = (0, (5, 3)) if name == "rail" else "-"
            colour = BASE_LINES[name].casing or BASE_LINES[name].colour
            layers.append(
                Layer(
                    base[name],
                    ROAD_NAMES.get(name, ""),
                    "line",
                    colour,
                    width=BASE_WIDTHS[name],
                    dash=dash,
                )
            )
    return layers


def border_layers(towns: gpd.GeoDataFrame) -> list[Layer]:
    """Return the borders of the towns and of the district."""
    edges = gpd.GeoSeries(towns.boundary.to_numpy(), crs=towns.crs)
    whole = gpd.GeoSeries([shapely.union_all(towns.geometry.to_numpy()).boundary], crs=towns.crs)
    return [
        Layer(edges, "镇街界", "line", TOWN_EDGE, width=0.7, dash=(0, (5, 2))),
        Layer(whole, "区界", "line", DISTRICT_EDGE, width=1.5),
    ]


def map_figure(
    about: About,
    paper: Paper,
    towns: gpd.GeoDataFrame,
    layers: Sequence[Layer],
    names: Sequence[Names] = (),
    heads: Iterable[Key] = (),
) -> Figure:
    """
    Draw a map on a sheet.

    Parameters
    ----------
    about, paper
        What stands around it, and how the sheet lies.
    towns
        Polygons in a metric system whose north is up: `name`; they give the extent.
    layers
        From the ground up.
    names
        Written after the names of the towns.
    heads
        Further lines of the legend, at its end.

    Raises
    ------
    MissingGlyphError
        A character that no font draws.
    """
    drawn = [layer for layer in layers if len(layer.shapes)]
    keys = [layer.key for layer in reversed(drawn) if layer.label] + list(heads)
    written = [text for group in names for text in group.texts]
    texts = [
        about.title,
        about.subtitle,
        *about.notes,
        about.review,
        about.caption,
        *(key.label for key in keys),
        *towns["name"],
        *written,
        "示意数据图例北公里0123456789",
    ]
    with lettered(texts):
        sheet = open_sheet(about, paper, keys)
        _extent(sheet, towns)
        for order, layer in enumerate(sorted(drawn, key=lambda one: one.level), 1):
            _draw(sheet.body, layer, order)
        town_names = Names(
            towns.representative_point(), list(towns["name"]), 9.0, MUTED, 0.0, towns.geometry
        )
        write_names(sheet, [*names, town_names], _symbols(drawn))
        scale_bar(sheet)
        north_arrow(sheet)
    return sheet.figure


def _symbols(layers: Sequence[Layer]) -> npt.NDArray[np.float64]:
    """Return where symbols stand, n x 2."""
    points = [one.shapes.to_numpy() for one in layers if one.form not in ("area", "line")]
    return shapely.get_coordinates(np.concatenate(points)) if points else NOTHING


def _extent(sheet: Sheet, towns: gpd.GeoDataFrame) -> None:
    """Show the whole district in the frame, equally scaled, in its middle."""
    west, south, east, north = towns.total_bounds
    pad = PAD * max(east - west, north - south)
    _, _, w, h = sheet.frame.body
    scale = max((east - west + 2 * pad) / w, (north - south + 2 * pad) / h)
    x, y = (west + east) / 2, (south + north) / 2
    sheet.body.set(
        xlim=(x - scale * w / 2, x + scale * w / 2),
        ylim=(y - scale * h / 2, y + scale * h / 2),
        xticks=(),
        yticks=(),
        facecolor="white",
    )
    for spine in sheet.body.spines.values():
        spine.set(linewidth=0.8, color=INK)


def _draw(axes: Axes, layer: Layer, order: int) -> None:
    if layer.form not in ("area", "line"):
        points = layer.shapes.to_numpy()
        found: PathCollection = axes.scatter(
            shapely.get_x(points),
            shapely.get_y(points),
            s=layer.size,
            c=layer.colour,
            marker=layer.form,
            edgecolors=layer.edge,
            linewidths=layer.width,
            zorder=order,
        )
        found.set_clip_on(True)
        return
    area = layer.form == "area"
    axes.add_collection(
        PathCollection(
            layer.outlines,
            facecolors=layer.colour if area else "none",
            edgecolors=layer.edge if area else layer.colour,
            linewidths=layer.width,
            linestyles=["-" if area else layer.dash],
            hatch=(layer.hatch or None) if area else None,
            capstyle="butt",
            zorder=order,
        ),
        autolim=False,
    )


def _joined(lines: Sequence[shapely.LineString]) -> Outline:
    """Return lines as one path: a file spells out the look of every path anew."""
    points, line = shapely.get_coordinates(lines, return_index=True)
    first = np.r_[True, line[1:] != line[:-1]]
    return Outline(points, np.where(first, Outline.MOVETO, Outline.LINETO))


def _outline(part: shapely.Polygon) -> Outline:
    rings = [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
    codes = [
        np.r_[Outline.MOVETO, np.full(len(ring) - 2, Outline.LINETO), Outline.CLOSEPOLY]
        for ring in rings
    ]
    return Outline(np.concatenate(rings), np.concatenate(codes))
