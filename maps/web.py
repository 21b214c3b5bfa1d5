"""
The web map: one self-contained HTML file for an intranet without internet.

folium makes the map, `offline` the single file, `payload` the data; what is drawn and said stands
in `web*.js`. No text of the study passes through a template or becomes HTML: it travels in data
blocks and enters the page by `textContent`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import folium
import geopandas as gpd
import pandas as pd
from folium.template import Template

from .offline import OfflineFigure, json_block, script, stylesheet
from .payload import (
    base_columns,
    coverage_columns,
    flags_columns,
    places_columns,
    reach_columns,
    require_degrees,
    standards_columns,
    towns_columns,
    venues_columns,
)
from .style import BASE_LINES, page_style

SCRIPTS = (
    "web_data.js",
    "web_base.js",
    "web_marks.js",
    "web_cards.js",
    "web_layers.js",
    "web_labels.js",
    "web_legend.js",
    "web_panel.js",
    "web.js",
)
"""In the order of their needs; each adds its functions to `window.kepu`."""

BASE_NAMES = frozenset({*BASE_LINES, "water"})


class Start(folium.MacroElement):
    """The call that brings the page to life, after folium has made its map."""

    _template = Template("{% macro script(this, kwargs) %}kepu.start(map_kepu);{% endmacro %}")


def _figure(title: str, blocks: Mapping[str, object]) -> OfflineFigure:
    here = Path(__file__).parent
    code = (script((here / name).read_text("utf-8")) for name in SCRIPTS)
    data = (json_block(name, block) for name, block in blocks.items())
    return OfflineFigure(
        title,
        head="\n".join([stylesheet(here / "web.css"), *code]),
        body="\n".join([(here / "web.html").read_text("utf-8"), *data]),
    )


def _sheet(towns: gpd.GeoDataFrame) -> folium.Map:
    west, south, east, north = (float(edge) for edge in towns.total_bounds)
    sheet = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        min_zoom=8,
        max_zoom=18,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=100,
    )
    # branca's own ids are random; this one makes two builds equal
    sheet._id = "kepu"
    return sheet


def web_map(
    *,
    title: str,
    towns: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    standards: pd.DataFrame,
    reach: pd.DataFrame,
    coverage: pd.DataFrame,
    flags: pd.DataFrame,
    base: Mapping[str, gpd.GeoSeries],
    facts: Sequence[tuple[str, str]],
    illustrative: bool,
    review: str = "",
) -> str:
    """
    Return the whole page; the same input gives the same bytes.

    Parameters
    ----------
    title
        Of the study.
    towns
        Polygons, EPSG:4326, index town code: `name`, `kind` (urban, rural).
    places
        Points, EPSG:4326, index place id: `name`, `town` (code), `rural`, `people`; further
        columns of numbers are groups of people.
    venues
        Points, EPSG:4326, index venue id: `name`, `type`, `type_name`, `status` (open, planned,
        closed, candidate), `outside` (of the district).
    standards
        Index key: `name`, `type_names`, `mode` (walk, ebike, car), `minutes`, `goal` (0 to 1),
        `group`, `basis`, `types` (keys of venue types).
    reach
        One row for each standard and place: `standard`, `place`, `minutes` (with access legs, NA
        if not reached), `venue`, `walk_minutes`, `covered`, `reason` ("", not_connected,
        beyond_horizon, no_venue, not_meant: the standard is for
        other places).
    coverage
        `standard`, `scope` (district, urban, rural, town), `code` (of the town, else empty),
        `people`, `covered`, `not_connected`, `share` (NA where nobody lives).
    flags
        `kind` (place, town), `id`, `standard`, `sentence`.
    base
        Lines and polygons, EPSG:4326, by class: those of `style.BASE_LINES`, and water.
    facts
        Label and value of every source, date and assumption; those whose label has 来源 are
        printed on the map itself.
    illustrative
        Whether everything bears 示意数据.
    review
        审图号, printed only if given.

    Raises
    ------
    ValueError
        If a layer is not in EPSG:4326, a row refers to what is not there, or a class of base lines
        is unknown.
    KeyError
        If `coverage` lacks the district or a town.
    """
    for name, layer in (("towns", towns), ("places", places), ("venues", venues)):
        require_degrees(name, layer)
    if strange := set(base) - BASE_NAMES:
        msg = f"`base` has unknown classes {sorted(strange)}"
        raise ValueError(msg)
    data = {
        "title": title,
        "illustrative": bool(illustrative),
        "review": review,
        "towns": towns_columns(towns),
        "places": places_columns(places, towns),
        "venues": venues_columns(venues),
        "standards": standards_columns(standards, places),
        "reach": reach_columns(reach, standards.index, places.index, venues.index),
        "coverage": coverage_columns(coverage, standards.index, towns.index),
        "flags": flags_columns(flags, standards.index, places.index, towns.index),
        "facts": {"label": [label for label, _ in facts], "value": [value for _, value in facts]},
    }
    blocks = {"kepu-data": data, "kepu-base": base_columns(base), "kepu-style": page_style()}
    sheet = _sheet(towns)
    sheet.add_child(Start())  # type: ignore[no-untyped-call]
    return _figure(title, blocks).add_child(sheet).render()
