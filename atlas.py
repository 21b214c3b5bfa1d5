"""From answers to the map: names for keys, degrees for metres, and the facts at its foot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .assessment import Assessment
from .atlas_measures import further
from .atlas_times import owns, reaches, rings_of, rings_told, ways_of
from .atlas_whatif import whatif
from .coverage.gaps import percent_down
from .coverage.share import GROUPS
from .layers.venues import venue_types
from .maps.tiles import Tiles, osm, own_server, tianditu
from .study import Survey
from .study_keys import Study
from .wording import GROUP_NAMES, MODE_NAMES

ROAD_CLASSES = {
    "motorway": "motorway",
    "motorway_link": "motorway",
    "trunk": "trunk",
    "trunk_link": "trunk",
    "primary": "primary",
    "primary_link": "primary",
    "secondary": "secondary",
    "secondary_link": "secondary",
    "tertiary": "tertiary",
    "tertiary_link": "tertiary",
    "unclassified": "minor",
    "residential": "minor",
    "living_street": "minor",
    "road": "minor",
}
"""Classes of road that the base map draws; paths, tracks and service roads are left out."""
SIMPLE_METRES = 4.0
POPULATIONS = {"resident": "常住人口", "registered": "户籍人口", "census": "普查人口"}
LAYER_NAMES = {"towns": "镇街界线", "venues": "设施", "demand": "人口", "roads": "道路"}


def atlas(
    study: Study,
    survey: Survey,
    found: Assessment,
    facts: dict[str, Any],
    cache: Path | None = None,
) -> dict[str, Any]:
    """
    Return the arguments of `maps.web.web_map`.

    Parameters
    ----------
    study, survey, found
        Asked, measured, answered.
    facts
        From `passport.passport`.
    cache
        Where the ground of the isochrones is kept from run to run; None keeps nothing.
    """
    groups = [group for group in GROUPS if group in survey.demand]
    venues = survey.venues.iloc[np.argsort(survey.venues.index.astype(str), kind="stable")]
    drawn = rings_of(study, survey, cache) if study.map.isochrones else None
    return {
        "title": study.study.name,
        "towns": survey.towns[["name", "kind", "geometry"]].to_crs(4326),
        "places": survey.demand[["name", "town", "rural", *groups, "geometry"]].to_crs(4326),
        "venues": _listed(venues),
        "types": {key: kind.name for key, kind in venue_types().items()},
        "groups": {group: GROUP_NAMES[group] for group in groups},
        "standards": _standards(study, found),
        "reach": reaches(survey, venues),
        "coverage": found.standards,
        "own": owns(found.questions, survey, venues),
        "measures": list(further(study, found, survey.demand)),
        "flags": found.flags[["kind", "id", "standard", "level", "sentence", "remedy"]],
        "isochrones": drawn,
        "branches": ways_of(study, survey, found.questions),
        "base": base_map(survey),
        "facts": [
            *_facts(study, survey, facts),
            *([] if drawn is None else [rings_told(drawn, survey)]),
        ],
        "illustrative": study.study.illustrative,
        "review": study.study.review,
        "audience": study.map.mode,
        "tiles": _tiles(study),
        "parts": [] if study.map.mode == "public" else [whatif(study, survey, venues)],
        "longest_minutes": study.study.horizon_minutes,
    }


def _standards(study: Study, found: Assessment) -> pd.DataFrame:
    names = ["key", "name", "types", "mode", "minutes", "goal", "group", "area", "basis"]
    rows = [{name: getattr(standard, name) for name in names} for standard in study.wanted]
    bands = found.bands[found.bands["scope"] == "district"].set_index("standard")
    return (
        pd.DataFrame(rows)
        .set_index("key")
        .assign(
            low=bands[["point_low", "speed_low"]].min(axis=1, skipna=False),
            high=bands[["point_high", "speed_high"]].max(axis=1, skipna=False),
            unsure=bands["verdict"] == "unsure",
        )
    )


def _listed(venues: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    columns = ["name", "type", "status", "outside", "town", "groups", "targets", "address"]
    columns += ["geometry"]
    hours = venues[["days", "hours"]].fillna("").astype(str).agg(" ".join, axis=1).str.strip()
    found: gpd.GeoDataFrame = venues[columns].assign(hours=hours).to_crs(4326)
    return found


def _tiles(study: Study) -> Tiles | None:
    asked = study.map
    if asked.tiles == "none":
        return None
    if asked.tiles == "tianditu":
        return tianditu(asked.key)
    return osm() if asked.tiles == "osm" else own_server(asked.tiles, asked.datum)


def base_map(survey: Survey) -> dict[str, gpd.GeoSeries]:
    """Return roads by class, rails, rivers and water in degrees, simplified to four metres."""
    network = survey.roads.network
    kind = np.array([ROAD_CLASSES.get(name, "") for name in network.classes])[network.highway]
    layers = {
        name: gpd.GeoSeries(network.lines[kind == name], crs=network.crs)
        for name in dict.fromkeys(ROAD_CLASSES.values())
    }
    background = survey.roads.background
    for name in ("rail", "river", "water"):
        shapes = background[background["kind"] == name].geometry
        layers[name] = shapes.to_crs(network.crs)
    return {
        name: shapes.simplify(SIMPLE_METRES).to_crs(4326)
        for name, shapes in layers.items()
        if len(shapes)
    }


def _facts(study: Study, survey: Survey, facts: dict[str, Any]) -> list[tuple[str, str]]:
    lines = []
    for name, title in LAYER_NAMES.items():
        source = getattr(study, name)
        datum = getattr(source, "datum", "") or ""
        parts = [source.source or source.file, str(source.date or ""), datum]
        if name == "demand":
            parts.append(f"{source.year}年{POPULATIONS[source.population]}")
        if name == "towns" and source.year:
            parts.append(f"{source.year}年版")
        lines.append((f"{title}来源", "；".join(part for part in parts if part)))
    lines.append(("分析日期", study.study.date.isoformat()))
    lines.append(("坐标系", f"WGS 84（量算：{survey.towns.crs.name}）"))
    way = {"to_venue": "居民前往设施", "from_venue": "设施人员前往居民点"}
    lines.append(("出行方向", f"{way[study.study.direction]}；时限含端点（≤）"))
    for mode, rules in facts["modes"].items():
        lines.append(
            (
                f"{MODE_NAMES[mode]}假定",
                f"路网外步行 {rules['access_kmh']:g} km/h × {rules['detour']:g}，"
                f"接入上限 {rules['snap_metres']:g} 米，到达附加 {rules['arrival_seconds']:g} 秒；"
                f"未接入 {rules['not_connected_places']} 处 {rules['not_connected_people']} 人"
                + (
                    f"；无限速标注的道路里程占 {percent_down(rules['assumed_speed_share'])}%"
                    if rules["maxspeed_share"]
                    else ""
                ),
            )
        )
    for name, table in facts["tables"].items():
        lines.append(
            (
                f"{LAYER_NAMES[name]}表",
                f"{table['rows_in']} 行：采用 {table['ok']}，隔离 {table['quarantined']}，"
                f"忽略 {table['ignored']}",
            )
        )
    warnings = len(facts["warnings"])
    lines.append(("警告", f"{warnings} 条，见 manifest.json" if warnings else "无"))
    lines.append(("生成命令", facts["command"]))
    lines.append(("程序版本", f"kepu {facts['version']}"))
    return lines
