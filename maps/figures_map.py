"""The maps of the appendix: layers, scale bar, north arrow, names that do not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from .figures import POINT_MM, SCALE_MM, About, Key, Paper, Sheet, breadth, lettered, open_sheet
from .style import BASE_LINES, DISTRICT_EDGE, INK, MUTED, PAPER, TOWN_EDGE, WATER

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
HALO = [withStroke(linewidth=1.8, foreground="white")]
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


@dataclass(frozen=True, eq=False)
class Names:
    """
    Names of points, the most important first; one that finds no free room is left out.

    Parameters
    ----------
    points
        Where they belong, in the metric system of the map.
    texts
        One for each.
    clear
        Points between a name and its point.
    """

    points: gpd.GeoSeries
    texts: Sequence[str]
    size: float = 7.0
    colour: str = INK
    clear: float = 3.5
    must: bool = False


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
        for order, layer in enumerate(drawn, 1):
            _draw(sheet.body, layer, order)
        town_names = Names(towns.representative_point(), list(towns["name"]), 9.0, MUTED, 0.0)
        _write(sheet, [*names, town_names])
        _scale(sheet)
        _north(sheet)
        sheet.figure.draw_without_rendering()
    return sheet.figure


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


def metres_a_mm(sheet: Sheet) -> float:
    """Return how many metres of ground a millimetre of paper is."""
    low, high = sheet.body.get_xlim()
    return float(high - low) / sheet.frame.body[2]


def _draw(axes: Axes, layer: Layer, order: int) -> None:
    shapes = [s for s in layer.shapes.to_numpy() if s is not None and not s.is_empty]
    if layer.form == "area":
        for shape in shapes:
            for part in getattr(shape, "geoms", [shape]):
                if part.geom_type == "Polygon":
                    axes.add_patch(
                        PathPatch(
                            _outline(part),
                            facecolor=layer.colour,
                            edgecolor=layer.edge,
                            linewidth=layer.width,
                            hatch=layer.hatch or None,
                            zorder=order,
                        )
                    )
    elif layer.form == "line":
        lines = [
            np.asarray(p.coords)[:, :2]
            for s in shapes
            for p in getattr(s, "geoms", [s])
            if p.geom_type in ("LineString", "LinearRing")
        ]
        axes.add_collection(
            PathCollection(
                [_joined(lines[at : at + AT_ONCE]) for at in range(0, len(lines), AT_ONCE)],
                facecolors="none",
                edgecolors=layer.colour,
                linewidths=layer.width,
                linestyles=[layer.dash],
                capstyle="butt",
                zorder=order,
            ),
            autolim=False,
        )
    else:
        points = np.array([(s.x, s.y) for s in shapes])
        found: PathCollection = axes.scatter(
            points[:, 0],
            points[:, 1],
            s=layer.size,
            c=layer.colour,
            marker=layer.form,
            edgecolors=layer.edge,
            linewidths=layer.width,
            zorder=order,
        )
        found.set_clip_on(True)


def _joined(lines: Sequence[np.ndarray]) -> Outline:
    """Return lines as one path: a file spells out the look of every path anew."""
    codes = [np.r_[Outline.MOVETO, np.full(len(line) - 1, Outline.LINETO)] for line in lines]
    return Outline(np.concatenate(lines), np.concatenate(codes))


def _outline(part: shapely.Polygon) -> Outline:
    rings = [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
    codes = [
        np.r_[Outline.MOVETO, np.full(len(ring) - 2, Outline.LINETO), Outline.CLOSEPOLY]
        for ring in rings
    ]
    return Outline(np.concatenate(rings), np.concatenate(codes))


Box = tuple[float, float, float, float]


def _write(sheet: Sheet, groups: Sequence[Names]) -> None:
    """Write names where they neither overlap each other nor leave the frame."""
    _, _, w, h = sheet.frame.body
    taken: list[Box] = []
    scale, (left, _), (low, _) = metres_a_mm(sheet), sheet.body.get_xlim(), sheet.body.get_ylim()
    for group in groups:
        for point, text in zip(group.points.to_numpy(), group.texts, strict=True):
            x, y = (point.x - left) / scale, (point.y - low) / scale
            if not text or not (0 <= x <= w and 0 <= y <= h):
                continue
            wide, tall = breadth(text, group.size) + 0.6, group.size * POINT_MM * 1.25
            for box in _around(x, y, wide, tall, group.clear * POINT_MM):
                inside = box[0] >= 1 and box[1] >= 1 and box[2] <= w - 1 and box[3] <= h - 1
                if inside and not any(_meet(box, other) for other in taken):
                    taken.append(box)
                    sheet.body.text(
                        left + scale * (box[0] + box[2]) / 2,
                        low + scale * (box[1] + box[3]) / 2,
                        text,
                        fontsize=group.size,
                        color=group.colour,
                        ha="center",
                        va="center",
                        path_effects=HALO,
                        zorder=100,
                    )
                    break


def _around(x: float, y: float, wide: float, tall: float, clear: float) -> Iterable[Box]:
    """Yield where a name may stand: beside its point, or upon it and a little off."""
    half, up = wide / 2, tall / 2
    if clear:
        for across, along in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            cx, cy = x + across * (half + clear), y + along * (up + clear)
            yield cx - half, cy - up, cx + half, cy + up
        return
    for away in range(9):
        for across, along in ((0, 1), (0, -1), (1, 0), (-1, 0)) if away else ((0, 0),):
            cx, cy = x + across * away * 3.0, y + along * away * 2.0
            yield cx - half, cy - up, cx + half, cy + up


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def round_metres(metres: float) -> float:
    """Return the largest of 1, 2, 5 x 10^n that is not longer."""
    unit = 10.0 ** floor(log10(metres))
    return max(n for n in (1, 2, 5) if n * unit <= metres * (1 + 1e-9)) * unit


def _corner(sheet: Sheet) -> tuple[float, float]:
    """Return the lower right corner of where scale bar and arrow stand."""
    x, y, w, _ = sheet.frame.legend
    return x + w, y


def _scale(sheet: Sheet) -> None:
    """Draw the scale bar in four fields, and the scale in words."""
    right, low = _corner(sheet)
    ground = metres_a_mm(sheet)
    length = round_metres(ground * (SCALE_MM - 22))
    mm = length / ground
    x, y = right - SCALE_MM + 3, low + 7
    for part in range(4):
        sheet.page.add_patch(
            Rectangle(
                (x + part * mm / 4, y),
                mm / 4,
                1.6,
                facecolor="white" if part % 2 else INK,
                edgecolor=INK,
                linewidth=0.5,
            )
        )
    for part, ha in ((0, "center"), (2, "center"), (4, "center")):
        text = f"{length * part / 4000:g}" + (" 公里" if part == 4 else "")
        sheet.page.text(x + part * mm / 4, y + 3.6, text, fontsize=7, color=INK, ha=ha, va="center")
    sheet.page.text(
        x,
        y - 2.8,
        f"比例尺 约 1:{round(ground * 1000, -3):,.0f}（A4）",
        fontsize=7,
        color=INK,
        va="center",
    )


def _north(sheet: Sheet) -> None:
    """Draw an arrow that points up the sheet, where north is in a metric system."""
    right, low = _corner(sheet)
    x, y = right - 7.5, low + 6
    tip, foot = y + 12, y
    sheet.page.add_patch(
        Polygon(
            [(x, tip), (x - 2.6, foot), (x, foot + 2.4)],
            facecolor=INK,
            edgecolor=INK,
            linewidth=0.6,
            gid="north-dark",
        )
    )
    sheet.page.add_patch(
        Polygon(
            [(x, tip), (x + 2.6, foot), (x, foot + 2.4)],
            facecolor="white",
            edgecolor=INK,
            linewidth=0.6,
            gid="north-light",
        )
    )
    sheet.page.text(x, tip + 2.4, "北", fontsize=8, color=INK, ha="center", va="center")
