"""What a study file may say about siting: the section `[sites]`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

HOSTS = (
    "civic.practice",
    "civic.party",
    "civic.library",
    "civic.elderly_care",
    "rural.bookhouse",
    "school.featured",
    "school.museum",
    "school.maker",
    "school.rural_museum",
    "school.rural_palace",
)
"""Types that may take in another one: hosts of the plan, reading rooms and schools."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CostRules(_Strict):
    """What a venue of a type costs, whole numbers of one unit, and how many people it serves."""

    build: int = Field(ge=0)
    upgrade: int | None = Field(default=None, ge=0)
    capacity: int | None = Field(default=None, ge=1)


class SitesRules(_Strict):
    """
    Where venues may stand and what they cost.

    Candidates are those of `file` alone; without it, venues of status 候选, the places where
    people live, and open venues of the types `hosts`, which would be upgraded.
    """

    file: str | None = None
    datum: str | None = None
    places: bool = True
    hosts: tuple[str, ...] = Field(default=HOSTS, strict=False)
    costs: dict[str, CostRules] = Field(default_factory=dict)
    unit: str = "万元"
    exclusions: str | None = None
    spacing_metres: float = Field(default=0, ge=0, le=100_000)
    floors: dict[str, float] = Field(default_factory=dict)
    near: float = Field(default=0.01, ge=0, le=0.5)
