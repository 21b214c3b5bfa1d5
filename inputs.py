"""The inputs of a study, read and validated: what `kepu check` looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from .geo.errors import Fault, LayerError
from .geo.names import read_names
from .geo.pbf import there
from .layers.control import control, factor_faults
from .layers.demand import read_demand
from .layers.geocode import Gazetteer
from .layers.groups import LABELS, estimate_faults, estimate_groups
from .layers.ledger import Ledger
from .layers.population import read_population
from .layers.towns import read_towns
from .layers.venues import read_venues
from .study_keys import Study, TableSource


@dataclass(frozen=True, eq=False)
class Layers:
    """
    The validated inputs without roads.

    Parameters
    ----------
    towns, venues, demand
        In one metric CRS.
    ledgers
        Rows and people of each table.
    own_warnings
        What was noticed outside the tables.
    control
        By town: people before, official total, factor; None where there are no totals.
    """

    towns: GeoDataFrame
    venues: GeoDataFrame
    demand: GeoDataFrame
    ledgers: Mapping[str, Ledger]
    own_warnings: tuple[Fault, ...]
    control: pd.DataFrame | None

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What was noticed up to now."""
        return (*self.own_warnings, *(w for one in self.ledgers.values() for w in one.warnings))


def towns_of(study: Study) -> tuple[GeoDataFrame, list[Fault]]:
    """
    Read the towns of a study, and what was noticed.

    Raises
    ------
    KepuError
        The file is not what it must be.
    """
    return read_towns(
        study.folder / study.towns.file,
        datum=study.towns.datum,
        year=study.towns.year,
        layer=study.towns.layer,
        table_year=study.demand.year,
        accept_datum=study.towns.accept_datum,
        accept_gaps=study.towns.accept_gaps,
    )


def read_layers(study: Study) -> Layers:
    """
    Read and validate towns, venues and demand.

    Raises
    ------
    LayerError
        A file is not what it must be. Rows that are wrong go to quarantine instead.
    """
    about, folder = study.study, study.folder
    towns, warnings = towns_of(study)
    demand, demand_ledger, noticed, report = _read_demand(study, towns)
    venues, venue_ledger = read_venues(
        folder / study.venues.file,
        towns=towns,
        buffer_metres=about.buffer_km * 1000,
        date=about.date,
        gazetteer=_gazetteer(study, towns, demand),
        **_table(study, study.venues),
    )
    missing = sorted({s.group for s in study.standards if s.group not in demand})
    if missing:
        keys = [s.key for s in study.standards if s.group in missing]
        raise LayerError(
            Fault(
                "E-GROUP-MISSING",
                file=study.demand.file,
                column="、".join(f"{LABELS[group]}人口" for group in missing),
                facts={"standards": "、".join(keys)},
            )
        )
    ledgers = {"venues": venue_ledger, "demand": demand_ledger}
    return Layers(towns, venues, demand, ledgers, (*warnings, *noticed), report)


def _table(study: Study, source: TableSource) -> dict[str, Any]:
    """Return what the readers of tables ask for alike."""
    return {
        "datum": source.datum,
        "sheet": source.sheet,
        "header": source.header,
        "columns": source.columns or None,
        "corrections": study.folder / source.corrections if source.corrections else None,
        "accept_datum": source.accept_datum,
    }


def _gazetteer(study: Study, towns: GeoDataFrame, demand: GeoDataFrame) -> Callable[[], Gazetteer]:
    """Return what makes the gazetteer once an address has to be looked up: it reads the roads."""

    def make() -> Gazetteer:
        path = study.folder / study.roads.file
        is_osm = there(path) and path.suffix != ".graphml"
        names = read_names(path) if is_osm else None
        return Gazetteer(towns, demand, names, district=study.study.name)

    return make


def _read_demand(
    study: Study, towns: GeoDataFrame
) -> tuple[GeoDataFrame, Ledger, list[Fault], pd.DataFrame | None]:
    """Read the people, bring them to official totals, and estimate the groups that are missing."""
    asked, path = study.demand, study.folder / study.demand.file
    totals = study.control.totals if study.control else {}
    whole = study.control.district_total if study.control else None
    noticed: list[Fault] = []
    report: pd.DataFrame | None = None
    ledger: Ledger
    if asked.is_raster:
        demand, ledger = read_population(
            path,
            kind=asked.kind or "count",
            towns=towns,
            year=asked.year,
            block=asked.block,
            control=totals or None,
            district_total=whole,
        )
        report = ledger.control
    else:
        demand, ledger = read_demand(
            path, towns=towns, population=asked.population, **_table(study, asked)
        )
        if totals or whole is not None:
            columns = [group for group in LABELS if group in demand]
            demand, report = control(demand, totals, district_total=whole, columns=columns)
            noticed += factor_faults(report)
    demand, estimates = estimate_groups(demand, study.estimates)
    return demand, ledger, noticed + estimate_faults(estimates), report
