"""The passport of a run: inputs, parameters, ledgers, warnings, versions, the command."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from . import __version__
from .assessment import Assessment
from .coverage.bands import LIKELY, extremes
from .coverage.gaps import SEVERE_PART
from .coverage.left_behind import JUST_OVER, SEVERE
from .folder import file_digest
from .geo.errors import Fault
from .inputs import Layers
from .layers.ledger import Ledger
from .layers.precision import precision_metres
from .study import Survey
from .study_keys import Study

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "osmium",
    "folium",
    "networkx",
)


def passport(
    study: Study, survey: Survey, found: Assessment, *, command: str, created: str
) -> dict[str, Any]:
    """Return what the manifest says: inputs, parameters, ledgers, warnings, versions, command."""
    return {
        "program": "kepu",
        "version": __version__,
        "created": created,
        "command": command,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "study": study.model_dump(mode="json"),
        "illustrative": study.study.illustrative,
        "direction": study.study.direction,
        "threshold": "inclusive",
        "crs": {"metric": survey.towns.crs.to_string(), "output": "EPSG:4326 (WGS 84)"},
        "inputs": [_input(study, name) for name in ("towns", "venues", "demand", "roads")],
        "further_inputs": further_inputs(study),
        "study_file": {"file": study.path.name, "sha256": file_digest(study.path)},
        "modes": {mode: _mode(study, survey, mode) for mode in survey.times},
        "datum_probe_metres": survey.probes,
        "tables": {name: ledger.summary() for name, ledger in survey.ledgers.items()},
        "reported": {}
        if survey.progress is None
        else {"targets": survey.progress.ledger.summary()},
        "people": int(survey.demand["people"].sum()),
        "control": control_rows(survey.control),
        "warnings": [texts(fault) for fault in survey.warnings],
        "flags": len(found.flags),
        "rules": _rules(study, survey),
        "calibration": control_rows(survey.calibration),
    }


def _rules(study: Study, survey: Survey) -> dict[str, Any]:
    """Return the rules in force by which the answers judge."""
    points = survey.land_points
    return {
        "precision_metres": precision_metres() | dict(study.sureness.metres.items()),
        "bands": {
            "seed": study.sureness.seed,
            "draws": study.sureness.draws,
            "speed_change": study.sureness.speed_change,
            "percentiles": list(LIKELY),
        },
        "severe_place": f"nothing reached, or more than {SEVERE:g} limits",
        "severe_town": f"at least one in {SEVERE_PART} people not covered",
        "just_over": JUST_OVER,
        "priority": "people x part of the limit exceeded, at most one",
        "hours": "unknown hours never count as open",
        "land_points": 0 if points is None else len(points),
        "paces": [rules.model_dump() for rules in study.paces],
    }


def check_sheet(study: Study, layers: Layers, ledgers: Mapping[str, Ledger]) -> dict[str, Any]:
    """Return what `kepu check` found: the ledgers and the warnings."""
    return {
        "program": "kepu",
        "version": __version__,
        "study_file": {"file": study.path.name, "sha256": file_digest(study.path)},
        "tables": {name: ledger.summary() for name, ledger in ledgers.items()},
        "towns": len(layers.towns),
        "control": control_rows(layers.control),
        "warnings": [texts(fault) for fault in layers.warnings],
    }


def control_rows(report: pd.DataFrame | None) -> list[dict[str, Any]] | None:
    """Return the control to official totals by town, for JSON; None where there was none."""
    if report is None:
        return None
    rows: list[dict[str, Any]] = json.loads(report.reset_index().to_json(orient="records"))
    return rows


def texts(fault: Fault) -> dict[str, str]:
    """Return a fault for JSON."""
    return {"code": fault.code, "zh": fault.zh, "en": fault.en}


def _input(study: Study, name: str) -> dict[str, Any]:
    source = getattr(study, name)
    path = study.folder / source.file
    return {
        "layer": name,
        "file": source.file,
        "sha256": file_digest(path),
        "bytes": path.stat().st_size,
        "source": source.source,
        "date": source.date.isoformat() if source.date else None,
        "datum": getattr(source, "datum", "WGS84"),
    }


def further_inputs(study: Study) -> list[dict[str, str]]:
    """Return the digests of the files, if there, that a study names beside its layers."""
    asked = {
        name: getattr(study, name)
        for name in ("targets", "calibration", "sites", "tour")
        if getattr(study, name) is not None
    }
    named = {name: rules.file for name, rules in asked.items()}
    for name in ("venues", "demand"):
        named[f"{name}.corrections"] = getattr(study, name).corrections
    named["sites.exclusions"] = study.sites.exclusions
    paths = {name: study.folder / file for name, file in named.items() if file}
    return [
        {"layer": name, "file": path.name, "sha256": file_digest(path)}
        for name, path in paths.items()
        if path.is_file()
    ]


def _mode(study: Study, survey: Survey, mode: str) -> dict[str, Any]:
    profile, times = study.profiles[mode], survey.times[mode]
    snaps = times.place_doors.snaps
    metres = snaps.metres[snaps.connected]
    return {
        "name": profile.name_zh,
        "access_kmh": profile.access_kmh,
        "detour": profile.detour,
        "snap_metres": profile.snap_metres,
        "arrival_seconds": profile.arrival_seconds,
        "maxspeed_share": profile.maxspeed_share,
        "speeds_kmh": {k: [s.kmh, s.built_up_kmh] for k, s in profile.speeds.items()},
        "assumed_speed_share": round(survey.roads.network.assumed_share(mode), 4),
        "places_by_access_metres": {
            label: int(((metres > low) & (metres <= high)).sum())
            for label, low, high in (
                ("0-100", -1, 100),
                ("100-300", 100, 300),
                ("300-500", 300, 500),
                ("500+", 500, np.inf),
            )
        },
        "not_connected_places": int((~snaps.connected).sum()),
        "not_connected_people": int(survey.demand["people"].to_numpy()[~snaps.connected].sum()),
        "venues_not_connected": int((~times.venue_doors.snaps.connected).sum()),
        "walks_across_a_barrier": int(snaps.crosses.sum()),
    }


def headline(study: Study, found: Assessment) -> list[dict[str, Any]]:
    """Return district, urban and rural shares of each standard, for people and for JSON."""
    rows = []
    for standard in study.standards:
        table = found.standards[found.standards["standard"] == standard.key]
        shares = {
            row["scope"]: None if pd.isna(row["share"]) else float(row["share"])
            for row in table[table["scope"] != "town"].to_dict("records")
        }
        district = table[table["scope"] == "district"].iloc[0]
        band = found.bands[
            (found.bands["standard"] == standard.key) & (found.bands["scope"] == "district")
        ].iloc[0]
        low, high = extremes(band.to_dict()) or (None, None)
        rows.append(
            {
                "key": standard.key,
                "name": standard.name,
                "minutes": standard.minutes,
                "mode": standard.mode,
                "goal": standard.goal,
                "people": int(district["people"]),
                "covered": int(district["covered"]),
                "shares": shares,
                "met": None if pd.isna(district["met"]) else bool(district["met"]),
                "hours_unknown": int(district["hours_unknown"]),
                "low": low,
                "high": high,
                "verdict": str(band["verdict"]),
            }
        )
    return rows
