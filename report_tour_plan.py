"""A tour for the appendix: read from a finished folder of `kepu tour`, or planned here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .assessment import Assessment
from .coverage.siting.answers import Watch
from .folder import MANIFEST, file_digest
from .geo.errors import Fault, StudyError
from .touring import plan_tour
from .touring_scene import scene_of
from .touring_tables import legs_sheet, plan_facts, reach_sheet, stops_sheet

SECONDS = 60.0
"""Of planning a tour that no folder brings; the illustrative one is proved in a quarter of it."""
FILES = ("tour.gpkg", "reach.csv")
LAYERS = ("停靠点", "路线")
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
    Return the manifest of a finished tour.

    Raises
    ------
    StudyError
        The folder is no result of `kepu tour`, or its files are not those that it wrote.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        digests = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
        whole = "tour" in manifest and all(
            digests.get(name) == file_digest(folder / name) for name in FILES
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise StudyError(Fault("E-REPORT-TOUR", file=str(folder)))
    return manifest


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
    stops, legs = (gpd.read_file(folder / FILES[0], layer=name) for name in LAYERS)
    reach = pd.read_csv(folder / FILES[1], encoding="utf-8-sig")
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
