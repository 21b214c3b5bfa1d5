"""The inputs of a study, read and validated: what `kepu check` looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geopandas import GeoDataFrame

from .geo.errors import Fault, LayerError
from .layers.demand import read_demand
from .layers.ledger import Ledger
from .layers.towns import read_towns
from .layers.venues import read_venues
from .study_file import Study


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
