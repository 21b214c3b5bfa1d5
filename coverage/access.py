"""
How much of what there is lies within reach of a place: cumulative opportunities and gravity.

Supply bears a unit. Amounts of different units are never added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.errors import Fault, StudyError
from .audience import EVERYBODY, for_group
from .decay import Decay, Floats, TickTable

BLOCK_CELLS = 500_000
"""Places are taken in blocks of at most so many (place, venue) cells: 4 MB a table."""
NAMES_SHOWN = 8


@dataclass(frozen=True, eq=False)
class Supply:
    """
    What each of v venues offers.

    Parameters
    ----------
    amounts
        Shape (v,), zero for venues that do not count.
    unit
        What is counted, as printed: 处 (venues), 座, 人 ...
    """

    amounts: Floats
    unit: str


def supply(
    venues: GeoDataFrame,
    types: Iterable[str],
    *,
    count: Literal["venues", "capacity"] = "venues",
    group: str = EVERYBODY,
) -> Supply:
    """
    Count what the open venues of some types offer to a group.

    A venue for several groups offers all it has to each of them: the amounts of groups overlap
    and are not to be added.

    Parameters
    ----------
    venues
        `type`, `status`, `targets` (keys of groups with ; in between, empty for everybody),
        `capacity` and `capacity_unit`; v rows.
    types
        Any of them.
    count
        "venues": each is one, 处. "capacity": what each can hold.
    group
        A column of the demand; venues for other groups alone offer nothing.

    Raises
    ------
    StudyError
        A capacity is missing, or they are not all in one stated unit.
    """
    chosen = venues["type"].isin(list(types)) & (venues["status"] == "open")
    mask = chosen.to_numpy(bool) & for_group(venues, group)
    if count == "venues" or not mask.any():
        return Supply(mask.astype(float), "处")
    capacity = venues["capacity"].to_numpy(float)
    lacking = mask & ~(capacity >= 0)
    if lacking.any():
        names = _listed(venues["name"][lacking])
        facts = {"count": int(lacking.sum()), "names": names}
        raise StudyError(Fault("E-CAPACITY-NONE", facts=facts))
    units = sorted(set(venues["capacity_unit"][mask].fillna("").astype(str)))
    if len(units) > 1 or not units[0]:
        known = "、".join(unit or "（未写单位）" for unit in units)
        raise StudyError(Fault("E-CAPACITY-UNITS", facts={"units": known}))
    return Supply(np.where(mask, capacity, 0.0), units[0])


def _listed(names: pd.Series[str]) -> str:
    shown = "、".join(names.astype(str)[:NAMES_SHOWN])
    return shown + ("……" if len(names) > NAMES_SHOWN else "")


def blocks(places: int, venues: int) -> Iterator[slice]:
    """Cut places into runs of at most `BLOCK_CELLS` cells."""
    rows = max(1, BLOCK_CELLS // max(1, venues))
    for start in range(0, places, rows):
        yield slice(start, start + rows)


def opportunities(ticks: TickTable, amounts: npt.ArrayLike, decay: Decay) -> Floats:
    """
    Return what lies within reach of every place, weighted by time: A_i = Σ_j S_j f(t_ij).

    With `Step` these are cumulative opportunities, exact for whole amounts; with any other decay
    the potential of Hansen (1959). 0 where nothing can be reached, never nan.

    Parameters
    ----------
    ticks
        Shape (p, v).
    amounts
        Shape (v,), of one unit: `Supply.amounts`.
    decay
        Weight by time.

    Returns
    -------
    float, shape (p,)
        In the unit of the supply.
    """
    held = np.asarray(amounts, float)
    found = np.zeros(len(ticks))
    counted = np.flatnonzero(held)
    if len(counted):
        for rows in blocks(len(ticks), len(counted)):
            weights = decay(ticks[rows][:, counted])
            # einsum adds in one order whatever the number of threads; a product by BLAS does not.
            found[rows] = np.einsum("ij,j->i", weights, held[counted])
    return found
