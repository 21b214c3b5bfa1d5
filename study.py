"""A study to its answers: Study (asked) -> Survey (measured) -> Assessment (answered)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .checks import check_datums, check_edges, check_hours, check_roads, check_snaps
from .coverage.bands import bands_table
from .coverage.calibration import FEWEST_TRIPS, calibration_table
from .coverage.gaps import flags
from .coverage.land import land_table, lattice
from .coverage.overview import conditions_table, coverage_table
from .coverage.question import Question
from .coverage.share import Standard, reach, standard_coverage
from .coverage.surveys import surveys_table
from .coverage.targets import targets_table
from .coverage.times import Times, travel_times
from .geo.errors import Fault
from .geo.profile import Profile, default_profiles
from .inputs import Layers
from .layers.ledger import Ledger, limits
from .layers.plan import plan_targets
from .layers.precision import precision_metres
from .layers.progress import Progress, nothing_reported, read_progress
from .layers.roads import Roads, read_roads
from .layers.trips import read_trips
from .layers.venues import venue_types
from .measures import (
    Answer,
    access_table,
    answers,
    clusters_table,
    equity_table,
    index_table,
    indicators_table,
    lorenz_table,
)
from .reach import roads_box
from .study_keys import Study

SMALL_ROAD = "residential"
"""The class whose speed a point is charged that is moved."""


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
    asked = {(standard.group, standard.mode) for standard in study.wanted}
    paced = {key: profile for key, profile in study.paced.items() if key in asked}
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
    urban = layers.towns[layers.towns["kind"] == "urban"].to_crs(4326)
    roads = read_roads(
        study.folder / study.roads.file,
        study.profiles,
        ferries=study.roads.ferries,
        sha256=study.roads.sha256,
        built_up=shapely.union_all(urban.geometry.to_numpy()) if len(urban) else None,
        box=roads_box(study, layers),
        cache=cache,
    )
    warnings = [*layers.warnings, *roads.warnings]
    warnings += check_roads(study, layers, roads.network)
    warnings += check_edges(study, layers)
    probes, noticed = check_datums(study, layers, roads.network)
    warnings += noticed
    routes = measure_times(study, layers, roads, cache=cache)
    warnings += check_snaps(layers, routes.times)
    warnings += check_hours(study, layers)
    timed, noticed = _calibrated(study, layers, roads, routes.times)
    warnings += noticed
    reported = _reported(study)
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


def _reported(study: Study) -> Progress | None:
    """Read what was reported on the targets of the plan."""
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
    table = calibration_table(roads.network, study.profiles, times, used)
    noticed = [*ledger.faults, *ledger.warnings]
    for told in table[table["status"] == "too_few"].to_dict("records"):
        facts = {
            "mode": default_profiles()[told["mode"]].name_zh, "mode_en": told["mode"],
            "count": told["trips"], "fewest": FEWEST_TRIPS,
        }  # fmt: skip
        noticed.append(Fault("W-TRIPS-FEW", file=rules.file, facts=facts))
    return table, noticed


@dataclass(frozen=True, eq=False)
class Assessment:
    """
    The answers, each worked out when it is first asked for: pure, from the times alone.

    `docs/method.md` says how, the functions called here say which columns they have.

    Parameters
    ----------
    study, measured
        What was asked, and measured.
    """

    study: Study
    measured: Survey

    @cached_property
    def questions(self) -> list[Question]:
        """The standards with the times and the pace of those whom they are about."""
        found = []
        for standard in self.study.wanted:
            profile = self.study.profile_of(standard)
            pace = profile.speeds[SMALL_ROAD].built_up_kmh * 1000 / 60 / max(profile.detour, 1.0)
            times = times_for(self.measured, standard)
            found.append(Question(standard, times, pace, profile.arrival_seconds / 60))
        return found

    @cached_property
    def standards(self) -> pd.DataFrame:
        """How far each standard is met, by scope."""
        layers = self._layers
        tables = [standard_coverage(ask.standard, ask.times, *layers) for ask in self.questions]
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def reach(self) -> pd.DataFrame:
        """How each place stands to each standard."""
        venues, demand, _ = self._layers
        tables = [reach(ask.standard, ask.times, venues, demand) for ask in self.questions]
        return pd.concat(tables, ignore_index=True)

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """
        Every scope x kind x mode x threshold x group: types, tiers, sets of the standards.

        A kind is counted for the modes by which its types are usually or by a standard reached: on
        foot to the museum of the district is nobody's question.
        """
        present = set(self.measured.venues["type"])
        types = {key: kind for key, kind in venue_types().items() if key in present}
        tiers = dict.fromkeys(kind.tier for kind in types.values())
        kinds: list[tuple[str, ...]] = [(key,) for key in types]
        kinds += [tuple(k for k, kind in types.items() if kind.tier == tier) for tier in tiers]
        kinds += [standard.types for standard in self.study.wanted]
        limits = {*self.study.study.thresholds, *(s.minutes for s in self.study.wanted)}
        every = venue_types()
        usual = {
            kind: {every[key].mode for key in kind}.union(
                s.mode for s in self.study.wanted if set(s.types) & set(kind)
            )
            for kind in kinds
        }
        known = set(self.measured.times)
        return coverage_table(
            self.measured.times,
            *self._layers,
            kinds=list(dict.fromkeys(kinds)),
            thresholds=sorted(limits),
            paced=self.measured.group_times,
            modes={kind: asked & known or known for kind, asked in usual.items()},
        )

    @cached_property
    def flags(self) -> pd.DataFrame:
        """Who falls short, why, and the nearest fix."""
        venues, demand, towns = self._layers
        hosts = [key for key, kind in venue_types().items() if kind.host]
        return flags(
            self.questions, self.reach, self.standards, demand, towns, venues,
            metres=self._metres, hosts=hosts,
        )  # fmt: skip

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """Coverage under stricter conditions: a choice of venues, opening hours."""
        each = [(ask.standard, ask.times) for ask in self.questions]
        return conditions_table(each, *self._layers)

    @cached_property
    def land(self) -> pd.DataFrame:
        """Share of the land within reach, by standard and scope."""
        venues, _, towns = self._layers
        times, points = self.measured.land, self.measured.land_points
        each = [(s, times[s.mode]) for s in self.study.wanted if s.mode in times]
        return land_table(each, venues, lattice(towns, 0) if points is None else points, towns)

    @cached_property
    def access(self) -> pd.DataFrame:
        """Venues for 10 000 people, by standard and place."""
        venues, demand, _ = self._layers
        return access_table(self._answers, venues, demand)

    @cached_property
    def equity(self) -> pd.DataFrame:
        """How evenly access and times are spread."""
        _, demand, towns = self._layers
        return equity_table(self._answers, demand, towns)

    @cached_property
    def lorenz(self) -> pd.DataFrame:
        """Points of the Lorenz curves of access."""
        return lorenz_table(self._answers)

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """Where good and bad access gather."""
        return clusters_table(self._answers, self._layers[1], seed=self.study.sureness.seed)

    @cached_property
    def index(self) -> pd.DataFrame:
        """The access part of the science index, by town."""
        _, demand, towns = self._layers
        return index_table(self._answers, demand, towns, seed=self.study.sureness.seed)

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """Figures under the names by which planners report them."""
        names = {key: kind.name for key, kind in venue_types().items()}
        return indicators_table(self.questions, self.standards, self.land, *self._layers, names)

    @cached_property
    def bands(self) -> pd.DataFrame:
        """How sure the shares are."""
        sure = self.study.sureness
        return bands_table(
            self.questions, *self._layers, metres=self._metres, seed=sure.seed, draws=sure.draws,
            speed_change=sure.speed_change,
        )  # fmt: skip

    @cached_property
    def surveys(self) -> pd.DataFrame:
        """Which points to survey first."""
        venues, demand, _ = self._layers
        return surveys_table(self.questions, venues, demand, metres=self._metres)

    @cached_property
    def targets(self) -> pd.DataFrame:
        """How the targets of the plan stand: only open venues in the district count."""
        progress, ledger = self.measured.progress, self.measured.ledgers.get("venues")
        return targets_table(
            plan_targets(),
            self.measured.venues,
            nothing_reported() if progress is None else progress.table,
            self.coverage,
            {key: (kind.mode, kind.minutes) for key, kind in venue_types().items()},
            apart=0 if ledger is None else ledger.quarantined,
        )

    @property
    def _layers(self) -> tuple[GeoDataFrame, GeoDataFrame, GeoDataFrame]:
        return self.measured.venues, self.measured.demand, self.measured.towns

    @property
    def _metres(self) -> dict[str, float]:
        return precision_metres() | dict(self.study.sureness.metres.items())

    @cached_property
    def _answers(self) -> list[Answer]:
        return answers(self.questions, self.measured.venues, self.measured.demand)


def assess(study: Study, measured: Survey) -> Assessment:
    """Answer who reaches an open venue in time, and who is left behind."""
    return Assessment(study, measured)
