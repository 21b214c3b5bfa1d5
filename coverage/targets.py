"""
The ledger of the plan's targets: what was wanted, what there is, and whether that is enough.

Only venues that are open and lie in the district count as there; planned ones and candidates never.
What nobody reported is not zero: it cannot be judged.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

VERDICTS = ("met", "not_met", "unknown")
REASONS = ("", "no_number", "no_data", "no_venue_listed", "contradiction", "quarantined")
"""Why a target cannot be judged: the plan gives no number; nobody reported one; the table of venues
has no such venue in any state; reported and counted figures give different verdicts; rows that were
set apart could make up the difference."""
STATES = ("open", "planned", "candidate", "closed")


def reaches_target(now: float, target: float, comparison: str) -> bool:
    """
    Say whether a figure is enough.

    Raises
    ------
    ValueError
        The comparison is neither `>=` nor `>`.
    """
    if comparison == ">=":
        return now >= target
    if comparison == ">":
        return now > target
    raise ValueError(comparison)


def judged(
    target: float | None,
    comparison: str,
    *,
    counted: int | None,
    listed: bool,
    reported: float | None,
    apart: int,
) -> tuple[str, str]:
    """
    Judge one target.

    Parameters
    ----------
    target, comparison
        Of the plan; no target where it names no number.
    counted
        Venues of the map that are open in the district; None for what no map shows.
    listed
        Whether the table of venues has any of the type, in whatever state.
    reported
        What was reported beside the map.
    apart
        Rows of the table of venues that were set apart: each may be one of these.

    Returns
    -------
    tuple of str
        One of `VERDICTS`, and one of `REASONS`.
    """
    if target is None:
        return "unknown", "no_number"
    told = None if reported is None else reaches_target(reported, target, comparison)
    if counted is None:
        return ("unknown", "no_data") if told is None else (_verdict(told), "")
    if not listed and told is None:
        return "unknown", "no_venue_listed"
    seen = reaches_target(counted, target, comparison)
    if told is not None and told != seen:
        return "unknown", "contradiction"
    if not seen and reaches_target(counted + apart, target, comparison):
        return "unknown", "quarantined"
    return _verdict(seen), ""


def _verdict(enough: bool) -> str:
    return "met" if enough else "not_met"


def targets_table(
    targets: pd.DataFrame,
    venues: pd.DataFrame,
    reported: pd.DataFrame,
    coverage: pd.DataFrame,
    limits: dict[str, tuple[str, float]],
    *,
    groups: Mapping[str, str] | None = None,
    apart: int = 0,
) -> pd.DataFrame:
    """
    Hold what there is against every target of the plan.

    Parameters
    ----------
    targets
        Index `key`: `name`, `kind`, `venue_type`, `target`, `comparison`, `unit`, `year`, `clause`,
        `groups`, `note`.
    venues
        `type`, `status`, `outside`, `town`.
    reported
        Index `key`: `baseline`, `now` (missing where nothing was reported), `source`, `as_of`.
    coverage
        Of `coverage_table`.
    limits
        Mode and minutes of a type of venue.
    groups
        Whom the venues of a type are for; everybody where it is not named.
    apart
        Rows of the table of venues that were set apart.

    Returns
    -------
    DataFrame
        A row for each target in the order of the plan: `key` and the columns of `targets`;
        `baseline`, `reported`, `counted` (missing for what no map shows), `now`, `short` (what is
        missing to the target), `verdict`, `reason`; `planned`, `candidate`, `closed` (venues in the
        district), `outside` (open ones beyond its border), `towns` (codes and open venues in them),
        `mode`, `minutes`, `group`, `people`, `covered`, `share` (of the group in the district,
        within reach of an open one), `source`, `as_of`.
    """
    rows: list[dict[Hashable, Any]] = []
    said = reported.to_dict("index")
    stock = pd.DataFrame(venues)[["type", "status", "outside", "town"]]
    district = coverage[coverage["scope"] == "district"]
    for row in targets.rename_axis("key").reset_index().to_dict("records"):
        told = said.get(row["key"])
        rows.append({**row, **_held(row, told, stock, apart),
                     **_reach(row["venue_type"], district, limits, groups or {})})  # fmt: skip
    table = pd.DataFrame(rows)
    whole = ["counted", "planned", "candidate", "closed", "outside", "people", "covered"]
    table[whole] = table[whole].astype("Int64")
    decimal = ["target", "baseline", "reported", "now", "short", "minutes", "share"]
    table[decimal] = table[decimal].astype("Float64")
    return table


def _held(
    row: dict[Hashable, Any], told: dict[Hashable, Any] | None, venues: pd.DataFrame, apart: int
) -> dict[Hashable, Any]:
    kind = row["venue_type"]
    some = venues[venues["type"] == kind]
    inside = some[~some["outside"].astype(bool)]
    counts = inside["status"].value_counts()
    counted = int(counts.get("open", 0)) if kind else None
    said = None if told is None or pd.isna(told["now"]) else float(told["now"])
    target = None if pd.isna(row["target"]) else float(row["target"])
    verdict, reason = judged(target, row["comparison"], counted=counted, listed=len(inside) > 0,
                             reported=said, apart=apart)  # fmt: skip
    now = counted if kind and (len(inside) or said is None) else said
    if kind and not len(inside) and said is None:
        now = None
    there = inside[inside["status"] == "open"]["town"].value_counts(sort=False)
    return {
        "baseline": None if told is None else told["baseline"],
        "reported": said,
        "counted": counted if kind and len(inside) else None,
        "now": now,
        "short": None if target is None or now is None else max(target - now, 0.0),
        "verdict": verdict,
        "reason": reason,
        **{state: int(counts.get(state, 0)) if kind else None for state in STATES[1:]},
        "outside": int((some["outside"].astype(bool) & (some["status"] == "open")).sum())
        if kind else None,
        "towns": {str(code): int(number) for code, number in there.sort_index().items()},
        "source": "" if told is None else told["source"],
        "as_of": "" if told is None else told["as_of"],
    }  # fmt: skip


def _reach(
    kind: str,
    coverage: pd.DataFrame,
    limits: dict[str, tuple[str, float]],
    groups: Mapping[str, str],
) -> dict[Hashable, Any]:
    """Return who is within the usual limit of an open venue of a type, in the district."""
    empty: dict[Hashable, Any] = {
        "mode": "",
        "minutes": None,
        "group": "",
        "people": None,
        "covered": None,
        "share": None,
    }
    if kind not in limits:
        return empty
    mode, minutes = limits[kind]
    group = groups.get(kind, "people")
    found = coverage[
        (coverage["types"] == kind) & (coverage["mode"] == mode) & (coverage["minutes"] == minutes)
        & (coverage["group"] == group)
    ]  # fmt: skip
    if found.empty:
        return empty
    one = found.iloc[0]
    facts: dict[Hashable, Any] = {name: one[name] for name in ("people", "covered", "share")}
    return {"mode": mode, "minutes": minutes, "group": group, **facts}
