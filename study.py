"""A study to its answers: Study (asked) -> Survey (measured) -> Assessment (answered)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .checks import check_datums, check_edges, check_roads, check_snaps
from .coverage.gaps import flags
from .coverage.share import coverage_table, reach, standard_coverage
from .coverage.times import Times, travel_times
from .geo.errors import Fault
from .inputs import Layers
from .layers.ledger import Ledger, limits
from .layers.roads import Roads, read_roads
from .layers.venues import venue_types
from .study_keys import Study


@dataclass(frozen=True, eq=False)
class Survey:
    """
    What was read and measured: slow, once.

    Parameters
    ----------
    towns, venues, demand
        Layers in one metric CRS.
    roads
        Network and background.
    times
        By mode.
    ledgers
        Rows and people of each table.
    warnings
        Everything that was noticed, printed on every output.
    probes
        Median metres to the nearest road by table and datum.
    control
        By town: people before, official total, factor; None where there are no totals.
    """

    towns: GeoDataFrame
    venues: GeoDataFrame
    demand: GeoDataFrame
    roads: Roads
    times: Mapping[str, Times]
    ledgers: Mapping[str, Ledger]
    warnings: tuple[Fault, ...]
    probes: Mapping[str, Mapping[str, float]]
    control: pd.DataFrame | None


def survey(
    study: Study, layers: Layers, *, accept_quarantine: bool = False, cache: Path | None = None
) -> Survey:
    """
    Read the roads, check the datums against them, and measure the travel times.

    Raises
    ------
    KepuError
        Too much in quarantine, roads that cannot be used, or a datum that the roads contradict.
    """
    for ledger in layers.ledgers.values():
        limits(ledger, accept=accept_quarantine)
    urban = layers.towns[layers.towns["kind"] == "urban"].to_crs(4326)
    roads = read_roads(
        study.folder / study.roads.file,
        study.profiles,
        ferries=study.roads.ferries,
        sha256=study.roads.sha256,
        built_up=shapely.union_all(urban.geometry.to_numpy()) if len(urban) else None,
        cache=cache,
    )
    warnings = [*layers.warnings, *roads.warnings]
    warnings += check_roads(study, layers, roads.network)
    warnings += check_edges(study, layers)
    probes, noticed = check_datums(study, layers, roads.network)
    warnings += noticed
    barriers = roads.barriers
    times: dict[str, Times] = {
        mode: travel_times(
            roads.network,
            profile,
            layers.demand,
            layers.venues,
            horizon_minutes=study.study.horizon_minutes,
            direction=study.study.direction,
            barriers=barriers,
            folder=cache,
        )
        for mode, profile in study.profiles.items()
        if mode in study.study.modes
    }
    warnings += check_snaps(layers, times)
    return Survey(
        layers.towns,
        layers.venues,
        layers.demand,
        roads,
        times,
        layers.ledgers,
        tuple(warnings),
        probes,
        layers.control,
    )


@dataclass(frozen=True, eq=False)
class Assessment:
    """
    The answers: at once, from the times.

    Parameters
    ----------
    coverage
        Every scope x kind x mode x threshold x group.
    standards
        How far each standard is met, by scope.
    reach
        How each place stands to each standard.
    flags
        Who falls short.
    """

    coverage: pd.DataFrame
    standards: pd.DataFrame
    reach: pd.DataFrame
    flags: pd.DataFrame


def assess(study: Study, measured: Survey) -> Assessment:
    """Answer who reaches an open venue in time, and who is left behind."""
    towns, venues, demand = measured.towns, measured.venues, measured.demand
    wanted = {standard.key: standard for standard in study.wanted}
    present = set(venues["type"])
    singles = [(kind,) for kind in venue_types() if kind in present]
    unions = [s.types for s in wanted.values() if len(s.types) > 1 or s.types not in singles]
    thresholds = sorted({*study.study.thresholds, *(s.minutes for s in wanted.values())})
    coverage = coverage_table(
        measured.times,
        venues,
        demand,
        towns,
        kinds=[*singles, *dict.fromkeys(unions)],
        thresholds=thresholds,
    )
    met = pd.concat(
        [
            standard_coverage(s, measured.times[s.mode], venues, demand, towns)
            for s in wanted.values()
        ],
        ignore_index=True,
    )
    reached = pd.concat(
        [reach(s, measured.times[s.mode], venues, demand) for s in wanted.values()],
        ignore_index=True,
    )
    return Assessment(coverage, met, reached, flags(wanted, reached, met, demand, towns, venues))
