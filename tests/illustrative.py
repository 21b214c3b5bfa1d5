"""The illustrative district that the program brings along, as its sites are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kepu.study_keys import Study

DISTRICT = Path(__file__).parents[1] / "data" / "boundaries"


def with_sites(study: Study, **rules: object) -> Study:
    """Return the study with other rules for its sites."""
    return study.model_copy(update={"sites": study.sites.model_copy(update=rules)})
