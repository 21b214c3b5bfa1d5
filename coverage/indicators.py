"""Figures under the names by which planners report them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from .question import Question
from .share import in_use

HALL_TYPES = ("civic.library", "town.hall")
"""What counts as 博物馆、图书馆、科技馆、艺术馆等文化艺术场馆."""
HALLS = "每10万人拥有的博物馆、图书馆、科技馆、艺术馆等文化艺术场馆数"
HALL_PEOPLE = 100_000


def indicators_table(
    questions: Sequence[Question], coverage: pd.DataFrame, land: pd.DataFrame,
    venues: GeoDataFrame, demand: GeoDataFrame, towns: GeoDataFrame, types: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """
    Return figures under the names by which planners report them.

    Returns
    -------
    DataFrame
        `indicator` (share, land_share, halls), `name`, `standard`, `scope`, `code`, `value`,
        `unit`, `numerator`, `denominator`, `basis`. Shares are in percent, not rounded.
    """
    rows: list[dict[str, Any]] = []
    by_key = {ask.standard.key: ask.standard for ask in questions}
    for kind, table, part, whole in (
        ("share", coverage, "covered", "people"), ("land_share", land, "reached", "points"),
    ):  # fmt: skip
        for told in table.to_dict("records"):
            standard = by_key[told["standard"]]
            name = standard.indicator or f"{standard.name}覆盖率"
            share = told["share"]
            rows.append({
                "indicator": kind, "standard": standard.key, "scope": told["scope"],
                "name": name if kind == "share" else f"{standard.name}面积覆盖率",
                "code": told["code"], "value": None if pd.isna(share) else 100 * share,
                "unit": "%", "numerator": told[part], "denominator": told[whole],
                "basis": standard.basis if kind == "share" else "格网点数之比，与人口覆盖率不同",
            })  # fmt: skip
    rows += _halls(venues, demand, towns, types)
    table = pd.DataFrame(rows)
    table["value"] = table["value"].astype("Float64")
    return table


def _halls(
    venues: GeoDataFrame, demand: GeoDataFrame, towns: GeoDataFrame, types: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield how many halls in use there are for 100 000 people, by district and town."""
    halls = venues[in_use(venues, HALL_TYPES) & ~venues["outside"].to_numpy(bool)]
    at, number = towns.sindex.query(halls.geometry, predicate="intersects")
    at, first = np.unique(at, return_index=True)
    home = towns.index[number[first]]
    people = demand.groupby("town")["people"].sum()
    counted = "、".join(types[kind] for kind in HALL_TYPES)
    for scope, code in (("district", ""), *(("town", code) for code in towns.index)):
        count = len(halls) if scope == "district" else int((home == code).sum())
        crowd = int(people.sum() if scope == "district" else people.get(code, 0))
        yield {
            "indicator": "halls", "name": HALLS, "standard": "", "scope": scope, "code": code,
            "value": count * HALL_PEOPLE / crowd if crowd else None, "unit": "处/10万人",
            "numerator": count, "denominator": crowd, "basis": f"计入区内在用的{counted}",
        }  # fmt: skip
