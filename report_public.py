"""
What a public study keeps back: places of very few people, as the public page does.

Sums stay exact and hold everybody; only what is told by place leaves them out. Whatever tells more
lies in a folder of its own, `INTERNAL`: the rest of the results may go out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from .coverage.share import GROUPS
from .folder import MANIFEST, passport_text
from .maps.content import SMALL_COUNT
from .study_keys import Study

INTERNAL = "内部"
LEDGER_COUNTS = ("file", "rows_in", "ok", "quarantined", "ignored", "total_rows")
HIDDEN = f"不足 {SMALL_COUNT} 人的居民点不单独列出、不画出，合计仍含。"


def is_public(study: Study) -> bool:
    """Tell whether small counts are kept back."""
    return study.map.mode == "public"


def internal_folder(folder: Path, study: Study) -> Path:
    """Return where what tells of single places, rows and points goes: made if it must be."""
    if not is_public(study):
        return folder
    inner = folder / INTERNAL
    inner.mkdir(exist_ok=True)
    return inner


def keep_passport(folder: Path, study: Study, facts: Mapping[str, Any]) -> None:
    """Write the whole passport among the internal files of a public study."""
    if is_public(study):
        path = internal_folder(folder, study) / MANIFEST
        path.write_text(passport_text(facts), encoding="utf-8")


def published(facts: Mapping[str, Any], study: Study) -> dict[str, Any]:
    """Return the passport that lies beside the map: in a public study without rows and places."""
    if not is_public(study):
        return dict(facts)
    tables, reported = (
        {name: {key: table[key] for key in LEDGER_COUNTS} for name, table in facts[part].items()}
        for part in ("tables", "reported")
    )
    kept = {key: value for key, value in facts.items() if key not in ("warnings", "plans")}
    told = {"codes": sorted({warning["code"] for warning in facts["warnings"]})}
    if "siting" in kept:
        kept["siting"] = {key: value for key, value in kept["siting"].items() if key != "plan"}
    return kept | {"tables": tables, "reported": reported, "warnings": told}


def is_small(people: pd.Series[Any]) -> pd.Series[Any]:
    """Tell which counts could point at single people."""
    return (people > 0) & (people < SMALL_COUNT)


def hidden_places(study: Study, demand: GeoDataFrame) -> pd.Series[Any]:
    """Tell which places are not told apart; in an internal study none."""
    return is_small(demand["people"]) & is_public(study)


def hidden_groups(study: Study, demand: GeoDataFrame) -> set[str]:
    """Return the groups that are so few at some place that is told apart: not told by place."""
    if not is_public(study):
        return set()
    told = demand[~hidden_places(study, demand)]
    groups = [name for name in GROUPS if name in demand and name != "people"]
    return {name for name in groups if is_small(told[name]).any()}
