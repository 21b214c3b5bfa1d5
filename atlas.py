"""From answers to the map: names for keys, degrees for metres, and the facts at its foot."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .coverage.gaps import percent_down
from .coverage.share import GROUPS
from .layers.venues import venue_types
from .results import MODE_NAMES
from .study import Assessment, Survey
from .study_keys import Study

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


def atlas(study: Study, survey: Survey, found: Assessment, facts: dict[str, Any]) -> dict[str, Any]:
    """
    Return the arguments of `maps.web.web_map`.

    Parameters
    ----------
    study, survey, found
        Asked, measured, answered.
    facts
        From `passport.passport`.
    """
    groups = [group for group in GROUPS if group in survey.demand]
    types = {key: kind.name for key, kind in venue_types().items()}
    standards = pd.DataFrame(
        [
            {
                **standard.model_dump(include={"key", "name", "mode", "minutes", "goal", "basis"}),
                "types": list(standard.types),
                "type_names": "、".join(types[kind] for kind in standard.types),
                "group": standard.group,
            }
            for standard in study.standards
        ]
    ).set_index("key")
    return {
        "title": study.study.name,
        "towns": survey.towns[["name", "kind", "geometry"]].to_crs(4326),
        "places": survey.demand[["name", "town", "rural", *groups, "geometry"]].to_crs(4326),
        "venues": survey.venues[
            ["name", "type", "type_name", "status", "outside", "geometry"]
        ].to_crs(4326),
        "standards": standards,
        "reach": _reach(found.reach),
        "coverage": found.standards.drop(columns="met"),
        "flags": found.flags[["kind", "id", "standard", "sentence"]],
        "base": base_map(survey),
        "facts": _facts(study, survey, facts),
        "illustrative": study.study.illustrative,
        "review": study.study.review,
    }


def _reach(reach: pd.DataFrame) -> pd.DataFrame:
    """Return the reach with nothing but a reason where a standard is not meant for a place."""
    shown = reach.drop(columns="meant")
    apart = ~reach["meant"]
    shown.loc[apart, ["minutes", "venue", "walk_minutes"]] = pd.NA
    shown.loc[apart, "covered"] = False
    shown.loc[apart, "reason"] = "not_meant"
    return shown


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
