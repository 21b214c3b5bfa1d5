"""
The web map: one self-contained HTML file for an intranet without internet.

folium makes the map, `offline` the single file, `content` and `pack` the data; what is drawn and
said stands in `web*.js`. No text of the study passes through a template or becomes HTML: it travels
in inert blocks and enters the page by `textContent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import pandas as pd
from folium.template import Template

from .content import (
    Audience,
    Measure,
    Own,
    Reach,
    places_columns,
    reaches_columns,
    towns_columns,
    venues_columns,
)
from .content_answers import (
    flags_columns,
    measure_columns,
    standards_columns,
    told_flags,
    told_measures,
)
from .offline import OfflineFigure, script, stylesheet
from .pack import Part, packed
from .payload import (
    WAY_ROOM,
    base_columns,
    branches_columns,
    positions,
    require_degrees,
    ring_columns,
)
from .style import BASE_LINES, page_style
from .tiles import Tiles

SCRIPTS = (
    "web_text.js",
    "web_codec.js",
    "web_fold.js",
    "web_measure.js",
    "web_spread.js",
    "web_classes.js",
    "web_priority.js",
    "web_views.js",
    "web_state.js",
    "web_dom.js",
    "web_sheet.js",
    "web_ground.js",
    "web_marks.js",
    "web_specks.js",
    "web_dots.js",
    "web_pick.js",
    "web_labels.js",
    "web_cards.js",
    "web_legend.js",
    "web_choose.js",
    "web_figures.js",
    "web_tables.js",
    "web_list.js",
    "web_charts.js",
    "web_search.js",
    "web_ruler.js",
    "web_tiles.js",
    "web_print.js",
    "web_tools.js",
    "web.js",
)
"""In the order of their needs; each adds its functions to `window.kepu`."""

BASE_NAMES = frozenset({*BASE_LINES, "water"})


class Start(folium.MacroElement):
    """The call that brings the page to life, after folium has made its map."""

    _template = Template("{% macro script(this, kwargs) %}kepu.start(map_kepu);{% endmacro %}")


def _figure(
    title: str, blocks: Mapping[str, object], parts: Sequence[Part], origins: Sequence[str]
) -> OfflineFigure:
    here = Path(__file__).parent
    # `web.js` starts the page, so what registers itself stands before it
    names = [*SCRIPTS[:-1], *(name for part in parts for name in part.scripts), SCRIPTS[-1]]
    styles = ["web.css", "web_paper.css", *(part.style for part in parts if part.style)]
    return OfflineFigure(
        title,
        head="\n".join(
            [
                *(stylesheet(here / name) for name in styles),
                *(script((here / name).read_text("utf-8")) for name in names),
            ]
        ),
        body="\n".join(
            [
                (here / "web.html").read_text("utf-8"),
                *(packed(name, block) for name, block in blocks.items()),
                *(packed(f"kepu-{part.name}", part.block) for part in parts),
            ]
        ),
        origins=origins,
    )


def _sheet(towns: gpd.GeoDataFrame) -> folium.Map:
    west, south, east, north = (float(edge) for edge in towns.total_bounds)
    sheet = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
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
    types: Mapping[str, str],
    groups: Mapping[str, str],
    standards: pd.DataFrame,
    reach: Sequence[Reach],
    coverage: pd.DataFrame,
    flags: pd.DataFrame,
    base: Mapping[str, gpd.GeoSeries],
    facts: Sequence[tuple[str, str]],
    illustrative: bool,
    review: str = "",
    audience: Audience = "internal",
    own: Mapping[str, Own] | None = None,
    measures: Iterable[Measure] = (),
    isochrones: gpd.GeoDataFrame | None = None,
    branches: Mapping[str, Any] | None = None,
    tiles: Tiles | None = None,
    parts: Sequence[Part] = (),
    longest_minutes: float = 600,
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
        Points, EPSG:4326, index venue id, sorted as text: `name`, `type`, `status` (open, planned,
        closed, candidate), `outside` (of the district); may have `town` (code), `groups` (whom it
        serves), `hours`, `address`.
    types, groups
        Chinese names by key.
    standards
        Index key: `name`, `types` (keys), `mode`, `minutes`, `goal` (0 to 1), `group`, `area` (all,
        urban, rural), `basis`; may have `low`, `high` (between which the district's share lies) and
        `unsure` (whether its goal does).
    reach
        Nearest venues by mode; the page counts everything from these.
    coverage
        `standard`, `scope` (district, urban, rural, town), `code` (of the town, else empty),
        `people`, `covered`, `not_connected`: what the analysis counted. The page compares its own
        counts with these and says so aloud if they differ.
    flags
        `kind` (place, town, venue), `id`, `standard`, `sentence`; may have `level`, `remedy`.
    base
        Lines and polygons, EPSG:4326, by class: those of `style.BASE_LINES`, and water.
    facts
        Label and value of every source, date and assumption; those whose label has 来源 are
        printed on the map itself.
    illustrative
        Whether everything bears 示意数据.
    review
        审图号, printed only if given.
    audience
        A public page shows no coordinates, rounds points to 100 m and keeps small counts to itself.
    own
        Standards that ask more than the nearest open venue.
    measures
        Further measures of places.
    isochrones
        Polygons, EPSG:4326: `venue`, `mode`, `minutes`.
    branches
        By standard: routes to the nearest venues as shared branches (`start`, `parent`, `line`).
    tiles
        An online base map that the reader may switch on.
    parts
        Further parts of the page.
    longest_minutes
        How far ways were searched for; no longer limit can be chosen.

    Raises
    ------
    ValueError
        If a layer is not in EPSG:4326, a row refers to what is not there, the venues are not
        sorted, or a class of base lines is unknown.
    KeyError
        If `coverage` lacks the district or a town.
    """
    _require(towns, places, venues, base, standards)
    indexes = {"town": towns.index, "place": places.index, "venue": venues.index}
    told = places_columns(places, towns, audience)
    people = places["people"].to_numpy()
    sites = venues_columns(venues, types, towns.index, audience)
    data = {
        "title": title,
        "illustrative": bool(illustrative),
        "review": review,
        "audience": audience,
        "towns": towns_columns(towns),
        "places": told,
        "venues": sites,
        "types": {"key": list(types), "name": list(types.values())},
        "groups": {"key": list(groups), "name": list(groups.values())},
        "longestMinutes": float(longest_minutes),
        "reach": reaches_columns(reach, told, venues["type"].to_numpy()),
        "standards": standards_columns(standards, coverage, own or {}, towns.index),
        "flags": flags_columns(
            told_flags(flags, standards, places.index, told), standards.index, indexes
        ),
        "measures": [measure_columns(one) for one in told_measures(measures, standards, told)],
        "isochrones": [] if isochrones is None else ring_columns(isochrones, venues.index),
        # a way begins at the very door
        "branches": _ways(branches or {}, people) if audience == "internal" else {},
        "tiles": None if tiles is None else _tile_facts(tiles),
        "facts": {"label": [label for label, _ in facts], "value": [value for _, value in facts]},
    }
    blocks = {"kepu-data": data, "kepu-base": base_columns(base), "kepu-style": page_style()}
    sheet = _sheet(towns)
    sheet.add_child(Start())  # type: ignore[no-untyped-call]
    figure = _figure(title, blocks, parts, tiles.origins if tiles else ())
    return figure.add_child(sheet).render()


def _require(
    towns: gpd.GeoDataFrame, places: gpd.GeoDataFrame, venues: gpd.GeoDataFrame,
    base: Mapping[str, gpd.GeoSeries], standards: pd.DataFrame,
) -> None:  # fmt: skip
    """Refuse what a page cannot be made of."""
    for name, layer in (("towns", towns), ("places", places), ("venues", venues)):
        require_degrees(name, layer)
    if strange := set(base) - BASE_NAMES:
        raise ValueError(f"`base` has unknown classes {sorted(strange)}")
    ids = [str(one) for one in venues.index]
    if ids != sorted(ids):
        raise ValueError("`venues` must be sorted by id: of equally near ones the first is taken")
    positions("standards.group", standards["group"], places.columns)


def _ways(branches: Mapping[str, Any], people: Any) -> dict[str, object]:
    most = WAY_ROOM // max(len(people), 1) // max(len(branches), 1)
    return {key: branches_columns(one, people, most) for key, one in branches.items()}


def _tile_facts(tiles: Tiles) -> dict[str, object]:
    return {
        "name": tiles.name,
        "urls": list(tiles.urls),
        "attribution": tiles.attribution,
        "datum": tiles.datum,
        "hosts": tiles.hosts,
        "most": tiles.most,
    }
