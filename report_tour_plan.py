"""A tour for the appendix: read from a finished folder of `kepu tour`, or planned here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .assessment import Assessment
from .coverage.siting.answers import Watch
from .folder import MANIFEST, file_digest
from .geo.errors import Fault, StudyError
from .maps.content import SMALL_COUNT
from .report_public import INTERNAL, hidden_places
from .touring import plan_tour
from .touring_scene import scene_of
from .touring_tables import legs_sheet, plan_facts, reach_sheet, stops_sheet

SECONDS = 60.0
"""Of planning a tour that no folder brings; the illustrative one is proved in a quarter of it."""
GROUND, REACH = "tour.gpkg", "reach.csv"
LAYERS = ("停靠点", "路线")
NAMELESS = f"不足 {SMALL_COUNT} 人的居民点"
SAME = ("inputs", "tables", "people")
APART = {"map", "sites", "targets", "sureness", "calibration"}
"""Sections of a study that say nothing about a tour."""


@dataclass(frozen=True, eq=False)
class Tour:
    """
    A tour as its folder holds it.

    Parameters
    ----------
    stops, legs
        `touring_tables.stops_sheet` and `legs_sheet` with points and lines.
    reach
        `touring_tables.reach_sheet`.
    facts
        `touring_tables.plan_facts`.
    """

    stops: gpd.GeoDataFrame
    legs: gpd.GeoDataFrame
    reach: pd.DataFrame
    facts: Mapping[str, Any]


def tour_manifest(folder: Path) -> dict[str, Any]:
    """
    Return the manifest of a finished tour; of a public study that among its internal files.

    Raises
    ------
    StudyError
        The folder is no result of `kepu tour`, or its files are not those that it wrote.
    """
    inner = _inner(folder)
    try:
        told = json.loads((folder / MANIFEST).read_text("utf-8"))
        digests = {entry["name"]: entry["sha256"] for entry in told["files"]}
        manifest: dict[str, Any] = json.loads((inner / MANIFEST).read_text("utf-8"))
        needed = [inner / GROUND, folder / REACH, *([inner / MANIFEST] if inner != folder else [])]
        whole = "tour" in manifest and all(
            digests.get(path.relative_to(folder).as_posix()) == file_digest(path) for path in needed
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise StudyError(Fault("E-REPORT-TOUR", file=str(folder)))
    return manifest


def _inner(folder: Path) -> Path:
    """Return where a tour's stops lie: of a public study apart from what may go out."""
    inner = folder / INTERNAL
    return inner if (inner / MANIFEST).is_file() else folder


def read_tour(folder: Path, facts: Mapping[str, Any]) -> Tour:
    """
    Read a finished tour.

    Raises
    ------
    StudyError
        It is none, or one of another study, other inputs or other rules than `facts` tells.
    """
    manifest = tour_manifest(folder)
    told = [name for name in SAME if manifest.get(name) != _plain(facts[name])]
    if _asked(manifest.get("study")) != _asked(_plain(facts["study"])):
        told.append("study")
    if _stops(manifest) != _stops(facts):
        told.append("tour.file")
    if told:
        raise StudyError(
            Fault("E-REPORT-TOUR-OTHER", file=str(folder), facts={"parts": " ".join(told)})
        )
    stops, legs = (gpd.read_file(_inner(folder) / GROUND, layer=name) for name in LAYERS)
    reach = pd.read_csv(folder / REACH, encoding="utf-8-sig")
    return Tour(stops, legs, reach, manifest["tour"])


def _stops(facts: Mapping[str, Any]) -> list[Any]:
    """Return the digest of the file of hosts, if there is one."""
    return [one for one in facts.get("further_inputs", ()) if one["layer"] == "tour"]


def _plain(facts: Any) -> Any:
    return json.loads(json.dumps(facts, ensure_ascii=False, default=str))


def _asked(study: Any) -> Any:
    """Return what of a study a tour depends on."""
    if not isinstance(study, dict):
        return None
    about = {k: v for k, v in study.get("study", {}).items() if k not in ("name", "review")}
    return {k: v for k, v in study.items() if k not in APART} | {"study": about}


def told_apart(found: Assessment, tour: Tour) -> Tour:
    """
    Return a tour whose stops at places of very few people have neither name nor point.

    Every stop is still counted, by town and date; ways that lead to one of them are left out. In an
    internal study nothing is kept back.
    """
    demand = found.measured.demand
    hidden = hidden_places(found.study, demand)
    stops, legs = tour.stops.copy(), tour.legs
    kept = stops["停靠点编号"].isin(hidden.index[hidden].astype(str)).to_numpy()
    if not kept.any():
        return tour
    names = set(stops.loc[kept, "停靠点"])
    numbers = {one: f"hidden-{at}" for at, one in enumerate(stops.loc[kept, "停靠点编号"].unique())}
    stops.loc[kept, "停靠点编号"] = stops.loc[kept, "停靠点编号"].map(numbers)
    stops.loc[kept, "停靠点"] = NAMELESS
    stops.loc[kept, "geometry"] = None
    ways = legs[~(legs["从"].isin(names) | legs["到"].isin(names))]
    return replace(tour, stops=stops, legs=ways)


def tour_planned(found: Assessment, cache: Path | None) -> Tour:
    """
    Plan the tour of the study.

    Raises
    ------
    StudyError
        It cannot be planned.
    """
    planned = plan_tour(scene_of(found.study, found.measured, cache=cache), Watch(SECONDS))
    stops, legs = stops_sheet(planned), legs_sheet(planned)
    return Tour(
        gpd.GeoDataFrame(stops, geometry=planned.stops.geometry.to_numpy(), crs=planned.stops.crs),
        gpd.GeoDataFrame(legs, geometry=planned.legs.geometry.to_numpy(), crs=planned.legs.crs),
        reach_sheet(planned),
        plan_facts(planned),
    )
