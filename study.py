"""A study to its answers: Study (asked) -> Survey (measured) -> Assessment (answered)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .coverage.gaps import flags
from .coverage.share import coverage_table, reach, standard_coverage
from .coverage.times import Times, travel_times
from .geo.errors import CrsError, Fault, LayerError
from .geo.network import Network
from .geo.probe import FEWEST, probe_datum
from .geo.profile import default_profiles
from .layers.demand import read_demand
from .layers.ledger import Ledger, limits
from .layers.roads import Roads, read_roads
from .layers.towns import read_towns
from .layers.venues import read_venues, venue_types
from .study_file import Study


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
    """

    towns: GeoDataFrame
    venues: GeoDataFrame
    demand: GeoDataFrame
    roads: Roads
    times: Mapping[str, Times]
    ledgers: Mapping[str, Ledger]
    warnings: tuple[Fault, ...]
    probes: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, eq=False)
class Layers:
    """The validated inputs without roads: what `kepu check` looks at first."""

    towns: GeoDataFrame
    venues: GeoDataFrame
    demand: GeoDataFrame
    ledgers: Mapping[str, Ledger]
    town_warnings: tuple[Fault, ...]

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What was noticed up to now."""
        return (*self.town_warnings, *(w for one in self.ledgers.values() for w in one.warnings))


def read_layers(study: Study) -> Layers:
    """
    Read and validate towns, venues and demand.

    Raises
    ------
    LayerError
        A file is not what it must be. Rows that are wrong go to quarantine instead.
    """
    about, folder = study.study, study.folder
    towns, warnings = read_towns(
        folder / study.towns.file,
        datum=study.towns.datum,
        year=study.towns.year,
        accept_datum=study.towns.accept_datum,
    )
    venues, venue_ledger = read_venues(
        folder / study.venues.file,
        datum=study.venues.datum,
        sheet=study.venues.sheet,
        towns=towns,
        buffer_metres=about.buffer_km * 1000,
        date=about.date,
        accept_datum=study.venues.accept_datum,
    )
    demand, demand_ledger = read_demand(
        folder / study.demand.file,
        datum=study.demand.datum,
        sheet=study.demand.sheet,
        towns=towns,
        population=study.demand.population,
        accept_datum=study.demand.accept_datum,
    )
    missing = [s.key for s in study.standards if s.group not in demand]
    if missing:
        raise LayerError(
            Fault(
                "E-GROUP-MISSING",
                file=study.demand.file,
                value="、".join(missing),
                facts={"groups": "、".join(sorted({s.group for s in study.standards}))},
            )
        )
    ledgers = {"venues": venue_ledger, "demand": demand_ledger}
    return Layers(towns, venues, demand, ledgers, tuple(warnings))


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
    warnings += _check_overlap(layers, roads.network, study)
    probes, noticed = _probe(study, layers, roads.network)
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
        )
        for mode, profile in study.profiles.items()
        if mode in study.study.modes
    }
    warnings += _check_snaps(layers, times)
    return Survey(
        layers.towns,
        layers.venues,
        layers.demand,
        roads,
        times,
        layers.ledgers,
        tuple(warnings),
        probes,
    )


def _check_overlap(layers: Layers, network: Network, study: Study) -> list[Fault]:
    """Refuse roads of another place; warn where they cover only a part of the district."""
    box = shapely.box(network.lon.min(), network.lat.min(), network.lon.max(), network.lat.max())
    places = layers.demand.geometry.to_crs(4326)
    inside = float(places.within(box).mean())
    facts = {"percent": f"{100 * inside:.1f}"}
    if inside < 0.5:
        raise LayerError(Fault("E-ROADS-ELSEWHERE", file=study.roads.file, facts=facts))
    return [] if inside == 1.0 else [Fault("W-ROADS-PART", file=study.roads.file, facts=facts)]


def _probe(
    study: Study, layers: Layers, network: Network
) -> tuple[dict[str, dict[str, float]], list[Fault]]:
    found: dict[str, dict[str, float]] = {}
    warnings: list[Fault] = []
    for name, layer, source in (
        ("venues", layers.venues, study.venues),
        ("demand", layers.demand, study.demand),
    ):
        points = layer.geometry.to_crs(4326)
        declared = source.datum if source.datum in ("GCJ02", "BD09") else "WGS84"
        probe = probe_datum(network, points.x.to_numpy(), points.y.to_numpy(), declared)
        found[name] = probe.metres
        facts: dict[str, object] = {
            datum: f"{metres:.0f}" for datum, metres in probe.metres.items()
        }
        facts |= {"declared": source.datum, "winner": str(probe.winner), "count": len(layer)}
        if probe.winner is None:
            if len(layer) >= FEWEST:
                warnings.append(Fault("W-DATUM-UNSURE", file=source.file, facts=facts))
        elif probe.winner != declared:
            if not source.accept_datum:
                raise CrsError(Fault("E-DATUM-PROBE", file=source.file, facts=facts))
            warnings.append(Fault("W-DATUM-PROBE", file=source.file, facts=facts))
    return found, warnings


def _check_snaps(layers: Layers, times: Mapping[str, Times]) -> list[Fault]:
    """List what is not connected, and walks that cross a river, a railway or a motorway."""
    warnings = []
    for mode, table in times.items():
        apart = ~table.connected
        if apart.any():
            warnings.append(
                Fault(
                    "W-NOT-CONNECTED",
                    facts={
                        "mode": default_profiles()[mode].name_zh,
                        "mode_en": mode,
                        "places": int(apart.sum()),
                        "people": int(layers.demand["people"].to_numpy()[apart].sum()),
                        "names": "、".join(layers.demand["name"].to_numpy()[apart][:10]),
                    },
                )
            )
        lonely = ~table.venue_doors.snaps.connected
        if lonely.any():
            warnings.append(
                Fault(
                    "W-VENUE-NOT-CONNECTED",
                    facts={
                        "mode": default_profiles()[mode].name_zh,
                        "mode_en": mode,
                        "count": int(lonely.sum()),
                        "names": "、".join(layers.venues["name"].to_numpy()[lonely][:10]),
                    },
                )
            )
        crossing = int(table.place_doors.snaps.crosses.sum())
        if crossing:
            names = layers.demand["name"].to_numpy()[table.place_doors.snaps.crosses]
            warnings.append(
                Fault(
                    "W-SNAP-CROSSES",
                    facts={
                        "mode": default_profiles()[mode].name_zh,
                        "mode_en": mode,
                        "count": crossing,
                        "names": "、".join(names[:10]),
                    },
                )
            )
    return warnings


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
