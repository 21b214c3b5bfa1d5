"""What the page is told of standards, flags and further measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .content import Measure, Own
from .payload import positions, texts

MOST_FLAGS, LEAST_FLAGS = 4000, 300
"""Of all standards and of each: what a list on a screen can hold."""
COUNTS = ("people", "covered", "not_connected")


def standards_columns(
    standards: pd.DataFrame, coverage: pd.DataFrame, own: Mapping[str, Own], towns: pd.Index
) -> list[dict[str, object]]:
    """
    Return the standards, each with the counts that the page must arrive at by itself.

    Raises
    ------
    ValueError
        If a row of `coverage` stands twice.
    KeyError
        If the district or a town has no row under some standard.
    """
    table = coverage.set_index(["standard", "scope", "code"])
    if not table.index.is_unique:
        msg = f"`coverage` has rows twice: {table.index[table.index.duplicated()][:5].tolist()}"
        raise ValueError(msg)
    rows = {key: [int(row[name]) for name in COUNTS] for key, row in table.iterrows()}
    answer = []
    for key, row in standards.iterrows():
        code = str(key)
        entry: dict[str, object] = {
            "key": code,
            **{name: str(row[name]) for name in ("name", "mode", "group", "area", "basis")},
            "types": [str(kind) for kind in row["types"]],
            "minutes": float(row["minutes"]),
            "goal": float(row["goal"]),
            "band": _band(row),
            "proof": {
                "district": rows[key, "district", ""],
                "urban": rows.get((key, "urban", ""), [0, 0, 0]),
                "rural": rows.get((key, "rural", ""), [0, 0, 0]),
                "towns": [rows[key, "town", town] for town in towns],
            },
        }
        if code in own:
            mine = own[code]
            words = sorted(set(mine.reason))
            numbers = {word: number for number, word in enumerate(words)}
            entry["own"] = {
                "ticks": mine.ticks,
                "venue": mine.venue,
                "words": words,
                "reason": np.array([numbers[word] for word in mine.reason], np.int64),
            }
        answer.append(entry)
    return answer


def _band(row: pd.Series) -> dict[str, object] | None:
    """Return between which shares the truth lies, and whether the goal does; None if not told."""
    if "low" not in row or pd.isna(row["low"]):
        return None
    unsure = bool(row["unsure"])
    return {"low": float(row["low"]), "high": float(row["high"]), "isUnsure": unsure}


def told_flags(
    flags: pd.DataFrame, standards: pd.DataFrame, index: pd.Index, told: Mapping[str, Any]
) -> pd.DataFrame:
    """
    Return the flags but those whose sentence would tell what `told`, the places, keep back.

    On a public page these are the flags of hidden places, and of any place by a group that is so
    few somewhere that it is not told by place.
    """
    place = flags["kind"] == "place"
    hidden = flags["id"].isin(index[~np.asarray(told["shown"])])
    few = flags["standard"].isin(_untold(standards, told))
    return flags[~(place & (hidden | few))]


def told_measures(
    measures: Iterable[Measure], standards: pd.DataFrame, told: Mapping[str, Any]
) -> list[Measure]:
    """Return the measures but those of groups that `told`, the places, keep back."""
    few = _untold(standards, told)
    return [one for one in measures if one.standard not in few]


def _untold(standards: pd.DataFrame, told: Mapping[str, Any]) -> list[object]:
    return list(standards.index[~standards["group"].isin(list(told["groups"]))])


def flags_columns(
    flags: pd.DataFrame, standards: pd.Index, indexes: Mapping[str, pd.Index]
) -> dict[str, object]:
    """
    Return the flags, each pointing at a place, town or venue by its position.

    A page tells `MOST_FLAGS` in all, of each standard the first; `more` counts those left to the
    table.

    Raises
    ------
    ValueError
        If a flag refers to what is not there.
    """
    at = np.full(len(flags), -1, np.int64)
    for kind, index in indexes.items():
        mine = (flags["kind"] == kind).to_numpy()
        at[mine] = index.get_indexer(pd.Index(flags.loc[mine, "id"]))
    if (at < 0).any():
        msg = f"`flags` refers to unknown {list(flags['id'][at < 0])[:5]}"
        raise ValueError(msg)
    kinds = list(indexes)
    known = positions("flags.standard", flags["standard"], standards)
    most = max(LEAST_FLAGS, MOST_FLAGS // max(len(standards), 1))
    kept = flags.groupby("standard").cumcount().to_numpy() < most
    more = np.bincount(known[~kept], minlength=len(standards))
    flags, at, known = flags[kept], at[kept], known[kept]
    blank = pd.Series("", index=flags.index)
    return {
        "kinds": kinds,
        "more": more.astype(np.int64),
        "kind": np.array([kinds.index(kind) for kind in flags["kind"]], np.int64),
        "at": at,
        "standard": known,
        **{
            name: texts(flags.get(name, blank).fillna(""))
            for name in ("level", "sentence", "remedy")
        },
    }


def measure_columns(measure: Measure) -> dict[str, Any]:
    """Return a measure for the page."""
    return {
        **{
            name: getattr(measure, name)
            for name in ("key", "name", "english", "unit", "basis", "standard", "values", "scale")
        },
        "edges": [float(edge) for edge in measure.edges],
        "labels": list(measure.labels),
        "townEdges": [float(edge) for edge in measure.town_edges],
        "townLabels": list(measure.town_labels),
        "moreIsBetter": measure.is_more_better,
        "summary": list(measure.summary),
        "towns": measure.towns,
    }
