"""The targets of the plan: what is to be there by when, counted or not on the map."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

COMPARISONS = (">=", ">", "")
"""At least so many; more than so many; the plan names the system and no number."""


def plan_targets() -> pd.DataFrame:
    """
    Read the targets of the package, in the order of the plan.

    Returns
    -------
    DataFrame
        `data/targets.csv`, indexed by `key`: `name`, `kind` (venue, upgrade_host, organisation,
        people, activity, outcome), `tier`, `venue_type` (key of `data/venue_types.csv`; empty for
        what no map shows), `target` (Float64; missing where the plan gives no number),
        `comparison` (`COMPARISONS`), `unit`, `year`, `clause`, `groups`, `note`, `source`.
    """
    root = files(__package__.rpartition(".")[0])
    with (root / "data" / "targets.csv").open("r", encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False)
    table = table.rename(columns={"name_zh": "name"}).set_index("key")
    table["target"] = pd.to_numeric(table["target"].replace("", None)).astype("Float64")
    table["year"] = table["year"].astype(int)
    return pd.DataFrame(table)
