"""
What a public appendix keeps back: places of very few people, as the public page does.

Sums stay exact and hold everybody; only what is told by place leaves them out.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from .coverage.share import GROUPS
from .maps.content import SMALL_COUNT
from .study_keys import Study

HIDDEN = f"不足 {SMALL_COUNT} 人的居民点不单独列出、不画出，合计仍含。"


def is_public(study: Study) -> bool:
    """Tell whether small counts are kept back."""
    return study.map.mode == "public"


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
