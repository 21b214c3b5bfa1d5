"""What a study file may say: the keys, their defaults and the values that are allowed."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .coverage.share import Standard
from .geo.profile import Profile, default_profiles, with_speeds
from .layers.groups import GroupRule

Mode = Literal["walk", "ebike", "car"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class About(_Strict):
    """What the study is, and what holds for all of it."""

    name: str = Field(min_length=1)
    date: datetime.date
    illustrative: bool = False
    review: str = ""
    direction: Literal["to_venue", "from_venue"] = "to_venue"
    buffer_km: float = Field(default=15, ge=0, le=200)
    horizon_minutes: float = Field(default=120, gt=0, le=600)
    thresholds: tuple[float, ...] = Field(default=(5, 10, 15, 30, 60), strict=False)
    modes: tuple[Mode, ...] = Field(default=("walk", "ebike", "car"), min_length=1, strict=False)


class Source(_Strict):
    """A file, where it comes from, and what its coordinates mean."""

    file: str = Field(min_length=1)
    source: str = ""
    date: datetime.date | None = None


class TownSource(Source):
    """Boundaries of the towns."""

    datum: str | None = None
    layer: str | None = None
    year: int | None = Field(default=None, ge=1949, le=2100)
    accept_datum: bool = False
    accept_gaps: bool = False


class TableSource(Source):
    """
    A table: its sheet or layer and the row of its header where they cannot be told.

    `columns` gives headers as they stand by the names of columns; `corrections` is a corrected
    quarantine of the table, whose rows replace those that were refused.
    """

    datum: str | None = None
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1, le=1000)
    columns: dict[str, str] = Field(default_factory=dict)
    corrections: str | None = None
    accept_datum: bool = False


class VenueSource(TableSource):
    """Table of the venues."""


class DemandSource(TableSource):
    """
    Where people live: a table of places, or a GeoTIFF of people.

    A raster (`.tif`) bears its own reference system and needs `kind`; a table needs `datum`.
    """

    kind: Literal["count", "density"] | None = None
    block: int = Field(default=1, ge=1, le=100)
    population: Literal["resident", "registered", "census"]
    year: int = Field(ge=1949, le=2100)

    @property
    def is_raster(self) -> bool:
        """Whether the file is a GeoTIFF."""
        return self.file.lower().endswith((".tif", ".tiff"))


class RoadSource(Source):
    """Road network."""

    ferries: bool = False
    sha256: str | None = Field(default=None, pattern="^[0-9a-fA-F]{64}$")


class ModeRules(_Strict):
    """What a study changes in `data/modes.csv`."""

    access_kmh: float | None = Field(default=None, ge=1, le=8)
    detour: float | None = Field(default=None, ge=0, le=3)
    snap_metres: float | None = Field(default=None, ge=0, le=20000)
    arrival_seconds: float | None = Field(default=None, ge=0, le=3600)


class ControlRules(_Strict):
    """Official totals that the people of the towns are brought to; see `layers.control`."""

    totals: dict[str, int] = Field(default_factory=dict)
    district_total: int | None = Field(default=None, ge=0)
    source: str = Field(min_length=1)


class GroupRules(_Strict):
    """How a group that the table lacks is estimated; see `layers.groups.GroupRule`."""

    group: Literal["youth", "farmers", "workers", "elderly", "officials"]
    basis: Literal["share", "total"]
    urban: float = Field(ge=0)
    rural: float = Field(ge=0)
    total: int | None = Field(default=None, ge=0)
    source: str = Field(min_length=1)


class StandardRules(_Strict):
    """Who should reach what within how long; see `coverage.share.Standard`."""

    key: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")
    name: str = Field(min_length=1)
    types: tuple[str, ...] = Field(min_length=1, strict=False)
    mode: Mode
    minutes: float = Field(gt=0, le=600)
    goal: float = Field(gt=0, le=1)
    group: Literal["people", "youth", "farmers", "workers", "elderly", "officials"] = "people"
    area: Literal["all", "urban", "rural"] = "all"
    basis: str = ""


class Study(_Strict):
    """
    A study file (TOML) as it stands; paths are relative to it.

    Unknown keys are errors that name the nearest right one.
    """

    study: About
    towns: TownSource
    venues: VenueSource
    demand: DemandSource
    roads: RoadSource
    control: ControlRules | None = None
    groups: tuple[GroupRules, ...] = Field(default=(), strict=False)
    modes: dict[Mode, ModeRules] = Field(default_factory=dict)
    speeds: dict[Mode, dict[str, float]] = Field(default_factory=dict)
    standards: tuple[StandardRules, ...] = Field(min_length=1, strict=False)
    folder: Path = Field(default=Path(), exclude=True)
    path: Path = Field(default=Path(), exclude=True)

    @property
    def profiles(self) -> dict[str, Profile]:
        """The modes with the study's changes."""
        profiles = {}
        for mode, profile in default_profiles().items():
            rules = self.modes.get(mode, ModeRules()).model_dump(exclude_none=True)  # type: ignore[call-overload]
            speeds = self.speeds.get(mode, {})  # type: ignore[call-overload]
            profiles[mode] = with_speeds(replace(profile, **rules), speeds)
        return profiles

    @property
    def wanted(self) -> tuple[Standard, ...]:
        """The standards, for the analysis."""
        return tuple(Standard(**rules.model_dump()) for rules in self.standards)

    @property
    def estimates(self) -> tuple[GroupRule, ...]:
        """The rules for groups that the table lacks."""
        return tuple(GroupRule(**rules.model_dump()) for rules in self.groups)
