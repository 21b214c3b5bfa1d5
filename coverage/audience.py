"""
Whom a venue is for: a venue that names groups counts for these groups alone.

For everybody only those count that are for everybody: a makers' room for pupils is not within reach
of a pensioner, however near. Who is named beside everybody (全体；老年人) takes none away.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.errors import Fault, StudyError

EVERYBODY = "people"


def serves(targets: str, group: str) -> bool:
    """Tell whether a venue for `targets` (keys with ;, empty for everybody) is for a group."""
    keys = targets.split(";") if targets else [EVERYBODY]
    return EVERYBODY in keys or group in keys


def for_group(venues: GeoDataFrame, group: str) -> npt.NDArray[np.bool_]:
    """
    Tell which of v venues are for a group, shape (v,).

    Parameters
    ----------
    venues
        `targets`; where the column is missing all are for everybody.
    group
        A column of the demand.
    """
    if "targets" not in venues:
        return np.ones(len(venues), bool)
    number, stated = pd.factorize(venues["targets"].fillna("").astype(str))
    return np.array([serves(text, group) for text in stated], bool)[number]


def main_group(venues: GeoDataFrame, groups: Iterable[str]) -> str:
    """Return the group that most of the venues are for; of equal ones the first of `groups`."""
    counts = {group: int(for_group(venues, group).sum()) for group in groups}
    return max(counts, key=lambda group: counts[group])


def audiences(
    venues: GeoDataFrame, demand: GeoDataFrame
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """
    Count who may use each venue, for catchments that several groups share.

    A venue for some groups can be used by their people: the sum of the groups, at most everybody
    of the place, since groups overlap.

    Returns
    -------
    int, shape (p, a)
        People of each of a audiences at p places.
    int, shape (v,)
        The audience of each venue.

    Raises
    ------
    StudyError
        The demand has no column for a group that a venue is for.
    """
    keys = venues["targets"].fillna("").astype(str).to_numpy()
    kinds, audience = np.unique(keys, return_inverse=True)
    everybody = demand[EVERYBODY].to_numpy(np.int64)
    people = np.zeros((len(demand), len(kinds)), np.int64)
    for number, kind in enumerate(kinds.tolist()):
        if serves(kind, EVERYBODY):
            people[:, number] = everybody
            continue
        groups = kind.split(";")
        lacking = [group for group in groups if group not in demand]
        if lacking:
            raise StudyError(Fault("E-AUDIENCE", facts={"groups": "、".join(lacking)}))
        people[:, number] = np.minimum(everybody, demand[groups].to_numpy(np.int64).sum(axis=1))
    return people, audience.astype(np.int64)
