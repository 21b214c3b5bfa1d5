"""
Access and clusters against PySAL, and all tables: `python benchmarks/measures.py [--quick]`.

The same times go to ours as a table and to PySAL's `access` as the rows of a frame, which is what
it reads; making either is not timed. `esda` tests clusters. Where a peer is not installed the same
is done with groups of a pandas frame. Answers are compared before times are. Times are CPU times,
without the compilation that `esda` does first.

All tables are those that `kepu run` asks for once the times are known, of a made district and of
the illustrative one: wall time, part by part, in a process of its own with the kernels compiled.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apart
import numpy as np
import pandas as pd
from race import race
from scipy.sparse import csr_matrix
from scipy.spatial import KDTree

from kepu.coverage.access import opportunities
from kepu.coverage.clusters import local_clusters
from kepu.coverage.decay import Power, Step, Stepped
from kepu.coverage.equity import even_handed, kappa_of, time_poverty
from kepu.coverage.floating import balanced, spatial_availability, three_step, two_step
from kepu.coverage.inequality import concentration, ends, gini, theil
from kepu.geo.routing import UNREACHED

try:
    from access import fca, weights
except ImportError:
    fca = None
try:
    import libpysal
    from esda import Moran_Local
except ImportError:
    Moran_Local = None

SIZES = {True: (2_000, 100), False: (20_000, 500)}
LINES = {True: 87, False: 276}
"""Of the grid of streets of the made district: some 60,000 and 600,000 arcs."""
PARTS = {
    "coverage": ("standards", "reach", "coverage", "conditions", "land"),
    "access": ("access", "catchments", "lorenz"),
    "equity and index": ("equity", "index"),
    "clusters": ("clusters",),
    "flags": ("flags",),
    "bands and points to survey": ("bands", "surveys"),
    "indicators and targets": ("indicators", "audience", "targets"),
}
"""The tables of an assessment."""
METRES_A_MINUTE = 500.0
CATCHMENT_MINUTES = 60
ZONES = {10: 1.0, 20: 0.68, 30: 0.22}
PERMUTATIONS = 999
NEIGHBOURS = 8


class County:
    """Made places and venues, and straight-line times in ticks; the same seed gives the same."""

    def __init__(self, places: int, venues: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.name = f"made county, {places} places x {venues} venues"
        self.points, at = random.random((places, 2)) * 40_000, random.random((venues, 2)) * 40_000
        metres = np.empty((places, venues))
        for place, point in enumerate(self.points):
            metres[place] = np.hypot(*(at - point).T)
        self.ticks = np.rint(600 * (1 + metres / METRES_A_MINUTE)).astype(np.uint32)
        self.ticks[self.ticks > 600 * CATCHMENT_MINUTES] = UNREACHED
        self.people = random.integers(1, 3000, places)
        self.amounts = random.integers(1, 300, venues).astype(float)
        self.town = random.integers(0, 8, places)

    def frame(self) -> dict[str, Any]:
        """Return the arguments of `access`: demand, supply and the costs that are known."""
        row, column = np.nonzero(self.ticks != UNREACHED)
        minutes = self.ticks[row, column] / 600
        frames = {
            name: pd.DataFrame({name: values}).rename_axis("geoid")
            for name, values in (("demand", self.people), ("supply", self.amounts))
        }
        return {
            "demand_df": frames["demand"],
            "supply_df": frames["supply"],
            "cost_df": pd.DataFrame({"origin": row, "dest": column, "cost": minutes}),
            "max_cost": CATCHMENT_MINUTES,
        }


def grouped(costs: pd.DataFrame, county: County, weigh: Callable[[pd.Series], Any]) -> np.ndarray:
    """Two steps by groups of a frame."""
    weight = weigh(costs["cost"])
    come = (weight * county.people[costs["origin"]]).groupby(costs["dest"]).sum()
    ratio = pd.Series(county.amounts).div(come).fillna(0.0).to_numpy()
    access = (weight * ratio[costs["dest"]]).groupby(costs["origin"]).sum()
    return access.reindex(range(len(county.people)), fill_value=0.0).to_numpy()


def zone_weights(minutes: pd.Series) -> pd.Series:
    weight = np.select([minutes <= end for end in ZONES], list(ZONES.values()), 0.0)
    return pd.Series(weight, minutes.index)


def in_range(found: pd.Series, county: County) -> np.ndarray:
    return found.reindex(range(len(county.people))).fillna(0.0).to_numpy()


def catchments(county: County) -> dict[str, tuple[Callable, str, Callable]]:
    """Return by work: ours, who else, and theirs."""
    given = county.frame()
    costs = given["cost_df"]
    ours = (county.ticks, county.amounts, county.people)
    zones = Stepped(tuple(ZONES), tuple(ZONES.values()))

    def our(decay: Any) -> Callable:
        return lambda: two_step(*ours, decay).access

    if fca is None:
        return {
            "2SFCA, inverse time": (
                our(Power(1)), "pandas groups",
                lambda: grouped(costs, county, lambda t: 1 / t),
            ),
            "E2SFCA": (our(zones), "pandas groups", lambda: grouped(costs, county, zone_weights)),
        }  # fmt: skip
    inverse = weights.gravity(scale=1, alpha=-1)
    step = weights.step_fn(ZONES)
    near = {**given, "max_cost": max(ZONES)}
    return {
        "2SFCA, inverse time": (
            our(Power(1)), "PySAL access",
            lambda: in_range(fca.two_stage_fca(**given, weight_fn=inverse), county),
        ),
        "E2SFCA": (
            our(zones), "PySAL access",
            lambda: in_range(fca.two_stage_fca(**near, weight_fn=step), county),
        ),
        "3SFCA": (
            lambda: three_step(*ours, zones).access, "PySAL access",
            lambda: in_range(fca.three_stage_fca(**near, weight_fn=step), county),
        ),
    }  # fmt: skip


def every_measure(county: County) -> None:
    """Run all measures of access and equity once."""
    given = (county.ticks, county.amounts, county.people)
    zones = Stepped(tuple(ZONES), tuple(ZONES.values()))
    for decay in (Step(30), zones, Power(1)):
        opportunities(county.ticks, county.amounts, decay)
    found = two_step(*given, zones).access
    for measure in (three_step, balanced, spatial_availability):
        measure(*given, zones)
    theil(found, county.people, county.town)
    gini(found, county.people)
    ends(found, county.people)
    concentration(found, county.people, county.points[:, 0])
    even_handed(found, county.people, kappa=kappa_of(found, county.people, side="good"))
    nearest = county.ticks.min(axis=1)
    time_poverty(nearest, county.people, line_minutes=15, cap_minutes=CATCHMENT_MINUTES)


def clusters(county: County) -> tuple[Callable, Callable]:
    """Return ours and PySAL's search for clusters; each answers its local Morans."""
    _, near = KDTree(county.points).query(county.points, k=np.arange(2, NEIGHBOURS + 2))
    places = len(county.points)
    row = np.repeat(np.arange(places), NEIGHBOURS)
    shape = (places, places)
    neighbours = csr_matrix((np.ones(near.size), (row, near.ravel())), shape=shape)
    values = two_step(county.ticks, county.amounts, county.people, Step(30)).access
    lists = np.split(neighbours.indices, neighbours.indptr[1:-1])
    linked = libpysal.weights.W(dict(enumerate(map(list, lists))), silence_warnings=True)

    def ours() -> np.ndarray:
        found = local_clusters(values, neighbours, seed=1, permutations=PERMUTATIONS)
        return found["local_moran"].to_numpy()

    def theirs() -> np.ndarray:
        count = len(values)
        found = Moran_Local(values, linked, permutations=PERMUTATIONS, n_jobs=1, seed=1)
        return found.Is * count / (count - 1)  # theirs divides by n - 1

    return ours, theirs


def tables(size: Path) -> dict[str, Any]:
    """
    Ask for all tables of a district, as a process of its own; seconds by part.

    Parameters
    ----------
    size
        PLACESxVENUESxLINES of a made district; anything else is the illustrative one.
    """
    from district import STUDY, surveyed

    from kepu.assessment import assess
    from kepu.geo import around
    from kepu.inputs import read_layers
    from kepu.study import survey
    from kepu.study_file import read_study

    if size.name[0].isdigit():
        places, venues, lines = map(int, size.name.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            study, measured = surveyed(Path(folder), places=places, venues=venues, lines=lines)
        around.warm()
    else:
        study = read_study(STUDY)
        measured = survey(study, read_layers(study))
    found, spent = assess(study, measured), {}
    for part, names in PARTS.items():
        begin = time.perf_counter()
        for name in names:
            getattr(found, name)
        spent[part] = time.perf_counter() - begin
    return spent


def table_rows(quick: bool) -> list[dict[str, Any]]:
    """Return a row for each part, for all of them, and for the memory of the process."""
    rows = []
    for graph, size in (
        ("illustrative district", "illustrative"),
        ("made district, {} places x {} venues".format(*SIZES[quick]),
         "x".join(map(str, (*SIZES[quick], LINES[quick])))),
    ):  # fmt: skip
        told = apart.side(__file__, "--tables", Path(size))
        spent = {part: 1000 * told[part] for part in PARTS}
        rows += [
            apart.row(f"tables: {part}", graph, f"tables {part}", ms) for part, ms in spent.items()
        ]
        rows.append(apart.row("all tables", graph, "tables all", sum(spent.values())))
        peak = "greatest memory, roads and times included, MiB"
        rows.append(apart.row(f"all tables: {peak}", graph, "tables peak", told["peak"]))
    return rows


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return a row for each work: ours and the peer's milliseconds of CPU, and their ratio."""
    county = County(*SIZES[quick])
    rows = []
    works = catchments(county)
    if Moran_Local is not None:
        ours, theirs = clusters(county)
        works[f"local Moran, {PERMUTATIONS} permutations"] = (ours, "PySAL esda", theirs)
    for work, (our, peer, their) in works.items():
        laps = race({"ours": our, "peer": their}, rounds=3 if quick else 1)
        np.testing.assert_allclose(laps["ours"].answer, laps["peer"].answer, rtol=1e-8, atol=1e-12)
        rows.append(row(work, county, laps["ours"].cpu, peer, laps["peer"].cpu))
    rows += table_rows(quick)
    alone = race({"ours": lambda: every_measure(county)}, rounds=1)["ours"].cpu
    rows.append(row("all measures of access and equity", county, alone))
    return rows


def row(
    work: str, county: County, ours: float, peer: str = "", theirs: float | None = None
) -> dict:
    return {
        "work": work, "graph": county.name, "ours_ms": round(ours * 1000, 1), "peer": peer,
        "peer_ms": None if theirs is None else round(theirs * 1000, 1),
        "ratio": None if theirs is None else round(theirs / ours, 1),
    }  # fmt: skip


if __name__ == "__main__":
    apart.main({"--tables": tables}, measure)
