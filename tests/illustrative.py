"""The illustrative district that the program brings along, and changes to what its study asks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kepu.study import Survey
    from kepu.study_keys import Study

DISTRICT = Path(__file__).parents[1] / "data" / "boundaries"


def with_sites(study: Study, **rules: object) -> Study:
    """Return the study with other rules for its sites."""
    return study.model_copy(update={"sites": study.sites.model_copy(update=rules)})


@cache
def without_land() -> tuple[Study, Survey]:
    """Measure the district without its lattice of land, once for all: nobody may change it."""
    from kepu.inputs import read_layers
    from kepu.study import survey
    from kepu.study_file import read_study

    study = read_study(DISTRICT / "study.toml")
    asked = study.model_copy(update={"study": study.study.model_copy(update={"land_points": 0})})
    return asked, survey(asked, read_layers(asked))
