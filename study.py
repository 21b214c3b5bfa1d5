"""From a study (asked) to its survey (measured); `assessment.py` answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .checks import check_audience, check_datums, check_edges, check_hours, check_roads, check_snaps
from .coverage.calibration import FEWEST_TRIPS, calibration_table
from .coverage.land import lattice
from .coverage.share import Standard
from .coverage.times import Times, travel_times
from .geo.errors import Fault
from .geo.profile import Profile, default_profiles
from .inputs import Layers
from .layers.ledger import Ledger, limits
from .layers.plan import plan_targets
from .layers.progress import Progress, read_progress
from .layers.roads import Roads, read_roads
from .layers.trips import read_trips
from .reach import roads_box
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
    group_times
        Of groups with a pace of their own, by group and mode.
    land_points
        A lattice over the towns, `town` and `rural`; empty where land is not measured.
    land
        Times from the lattice, by mode.
    calibration
        How the speeds stand to trips that were timed; None where none were.
    progress
        What was reported on the targets of the plan; None where nothing was.
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
    group_times: Mapping[tuple[str, str], Times] = field(default_factory=dict)
    land_points: GeoDataFrame | None = None
    land: Mapping[str, Times] = field(default_factory=dict)
    calibration: pd.DataFrame | None = None
    progress: Progress | None = None

    @property
    def all_ledgers(self) -> dict[str, Ledger]:
        """Rows of each table, of what was reported on the targets too."""
        return {**self.ledgers, **reported_ledgers(self.progress)}


def reported_ledgers(progress: Progress | None) -> dict[str, Ledger]:
    """Return the rows of what was reported on the targets of the plan, if anything was."""
    return {} if progress is None else {"targets": progress.ledger}


def times_for(measured: Survey, standard: Standard) -> Times:
    """Return the times of those whom a standard is about."""
    own = measured.group_times.get((standard.group, standard.mode))
    return measured.times[standard.mode] if own is None else own


@dataclass(frozen=True, eq=False)
class Routes:
    """All that is routed: times by mode, of groups by their own pace, and from the lattice."""

    times: Mapping[str, Times]
    group_times: Mapping[tuple[str, str], Times]
    land_points: GeoDataFrame
    land: Mapping[str, Times]


def measure_times(
    study: Study, layers: Layers | Survey, roads: Roads, *, cache: Path | None = None
) -> Routes:
    """Route every mode once, groups with their own pace, and the lattice of the land."""

    def timed(profile: Profile, from_points: GeoDataFrame) -> Times:
        return travel_times(
            roads.network,
            profile,
            from_points,
            layers.venues,
            horizon_minutes=study.study.horizon_minutes,
            direction=study.study.direction,
            barriers=roads.barriers,
            folder=cache,
        )

    used = study.study.modes
    profiles = {str(mode): profile for mode, profile in study.profiles.items() if mode in used}
    # whether or not a standard asks: the whole table and the map tell of every group by every mode
    paced = {
        (group, mode): profile
        for (group, mode), profile in study.paced.items()
        if mode in used and group in layers.demand
    }
    points = lattice(layers.towns, study.study.land_points)
    modes = dict.fromkeys(standard.mode for standard in study.wanted if len(points))
    return Routes(
        {mode: timed(profile, layers.demand) for mode, profile in profiles.items()},
        {key: timed(profile, layers.demand) for key, profile in paced.items()},
        points,
        {mode: timed(profiles[mode], points) for mode in modes},
    )


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
    roads = _roads(study, layers, cache)
    warnings = [*layers.warnings, *roads.warnings]
    warnings += check_roads(study, layers, roads.network)
    warnings += check_edges(study, layers)
    probes, noticed = check_datums(study, layers, roads.network)
    warnings += noticed
    routes = measure_times(study, layers, roads, cache=cache)
    warnings += check_snaps(layers, routes.times)
    warnings += [*check_hours(study, layers), *check_audience(study, layers)]
    timed, noticed = _calibrated(study, layers, roads, routes.times)
    warnings += noticed
    reported = read_reported(study)
    if reported is not None:
        warnings += [*reported.ledger.faults, *reported.ledger.warnings]
    return Survey(
        layers.towns,
        layers.venues,
        layers.demand,
        roads,
        routes.times,
        layers.ledgers,
        tuple(warnings),
        probes,
        layers.control,
        routes.group_times,
        routes.land_points,
        routes.land,
        timed,
        reported,
    )


def _roads(study: Study, layers: Layers, cache: Path | None) -> Roads:
    """Read the roads around the district; those within its urban towns are built up."""
    urban = layers.towns[layers.towns["kind"] == "urban"].to_crs(4326)
    return read_roads(
        study.folder / study.roads.file,
        study.profiles,
        ferries=study.roads.ferries,
        sha256=study.roads.sha256,
        built_up=shapely.union_all(urban.geometry.to_numpy()) if len(urban) else None,
        box=roads_box(study, layers),
        cache=cache,
    )


def read_reported(study: Study) -> Progress | None:
    """Read what was reported on the targets of the plan; None where nothing was."""
    rules = study.targets
    if rules is None:
        return None
    return read_progress(
        study.folder / rules.file, plan_targets(), sheet=rules.sheet, header=rules.header,
        columns=rules.columns or None,
    )  # fmt: skip


def _calibrated(
    study: Study, layers: Layers, roads: Roads, times: Mapping[str, Times]
) -> tuple[pd.DataFrame | None, list[Fault]]:
    """Hold the speeds against the study's timed trips; tell which rows cannot be used."""
    rules = study.calibration
    if rules is None:
        return None, []
    trips, ledger = read_trips(
        study.folder / rules.file, demand=layers.demand, venues=layers.venues,
        sheet=rules.sheet, header=rules.header, columns=rules.columns or None,
    )  # fmt: skip
    used = trips[trips["mode"].isin(list(times))]
    table = calibration_table(
        roads.network, study.profiles, times, used, direction=study.study.direction
    )
    noticed = [*ledger.faults, *ledger.warnings]
    for told in table[table["status"] == "too_few"].to_dict("records"):
        facts = {
            "mode": default_profiles()[told["mode"]].name_zh, "mode_en": told["mode"],
            "count": told["trips"], "fewest": FEWEST_TRIPS,
        }  # fmt: skip
        noticed.append(Fault("W-TRIPS-FEW", file=rules.file, facts=facts))
    return table, noticed
