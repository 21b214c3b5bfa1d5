"""The addresses of a table: where each lies, or why that is not known and what it may have been."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .addresses import normalise
from .geocode import SHOWN, Gazetteer

GRADES = "ABCDE"
"""From the most precise to the coarsest."""


def locate_addresses(rows: pd.DataFrame, gazetteer: Gazetteer, *, worst: str = "D") -> pd.DataFrame:
    """
    Look up the addresses of a table.

    Parameters
    ----------
    rows
        Columns `address` and, where there are such, `town` (as stated) and `name`; texts or none.
    worst
        The coarsest grade that is an answer: a town's centre is kilometres from most of its places.

    Returns
    -------
    DataFrame
        On the index of `rows`: `lon`, `lat` (WGS 84; NaN without an answer), `grade` (A to E, empty
        without one), `candidates` (the answer, or what it may have been), `code`: empty,
        Q-ADDRESS-EMPTY, Q-ADDRESS-UNKNOWN, Q-ADDRESS-AMBIGUOUS or Q-ADDRESS-COARSE.
    """
    wanted = rows.reindex(columns=["address", "town", "name"]).astype(object)
    texts = wanted.where(wanted.notna(), "").astype(str)
    known: dict[Any, tuple[Any, ...]] = {}
    found = []
    for row in texts.itertuples(index=False, name=None):
        if row not in known:
            known[row] = _located(*row, gazetteer=gazetteer, worst=worst)
        found.append(known[row])
    columns = ["lon", "lat", "grade", "candidates", "code"]
    frame = pd.DataFrame(found, index=rows.index, columns=columns)
    return frame.astype({"lon": float, "lat": float, "grade": str, "candidates": str, "code": str})


def _located(
    address: str, town: str, name: str, *, gazetteer: Gazetteer, worst: str
) -> tuple[float, float, str, str, str]:
    nowhere = (float("nan"), float("nan"), "")
    if not normalise(address):
        hints = gazetteer.find(name, town=town) if normalise(name) else ()
        return (*nowhere, gazetteer.shown(hints), "Q-ADDRESS-EMPTY")
    found = gazetteer.find(address, town=town, name=name)
    shown = gazetteer.shown(found[:SHOWN])
    if not found:
        hints = gazetteer.similar(address, town=town)
        return (*nowhere, gazetteer.shown(hints), "Q-ADDRESS-UNKNOWN")
    if len(found) > 1:
        return (*nowhere, shown, "Q-ADDRESS-AMBIGUOUS")
    if GRADES.index(found[0].grade) > GRADES.index(worst):
        return (*nowhere, shown, "Q-ADDRESS-COARSE")
    return found[0].lon, found[0].lat, found[0].grade, shown, ""


def candidate_facts(candidates: str) -> dict[str, str]:
    """
    Return the facts that messages about addresses name: `first`, `second`, `third`.

    Three facts, for a fact is cut to 80 characters.
    """
    parts = [*candidates.split("；"), "", "", ""]
    return {
        "first": parts[0] or "—",
        "second": f"；{parts[1]}" if parts[1] else "",
        "third": f"；{parts[2]}" if parts[2] else "",
    }
