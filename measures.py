"""Measures of a study beyond coverage: access, clusters, the index; what equity rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame
from scipy.sparse import csr_matrix

from .coverage.access import supply
from .coverage.catchments import PER_PEOPLE, VENUES, per_people
from .coverage.clusters import local_clusters
from .coverage.decay import luo_qi
from .coverage.equity import time_poverty
from .coverage.floating import two_step
from .coverage.index import ACCESS_INDICATORS, composite, points
from .coverage.question import Question
from .coverage.share import admitted, area_mask, nearest, serving
from .coverage.times import within
from .geo.errors import StudyError

Floats = npt.NDArray[np.float64]
Around = Callable[[str, npt.NDArray[np.int64]], csr_matrix]


@dataclass(frozen=True, eq=False)
class Answer:
    """
    How the places stand to one standard, as arrays; p places.

    Parameters
    ----------
    ask
        The standard and its times.
    people
        Shape (p,), of its group where it is meant for them, else 0.
    ticks
        Shape (p,), to the count-th nearest venue.
    access
        Shape (p,), E2SFCA: venues for 10 000 people.
    kinds, kinds_near
        How many types of the standard are in use, and shape (p,): how many within the limit.
    """

    ask: Question
    people: npt.NDArray[np.int64]
    ticks: npt.NDArray[np.uint32]
    access: Floats
    kinds: int
    kinds_near: npt.NDArray[np.int64]

    @property
    def key(self) -> str:
        """Key of the standard."""
        return self.ask.standard.key


def answers(
    questions: Sequence[Question], venues: GeoDataFrame, demand: GeoDataFrame
) -> list[Answer]:
    """Work out what all measures rest on, once for each standard."""
    found = []
    for ask in questions:
        standard, known = ask.standard, admitted(venues, ask.standard)[0]
        people = demand[standard.group].to_numpy(np.int64) * area_mask(demand, standard.area)
        near = nearest(ask.times, venues, standard.types, count=standard.count, among=known)
        shared = two_step(ask.times.ticks, known.astype(float), people, luo_qi(standard.minutes))
        used = [
            mask
            for kind in standard.types
            if (mask := serving(venues, (kind,), standard.group)).any()
        ]
        kinds = np.zeros(len(demand), np.int64)
        for mask in used:
            kinds += within(ask.times.ticks[:, mask].min(axis=1), standard.minutes)
        access = shared.access * PER_PEOPLE
        found.append(Answer(ask, people, near.ticks, access, len(used), kinds))
    return found


def access_table(
    found: Sequence[Answer], venues: GeoDataFrame, demand: GeoDataFrame
) -> pd.DataFrame:
    """
    Return access by standard and place.

    Returns
    -------
    DataFrame
        `standard`, `place`, `measure`, `value`, `unit`. `e2sfca`: venues for 10 000 people;
        `e2sfca_capacity`: capacity for 10 000 people, where all capacities are stated in one unit.
        Missing where nobody of the group lives or the standard is not meant.
    """
    tables = []
    for one in found:
        standard = one.ask.standard
        columns = [("e2sfca", one.access, per_people(VENUES, standard.group))]
        try:
            held = supply(venues, standard.types, count="capacity", group=standard.group)
        except StudyError:
            held = None  # not stated for all, or in several units: access is by venues alone
        if held is not None and held.amounts.any():
            known = np.where(admitted(venues, standard)[0], held.amounts, 0.0)
            shared = two_step(one.ask.times.ticks, known, one.people, luo_qi(standard.minutes))
            columns.append(("e2sfca_capacity", shared.access * PER_PEOPLE,
                            per_people(held.unit, standard.group)))  # fmt: skip
        for measure, values, unit in columns:
            shown = pd.array(np.where(one.people > 0, values, np.nan), dtype="Float64")
            tables.append(pd.DataFrame({
                "standard": one.key, "place": demand.index, "measure": measure,
                "value": shown, "unit": unit,
            }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def clusters_table(
    found: Sequence[Answer], demand: GeoDataFrame, around: Around, *, seed: int
) -> pd.DataFrame:
    """
    Return where good and bad access gather, among places with people that a standard is meant for.

    Parameters
    ----------
    around
        Names the neighbours among some places by a mode; see `coverage.neighbours`.

    Returns
    -------
    DataFrame
        `standard`, `place` and the columns of `coverage.clusters.local_clusters`.
    """
    order = np.argsort(demand.index.astype(str), kind="stable")
    known: dict[tuple[str, bytes], csr_matrix] = {}
    tables = []
    for one in found:
        # By identifier: of equally near places the first is the neighbour, whatever the order.
        meant = order[one.people[order] > 0]
        mode = one.ask.standard.mode
        key = mode, meant.tobytes()
        if key not in known:
            known[key] = around(mode, meant)
        table = local_clusters(one.access[meant], known[key], seed=seed)
        table.insert(0, "place", demand.index[meant])
        table.insert(0, "standard", one.key)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def index_table(
    found: Sequence[Answer], demand: GeoDataFrame, towns: GeoDataFrame, *, seed: int
) -> pd.DataFrame:
    """
    Return the access part of the science index by town.

    Returns
    -------
    DataFrame, index town code
        `name`; the indicators as they are (`covered`, `time_gap`, `supply`, `choice`) and their
        points (`covered_points` ...); `score`, `rank` and the ranges of `coverage.index.composite`.
    """
    codes = demand["town"].to_numpy()
    rows = {code: _index_row(found, codes == code) for code in towns.index}
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["covered", "time_gap", "supply", "choice"]
    )
    table = table.astype("Float64")
    scored = points(table, ACCESS_INDICATORS).add_suffix("_points")
    ranked = composite(table, ACCESS_INDICATORS, seed=seed)
    names = towns["name"].to_frame("name")
    whole: pd.DataFrame = pd.concat([names, table, scored, ranked], axis=1)
    return whole.rename_axis("code")


def _index_row(found: Sequence[Answer], here: npt.NDArray[np.bool_]) -> list[float]:
    """Return the four indicators of a town, over all standards by the people they are meant for."""
    crowd = np.array([(one.people * here).sum() for one in found], float)
    if not crowd.sum():
        return [np.nan] * 4
    parts = np.zeros((3, len(found)))
    kinds, reached = 0.0, 0.0
    for number, one in enumerate(found):
        standard, people = one.ask.standard, one.people * here
        if not people.sum():
            continue
        near = within(one.ticks, standard.minutes)
        poor = time_poverty(one.ticks, people, line_minutes=standard.minutes,
                            cap_minutes=one.ask.times.horizon / 600)  # fmt: skip
        whole = float(np.sum(one.people * one.access)) / max(one.people.sum(), 1)
        own = float(np.sum(people * one.access)) / people.sum()
        parts[:, number] = (
            people[near].sum() / people.sum(),
            poor.gap or 0.0,
            own / whole if whole else 0,
        )
        kinds += float(people.sum()) * one.kinds
        reached += float(np.sum(people * one.kinds_near))
    means = (parts * crowd).sum(axis=1) / crowd.sum()
    return [*means.tolist(), reached / kinds if kinds else np.nan]
