"""Where a venue may stand: the candidates of a study, given or by themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .geo.crs import WGS84
from .geo.errors import Fault, LayerError, StudyError
from .layers.outlines import read_outlines
from .layers.venues import read_venues, venue_types
from .study import Survey
from .study_keys import Study

Places = npt.NDArray[np.int64]
MOST_PLACES = 5_000
"""More places of living than this (a raster) are thinned, one to a square."""
SQUARE_METRES = 10
"""Sides of the squares are whole multiples of this."""
STATUS = {"candidate": "candidate", "planned": "committed", "closed": "forbidden"}


def candidates_of(study: Study, measured: Survey, types: Sequence[str]) -> GeoDataFrame:
    """
    List the candidates for venues of some types.

    The file of `[sites]` if there is one, and nothing else; otherwise venues of the type whose
    status is 候选, the hosts that could be upgraded, and the places where people live.

    Returns
    -------
    GeoDataFrame, m rows
        Index `site`, ascending; `name`, `town`, `origin` (file, venue, host, place), `host`,
        `status` (candidate, committed, forbidden), `reason`, `grade` (precision),
        `targets` (groups; missing for everybody), geometry.

    Raises
    ------
    StudyError
        A type of `[sites]` is not known.
    LayerError
        A file is not what it must be.
    """
    _check_types(study)
    if study.sites.file is not None:
        parts = [_filed(study, measured, types)]
    else:
        venues = measured.venues
        own = venues[venues["type"].isin(types) & (venues["status"] == "candidate")]
        parts = [_rows(own, "venue", "candidate"), _hosts(study, measured, types)]
        if study.sites.places:
            parts.append(_places(measured))
    committed = measured.venues[
        measured.venues["type"].isin(types) & (measured.venues["status"] == "planned")
    ]
    parts.append(_rows(committed, "venue", "committed"))
    parts = [part for part in parts if len(part)]
    if not parts:
        raise StudyError(Fault("E-SITES-NONE", file=study.path.name))
    found = GeoDataFrame(pd.concat(parts), crs=measured.demand.crs)
    found = found[~found.index.duplicated()].sort_index()
    found.index.name = "site"
    return _excluded(study, found)


def _check_types(study: Study) -> None:
    known = venue_types()
    named = [("hosts", kind) for kind in study.sites.hosts]
    named += [("costs", kind) for kind in study.sites.costs]
    wrong = [(key, kind) for key, kind in named if kind not in known]
    if wrong:
        raise StudyError(*(
            Fault("E-SITES-TYPE", file=study.path.name, column=f"sites.{key}", value=kind,
                  facts={"known": "、".join(known)})
            for key, kind in wrong
        ))  # fmt: skip


def _rows(venues: GeoDataFrame, origin: str, status: str) -> GeoDataFrame:
    ids = [str(one) for one in venues.index]
    count = len(ids)
    return GeoDataFrame(
        {
            "name": venues["name"].to_numpy(object),
            "town": venues["town"].to_numpy(object),
            "origin": [origin] * count,
            "host": ids if origin == "host" else [""] * count,
            "status": [status] * count,
            "reason": [""] * count,
            "grade": venues["precision"].to_numpy(object),
            "targets": venues["targets"].to_numpy(object),
        },
        index=pd.Index(ids, dtype=object),
        geometry=venues.geometry.to_numpy(),
        crs=venues.crs,
    )


def _filed(study: Study, measured: Survey, types: Sequence[str]) -> GeoDataFrame:
    """Return the candidates of the file of `[sites]`: committed and forbidden ones too."""
    table, ledger = read_venues(
        study.folder / str(study.sites.file),
        datum=study.sites.datum,
        towns=measured.towns,
        buffer_metres=study.study.buffer_km * 1000,
        date=study.study.date,
    )
    if len(ledger.quarantine):
        raise LayerError(*ledger.faults)
    table = table[table["type"].isin(types)]
    parts = [_rows(table[table["status"] == said], "file", ours) for said, ours in STATUS.items()]
    return GeoDataFrame(pd.concat(parts), crs=measured.demand.crs)


def _hosts(study: Study, measured: Survey, types: Sequence[str]) -> GeoDataFrame:
    """Return open venues of the district that may take in another type."""
    venues = measured.venues
    wanted = [kind for kind in study.sites.hosts if kind not in types]
    fit = venues["type"].isin(wanted) & (venues["status"] == "open") & ~venues["outside"]
    return _rows(venues[fit], "host", "candidate")


def _places(measured: Survey) -> GeoDataFrame:
    """Return the places where people live."""
    demand = measured.demand
    if len(demand) > MOST_PLACES:
        demand = _one_a_square(demand)
    count = len(demand)
    return GeoDataFrame(
        {
            "name": demand["name"].to_numpy(object),
            "town": demand["town"].to_numpy(object),
            "origin": ["place"] * count,
            "host": [""] * count,
            "status": ["candidate"] * count,
            "reason": [""] * count,
            "grade": ["D"] * count,
        },
        index=pd.Index([str(one) for one in demand.index], dtype=object),
        geometry=demand.geometry.to_numpy(),
        crs=demand.crs,
    )


def _one_a_square(demand: GeoDataFrame) -> GeoDataFrame:
    """
    Return the most populous place of each square, in squares as small as leave few enough.

    The most populous of all would leave no site to the country, where few live at each place.
    """
    order = np.argsort(-demand["people"].to_numpy(np.int64), kind="stable")
    points = demand.geometry.iloc[order]
    at = np.column_stack([points.x.to_numpy(), points.y.to_numpy()])

    def chosen(side: int) -> Places:
        squares = np.floor(at / (side * SQUARE_METRES)).astype(np.int64)
        return np.asarray(np.unique(squares, axis=0, return_index=True)[1], np.int64)

    sides = range(1, 10_000)
    side = bisect_left(sides, True, key=lambda side: len(chosen(side)) <= MOST_PLACES)
    return demand.iloc[np.sort(order[chosen(sides[side])])]


def left_out(study: Study, measured: Survey, candidates: GeoDataFrame) -> Fault | None:
    """Say how far from the candidates the places lie that were too many to be some; or None."""
    demand, listed = measured.demand, candidates[candidates["origin"] == "place"]
    rest = demand[~demand.index.astype(str).isin(listed.index)]
    if study.sites.file is not None or not study.sites.places or rest.empty or listed.empty:
        return None
    _, away = listed.sindex.nearest(
        rest.geometry.to_numpy(), return_all=False, return_distance=True
    )
    facts = {"total": len(demand), "count": len(listed), "metres": int(np.ceil(away.max()))}
    return Fault("W-SITES-PLACES", file=study.path.name, facts=facts)


def _excluded(study: Study, found: GeoDataFrame) -> GeoDataFrame:
    """Forbid what lies in an area of the file of exclusions, its edge included."""
    if study.sites.exclusions is None:
        return found
    path = Path(study.folder / study.sites.exclusions)
    areas = read_outlines(path)
    shapes = np.array([shape for shape in areas.shapes if shape is not None], object)
    if not len(shapes) or not all(
        shape.geom_type in ("Polygon", "MultiPolygon") for shape in shapes
    ):
        raise LayerError(Fault("E-SITES-AREA", file=path.name))
    frame = GeoDataFrame(geometry=shapely.make_valid(shapes), crs=areas.crs or WGS84)
    inside = found.geometry.intersects(shapely.union_all(frame.to_crs(found.crs).geometry))
    blocked = (inside & (found["status"] == "candidate")).to_numpy()
    status = np.where(blocked, "forbidden", found["status"])
    return found.assign(status=status, reason=np.where(blocked, "excluded", found["reason"]))


def options_of(
    study: Study, measured: Survey, candidates: GeoDataFrame, kinds: list[str]
) -> pd.DataFrame:
    """
    List what could be opened: every type at every candidate, planned venues as their own.

    Returns
    -------
    DataFrame, m rows
        `site`, `type`, `action` (build, upgrade), `cost` in the study's unit, `capacity` in people
        (0: no limit).
    """
    rows = []
    venues = measured.venues
    for site, row in candidates.iterrows():
        planned = row["status"] == "committed" and site in venues.index
        for kind in [venues.at[site, "type"]] if planned else kinds:
            rules = study.sites.costs.get(kind)
            upgrade = row["origin"] == "host"
            cost, room = 0, 0
            if rules is not None:
                dear = rules.upgrade is None or not upgrade
                cost = rules.build if dear else int(rules.upgrade or 0)
                room = rules.capacity or 0
            action = "upgrade" if upgrade else "build"
            rows.append((str(site), kind, action, 0 if planned else cost, room))
    return pd.DataFrame(rows, columns=["site", "type", "action", "cost", "capacity"])
