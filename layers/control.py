"""
Control: people scaled to official totals, in whole persons that add up exactly.

Every apportionment of the program is `largest_remainder`: in whole numbers throughout, so that no
sum is off by a rounding error, however long the column or large the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.errors import Fault, LayerError
from .ledger import listed

FACTOR_LEAST, FACTOR_MOST = 0.5, 2.0
"""Outside this range a table and an official total hardly speak of the same people."""

Number = int | float | Fraction


def rounded(value: Number) -> int:
    """Round to a whole number, halves upwards."""
    return math.floor(Fraction(value) + Fraction(1, 2))


def largest_remainder(
    values: Iterable[Number] | npt.NDArray[Any] | pd.Series[Any],
    total: int,
    *,
    keys: Sequence[Any] | None = None,
    most: Sequence[int] | None = None,
) -> npt.NDArray[np.int64]:
    """
    Apportion a whole number in proportion to values (Hare quota, largest remainders).

    Parameters
    ----------
    values
        Not negative: whole numbers, fractions or floats; a float counts as the number it holds.
    total
        What is apportioned, not negative.
    keys
        Unique; of equal remainders the lowest key comes first, whatever the order of the values.
        None takes the position.
    most
        The most that each may get, whole numbers. What goes beyond is apportioned to the rest.

    Returns
    -------
    ndarray
        Sums to `total` exactly; each within 1 of its exact share (beside `most`, of its share in
        what is left); 0 where the value is 0.

    Raises
    ------
    ValueError
        A value is negative or not finite, or there is no room for `total`.
    """
    weights = _whole(values)
    if total < 0 or min(weights, default=0) < 0:
        raise ValueError("what is apportioned must not be negative")
    if most is not None:
        return _capped(weights, total, keys, [int(each) for each in most])
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError(f"nothing to apportion {total} to")
        return np.zeros(len(weights), np.int64)
    products = [weight * total for weight in weights]
    parts = [product // whole for product in products]
    short = total - sum(parts)
    if short:
        rests = [product % whole for product in products]
        # Fewer are short than have a remainder, so that a value of 0 never gets one.
        order = (
            sorted(range(len(rests)), key=lambda i: -rests[i])
            if keys is None
            else sorted(range(len(rests)), key=lambda i: (-rests[i], keys[i]))
        )
        for i in order[:short]:
            parts[i] += 1
    return np.array(parts, np.int64)


def _whole(values: Iterable[Number] | npt.NDArray[Any] | pd.Series[Any]) -> list[int]:
    """Return whole numbers in exactly the proportions of the values."""
    # Arrays give numbers of Python here, which do not overflow.
    plain: list[Any] = (
        values.tolist() if isinstance(values, np.ndarray | pd.Series) else list(values)
    )
    if all(type(value) is int for value in plain):
        return plain
    try:
        ratios = [value.as_integer_ratio() for value in plain]
    except OverflowError as error:
        raise ValueError("infinite values cannot be apportioned") from error
    common = math.lcm(*{below for _, below in ratios})
    return [above * (common // below) for above, below in ratios]


def _capped(
    weights: list[int], total: int, keys: Sequence[Any] | None, most: list[int]
) -> npt.NDArray[np.int64]:
    """Fill those whose share exceeds their most until none of the rest does, then apportion."""
    parts = np.zeros(len(weights), np.int64)
    free, left = list(range(len(weights))), total
    while True:
        whole = sum(weights[i] for i in free)
        full = {i for i in free if weights[i] * left > most[i] * whole}
        if not full:
            break
        for i in full:
            parts[i] = most[i]
        left -= sum(most[i] for i in full)
        free = [i for i in free if i not in full]
    own = None if keys is None else [keys[i] for i in free]
    parts[free] = largest_remainder([weights[i] for i in free], left, keys=own)
    return parts


def control(
    demand: GeoDataFrame,
    totals: Mapping[str, Any] | pd.Series[Any],
    *,
    columns: Sequence[str] = (),
    district_total: int | None = None,
) -> tuple[GeoDataFrame, pd.DataFrame]:
    """
    Scale the people of every town to its official total.

    Parameters
    ----------
    demand
        Columns `town` and `people`, index unique.
    totals
        Official people by town code (dict or Series); none or NaN where there is no figure.
    columns
        Groups to be scaled along. Never more than the people of a place, and only where there were
        any.
    district_total
        Official people of the district. The towns without a figure then share what the others leave
        of it in proportion to their people; without it they keep their people.

    Returns
    -------
    GeoDataFrame
        As `demand`, with other people.
    DataFrame
        From `controlled_totals`, with `residual`: people after control less `official`, always 0.

    Raises
    ------
    LayerError
        As `controlled_totals`.
    """
    before = demand.groupby("town")["people"].sum()
    report = controlled_totals(before, totals, district_total)
    scaled = demand.copy()
    official = report["official"].to_dict()
    for town, mine in demand.groupby("town").groups.items():
        old = demand.loc[mine]
        keys, total = list(mine), official[town]
        people = largest_remainder(old["people"], total, keys=keys)
        scaled.loc[mine, "people"] = people
        for column in columns:
            scaled.loc[mine, column] = _scaled_along(old, column, total, people, keys)
    after = scaled.groupby("town")["people"].sum().reindex(report.index, fill_value=0)
    return scaled, report.assign(residual=after - report["official"])


def _scaled_along(
    old: GeoDataFrame, column: str, total: int, people: npt.NDArray[np.int64], keys: list[Any]
) -> npt.NDArray[np.int64]:
    """Scale a group of one town as its people were, within the people of each place."""
    whole, group = int(old["people"].sum()), int(old[column].sum())
    if not whole:
        return np.zeros(len(old), np.int64)
    room = int(people[old[column].to_numpy() > 0].sum())
    wanted = min(rounded(Fraction(group * total, whole)), room)
    return largest_remainder(old[column], wanted, keys=keys, most=people.tolist())


def controlled_totals(
    before: pd.Series[Any],
    totals: Mapping[str, Any] | pd.Series[Any],
    district_total: int | None = None,
) -> pd.DataFrame:
    """
    Say how many people each town is to have.

    Parameters
    ----------
    before
        People by town, whole or not.
    totals, district_total
        As in `control`.

    Returns
    -------
    DataFrame
        Index `town`, sorted; `before`; `official`, whole; `factor`, NaN without people; `basis`:
        "official", "remainder" (a share of what is left of the district's) or "kept" (rounded).

    Raises
    ------
    LayerError
        E-CONTROL-VALUE, a total is not a whole number of people; E-CONTROL-EMPTY, there are people
        by the total and none in the town; E-CONTROL-DISTRICT, the totals contradict the district's.
    """
    known = {str(town): value for town, value in dict(totals).items() if not pd.isna(value)}
    _check_whole({**known, **({} if district_total is None else {"": district_total})})
    people = {str(town): value for town, value in zip(before.index, before.tolist(), strict=True)}
    official = {town: int(value) for town, value in known.items()}
    free = sorted(set(people) - set(official))
    basis = {**dict.fromkeys(official, "official"), **dict.fromkeys(free, "kept")}
    faults = [
        Fault("E-CONTROL-EMPTY", value=town, facts={"total": total})
        for town, total in official.items()
        if total and not people.get(town)
    ]
    if district_total is None:
        official.update({town: rounded(people[town]) for town in free})
    else:
        faults += _check_district(official, free, people, int(district_total))
        if not faults:
            left = int(district_total) - sum(official.values())
            parts = largest_remainder([people[town] for town in free], left, keys=free)
            official.update(zip(free, parts.tolist(), strict=True))
            basis.update(dict.fromkeys(free, "remainder"))
    if faults:
        raise LayerError(*faults)
    towns = sorted(official)
    report = pd.DataFrame(
        {
            "before": [people.get(town, 0) for town in towns],
            "official": [official[town] for town in towns],
            "basis": [basis[town] for town in towns],
        },
        index=pd.Index(towns, name="town", dtype=str),
    )
    factor = report["official"] / report["before"].where(report["before"] > 0)
    return report.assign(factor=factor)[["before", "official", "factor", "basis"]]


def _check_whole(totals: Mapping[str, Any]) -> None:
    faults = []
    for town, value in totals.items():
        whole = not isinstance(value, str | bool) and math.isfinite(value) and value == int(value)
        if not whole or value < 0:
            faults.append(Fault("E-CONTROL-VALUE", column=town or None, value=str(value)))
    if faults:
        raise LayerError(*faults)


def _check_district(
    official: Mapping[str, int], free: list[str], people: Mapping[str, Any], district: int
) -> list[Fault]:
    known = sum(official.values())
    facts = {"known": known, "count": len(free)}
    if known > district or (known < district and not free):
        return [Fault("E-CONTROL-DISTRICT", value=str(district), facts=facts)]
    if known < district and not any(people[town] for town in free):
        return [
            Fault("E-CONTROL-EMPTY", value=town, facts={"total": district - known}) for town in free
        ]
    return []


def factor_faults(report: pd.DataFrame) -> list[Fault]:
    """
    Warn of towns whose people were multiplied by less than 0.5 or more than 2.

    Parameters
    ----------
    report
        From `control` or `controlled_totals`.
    """
    factors = report["factor"].dropna()
    odd = factors[(factors < FACTOR_LEAST) | (factors > FACTOR_MOST)]
    if odd.empty:
        return []
    towns = listed(f"{town} × {factor:.3g}" for town, factor in odd.items())
    facts = {"count": len(odd), "least": FACTOR_LEAST, "most": FACTOR_MOST, "towns": towns}
    return [Fault("W-CONTROL-FACTOR", facts=facts)]
