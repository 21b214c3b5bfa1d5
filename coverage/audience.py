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
