"""Where mobile units may stop and start from, and whether `[tour]` asks for what can be."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from geopandas import GeoDataFrame
from shapely import Point

from .geo.errors import Fault, LayerError, StudyError
from .layers.groups import LABELS
from .layers.venues import read_venues, venue_types
from .study import Survey
from .study_keys import Study
from .touring_keys import UnitRules


def hosts_of(study: Study, measured: Survey) -> GeoDataFrame:
    """
    List where units may stop: the file of `[tour]`, or schools, halls and villages.

    Returns
    -------
    GeoDataFrame, h rows
        Index `host`, ascending; `name`, `town`, `origin` (file, venue, place), `type` (empty for a
        village), geometry.

    Raises
    ------
    LayerError
        The file is not what it must be.
    StudyError
        Nothing is left, or a type is not known.
    """
    rules = study.tour
    named = [*rules.schools, *rules.halls, *(kind for unit in rules.units for kind in unit.hosts)]
    wrong = [kind for kind in named if kind not in venue_types()]
    if wrong:
        known = "、".join(venue_types())
        raise StudyError(
            Fault("E-SITES-TYPE", file=study.path.name, column="tour", value=wrong[0],
                  facts={"known": known})
        )  # fmt: skip
    parts = _own(study, measured) if rules.file is None else [_listed(study, measured, rules.file)]
    found = GeoDataFrame(pd.concat(parts), crs=measured.demand.crs)
    found = found[~found.index.duplicated()].sort_index()
    if not len(found):
        raise StudyError(Fault("E-TOUR-HOSTS", file=study.path.name))
    found.index.name = "host"
    return found


def _listed(study: Study, measured: Survey, file: str) -> GeoDataFrame:
    """Return the hosts of the file of `[tour]`."""
    table, ledger = read_venues(
        study.folder / file, datum=study.tour.datum, towns=measured.towns,
        buffer_metres=study.study.buffer_km * 1000, date=study.study.date,
    )  # fmt: skip
    if len(ledger.quarantine):
        raise LayerError(*ledger.faults)
    return _rows(table[table["status"] != "closed"], "file", "type")


def _own(study: Study, measured: Survey) -> list[GeoDataFrame]:
    """Return the open schools and halls of the study, and its places."""
    rules, venues, demand = study.tour, measured.venues, measured.demand
    fit = venues["type"].isin([*rules.schools, *rules.halls]) & ~venues["outside"]
    parts = [_rows(venues[fit & (venues["status"] == "open")], "venue", "type")]
    if rules.places != "none":
        some = demand if rules.places == "all" else demand[demand["rural"]]
        parts.append(_rows(some, "place", ""))
    return parts


def _rows(layer: GeoDataFrame, origin: str, kind: str) -> GeoDataFrame:
    return GeoDataFrame(
        {
            "name": layer["name"].to_numpy(object),
            "town": layer["town"].to_numpy(object),
            "origin": [origin] * len(layer),
            "type": layer[kind].to_numpy(object) if kind else [""] * len(layer),
        },
        index=pd.Index([str(one) for one in layer.index], dtype=object),
        geometry=layer.geometry.to_numpy(),
        crs=layer.crs,
    )


def check_tour(study: Study, measured: Survey) -> None:
    """Raise all that `[tour]` asks and cannot be had."""
    rules, file = study.tour, study.path.name
    faults = []
    if not rules.units or not rules.services:
        faults.append(Fault("E-TOUR-NONE", file=file))
    faults += [*_unit_faults(study), *_service_faults(study, measured)]
    groups = ["urban", "rural", *measured.towns.index]
    faults += [
        Fault("E-TOUR-FLOOR", file=file, value=f"{name}={share}",
              facts={"known": "、".join(map(str, groups))})
        for name, share in rules.floors.items()
        if name not in groups or not 0 <= share <= 1
    ]  # fmt: skip
    spans = [*rules.terms, *rules.holidays, *(s for u in rules.units for s in u.days_off)]
    spans += [(rules.first, rules.last)] if rules.first and rules.last else []
    spans += [(flood.first, flood.last) for flood in rules.floods]
    faults += [Fault("E-TOUR-SPAN", file=file, value=f"{a} {b}") for a, b in spans if a > b]
    if faults:
        raise StudyError(*faults)


def _unit_faults(study: Study) -> Iterator[Fault]:
    """Tell which units have no service, bear the name of another, or would drive past midnight."""
    rules, file = study.tour, study.path.name
    kinds = [service.kind for service in rules.services]
    names = [unit.name for unit in rules.units]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Fault("E-TOUR-TWICE", file=file, value=name)
    for unit in rules.units:
        facts: dict[str, object] = {"unit": unit.name}
        if kinds.count(unit.kind) != 1:
            yield Fault("E-TOUR-SERVICE", file=file, value=unit.kind, facts=facts)
        hour, minute = map(int, unit.start.split(":"))
        if unit.kind == "mobile.van" and hour + minute / 60 + unit.hours > 24:
            told = f"{unit.start} + {unit.hours:g}"
            yield Fault("E-TOUR-MIDNIGHT", file=file, value=told, facts=facts)


def _service_faults(study: Study, measured: Survey) -> Iterator[Fault]:
    """Tell which services ask for standards, people or minutes that there are not."""
    known, file = [standard.key for standard in study.wanted], study.path.name
    for service in study.tour.services:
        for key in service.lacks:
            if key not in known:
                facts: dict[str, object] = {"known": "、".join(known)}
                yield Fault("E-SITES-STANDARD", file=file, value=key, facts=facts)
        where = f"[[tour.services]] {service.kind}"
        if service.group not in measured.demand:
            name = f"{LABELS[service.group]}人口"
            facts = {"standards": where}
            yield Fault("E-GROUP-MISSING", file=study.demand.file, column=name, facts=facts)
        horizon = study.study.horizon_minutes
        if service.minutes > horizon:
            facts = {"horizon": f"{horizon:g}", "key": where}
            told = f"{service.minutes:g}"
            yield Fault("E-STANDARD-HORIZON", file=file, value=told, facts=facts)


def check_floods(study: Study, measured: Survey, hosts: GeoDataFrame) -> None:
    """Refuse closures of towns and hosts that do not exist: they would close nothing."""
    known = {*measured.towns.index, *hosts.index}
    named = [one for flood in study.tour.floods for one in (*flood.towns, *flood.hosts)]
    wrong = [one for one in named if one not in known]
    if wrong:
        raise StudyError(*(Fault("E-TOUR-FLOOD", file=study.path.name, value=w) for w in wrong))


def depot_of(study: Study, measured: Survey, unit: UnitRules) -> tuple[str, Point]:
    """Return name and point of the venue or place that a unit starts from."""
    for layer in (measured.venues, measured.demand):
        if unit.depot in layer.index:
            return str(layer.at[unit.depot, "name"]), layer.geometry[unit.depot]
        named = layer[layer["name"] == unit.depot]
        if len(named) == 1:
            return unit.depot, named.geometry.iloc[0]
    raise StudyError(
        Fault("E-TOUR-DEPOT", file=study.path.name, value=unit.depot, facts={"unit": unit.name})
    )
