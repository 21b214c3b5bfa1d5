"""What rows of the tables of a run have in common: the standard, and where."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .study import Survey
from .study_keys import Study
from .wording import SCOPE_NAMES


def titles_of(study: Study) -> dict[str, str]:
    """Return the names of the standards by key."""
    return {standard.key: standard.name for standard in study.standards}


def where_of(table: pd.DataFrame, survey: Survey) -> dict[str, Any]:
    """Return the columns that say which scope a row is about."""
    return {
        "范围": table["scope"].map(SCOPE_NAMES),
        "镇街": table["code"].map(survey.towns["name"]).fillna(""),
    }
